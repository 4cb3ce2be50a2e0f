"""Affinity propagation: scikit-learn's exemplars, and what it says where there are none."""

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.cluster as reference
from numpy.testing import assert_allclose, assert_array_equal

from mlkit.cluster import AffinityPropagation, affinity_propagation
from mlkit.datasets import make_blobs
from mlkit.exceptions import ConvergenceWarning


@pytest.fixture(scope="module")
def rows():
    return make_blobs(90, 3, centers=4, cluster_std=0.8, random_state=0)[0]


@pytest.mark.parametrize(
    "settings",
    [{}, {"damping": 0.8}, {"preference": -50.0}, {"preference": np.linspace(-90, -30, 90)}],
    ids=["default", "damped", "preference", "preferences"],
)
def test_as_scikit_learn(rows, settings):
    mine, theirs = (
        cls(random_state=0, **settings).fit(rows)
        for cls in (AffinityPropagation, reference.AffinityPropagation)
    )
    assert_array_equal(mine.cluster_centers_indices_, theirs.cluster_centers_indices_)
    assert_array_equal(mine.labels_, theirs.labels_)
    assert mine.n_iter_ == theirs.n_iter_
    # scikit-learn's has the preferences on its diagonal, ours the similarity to itself.
    apart = ~np.eye(len(rows), dtype=bool)
    assert_allclose(mine.affinity_matrix_[apart], theirs.affinity_matrix_[apart], atol=1e-9)
    assert_array_equal(mine.predict(rows + 0.1), theirs.predict(rows + 0.1))


def test_exemplars_stand_for_themselves(rows):
    model = AffinityPropagation(random_state=0).fit(rows)
    chosen = model.cluster_centers_indices_
    assert_array_equal(model.labels_[chosen], np.arange(len(chosen)))
    squares = ((rows[:, None] - rows[chosen]) ** 2).sum(axis=2)
    assert_array_equal(model.labels_, squares.argmin(axis=1))


def test_sparse_rows_and_known_similarities(rows):
    expected = AffinityPropagation(random_state=0).fit(rows)
    sparse = AffinityPropagation(random_state=0).fit(sp.csr_array(rows))
    assert_array_equal(sparse.labels_, expected.labels_)
    assert_array_equal(sparse.predict(rows), expected.predict(rows))
    assert_array_equal(expected.predict(sp.csr_array(rows)), expected.labels_)
    S = -((rows[:, None] - rows) ** 2).sum(axis=2)
    before = S.copy()
    chosen, labels, n_iter = affinity_propagation(S, random_state=0, return_n_iter=True)
    assert_array_equal(chosen, expected.cluster_centers_indices_)
    assert_array_equal(labels, expected.labels_)
    assert n_iter == expected.n_iter_
    assert_array_equal(S, before)
    known = AffinityPropagation(affinity="precomputed", random_state=0).fit(S)
    with pytest.raises(ValueError, match="precomputed"):
        known.predict(S)
    with pytest.raises(ValueError, match="square"):
        AffinityPropagation(affinity="precomputed").fit(rows)
    with pytest.raises(ValueError, match="preference has shape"):
        AffinityPropagation(preference=[1.0, 2.0]).fit(rows)


def test_without_exemplars_all_is_noise():
    X = [[0.0, 0.0], [1.0, 1.0], [-2.0, -2.0]]
    with pytest.warns(ConvergenceWarning, match="will not have any"):
        model = AffinityPropagation(preference=-10, max_iter=1, random_state=82).fit(X)
    assert_array_equal(model.labels_, -1)
    with pytest.warns(ConvergenceWarning, match="labelled -1"):
        assert_array_equal(model.predict(X), -1)


def test_rows_all_alike():
    S = -np.array([[0.0, 8.0], [8.0, 0.0]])
    with pytest.warns(UserWarning, match="mutually equal"):
        assert_array_equal(affinity_propagation(S, preference=0)[1], [0, 1])
    with pytest.warns(UserWarning, match="mutually equal"):
        assert_array_equal(affinity_propagation(S, preference=-10)[1], [0, 0])


def test_how_it_ended_is_told(rows, capsys):
    AffinityPropagation(verbose=True, random_state=0).fit(rows)
    assert "Converged after" in capsys.readouterr().out
