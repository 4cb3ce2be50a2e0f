"""The values at which a dependence is computed."""

import numpy as np


def check_grid_options(percentiles, grid_resolution):
    """Raise ValueError for percentiles that bound nothing, or a grid of one value."""
    if len(percentiles) != 2:
        raise ValueError(f"'percentiles' must be a sequence of 2 elements, got {percentiles}")
    low, high = percentiles
    if not (0 <= low <= 1 and 0 <= high <= 1):
        raise ValueError(f"'percentiles' values must be in [0, 1], got {percentiles}")
    if low >= high:
        raise ValueError(f"percentiles[0] must be strictly less than percentiles[1]: {percentiles}")
    if grid_resolution <= 1:
        raise ValueError(f"'grid_resolution' must be strictly greater than 1: {grid_resolution}")


def plotting_quantiles(values, shares):
    """Quantiles at the plotting positions (i − 0.4) / (n + 0.2), about unbiased (Cunnane, 1978)."""
    place = np.asarray(shares) * (len(values) + 0.2) + 0.4
    if len(values) == 1:
        return np.repeat(values, len(place))
    below = np.floor(np.clip(place, 1, len(values) - 1)).astype(int)
    # Only the order statistics at `below` and after it need to be in their places.
    values = np.partition(values, np.unique([below - 1, below]))
    rest = np.clip(place - below, 0, 1)
    return (1 - rest) * values[below - 1] + rest * values[below]


def axis_of(values, is_categorical, percentiles, grid_resolution, name):
    """Values of one column: all distinct ones, or for many an even grid between percentiles.

    Whole numbers stay whole: a grid of them is rounded.

    Raises
    ------
    TypeError
        For words that are not declared as categories.
    ValueError
        If the percentiles are the same, or values cannot be compared.
    """
    values = np.asarray(values)
    if not is_categorical and _surely_many(values, grid_resolution):
        return _even(values, percentiles, grid_resolution, name)
    try:
        distinct = np.unique(values)
    except TypeError as error:
        raise ValueError(
            f"partial_dependence: column {name!r} mixes types that have no order among them: "
            f"{error}; make its categories all words or all numbers"
        ) from error
    if is_categorical or len(distinct) < grid_resolution:
        return distinct
    if values.dtype.kind not in "biuf":
        try:
            values = values.astype(float)
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"partial_dependence: column {name!r} holds words, of which there are more than "
                f"grid_resolution={grid_resolution}; name it in categorical_features"
            ) from error
    return _even(values, percentiles, grid_resolution, name)


def _surely_many(values, n):
    """Whether the first rows, of numbers, already hold `n` distinct ones."""
    return values.dtype.kind in "iuf" and len(np.unique(values[: 8 * n])) > n


def _even(values, percentiles, grid_resolution, name):
    """An even grid between the percentiles of a column of numbers."""
    known = values[~np.isnan(values)] if values.dtype.kind == "f" else values
    low, high = plotting_quantiles(known, percentiles)
    if np.allclose(low, high):
        raise ValueError(
            f"percentiles={percentiles} of column {name!r} are too close to each other, both "
            f"{low:g}, unable to build the grid: choose percentiles further apart"
        )
    axis = np.linspace(low, high, num=grid_resolution)
    if values.dtype.kind in "iu":
        return np.unique(np.rint(axis).astype(values.dtype))
    return axis


def custom_axis(values, name):
    """Values that were given, as an array.

    Raises
    ------
    ValueError
        If they have more than one dimension.
    """
    axis = np.asarray(values)
    if axis.dtype.kind == "U":
        axis = axis.astype(object)
    if axis.ndim != 1:
        raise ValueError(
            f"custom_values of feature {name!r} must be a one-dimensional array, got "
            f"{axis.ndim} dimensions"
        )
    return axis
