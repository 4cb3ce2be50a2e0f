"""Choosing columns by name and type."""

import re

import numpy as np

from .._core.frames import (
    column_names,
    is_dataframe,
    is_pandas,
    take_columns,
    take_rows,
    to_native,
)


class make_column_selector:
    """A function of a data frame that returns the names of columns by pattern and type.

    Parameters
    ----------
    pattern : str, default=None
        Regular expression that is found in the name.
    dtype_include : dtype or list of dtypes, default=None
        Types of the columns to take: NumPy's, their abstract ones such as ``np.number``, Python's,
        or those of the data frame's own library; names such as "number", "category" and "string",
        too.
    dtype_exclude : dtype or list of dtypes, default=None
        Types of the columns to leave. A column must pass all that is given.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from mlkit.compose import make_column_selector
    >>> X = pd.DataFrame({"city": ["Rome", "Oslo"], "rating": [5, 3]})
    >>> make_column_selector(dtype_include=np.number)(X)
    ['rating']
    """

    def __init__(self, pattern=None, *, dtype_include=None, dtype_exclude=None):
        self.pattern = pattern
        self.dtype_include = dtype_include
        self.dtype_exclude = dtype_exclude

    def __repr__(self):
        given = [f"{name}={value!r}" for name, value in vars(self).items() if value is not None]
        return f"make_column_selector({', '.join(given)})"

    def __call__(self, df):
        """Return the names of the columns of `df` that fit.

        Parameters
        ----------
        df : data frame of pandas, polars or pyarrow

        Returns
        -------
        list of str

        Raises
        ------
        ValueError
            If `df` is no data frame.
        """
        if not is_dataframe(df):
            raise ValueError(
                f"make_column_selector can only be applied to data frames, got {type(df).__name__}"
            )
        df = take_rows(to_native(df), slice(0, 0))
        names = self._of_pandas(df) if is_pandas(df) else self._of_others(df)
        if self.pattern is not None:
            names = [name for name in names if re.search(self.pattern, name)]
        return names

    def _of_pandas(self, df):
        if self.dtype_include is not None or self.dtype_exclude is not None:
            df = df.select_dtypes(include=self.dtype_include, exclude=self.dtype_exclude)
        return df.columns.tolist()

    def _of_others(self, df):
        include, exclude = _listed(self.dtype_include), _listed(self.dtype_exclude)
        names = column_names(df)
        columns = [take_columns(df, j) for j in range(len(names))]
        return [
            name
            for name, column in zip(names, columns, strict=True)
            if (not include or any(_is_of(column, each) for each in include))
            and not any(_is_of(column, each) for each in exclude)
        ]


def _listed(dtypes):
    if dtypes is None:
        return []
    return list(dtypes) if isinstance(dtypes, (list, tuple, set, frozenset)) else [dtypes]


_NAMES = {
    "number": np.number,
    "datetime": np.datetime64,
    "timedelta": np.timedelta64,
}
_STRINGS = (object, str, "object", "O", "string", "str")
_CATEGORIES = ("categorical", "enum", "dictionary")  # as types of polars and pyarrow are called


def _is_of(column, wanted):
    """Whether a column without rows, of polars or pyarrow, has the type that is `wanted`."""
    dtype = column.dtype if hasattr(column, "dtype") else column.type
    if _library(wanted) == _library(dtype):
        return bool(dtype == wanted)
    categorical = str(dtype).lower().startswith(_CATEGORIES)
    if categorical or (isinstance(wanted, str) and wanted == "category"):
        return categorical and wanted == "category"
    values = column.to_numpy().dtype
    if values.kind in "OUT":
        return wanted in _STRINGS
    if isinstance(wanted, str):
        wanted = _NAMES.get(wanted, wanted)
    return wanted not in _STRINGS and bool(np.issubdtype(values, wanted))


def _library(dtype):
    owner = dtype if isinstance(dtype, type) else type(dtype)
    return owner.__module__.partition(".")[0]
