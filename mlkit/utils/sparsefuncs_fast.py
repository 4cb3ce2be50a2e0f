"""Row normalisation of sparse matrices."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "..._engine.native.columns": [
            "inplace_csr_row_normalize_l1",
            "inplace_csr_row_normalize_l2",
        ],
    },
)
