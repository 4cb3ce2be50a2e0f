"""What selectors share, whatever they select by."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from mlkit.base import BaseEstimator, clone
from mlkit.exceptions import NotFittedError
from mlkit.feature_selection import SelectKBest, SelectorMixin, VarianceThreshold, f_classif


class Given(SelectorMixin, BaseEstimator):
    """Keeps the columns that it is told to."""

    def __init__(self, mask=(True, False, True)):
        self.mask = mask

    def fit(self, X, y=None):
        self.n_features_in_ = len(self.mask)
        return self

    def _get_support_mask(self):
        return np.array(self.mask)


X = np.arange(12.0).reshape(4, 3)


@pytest.mark.parametrize("dtype", ["f8", "f4", "i4", "O", "U3"])
def test_values_are_not_touched(dtype):
    found = Given().fit(X).transform(X.astype(dtype))
    assert found.dtype == dtype
    assert_array_equal(found, X.astype(dtype)[:, [0, 2]])


@pytest.mark.parametrize("kind", ["csr_array", "csc_matrix", "coo_array"])
def test_sparse_is_dense(kind):
    data = getattr(sparse, kind)(X)
    selector = Given().fit(X)
    assert_array_equal(selector.transform(data).toarray(), X[:, [0, 2]])
    back = selector.inverse_transform(selector.transform(data))
    assert_array_equal(back.toarray(), selector.inverse_transform(selector.transform(X)))
    assert back.format == "csc"


def test_inverse_puts_zeros():
    selector = Given().fit(X)
    assert_array_equal(selector.inverse_transform([[5, 6]]), [[5, 0, 6]])
    assert_array_equal(selector.inverse_transform([5, 6]), [[5, 0, 6]])
    with pytest.raises(ValueError, match="X has 3 columns, but 2 were selected"):
        selector.inverse_transform(X)


def test_support():
    selector = Given().fit(X)
    assert_array_equal(selector.get_support(), [True, False, True])
    assert_array_equal(selector.get_support(indices=True), [0, 2])
    assert_array_equal(
        selector.get_feature_names_out(list("abc")), np.array(["a", "c"], dtype=object)
    )


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_keep_their_dtypes(library):
    frame = pd.DataFrame({"a": pd.Series(X[:, 0], dtype="f4"), "b": X[:, 1], "c": [1, 2, 3, 1]})
    data = frame if library == "pandas" else pl.from_pandas(frame)
    selector = VarianceThreshold().set_output(transform=library).fit(data)
    found = selector.transform(data)
    assert type(found) is type(data)
    assert list(found.columns) == ["a", "b", "c"]
    for name in found.columns:
        assert found[name].dtype == data[name].dtype
    if library == "pandas":
        shuffled = frame.set_index(pd.Index([3, 1, 2, 0]))
        assert list(selector.transform(shuffled).index) == [3, 1, 2, 0]


@pytest.mark.filterwarnings("ignore:X has feature names")
def test_nothing_selected_warns():
    selector = Given((False,) * 3).fit(X)
    with pytest.warns(UserWarning, match="keeps no column"):
        assert selector.transform(X).shape == (4, 0)
    frame = pd.DataFrame(X, columns=list("abc"))
    with pytest.warns(UserWarning, match="keeps no column"):
        found = selector.set_output(transform="pandas").transform(frame)
    assert found.shape == (4, 0)
    assert_array_equal(selector.inverse_transform(np.empty((2, 0))), np.zeros((2, 3)))


def test_the_mask_must_be_written():
    class Lacking(SelectorMixin, BaseEstimator):
        pass

    with pytest.raises(TypeError, match="abstract"):
        Lacking()


@pytest.mark.parametrize("selector", [VarianceThreshold(), SelectKBest(f_classif, k=1)])
def test_not_fitted(selector):
    for call in (selector.get_support, lambda: selector.transform(X)):
        with pytest.raises(NotFittedError):
            call()
    assert type(clone(selector)) is type(selector)
