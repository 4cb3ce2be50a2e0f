"""Distances that the caller computed, as a matrix or as a sparse graph."""

import warnings

import numpy as np

from .._core.arrays import check_array, check_non_negative
from .._core.domains import boolean, sparse_matrix
from .._core.errors import EfficiencyWarning, twin
from .._core.params import checked
from .._core.sparse import issparse

_SORTABLE = ("csr", "csc", "coo", "lil")


def is_sorted(graph):
    """Whether the values stored in each row of a CSR matrix ascend."""
    falls = graph.data[1:] < graph.data[:-1]
    starts = graph.indptr[1:-1]
    # A fall from one row to the next is none within a row.
    starts = starts[(starts > 0) & (starts < len(graph.data))]
    falls[starts - 1] = False
    return not falls.any()


@checked(graph=sparse_matrix, copy=boolean, warn_when_not_sorted=boolean)
def sort_graph_by_row_values(graph, copy=False, warn_when_not_sorted=True):
    """Sort the entries stored in each row of a sparse graph by value.

    Parameters
    ----------
    graph : sparse matrix of shape (n_samples, n_samples)
        Distances; CSR, CSC, COO or LIL. Explicit zeros stay.
    copy : bool, default=False
        False sorts a CSR graph in place; other formats need True.
    warn_when_not_sorted : bool, default=True
        Tell when there was something to sort.

    Returns
    -------
    CSR matrix of shape (n_samples, n_samples)

    Raises
    ------
    TypeError
        For a format that does not keep explicit zeros, or has no rows.
    ValueError
        For a graph that is not CSR, without `copy`.

    Warns
    -----
    EfficiencyWarning
        If the graph was not sorted.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> from mlkit.neighbors import sort_graph_by_row_values
    >>> graph = csr_array([[0.0, 3.0, 1.0], [3.0, 0.0, 2.0], [1.0, 2.0, 0.0]])
    >>> sort_graph_by_row_values(graph, warn_when_not_sorted=False).data
    array([1., 3., 2., 3., 1., 2.])
    """
    check_format(graph)
    if graph.format == "csr" and is_sorted(graph):
        return graph
    if warn_when_not_sorted:
        warnings.warn(
            "The graph was not sorted by row values: sort_graph_by_row_values sorts it once and "
            "for all",
            twin(EfficiencyWarning),
            stacklevel=2,
        )
    if graph.format != "csr":
        if not copy:
            raise ValueError(
                f"A graph in {graph.format!r} format is not sorted in place. Use copy=True to "
                "allow the conversion to CSR"
            )
        graph = graph.tocsr()
    elif copy:
        graph = graph.copy()
    row = np.repeat(np.arange(graph.shape[0]), np.diff(graph.indptr))
    order = np.lexsort((graph.indices, graph.data, row))
    graph.data[:], graph.indices[:] = graph.data[order], graph.indices[order]
    graph.has_sorted_indices = False
    return graph


def check_format(graph):
    """Refuse sparse formats that lose explicit zeros, or cannot be sorted by row."""
    if graph.format not in _SORTABLE:
        raise TypeError(
            f"Sparse matrix in {graph.format!r} format is not supported due to its handling of "
            f"explicit zeros: use one of {_SORTABLE}"
        )


def check_precomputed(X, who):
    """Return distances, checked: dense as an array, sparse as CSR with each row sorted.

    Parameters
    ----------
    X : array-like or sparse matrix
    who : str

    Returns
    -------
    ndarray or CSR matrix
    """
    whom = f"{who}: precomputed distance matrix"
    if not issparse(X):
        X = check_array(X, estimator=who, input_name="X")
        check_non_negative(X, whom)
        return X
    check_format(X)
    copied = X.format != "csr"
    X = check_array(X, accept_sparse="csr", estimator=who, input_name="X")
    check_non_negative(X, whom)
    return sort_graph_by_row_values(X, copy=not copied)
