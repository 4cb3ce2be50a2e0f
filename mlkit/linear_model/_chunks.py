"""Rows that come in chunks, checked and counted."""

import numpy as np

from .._core.arrays import check_array, check_consistent_length
from .._engine.glm.chunks import ChunkedColumns
from ._base import check_weight


def read_chunks(model, chunks):
    """Columns over the X of all chunks, their y and their weights (None where none has any)."""
    who = type(model).__name__
    if not callable(chunks) and iter(chunks) is chunks:
        raise ValueError(
            f"{who}.fit_chunks: chunks is spent after one pass; give a list, or a function that "
            "returns a new iterator"
        )

    def each():
        return iter(chunks() if callable(chunks) else chunks)

    targets, weights, n_rows, dtype = [], [], 0, None
    for chunk in each():
        X, y, *rest = chunk
        if dtype is None:
            X, y = model._check_fit(X, y)
            dtype = X.dtype
        else:
            X, y = checked(X, dtype, model), model._check_y(y)
        check_consistent_length(X, y)
        targets.append(y)
        weights.append(check_weight(rest[0], X) if rest else None)
        n_rows += X.shape[0]
    if dtype is None:
        raise ValueError(f"{who}.fit_chunks: there is no chunk, a minimum of 1 is required")
    weight = None
    if any(of is not None for of in weights):
        weight = np.concatenate(
            [
                np.ones(len(y), dtype=dtype) if of is None else of
                for y, of in zip(targets, weights, strict=True)
            ]
        )
    columns = ChunkedColumns(
        lambda: (checked(chunk[0], dtype, model) for chunk in each()),
        n_rows,
        model.n_features_in_,
        dtype,
    )
    return columns, np.concatenate(targets), weight


def checked(X, dtype, model):
    """X of a chunk that is as wide as the first."""
    X = check_array(X, accept_sparse=("csr", "csc"), dtype=dtype, estimator=model)
    if X.shape[1] != model.n_features_in_:
        raise ValueError(
            f"{type(model).__name__}.fit_chunks: a chunk has {X.shape[1]} columns, the first has "
            f"{model.n_features_in_}"
        )
    return X
