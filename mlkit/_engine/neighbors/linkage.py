"""Trees of clusters that merge, the nearest first; with all pairs, or along a graph."""

import heapq
from dataclasses import dataclass

import numpy as np

from .pairwise import distance_of_pairs, distances

_ALIASES = {"l2": "euclidean", "l1": "cityblock", "manhattan": "cityblock"}


@dataclass
class Tree:
    """Merges of clusters: node ``n_leaves + m`` has children ``children[m]``.

    Attributes
    ----------
    children : ndarray of int, shape (n_merges, 2)
    height : ndarray of shape (n_merges,)
        Distance of the two when they merged.
    n_leaves : int
    parents : ndarray of int or None
        Parent of each node, itself where there is none; None for trees of all pairs.
    """

    children: np.ndarray
    height: np.ndarray
    n_leaves: int
    parents: np.ndarray = None

    def cut(self, n_clusters):
        """Labels of the leaves when the last merges are undone until there are `n_clusters`."""
        # Nodes negated, so that the heap gives the merge that came last.
        nodes = [-(2 * self.n_leaves - 2)]
        for _ in range(n_clusters - 1):
            first, second = self.children[-nodes[0] - self.n_leaves]
            heapq.heappush(nodes, -int(first))
            heapq.heappushpop(nodes, -int(second))
        labels = np.zeros(self.n_leaves, dtype=np.intp)
        for label, node in enumerate(nodes):
            labels[self._leaves(-node)] = label
        return labels

    def _leaves(self, node):
        stack, found = [node], []
        while stack:
            node = stack.pop()
            if node < self.n_leaves:
                found.append(node)
            else:
                stack.extend(self.children[node - self.n_leaves].tolist())
        return found

    def heads(self):
        """Labels of the leaves by the roots of the forest, in the order of these."""
        head = self.parents.copy()
        for node in range(len(head) - 1, -1, -1):
            head[node] = head[head[node]]
        return np.unique(head[: self.n_leaves], return_inverse=True)[1].astype(np.intp)


def tree_of_pairs(X, linkage, metric):
    """Merge the nearest clusters, all pairs being candidates.

    Parameters
    ----------
    X : ndarray of shape (n, n_columns)
        For metric "precomputed" a matrix of distances.
    linkage : {"ward", "complete", "average", "single"}
    metric : str or callable
        A function takes X and returns the matrix of distances.

    Returns
    -------
    Tree
    """
    from scipy.cluster.hierarchy import linkage as merged

    if metric == "precomputed" or callable(metric):
        D = np.asarray(X if metric == "precomputed" else metric(X), dtype=np.float64)
        if D.shape[0] != D.shape[1]:
            raise ValueError(f"Distance matrix should be square, got matrix of shape {D.shape}")
        known = D[np.triu_indices(len(D), k=1)]
    else:
        known = _condensed(X, _ALIASES.get(metric, metric))
    found = merged(known, method=linkage)
    return Tree(found[:, :2].astype(np.intp), found[:, 2].copy(), len(X))


def _condensed(X, metric):
    from scipy.spatial.distance import pdist

    return pdist(np.asarray(X, dtype=np.float64), metric)


def edge_lengths(X, row, column, metric):
    """Distance of the ends of each edge."""
    if metric == "precomputed":
        return np.asarray(X[row, column], dtype=np.float64)
    if metric in ("euclidean", "l2"):
        return np.linalg.norm(X[row] - X[column], axis=1).astype(np.float64)
    if metric in ("manhattan", "cityblock", "l1"):
        return np.abs(X[row] - X[column]).sum(axis=1).astype(np.float64)
    if metric == "cosine":
        size = np.linalg.norm(X, axis=1)
        unit = X / np.where(size == 0, 1, size)[:, None]
        return 0.5 * np.square(unit[row] - unit[column]).sum(axis=1).astype(np.float64)
    if callable(metric):
        return np.array([metric(X[i], X[j]) for i, j in zip(row, column, strict=True)], float)
    return np.array(
        [
            distances(X[i : i + 1], X[j : j + 1], metric)[0, 0]
            for i, j in zip(row, column, strict=True)
        ],
        dtype=np.float64,
    )


def connected(X, graph, metric):
    """The graph made symmetric and connected, as pairs of rows, and its number of components.

    Components are joined by their nearest rows.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array(graph)
    row, column = np.r_[graph.row, graph.col], np.r_[graph.col, graph.row]
    kept = (row != column) & (np.r_[graph.data, graph.data] != 0)
    pairs = np.unique(np.column_stack([row[kept], column[kept]]), axis=0)
    shape = graph.shape
    n_parts, part = connected_components(
        coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=shape), directed=False
    )
    bridges = []
    for i in range(n_parts):
        for j in range(i):
            one, other = np.flatnonzero(part == i), np.flatnonzero(part == j)
            if metric == "precomputed":
                D = X[np.ix_(one, other)]
            elif callable(metric):
                D = distance_of_pairs(metric, X[one], X[other])
            else:
                D = distances(X[one], X[other], metric)
            a, b = np.nonzero(np.equal(D, D.min()))
            bridges += [*zip(one[a], other[b], strict=True), *zip(other[b], one[a], strict=True)]
    if bridges:
        pairs = np.unique(np.concatenate([pairs, np.array(bridges)]), axis=0)
    return pairs[:, 0], pairs[:, 1], n_parts


# ----------------------------------------------------------------------- along a graph
class _Growing:
    """A tree along a graph while it grows: a heap of edges, of which merges leave stale ones."""

    def __init__(self, n, n_merges):
        self.n, self.n_merges = n, n_merges
        self.parents = np.arange(n + n_merges)
        self.children, self.height = np.empty((n_merges, 2), np.intp), np.empty(n_merges)
        self.open = np.ones(n + n_merges, dtype=bool)
        self.open[n:] = False

    def grow(self, heap, join):
        """Merge along the shortest edge until done; `join` returns the new node's edges."""
        heapq.heapify(heap)
        for merge in range(self.n_merges):
            while True:
                height, i, j = heapq.heappop(heap)
                if self.open[i] and self.open[j]:
                    break
            new = self.n + merge
            self.parents[i] = self.parents[j] = new
            self.open[i] = self.open[j] = False
            self.open[new] = True
            self.children[merge] = min(i, j), max(i, j)
            self.height[merge] = height
            for length, other in join(i, j, new):
                heapq.heappush(heap, (length, new, other))
        return Tree(self.children, self.height, self.n, self.parents)


def ward_along(X, row, column, n_merges):
    """Ward's tree along a graph: merge what adds least to the sum of squared deviations."""
    n = len(X)
    growing = _Growing(n, n_merges)
    size = np.ones(n + n_merges)
    total = np.zeros((n + n_merges, X.shape[1]))
    total[:n] = X
    near = [set() for _ in range(n + n_merges)]
    for i, j in zip(row.tolist(), column.tolist(), strict=True):
        near[i].add(j)

    def cost(one, others):
        weight = size[one] * size[others] / (size[one] + size[others])
        gap = total[one] / size[one] - total[others] / size[others, None]
        return weight * np.einsum("ij,ij->i", gap, gap)

    def join(i, j, new):
        size[new] = size[i] + size[j]
        total[new] = total[i] + total[j]
        around = (near[i] | near[j]) - {i, j}
        near[i] = near[j] = None
        for other in around:
            near[other] -= {i, j}
            near[other].add(new)
        near[new] = around
        others = np.fromiter(around, dtype=np.intp, count=len(around))
        return zip(cost(new, others).tolist(), others.tolist(), strict=True)

    forward = row > column
    row, column = row[forward], column[forward]
    gap = X[row].astype(np.float64) - X[column]
    heights = 0.5 * np.einsum("ij,ij->i", gap, gap)
    heap = list(zip(heights.tolist(), row.tolist(), column.tolist(), strict=True))
    tree = growing.grow(heap, join)
    # The length that the merge has between two single rows.
    tree.height = np.sqrt(2.0 * tree.height)
    return tree


def linked_along(length, row, column, n, n_merges, linkage):
    """Tree along a graph whose merged edges are as long as the longest, or the mean, of theirs."""
    growing = _Growing(n, n_merges)
    near = [{} for _ in range(n + n_merges)]
    size = np.ones(n + n_merges)
    for i, j, d in zip(row.tolist(), column.tolist(), length.tolist(), strict=True):
        near[i][j] = d

    def merged(i, j, one, other):
        if one is None or other is None:
            return other if one is None else one
        if linkage == "complete":
            return max(one, other)
        return float((size[i] * one + size[j] * other) / (size[i] + size[j]))

    def join(i, j, new):
        size[new] = size[i] + size[j]
        around = {
            other: merged(i, j, near[i].get(other), near[j].get(other))
            for other in near[i].keys() | near[j].keys()
            if other not in (i, j)
        }
        near[i] = near[j] = None
        for other, d in around.items():
            near[other].pop(i, None)
            near[other].pop(j, None)
            near[other][new] = d
        near[new] = around
        return [(d, other) for other, d in around.items()]

    forward = row > column
    heap = list(
        zip(length[forward].tolist(), row[forward].tolist(), column[forward].tolist(), strict=True)
    )
    return growing.grow(heap, join)


def single_along(length, row, column, n):
    """Single linkage along a graph: merge by its edges, the shortest first (Kruskal, 1956)."""
    forward = row > column
    length, row, column = length[forward], row[forward], column[forward]
    node = list(range(2 * n - 1))

    def root(i):
        while node[i] != i:
            node[i] = node[node[i]]
            i = node[i]
        return i

    children, height = np.empty((n - 1, 2), dtype=np.intp), np.empty(n - 1)
    parents, merge = np.arange(2 * n - 1), 0
    for edge in np.argsort(length, kind="stable").tolist():
        i, j = root(int(row[edge])), root(int(column[edge]))
        if i == j:
            continue
        new = n + merge
        node[i] = node[j] = parents[i] = parents[j] = new
        children[merge], height[merge] = (min(i, j), max(i, j)), length[edge]
        merge += 1
        if merge == n - 1:
            break
    return Tree(children, height, n, parents)
