"""Encoding by the mean of a target: its formula, cross-fitting, and parity with scikit-learn."""

import numpy as np
import pandas as pd
import pytest
import sklearn.preprocessing as reference
from sklearn.model_selection import KFold, StratifiedKFold

from mlkit import config_context
from mlkit.model_selection import GroupKFold
from mlkit.preprocessing import TargetEncoder

RNG = np.random.default_rng(0)
N = 200


def table():
    return np.column_stack(
        [
            RNG.choice(["a", "b", "c", "dd"], N),
            RNG.choice(["x", "y", None, np.nan], N),
            RNG.integers(0, 30, N).astype(object),
        ]
    ).astype(object)[:, [0, 2]]


def targets(kind):
    if kind == "continuous":
        return RNG.normal(size=N) * 3 + 1
    return RNG.choice(["no", "yes"] if kind == "binary" else ["p", "q", "r"], N)


@pytest.mark.parametrize("smooth", ["auto", 0.0, 3.5])
@pytest.mark.parametrize("kind", ["continuous", "binary", "multiclass"])
@pytest.mark.parametrize("numbers", [False, True])
def test_parity(numbers, kind, smooth):
    X = RNG.integers(0, 12, size=(N, 3)) if numbers else table()
    y = targets(kind)
    kfold = KFold if kind == "continuous" else StratifiedKFold
    params = {"smooth": smooth, "cv": kfold(4, shuffle=True, random_state=0)}
    ours, theirs = TargetEncoder(**params), reference.TargetEncoder(**params)
    np.testing.assert_allclose(
        ours.fit_transform(X, y), theirs.fit_transform(X, y), rtol=1e-10, atol=1e-12
    )
    for a, b in zip(ours.encodings_, theirs.encodings_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(ours.target_mean_, theirs.target_mean_)
    assert ours.target_type_ == theirs.target_type_
    new = X.copy()
    new[:5, 0] = 99 if numbers else "new"
    np.testing.assert_allclose(ours.transform(new), theirs.transform(new), rtol=1e-10, atol=1e-12)
    assert ours.get_feature_names_out().tolist() == theirs.get_feature_names_out().tolist()


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("kind", ["continuous", "binary", "multiclass"])
def test_same_folds_for_a_seed(kind, shuffle):
    X, y = table(), targets(kind)
    params = {"cv": 3, "shuffle": shuffle, "random_state": 7 if shuffle else None}
    np.testing.assert_allclose(
        TargetEncoder(**params).fit_transform(X, y),
        reference.TargetEncoder(**params).fit_transform(X, y),
        rtol=1e-10,
        atol=1e-12,
    )


def test_the_formula():
    codes, y = RNG.integers(0, 5, N), RNG.normal(size=N)
    encoder = TargetEncoder(smooth=10.0).fit(codes[:, None], y)
    for k in range(5):
        of_k = y[codes == k]
        expected = (of_k.sum() + 10 * y.mean()) / (len(of_k) + 10)
        assert abs(encoder.encodings_[0][k] - expected) < 1e-12


def test_a_row_is_not_encoded_by_itself():
    """Changing one target leaves the code of its own row, and of its fold, as it was."""
    X, y = RNG.integers(0, 4, size=(N, 1)), RNG.normal(size=N)
    encoder = TargetEncoder(cv=KFold(5))
    before = encoder.fit_transform(X, y)
    y[0] += 100
    after = encoder.fit_transform(X, y)
    np.testing.assert_array_equal(before[:40], after[:40])
    assert not np.allclose(before[40:], after[40:])
    assert not np.allclose(after, encoder.transform(X))


def test_missing_and_unknown_values():
    X = pd.DataFrame({"c": ["a", None, "a", np.nan, "b", "b"]}, dtype=object)
    y = np.arange(6.0) + 0.5
    encoder = TargetEncoder(smooth=0.0).fit(X, y)
    assert encoder.transform(pd.DataFrame({"c": ["a", "zz"]})).ravel().tolist() == [1.5, 3.0]
    theirs = reference.TargetEncoder(smooth=0.0).fit(X, y)
    np.testing.assert_allclose(encoder.transform(X), theirs.transform(X))
    given = TargetEncoder(categories=[["a", "b"]], smooth=0.0).fit([["a"], ["q"]], [1.5, 2.5])
    assert given.transform([["a"], ["b"], ["q"]]).ravel().tolist() == [1.5, 2.0, 2.0]


def test_frames():
    frame = pd.DataFrame({"u": RNG.choice(["a", "b"], N), "v": RNG.integers(0, 3, N)})
    out = TargetEncoder().set_output(transform="pandas").fit_transform(frame, targets("multiclass"))
    assert out.columns.tolist() == ["u_p", "u_q", "u_r", "v_p", "v_q", "v_r"]


def test_groups_are_routed_to_the_splitter():
    X, y, groups = table(), targets("continuous"), RNG.integers(0, 10, N)
    with config_context(enable_metadata_routing=True):
        encoder = TargetEncoder(cv=GroupKFold(3))
        got = encoder.fit_transform(X, y, groups=groups)
    pairs = list(GroupKFold(3).split(X, y, groups))
    np.testing.assert_array_equal(got, TargetEncoder(cv=pairs).fit_transform(X, y))


@pytest.mark.parametrize(
    "params, y, words",
    [
        ({}, np.zeros((4, 2), dtype=int), "multilabel-indicator"),
        ({"cv": 1}, np.arange(4.0) / 3, "'cv'"),
        ({"cv": 5}, np.arange(4.0) / 3, "n_splits=5"),
        ({"cv": 4}, ["a", "a", "b", "b"], "members in each class"),
        ({"cv": [([0, 1], [2, 3])]}, np.arange(4.0) / 3, "exactly once"),
        ({"smooth": -1}, np.arange(4.0) / 3, "'smooth'"),
        ({}, None, "requires y"),
        ({}, np.arange(3.0), "inconsistent"),
    ],
)
def test_bad_input(params, y, words):
    with pytest.raises(ValueError, match=words):
        TargetEncoder(**params).fit_transform([[1], [2], [1], [2]], y)


def test_metadata_needs_routing():
    with pytest.raises(ValueError, match="enable_metadata_routing"):
        TargetEncoder().fit_transform(table(), targets("binary"), groups=np.zeros(N))
