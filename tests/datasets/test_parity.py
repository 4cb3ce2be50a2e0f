"""Generators give scikit-learn's numbers for the same seed: the same draws in the same order."""

import inspect

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.datasets as theirs
from numpy.testing import assert_allclose

import mlkit.datasets as ours

CASES = [
    ("make_biclusters", {"shape": (30, 20), "n_clusters": 4}),
    ("make_biclusters", {"shape": (30, 20), "n_clusters": 3, "noise": 1.0, "shuffle": False}),
    ("make_biclusters", {"shape": (9, 5), "n_clusters": 1, "minval": -3, "maxval": -1.0}),
    ("make_blobs", {}),
    ("make_blobs", {"n_samples": [5, 7, 0], "return_centers": True}),
    ("make_blobs", {"n_samples": 11, "centers": [[0, 1], [2, 3]], "cluster_std": [1, 2.0]}),
    ("make_blobs", {"centers": 5, "n_features": 3, "center_box": (0, 1), "shuffle": False}),
    ("make_blobs", {"n_samples": (3, 4), "centers": np.eye(2, 3)}),
    ("make_checkerboard", {"shape": (30, 20), "n_clusters": 4, "minval": 0}),
    ("make_checkerboard", {"shape": (30, 20), "n_clusters": (3, 2), "noise": 1.0}),
    ("make_circles", {}),
    ("make_circles", {"n_samples": (3, 7), "noise": 0.1, "factor": 0}),
    ("make_circles", {"n_samples": 11, "shuffle": False, "noise": 0.0}),
    ("make_classification", {}),
    ("make_classification", {"n_repeated": 3, "shift": None, "scale": None, "flip_y": 0.3}),
    ("make_classification", {"weights": [0.2, 0.3], "n_classes": 3, "n_informative": 5}),
    ("make_classification", {"weights": np.array([0.1]), "n_samples": 51, "class_sep": 3.0}),
    ("make_classification", {"weights": [0.7, 0.9], "n_samples": 51}),
    ("make_classification", {"weights": [0.1, 0.1], "n_samples": 51}),
    ("make_classification", {"n_informative": 40, "n_features": 50, "shuffle": False}),
    ("make_classification", {"n_informative": 9, "n_clusters_per_class": 3, "hypercube": False}),
    # Every way of drawing corners: few of many, all, all but a few.
    ("make_classification", {"n_informative": 15}),
    ("make_classification", {"n_informative": 7, "n_clusters_per_class": 64}),
    ("make_classification", {"n_informative": 8, "n_classes": 255, "n_clusters_per_class": 1}),
    ("make_friedman1", {"noise": 0.5, "n_features": 7}),
    ("make_friedman2", {"noise": 0.5}),
    ("make_friedman3", {"noise": 0.5}),
    ("make_gaussian_quantiles", {}),
    ("make_gaussian_quantiles", {"mean": [1, 2.0, 3], "n_features": 3, "cov": 2.0, "n_classes": 7}),
    ("make_gaussian_quantiles", {"shuffle": False}),
    ("make_hastie_10_2", {"n_samples": 300}),
    ("make_low_rank_matrix", {"n_samples": 20, "n_features": 50, "effective_rank": 3}),
    ("make_low_rank_matrix", {"n_samples": 50, "n_features": 20, "tail_strength": 0.1}),
    ("make_moons", {}),
    ("make_moons", {"n_samples": (3, 7), "noise": 0.1}),
    ("make_moons", {"n_samples": 11, "shuffle": False}),
    ("make_multilabel_classification", {}),
    ("make_multilabel_classification", {"n_classes": 12, "n_labels": 5, "allow_unlabeled": False}),
    ("make_multilabel_classification", {"sparse": True, "return_indicator": "sparse"}),
    ("make_multilabel_classification", {"return_indicator": False, "length": 3}),
    ("make_multilabel_classification", {"return_distributions": True, "n_labels": 0}),
    ("make_regression", {"n_samples": 30, "n_features": 20, "coef": True}),
    ("make_regression", {"n_samples": 30, "n_targets": 3, "noise": 1.0, "bias": 2, "coef": True}),
    ("make_regression", {"n_samples": 30, "n_features": 20, "effective_rank": 4}),
    ("make_regression", {"n_features": 4, "n_informative": 9, "shuffle": False}),
    ("make_s_curve", {"noise": 0.1}),
    (
        "make_sparse_coded_signal",
        {"n_samples": 5, "n_components": 8, "n_features": 10, "n_nonzero_coefs": 3},
    ),
    (
        "make_sparse_coded_signal",
        {"n_samples": 1, "n_components": 8, "n_features": 10, "n_nonzero_coefs": 8},
    ),
    ("make_sparse_spd_matrix", {"n_dim": 20, "alpha": 0.7}),
    ("make_sparse_spd_matrix", {"n_dim": 20, "alpha": 0.5, "norm_diag": True}),
    ("make_sparse_spd_matrix", {"n_dim": 9, "alpha": 0.5, "sparse_format": "csr"}),
    ("make_sparse_spd_matrix", {"n_dim": 9, "alpha": 0.5, "sparse_format": "lil"}),
    ("make_sparse_uncorrelated", {}),
    ("make_spd_matrix", {"n_dim": 12}),
    ("make_swiss_roll", {"noise": 0.1}),
    ("make_swiss_roll", {"noise": 0.1, "hole": True}),
]


def parts(result):
    """The results of a generator as a list, whether it returns one, a tuple or a map."""
    return [result] if isinstance(result, np.ndarray) or sp.issparse(result) else list(result)


def assert_same(mine, reference):
    if isinstance(reference, list):
        assert mine == reference
        return
    if sp.issparse(reference):
        assert type(mine) is type(reference)
        mine, reference = mine.toarray(), reference.toarray()
    assert mine.dtype == reference.dtype
    # Integers and classes exactly; sums of products in another order differ in the last bits.
    exact = reference.dtype.kind in "biu"
    assert_allclose(mine, reference, rtol=0 if exact else 1e-12, atol=0 if exact else 1e-12)


@pytest.mark.parametrize("seed", [0, 1, 42])
@pytest.mark.parametrize(("name", "options"), CASES)
def test_same_numbers(name, options, seed):
    mine = parts(getattr(ours, name)(**options, random_state=seed))
    reference = parts(getattr(theirs, name)(**options, random_state=seed))
    assert len(mine) == len(reference)
    for a, b in zip(mine, reference, strict=True):
        assert_same(a, b)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_same_number_of_draws(name, options):
    """What is drawn after a generator is the same too: none draws more than it must."""
    states = []
    for module in (ours, theirs):
        rng = np.random.RandomState(3)
        parts(getattr(module, name)(**options, random_state=rng))
        states.append(rng.randint(2**31))
    assert states[0] == states[1]


@pytest.mark.parametrize("name", sorted({name for name, _ in CASES}))
def test_generator_lends_its_stream(name):
    """A numpy Generator is as good as a RandomState on the same bits."""
    options = next(options for case, options in CASES if case == name)
    bits = [np.random.MT19937(5) for _ in range(2)]
    rngs = np.random.Generator(bits[0]), np.random.RandomState(bits[1])
    mine, reference = (parts(getattr(ours, name)(**options, random_state=rng)) for rng in rngs)
    for a, b in zip(mine, reference, strict=True):
        assert_same(a, b)


@pytest.mark.parametrize("name", sorted(ours.__all__))
def test_signature(name):
    mine, reference = (inspect.signature(getattr(module, name)) for module in (ours, theirs))
    mine, reference = (
        [(each.name, each.kind, each.default) for each in signature.parameters.values()]
        for signature in (mine, reference)
    )
    assert mine == reference


def test_every_generator_is_compared():
    compared = {name for name, _ in CASES}
    for module in (ours, theirs):
        assert {name for name in module.__all__ if name.startswith("make_")} == compared
