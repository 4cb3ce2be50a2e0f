"""Transformers for chosen columns, and for the target."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "_columns": ["ColumnTransformer", "make_column_transformer"],
        "_select": ["make_column_selector"],
        "_target": ["TransformedTargetRegressor"],
    },
)
