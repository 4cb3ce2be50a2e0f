"""FeatureHasher: scikit-learn's own matrices."""

import random

import numpy as np
import pytest
from sklearn.feature_extraction import FeatureHasher as Peer

from mlkit._core.errors import InvalidParameterError
from mlkit._engine.native.hashing import murmurhash3_32
from mlkit.feature_extraction import FeatureHasher

NAMES = ["dog", "cat", "é", "日本", "", "a" * 100, b"bytes", "😀"]


def samples_of(kind, n=60):
    rng = random.Random(0)
    found = []
    for _ in range(n):
        names = rng.choices(NAMES, k=rng.randint(0, 12))
        values = [rng.choice([1, -2, 0, 0.25, True, np.float32(1.5), "x", "é"]) for _ in names]
        if kind == "dict":
            found.append(dict(zip(map(str, names), values, strict=True)))
        elif kind == "pair":
            numbers = [1 if isinstance(value, str) else value for value in values]
            found.append(list(zip(names, numbers, strict=True)))
        else:
            found.append(names)
    return found


@pytest.mark.parametrize("kind", ["dict", "pair", "string"])
@pytest.mark.parametrize("n_features", [1, 3, 2**20, 2**31 - 1])
@pytest.mark.parametrize("alternate_sign", [True, False])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int32])
def test_matrix_is_that_of_scikit_learn(kind, n_features, alternate_sign, dtype):
    parameters = {
        "n_features": n_features,
        "input_type": kind,
        "alternate_sign": alternate_sign,
        "dtype": dtype,
    }
    found = FeatureHasher(**parameters).transform(samples_of(kind))
    expected = Peer(**parameters).transform(samples_of(kind))
    assert type(found) is type(expected) and found.dtype == expected.dtype
    assert found.shape == expected.shape and found.has_sorted_indices
    assert np.array_equal(found.indptr, expected.indptr)
    assert np.array_equal(found.indices, expected.indices)
    assert np.array_equal(found.data, expected.data)


def test_hashes_near_the_ends_of_the_integers():
    names = [name for name in map(str, range(100_000)) if abs(murmurhash3_32(name)) > 0x7FFE0000]
    assert {murmurhash3_32(name) > 0 for name in names} == {True, False}
    for n_features in (7, 1000, 2**31 - 1):
        parameters = {"n_features": n_features, "input_type": "string"}
        found, expected = (cls(**parameters).transform([names]) for cls in (FeatureHasher, Peer))
        assert found.indices.tolist() == expected.indices.tolist()


def test_generators_and_zeros():
    hasher = FeatureHasher(n_features=8)
    X = hasher.transform({"a": value} for value in (0, 1, 0))
    assert X.shape == (3, 8) and X.nnz == 1
    assert hasher.fit_transform([{"a": 1}]).nnz == 1
    # A sum of zero is stored, as scikit-learn has it.
    assert FeatureHasher(input_type="pair").transform([[("a", 2), ("a", -2)]]).nnz == 1


def test_names_may_be_lone_surrogates_in_no_way():
    with pytest.raises(UnicodeEncodeError):
        FeatureHasher(input_type="string").transform([["a\ud800"]])


@pytest.mark.parametrize(
    "samples, error, match",
    [
        ([{1: 2}], TypeError, "must be strings"),
        ([{"a": None}], TypeError, "number"),
        ([{"a": [1]}], TypeError, "number"),
        ([], ValueError, "empty sequence"),
        ([["a"]], AttributeError, "items"),
    ],
)
def test_errors(samples, error, match):
    with pytest.raises(error, match=match):
        FeatureHasher().transform(samples)
    if samples:
        with pytest.raises(error):
            Peer().transform(samples)


def test_single_strings():
    with pytest.raises(ValueError, match="single string"):
        FeatureHasher(input_type="string").transform(["ab"])


@pytest.mark.parametrize("n_features", [0, 2**31])
def test_number_of_columns(n_features):
    with pytest.raises(InvalidParameterError):
        FeatureHasher(n_features).fit()


def test_tags_follow_the_input_type():
    for kind in ("dict", "pair", "string"):
        found, expected = (
            cls(input_type=kind).__sklearn_tags__().input_tags for cls in (FeatureHasher, Peer)
        )
        assert (found.dict, found.string) == (expected.dict, expected.string)
