"""Breadth-first search on a sparse graph."""

import numpy as np

from ..._core.domains import array_like, at_least, integer, none, sparse_matrix
from ..._core.params import checked


@checked(graph=array_like | sparse_matrix, source=integer(0), cutoff=at_least(0) | none)
def single_source_shortest_path_length(graph, source, *, cutoff=None):
    """Number of edges on a shortest path from a node to each node that it reaches.

    The whole frontier is expanded at once, so the cost is one pass over the edges met.

    Parameters
    ----------
    graph : {array-like, sparse matrix} of shape (n_nodes, n_nodes)
        An entry ``graph[i, j]`` that is not zero is an edge from i to j, whatever its value.
    source : int
        The node to start from.
    cutoff : float, default=None
        Leave out nodes further away.

    Returns
    -------
    dict
        Distance by node, in order of distance.

    Raises
    ------
    ValueError
        For a source that is no node of the graph.

    Examples
    --------
    >>> from mlkit.utils.graph import single_source_shortest_path_length
    >>> single_source_shortest_path_length([[0, 1, 0], [0, 0, 1], [0, 0, 0]], 0)
    {0: 0, 1: 1, 2: 2}
    """
    indptr, indices, n_nodes = _adjacency(graph)
    if source >= n_nodes:
        raise ValueError(
            f"single_source_shortest_path_length(source={source}): the graph has {n_nodes} nodes"
        )
    met = np.zeros(n_nodes, dtype=bool)
    met[source] = True
    frontier = np.array([source])
    lengths, distance = {}, 0
    while len(frontier):
        lengths.update(dict.fromkeys(frontier.tolist(), distance))
        distance += 1
        if cutoff is not None and distance > cutoff:
            break
        reached = _targets(indptr, indices, frontier)
        frontier = np.unique(reached[~met[reached]])
        met[frontier] = True
    return lengths


def _adjacency(graph):
    if hasattr(graph, "tocsr"):
        graph = graph.tocsr()
        if not np.all(graph.data):
            # Stored zeros are no edges; the caller's matrix is left as it is.
            graph = graph.copy()
            graph.eliminate_zeros()
        return graph.indptr, graph.indices, graph.shape[0]
    rows, columns = np.nonzero(np.asarray(graph))
    n_nodes = len(graph)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n_nodes))])
    return indptr, columns, n_nodes


def _targets(indptr, indices, nodes):
    """Ends of the edges that leave `nodes`."""
    starts = indptr[nodes]
    runs = indptr[nodes + 1] - starts
    # Positions inside each run, laid one behind the other.
    offset = np.repeat(starts - np.concatenate([[0], np.cumsum(runs)[:-1]]), runs)
    return indices[offset + np.arange(len(offset))]
