"""Sampling: scikit-learn's draws for the same seed, and the state it leaves behind."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn.utils as reference
from numpy.testing import assert_array_equal
from sklearn.utils.random import sample_without_replacement as reference_sample

from mlkit import utils
from mlkit._core.errors import InvalidParameterError
from mlkit._core.sampling import approximate_mode
from mlkit.utils.random import sample_without_replacement

METHODS = ["auto", "tracking_selection", "reservoir_sampling", "pool"]
SIZES = [
    (0, 0), (1, 1), (5, 0), (5, 5), (10, 1), (100, 7), (1000, 3), (1000, 10), (1000, 11),
    (1000, 199), (1000, 200), (1000, 500), (1000, 990), (1000, 991), (1000, 1000), (100_000, 50),
]  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n_population, n_samples", SIZES)
def test_draws_and_state_are_those_of_the_reference(method, n_population, n_samples):
    for seed in range(3):
        ours, theirs = np.random.RandomState(seed), np.random.RandomState(seed)
        drawn = sample_without_replacement(n_population, n_samples, method, ours)
        assert_array_equal(drawn, reference_sample(n_population, n_samples, method, theirs))
        assert ours.randint(10**9) == theirs.randint(10**9)


@pytest.mark.parametrize("method", METHODS)
def test_every_subset_is_equally_likely(method):
    rng = np.random.RandomState(0)
    drawn = [tuple(sorted(sample_without_replacement(5, 2, method, rng))) for _ in range(3000)]
    _, counts = np.unique(drawn, axis=0, return_counts=True)
    assert len(counts) == 10
    # χ² of ten cells: 27.9 is passed with probability 0.001.
    assert ((counts - 300) ** 2 / 300).sum() < 27.9


@pytest.mark.parametrize("arguments", [(0, 1), (1, 2), (-1, 5), (5, -1), (5, 4, "no")])
def test_impossible_samples_are_refused(arguments):
    with pytest.raises(ValueError):
        sample_without_replacement(*arguments)


STRATA = np.arange(20) % 3


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"n_samples": 7},
        {"replace": False},
        {"replace": False, "n_samples": 7},
        {"stratify": STRATA},
        {"stratify": STRATA, "replace": False, "n_samples": 11},
        {"stratify": np.c_[STRATA, STRATA % 2], "n_samples": 9},
        {"sample_weight": np.arange(20.0)},
    ],
)
def test_resample_draws_the_rows_of_the_reference(options):
    X, y = np.arange(40).reshape(20, 2), np.arange(20)
    for seed in range(3):
        ours = utils.resample(X, y, random_state=seed, **options)
        theirs = reference.resample(X, y, random_state=seed, **options)
        for mine, other in zip(ours, theirs, strict=True):
            assert_array_equal(mine, other)


def test_every_container_gets_the_same_rows():
    X = np.arange(12.0).reshape(6, 2)
    frame = pd.DataFrame(X, columns=["a", "b"])
    found = utils.shuffle(X, sp.coo_matrix(X), frame, X.tolist(), random_state=0)
    assert sorted(found[0][:, 0]) == [0, 2, 4, 6, 8, 10]
    assert found[1].format == "csr"
    for each in (found[1].toarray(), found[2].to_numpy(), np.array(found[3])):
        assert_array_equal(each, found[0])
    assert_array_equal(utils.shuffle(X, random_state=0), found[0])
    assert utils.resample() is None


def test_impossible_resamples_are_refused():
    with pytest.raises(ValueError, match="replace=True"):
        utils.resample([0, 1], replace=False, n_samples=3)
    with pytest.raises(ValueError):
        utils.resample([0, 1], [0, 1, 2])
    with pytest.raises(InvalidParameterError, match="n_samples"):
        utils.resample([0, 1], n_samples=0)
    with pytest.raises(NotImplementedError):
        utils.resample([0, 1], sample_weight=[1, 2], replace=False)


def test_approximate_mode_keeps_the_shares():
    rng = np.random.RandomState(0)
    counts = np.array([10, 40, 50])
    assert_array_equal(approximate_mode(counts, 10, rng), [1, 4, 5])
    for size in range(1, 100):
        taken = approximate_mode(counts, size, rng)
        assert taken.sum() == size
        assert (abs(taken - counts * size / 100) < 1).all()


@pytest.mark.parametrize("n", [1, 2, 7, 12])
@pytest.mark.parametrize("size", [1, 3, 5, 12, 20])
def test_batches_are_those_of_the_reference_and_cover_all(n, size):
    for least in range(size + 2):
        batches = list(utils.gen_batches(n, size, min_batch_size=least))
        assert batches == list(reference.gen_batches(n, size, min_batch_size=least))
        assert [i for b in batches for i in range(b.start, b.stop)] == list(range(n))
    slices = list(utils.gen_even_slices(n, size))
    assert slices == list(reference.gen_even_slices(n, size))
    lengths = [s.stop - s.start for s in slices]
    assert sum(lengths) == n and max(lengths) - min(lengths) <= 1
    assert list(utils.gen_even_slices(n, size, n_samples=4)) == list(
        reference.gen_even_slices(n, size, n_samples=4)
    )


def test_bad_batches_are_refused_at_the_call():
    with pytest.raises(TypeError):
        utils.gen_batches(5, 1.5)
    with pytest.raises(ValueError):
        utils.gen_batches(5, 0)
    with pytest.raises(InvalidParameterError):
        utils.gen_even_slices(5, 0)


def test_safe_mask_indexes_sparse_rows():
    X, mask = sp.csr_matrix(np.eye(3)), [True, False, True]
    assert_array_equal(utils.safe_mask(X, mask), [0, 2])
    assert_array_equal(utils.safe_mask(X, [2, 0]), [2, 0])
    assert_array_equal(utils.safe_mask(X.toarray(), mask), mask)
