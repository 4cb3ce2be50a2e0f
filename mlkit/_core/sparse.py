"""CSR and CSC matrices: recognition, conversion, index width."""

import sys

import numpy as np

from .config import current

_FORMATS = ("csr", "csc", "coo", "bsr", "lil", "dok", "dia")


def issparse(X):
    """True for a SciPy sparse matrix or array; never imports SciPy.

    An object cannot be sparse while ``scipy.sparse`` is not loaded.
    """
    module = sys.modules.get("scipy.sparse")
    return module is not None and module.issparse(X)


def as_interface(X):
    """Return sparse `X` as the class that the setting ``sparse_interface`` names.

    Parameters
    ----------
    X : object
        What is not sparse is returned as it is; data is shared.

    Returns
    -------
    sparse matrix or sparse array
    """
    if not issparse(X):
        return X
    import scipy.sparse as sp

    want_array = current()["sparse_interface"] == "sparray"
    if want_array == isinstance(X, sp.sparray) or X.ndim != 2:
        return X
    return getattr(sp, f"{X.format}_{'array' if want_array else 'matrix'}")(X)


def index_arrays(X):
    """The index arrays of sparse `X`, in a tuple; empty for LIL and DOK."""
    if X.format in ("csr", "csc", "bsr"):
        return X.indices, X.indptr
    if X.format == "coo":
        return X.coords if hasattr(X, "coords") else (X.row, X.col)
    return (X.offsets,) if X.format == "dia" else ()


def has_wide_index(X):
    """True if sparse `X` is indexed by anything wider than 32 bits."""
    return any(index.dtype.itemsize > 4 for index in index_arrays(X))


def narrow_index(X):
    """Return CSR or CSC `X` with 32-bit indices where its size allows; values are shared.

    Kernels index sparse data by int32; SciPy makes int64 indices in several operations
    on small matrices too.
    """
    if X.format not in ("csr", "csc") or not has_wide_index(X):
        return X
    if max(*X.shape, X.nnz) > np.iinfo(np.int32).max:
        return X
    parts = (X.data, X.indices.astype(np.int32), X.indptr.astype(np.int32))
    narrow = type(X)(parts, shape=X.shape, copy=False)
    narrow.has_sorted_indices = X.has_sorted_indices
    return narrow


def canonical(X):
    """Return CSR or CSC `X` with sorted indices and no duplicates; a copy only if it was not so."""
    if X.has_canonical_format:
        return X
    X = X.copy()
    X.sum_duplicates()
    return X


def stored_values(X):
    """The explicitly stored entries of sparse `X` as a 1-D array."""
    return X.tocoo().data if X.format in ("lil", "dok") else X.data


def accepted_formats(accept_sparse):
    """Turn `accept_sparse` into False, True or a tuple of format names.

    Raises
    ------
    ValueError
        If it is no bool, string, list or tuple, or an empty list.
    TypeError
        If a list holds what is no string.
    """
    if isinstance(accept_sparse, bool):
        return accept_sparse
    if isinstance(accept_sparse, str):
        return (accept_sparse,)
    if not isinstance(accept_sparse, (list, tuple)):
        raise ValueError(
            f"accept_sparse={accept_sparse!r}: give a bool, a format's name or a list of names"
        )
    if not accept_sparse:
        raise ValueError(
            "accept_sparse is an empty list: name at least one sparse format, or False"
        )
    wrong = [name for name in accept_sparse if not isinstance(name, str)]
    if wrong:
        raise TypeError(f"accept_sparse holds {wrong[0]!r}, which is no format's name")
    return tuple(accept_sparse)


def to_format(X, formats):
    """Return sparse `X` in one of `formats`, the first unless it already has one of the others.

    Index width is kept: SciPy widens the indices of some conversions from DIA.
    """
    if formats is True or X.format in formats:
        return X
    if formats[0] not in _FORMATS:
        raise ValueError(f"accept_sparse names {formats[0]!r}; SciPy knows {', '.join(_FORMATS)}")
    wide = has_wide_index(X)
    converted = X.asformat(formats[0])
    if wide or not has_wide_index(converted):
        return converted
    if converted.format == "coo":
        coords = tuple(index.astype(np.int32) for index in index_arrays(converted))
        return type(converted)((converted.data, coords), shape=converted.shape, copy=False)
    return narrow_index(converted)
