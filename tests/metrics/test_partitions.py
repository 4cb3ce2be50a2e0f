"""Scores of partitions: pairs and tables counted out, and parity with scikit-learn."""

import itertools

import numpy as np
import pytest
import sklearn.metrics as theirs
import sklearn.metrics.cluster as their_cluster
from numpy.testing import assert_allclose, assert_array_equal

import mlkit.metrics as ours
from mlkit.metrics import cluster

SCORES = [
    "adjusted_mutual_info_score", "adjusted_rand_score", "completeness_score",
    "fowlkes_mallows_score", "homogeneity_completeness_v_measure", "homogeneity_score",
    "mutual_info_score", "normalized_mutual_info_score", "pair_confusion_matrix", "rand_score",
    "v_measure_score",
]  # fmt: skip


def labellings(kind):
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 4, 60), rng.integers(0, 6, 60)
    return {
        "random": (a, b),
        "equal": (a, a),
        "renamed": (a, (a * 7 + 3) % 11),
        "negative": (a - 2, b * 1000),
        "words": (np.array(list("abcd"))[a], b),
        "objects": (np.array(list("abcd"), dtype=object)[a], np.array(list("uvwxyz"))[b]),
        "one class": (np.zeros(60, dtype=int), b),
        "both one": (np.zeros(60, dtype=int), np.ones(60, dtype=int)),
        "all alone": (np.arange(60), np.arange(60)[::-1]),
        "one against alone": (np.zeros(60, dtype=int), np.arange(60)),
        "bool": (a > 1, b > 2),
        "floats": (a.astype(float), b),
        "none": (np.array([], dtype=int), np.array([], dtype=int)),
        "one row": ([3], [1]),
    }[kind]


KINDS = ["random", "equal", "renamed", "negative", "words", "objects", "one class", "both one",
         "all alone", "one against alone", "bool", "floats", "none", "one row"]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SCORES)
def test_equal_to_scikit_learn(name, kind):
    args = labellings(kind)
    if kind == "none" and name == "mutual_info_score":
        pytest.skip("scikit-learn divides by the empty sum")
    expected = getattr(theirs, name, None) or getattr(their_cluster, name)
    mine = getattr(cluster, name)(*args)
    assert_allclose(mine, expected(*args), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("method", ["arithmetic", "geometric", "min", "max"])
def test_means_of_entropies(method):
    a, b = labellings("random")
    for name in ("adjusted_mutual_info_score", "normalized_mutual_info_score"):
        mine = getattr(ours, name)(a, b, average_method=method)
        assert_allclose(mine, getattr(theirs, name)(a, b, average_method=method), rtol=1e-9)


def test_pairs_are_those_counted_one_by_one():
    a, b = labellings("random")
    counted = np.zeros((2, 2), dtype=int)
    for i, j in itertools.permutations(range(len(a)), 2):
        counted[int(a[i] == a[j]), int(b[i] == b[j])] += 1
    assert_array_equal(ours.pair_confusion_matrix(a, b), counted)


def test_expected_information_is_the_mean_over_permutations():
    a, b = np.array([0, 0, 1, 1, 1, 2]), np.array([0, 1, 1, 0, 2, 2])
    table = cluster.contingency_matrix(a, b)
    values = [ours.mutual_info_score(a, b[list(p)]) for p in itertools.permutations(range(6))]
    assert_allclose(cluster.expected_mutual_information(table, 6), np.mean(values))
    from scipy.sparse import csr_array

    assert_allclose(cluster.expected_mutual_information(csr_array(table), 6), np.mean(values))


def test_expected_information_of_many_rows():
    """The window of terms drops nothing that counts."""
    rng = np.random.default_rng(1)
    table = rng.integers(0, 800, (5, 7))
    expected = their_cluster.expected_mutual_information(table, table.sum())
    assert_allclose(cluster.expected_mutual_information(table, table.sum()), expected, rtol=1e-7)


def test_table_of_many_classes_is_the_sparse_one():
    rng = np.random.default_rng(2)
    a, b = rng.integers(0, 3000, 5000), rng.integers(0, 3000, 5000)
    expected = their_cluster.contingency_matrix(a, b, sparse=True)
    assert (cluster.contingency_matrix(a, b, sparse=True) != expected).nnz == 0
    for name in ("adjusted_rand_score", "mutual_info_score", "v_measure_score"):
        assert_allclose(getattr(ours, name)(a, b), getattr(theirs, name)(a, b), rtol=1e-9)


def test_contingency():
    a, b = labellings("random")
    table = cluster.contingency_matrix(a, b)
    assert_array_equal(table, [[np.sum((a == i) & (b == j)) for j in range(6)] for i in range(4)])
    assert_allclose(cluster.contingency_matrix(a, b, eps=0.5), table + 0.5)
    assert cluster.contingency_matrix(a, b, dtype=np.int32).dtype == np.int32
    assert_allclose(
        ours.mutual_info_score(None, None, contingency=table), ours.mutual_info_score(a, b)
    )
    with pytest.raises(ValueError, match="eps"):
        cluster.contingency_matrix(a, b, eps=0.5, sparse=True)


def test_many_rows_do_not_overflow():
    a = np.repeat([0, 1], 200_000)
    assert ours.adjusted_rand_score(a, 1 - a) == 1.0
    assert ours.fowlkes_mallows_score(a, 1 - a) == pytest.approx(1.0)


def test_bad_input():
    for name in SCORES:
        with pytest.raises(ValueError, match="rows"):
            getattr(cluster, name)([0, 1], [0, 1, 1])
        with pytest.raises(ValueError, match="one label a row"):
            getattr(cluster, name)([[0, 1], [1, 0]], [0, 1])
    with pytest.warns(UserWarning, match="continuous"):
        ours.rand_score([0.5, 1.25], [0, 1])


def test_consensus_of_biclusters():
    rng = np.random.default_rng(3)
    a = (rng.random((4, 20)) < 0.4, rng.random((4, 12)) < 0.4)
    b = (rng.random((3, 20)) < 0.4, rng.random((3, 12)) < 0.4)
    assert ours.consensus_score(a, (a[0][::-1], a[1][::-1])) == 1.0
    assert_allclose(ours.consensus_score(a, b), theirs.consensus_score(a, b))
    shared = lambda ra, ca, rb, cb: float((ra & rb).sum())  # noqa: E731
    assert_allclose(
        ours.consensus_score(a, b, similarity=shared),
        theirs.consensus_score(a, b, similarity=shared),
    )


def test_entropy():
    a, _ = labellings("random")
    share = np.bincount(a) / len(a)
    assert_allclose(cluster.entropy(a), -np.sum(share * np.log(share)))
    assert cluster.entropy([]) == 1.0
    assert cluster.entropy(["x", "x"]) == 0.0
