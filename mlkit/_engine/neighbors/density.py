"""Clusters of rows that have many others within reach."""

import numpy as np


def dense_clusters(indptr, index, least, weight=None, *, with_self=True):
    """Core rows and labels, from the rows within reach of each.

    Parameters
    ----------
    indptr : ndarray of int, shape (n + 1,)
    index : ndarray of int
        Rows within reach of row i are ``index[indptr[i]:indptr[i + 1]]``.
    least : float
        Rows, or sum of their weights, within reach that make a core row.
    weight : ndarray of shape (n,), default None
    with_self : bool, default True
        Whether each row that is within its own reach is among them; otherwise it is added.

    Returns
    -------
    core : ndarray of bool, shape (n,)
    labels : ndarray of intp, shape (n,)
        Connected core rows share a label, clusters are numbered by their first core row; another
        row has the least label of core rows within its reach, or −1.

    Examples
    --------
    >>> import numpy as np
    >>> indptr, index = np.array([0, 2, 4, 5]), np.array([0, 1, 0, 1, 2])
    >>> dense_clusters(indptr, index, 2)[1].tolist()
    [0, 0, -1]
    """
    n = len(indptr) - 1
    row = np.repeat(np.arange(n), np.diff(indptr))
    count = np.bincount(row, None if weight is None else weight[index], minlength=n)
    if not with_self:
        absent = np.ones(n, dtype=bool)
        absent[row[row == index]] = False
        count = count + absent * (1 if weight is None else weight)
    core = count >= least
    labels = np.full(n, -1, dtype=np.intp)
    labels[core] = _components(row, index, core)
    # The least label of the core rows that reach it: a border row of several takes the first.
    edge = core[row] & ~core[index]
    first = np.full(n, n, dtype=np.intp)
    np.minimum.at(first, index[edge], labels[row[edge]])
    border = first < n
    labels[border] = first[border]
    return core, labels


def _components(row, index, core):
    """Numbers of the connected components of core rows, by their first row."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    place = np.cumsum(core) - 1
    inside = core[row] & core[index]
    n = int(core.sum())
    pairs = place[row[inside]], place[index[inside]]
    graph = csr_array((np.ones(len(pairs[0]), dtype=np.int8), pairs), shape=(n, n))
    found = connected_components(graph, directed=False)[1]
    _, first, number = np.unique(found, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[number]
