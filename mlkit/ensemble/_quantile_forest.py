"""Quantiles of regression forests: leaves keep the targets of their rows."""

import numpy as np

from .._core.arrays import check_is_fitted
from .._core.domains import boolean
from .._core.params import param

CELLS = 4_000_000  # weights at a time, 32 MB
ROUNDING = 1e-12  # of sums of weights

keep_targets = param(
    False,
    boolean,
    "Whether to keep the targets of the rows and the leaves they are in, n_samples numbers for "
    "each tree, so that `predict_quantiles` and `predict_interval` can be asked.",
)


class ForestQuantiles:
    """What forests of numbers say about the distribution of y."""

    def _keep(self, X, targets, weight):
        """Matrix of rows by leaves of all trees: the share of a leaf's weight that a row has."""
        from scipy.sparse import csr_matrix

        n_rows, n_trees = len(targets), self._trees.n_trees
        counts = np.ones((n_rows, n_trees))
        for i, seed in enumerate(self._seeds):
            own = self._parts_of(int(seed), weight, targets)[1]
            if own is not None:
                counts[:, i] = own
        leaves = self._places(X)
        sums = np.bincount(leaves.ravel(), counts.ravel(), minlength=int(self._trees.offset[-1]))
        shares = counts / np.where(sums == 0, 1, sums)[leaves] / n_trees
        starts = np.arange(n_rows + 1) * n_trees
        kept = csr_matrix((shares.ravel(), leaves.ravel(), starts), (n_rows, len(sums)))
        kept.eliminate_zeros()
        self._kept_shares, self._kept_targets = kept.T.tocsr(), targets.copy()
        empty = np.flatnonzero(self._trees.is_leaf & (sums == 0))
        if len(empty):
            self._kept_shares += self._lent(empty, sums) @ self._kept_shares

    def _lent(self, empty, sums):
        """Matrix of nodes by leaves: the leaves below the nearest node with rows above each leaf
        in `empty`, by their shares of its weight."""
        from scipy.sparse import coo_matrix

        trees = self._trees
        parent, mass = trees.parents(), trees.subtotals(sums[trees.is_leaf])
        lender = empty
        while (mass[lender] == 0).any():
            lender = np.where(mass[lender] == 0, parent[lender], lender)
        asked = np.zeros(trees.n_nodes, dtype=bool)
        asked[lender] = True
        leaf = at = np.flatnonzero(sums)
        above, below = [], []
        while len(at):
            above.append(at[asked[at]])
            below.append(leaf[asked[at]])
            at, leaf = parent[at], leaf[parent[at] >= 0]
            at = at[at >= 0]
        above, below = np.concatenate(above), np.concatenate(below)
        size = (trees.n_nodes, trees.n_nodes)
        lent = coo_matrix((sums[below] / mass[above], (above, below)), size)
        to = coo_matrix((np.ones(len(empty)), (empty, lender)), size)
        return to.tocsr() @ lent.tocsr()

    def _places(self, X):
        """Leaf of each row in each tree, numbered through all trees."""
        X = X.tocsr() if hasattr(X, "tocsr") else X
        return self._trees.apply(X) + self._trees.offset[:-1]

    def predict_quantiles(self, X, quantiles=(0.25, 0.5, 0.75)):
        """Return quantiles of y given the rows of X.

        A row i of the training set has the weight ``w_i(x) = mean_t c_ti 1[i in the leaf of x] /
        Σ_j c_tj 1[j in the leaf of x]``, with ``c_ti`` how often tree t drew it. The quantile is
        the least y whose cumulated weight, ``F(y | x) = Σ_i w_i(x) 1[y_i ≤ y]``, reaches q.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        quantiles : float or array-like of shape (n_quantiles,), default=(0.25, 0.5, 0.75)
            Each from 0 to 1.

        Returns
        -------
        ndarray of shape (n_samples, n_quantiles) or (n_samples, n_outputs, n_quantiles)

        References
        ----------
        Meinshausen, N. (2006). Quantile regression forests. JMLR 7.

        Examples
        --------
        >>> from mlkit.datasets import load_diabetes
        >>> from mlkit.ensemble import RandomForestRegressor
        >>> X, y = load_diabetes(return_X_y=True)
        >>> forest = RandomForestRegressor(20, keep_targets=True, random_state=0).fit(X, y)
        >>> forest.predict_quantiles(X[:3], [0.1, 0.9]).shape
        (3, 2)
        """
        check_is_fitted(self)
        who = type(self).__name__
        if "_kept_shares" not in vars(self):
            raise ValueError(f"{who}: quantiles need the targets; fit with keep_targets=True")
        wanted = np.atleast_1d(np.asarray(quantiles, dtype=np.float64))
        if wanted.ndim != 1 or not ((wanted >= 0) & (wanted <= 1)).all():
            raise ValueError(f"{who}: quantiles must be numbers from 0 to 1, not {quantiles!r}")
        leaves, y = self._places(self._rows(X)), self._kept_targets
        out = np.empty((len(leaves), y.shape[1], len(wanted)))
        step = max(1, CELLS // len(y))
        for start in range(0, len(leaves), step):
            self._fill(out[start : start + step], leaves[start : start + step], wanted)
        return out[:, 0] if self.n_outputs_ == 1 else out

    def _fill(self, out, leaves, wanted):
        from scipy.sparse import csr_matrix

        n_rows, n_trees = leaves.shape
        here = csr_matrix(
            (np.ones(leaves.size), leaves.ravel(), np.arange(n_rows + 1) * n_trees),
            (n_rows, self._kept_shares.shape[0]),
        )
        weight = (here @ self._kept_shares).toarray()
        for k, y in enumerate(self._kept_targets.T):
            order = np.argsort(y, kind="stable")
            total = np.cumsum(weight[:, order], axis=1)
            for j, q in enumerate(wanted):
                # above 0, as rows without weight are no quantile; less what rounding may take
                level = max(q - ROUNDING, ROUNDING)
                out[:, k, j] = y[order[(total >= level * total[:, -1:]).argmax(axis=1)]]

    def predict_interval(self, X, coverage=0.9):
        """Return the quantiles ``(1 − coverage) / 2`` and ``(1 + coverage) / 2`` of each row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        coverage : float, default=0.9
            Share of y between the two, from 0 to 1.

        Returns
        -------
        ndarray of shape (n_samples, 2) or (n_samples, n_outputs, 2)
        """
        return self.predict_quantiles(X, [(1 - coverage) / 2, (1 + coverage) / 2])
