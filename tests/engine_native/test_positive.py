"""The least positive entry."""

import numpy as np
import pytest

from mlkit.utils.arrayfuncs import min_pos


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_is_the_least_of_what_is_above_zero(dtype):
    for seed in range(5):
        x = np.random.RandomState(seed).standard_normal((20, 10)).astype(dtype)
        x[3] = np.nan
        for view in (x, x[::2, ::3], x.T, x[0], x[:, 0]):
            assert min_pos(view) == view[view > 0].min()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("values", [[], [-1.0, 0.0]])
def test_it_is_the_greatest_number_where_there_is_none(dtype, values):
    assert min_pos(np.array(values, dtype)) == np.finfo(dtype).max


def test_other_dtypes_are_refused():
    with pytest.raises(ValueError, match="float32"):
        min_pos(np.array([1, 2]))
