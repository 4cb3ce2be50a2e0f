"""Ordinal encoding: parity with scikit-learn on fuzzed tables, and the codes kept apart."""

import numpy as np
import pandas as pd
import pytest
import sklearn.preprocessing as reference

from mlkit.preprocessing import OrdinalEncoder


def table(seed, n=80, unknown=False):
    """A pandas frame of strings, numbers, categories and missing values."""
    rng = np.random.default_rng(seed)
    words = np.array(["a", "b", "cc", "d", "é", "zz"][: 4 + 2 * unknown], dtype=object)
    text = words[rng.integers(len(words), size=n)].copy()
    text[rng.random(n) < 0.1] = np.nan
    frame = pd.DataFrame(
        {
            "text": pd.Series(text, dtype=object),
            "whole": rng.geometric(0.4, size=n) + 9 * unknown * (rng.random(n) < 0.1),
            "float": rng.choice([0.5, 1.5, np.nan, 7.0, *([9.0] * unknown)], size=n),
        }
    )
    frame["cat"] = pd.Categorical(words[rng.integers(3, size=n)], categories=words[::-1])
    return frame


FORMS = {
    "pandas": lambda frame: frame,
    "object": lambda frame: frame.to_numpy(dtype=object),
    "strings": lambda frame: frame.astype(str).to_numpy(dtype="U"),
    "numbers": lambda frame: frame[["whole", "float"]].to_numpy(dtype=float),
}
GROUPING = [{}, {"min_frequency": 10}, {"max_categories": 3}, {"max_categories": 1}]


def same_arrays(a, b):
    assert a.shape == b.shape
    for x, y in zip(a.ravel().tolist(), b.ravel().tolist(), strict=True):
        assert x == y or (x != x and y != y) or (x is None and y is None), (x, y)


@pytest.mark.parametrize("grouping", GROUPING, ids=str)
@pytest.mark.parametrize("missing", [np.nan, -2])
@pytest.mark.parametrize("unknown", [None, -1, np.nan, 99])
@pytest.mark.parametrize("form", FORMS)
def test_parity(form, unknown, missing, grouping):
    for seed in range(2):
        train = FORMS[form](table(seed))
        test = train[::-1] if unknown is None else FORMS[form](table(seed + 9, unknown=True))
        params = dict(encoded_missing_value=missing, **grouping)
        if unknown is not None:
            params.update(handle_unknown="use_encoded_value", unknown_value=unknown)
        ours = OrdinalEncoder(**params).fit(train)
        theirs = reference.OrdinalEncoder(**params).fit(train)
        got, expected = ours.transform(test), theirs.transform(test)
        np.testing.assert_array_equal(got, expected)
        for a, b in zip(ours.categories_, theirs.categories_, strict=True):
            same_arrays(a, b)
        back = ours.inverse_transform(got)
        if not grouping:  # scikit-learn 1.9 misplaces the group where a value is missing
            same_arrays(back, theirs.inverse_transform(expected))
        values = test.to_numpy(dtype=object) if form == "pandas" else test
        rare = getattr(ours, "infrequent_categories_", [None] * values.shape[1])
        if unknown is None or unknown == unknown or missing == missing:  # two codes, not one
            same_arrays(back, restored(values, ours.categories_, rare))


def restored(values, categories, rare):
    """What `inverse_transform` must return by its definition."""
    out = values.astype(object)
    for j in range(out.shape[1]):
        known, grouped = (
            set(categories[j].tolist()),
            set(() if rare[j] is None else rare[j].tolist()),
        )
        for i, value in enumerate(out[:, j].tolist()):
            missing = isinstance(value, float) and value != value
            seen = value in known or (missing and any(k != k for k in known))
            out[i, j] = "infrequent_sklearn" if value in grouped else value if seen else None
    return out


def test_inverse_undoes_transform_and_codes_keep_the_order():
    frame = table(1)[["whole", "float"]]
    encoder = OrdinalEncoder().fit(frame)
    codes = encoder.transform(frame)
    np.testing.assert_array_equal(encoder.inverse_transform(codes), frame.to_numpy(dtype=float))
    order = np.argsort(codes[:, 0], kind="stable")
    assert frame["whole"].to_numpy()[order].tolist() == sorted(frame["whole"])


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_dtype_is_kept(dtype):
    encoder = OrdinalEncoder(dtype=dtype, encoded_missing_value=-1)
    assert encoder.fit_transform([["a"], ["b"], [np.nan]]).dtype == dtype
    assert encoder.transform([["b"], [np.nan]]).ravel().tolist() == [1, -1]


def test_none_is_a_category_and_nan_is_missing():
    X = np.array([["a"], [None], [np.nan], ["a"]], dtype=object)
    np.testing.assert_array_equal(
        OrdinalEncoder().fit_transform(X), reference.OrdinalEncoder().fit_transform(X)
    )


def test_set_output_keeps_names_and_rows():
    frame = table(2).set_index("whole")
    out = OrdinalEncoder().set_output(transform="pandas").fit_transform(frame)
    assert out.columns.tolist() == frame.columns.tolist()
    assert (out.index == frame.index).all()


@pytest.mark.parametrize(
    "params, words",
    [
        ({"unknown_value": 3}, "handle_unknown='error'"),
        ({"handle_unknown": "use_encoded_value"}, "needs unknown_value"),
        ({"handle_unknown": "use_encoded_value", "unknown_value": 0.5}, "unknown_value"),
        ({"handle_unknown": "use_encoded_value", "unknown_value": 1}, "already used"),
        (
            {"handle_unknown": "use_encoded_value", "unknown_value": np.nan, "dtype": int},
            "float dtype",
        ),
        ({"encoded_missing_value": 0}, "already used"),
        ({"dtype": np.int64}, "missing values in columns \\[0\\]"),
        ({"handle_unknown": "ignore"}, "'handle_unknown'"),
        ({"categories": [["b"]]}, "unknown categories"),
    ],
)
def test_bad_parameters(params, words):
    X = np.array([["a"], ["b"], [np.nan]], dtype=object)
    with pytest.raises((ValueError, TypeError), match=words):
        OrdinalEncoder(**params).fit(X)


def test_numbers_that_encode_nothing_are_refused():
    encoder = OrdinalEncoder().fit([["a"], ["b"]])
    with pytest.raises(ValueError, match="encode no category"):
        encoder.inverse_transform([[2.0]])
    with pytest.raises(ValueError, match="expects 1 columns"):
        encoder.inverse_transform([[0.0, 0.0]])
