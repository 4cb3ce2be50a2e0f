"""Row normalisation of sparse matrices."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "..._engine.native.columns": [
            "assign_rows_csr",
            "csr_row_norms",
            "inplace_csr_row_normalize_l1",
            "inplace_csr_row_normalize_l2",
        ],
    },
)
