"""Kernel density estimation."""

import numpy as np

from .._core.arrays import check_is_fitted
from .._core.domains import above, at_least, boolean, integer, mapping, none, one_of, random_state
from .._core.errors import InvalidParameterError
from .._core.estimator import Estimator
from .._core.params import checked, fitted, param
from .._core.roles import Density
from .._core.seeds import check_random_state
from .._core.tags import Traits
from .._core.weights import check_sample_weight
from .._engine.neighbors.kernel_norm import KERNELS
from ._metrics import VALID_METRICS
from ._trees import BallTree, KDTree

_TREES = {"kd_tree": KDTree, "ball_tree": BallTree}


@checked(n_samples=integer(1), random_state=random_state)
def _check_draws(n_samples, random_state):
    pass


class KernelDensity(Density, Estimator):
    """Density as a mean of kernels at the rows: ``p(x) = Σ wᵢ K_h(d(x, xᵢ)) / Σ wᵢ``.

    K of distance u in units of the bandwidth h, up to a constant: "gaussian" ``exp(−u²/2)``,
    "tophat" ``[u < 1]``, "epanechnikov" ``(1 − u²)₊``, "exponential" ``exp(−u)``, "linear"
    ``(1 − u)₊``, "cosine" ``cos(πu/2) [u < 1]``. The constant is that of Euclidean distance.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.neighbors import KernelDensity
    >>> density = KernelDensity(bandwidth=0.5).fit([[0.0], [1.0]])
    >>> np.exp(density.score_samples([[0.5], [3.0]])).round(4)
    array([0.4839, 0.0001])
    """

    traits = Traits(order="C")

    bandwidth: object = param(
        1.0,
        above(0) | one_of("scott", "silverman"),
        'Width h; "scott" is ``n^(−1/(d+4))``, "silverman" ``(n (d+2) / 4)^(−1/(d+4))``.',
    )
    algorithm: str = param(
        "auto",
        one_of("kd_tree", "ball_tree", "auto"),
        'Tree that the sum goes down; "auto" is "kd_tree" where the metric allows it.',
    )
    kernel: str = param("gaussian", one_of(*KERNELS), "See above.")
    metric: str = param(
        "euclidean",
        one_of(*sorted({*VALID_METRICS["kd_tree"], *VALID_METRICS["ball_tree"]})),
        "Distance of rows.",
    )
    atol: float = param(0, at_least(0), "Absolute error of the density that is put up with.")
    rtol: float = param(0, at_least(0), "Relative error of the density that is put up with.")
    breadth_first: bool = param(
        True, boolean, "Visit the nodes of the tree by their distance, not depth first."
    )
    leaf_size: int = param(40, integer(1), "Rows in a leaf of the tree, at least.")
    metric_params: object = param(None, mapping | none, "Further parameters of the metric.")

    tree_ = fitted("KDTree or BallTree", "The rows.")
    bandwidth_ = fitted("float", "The bandwidth h.")

    def fit(self, X, y=None, sample_weight=None):
        """Keep the rows in a tree.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, none negative; only their ratios matter.

        Returns
        -------
        self
        """
        tree = self._tree_class()
        X = self._check_fit(X, dtype="float64")
        weight = check_sample_weight(sample_weight, X, non_negative=True)
        n, d = X.shape
        if self.bandwidth == "scott":
            self.bandwidth_ = n ** (-1 / (d + 4))
        elif self.bandwidth == "silverman":
            self.bandwidth_ = (n * (d + 2) / 4) ** (-1 / (d + 4))
        else:
            self.bandwidth_ = self.bandwidth
        self.tree_ = tree(
            X,
            metric=self.metric,
            leaf_size=self.leaf_size,
            sample_weight=weight,
            **(self.metric_params or {}),
        )
        return self

    def _tree_class(self):
        self._check_params()
        if self.algorithm == "auto":
            boxed = self.metric in KDTree.valid_metrics and "w" not in (self.metric_params or {})
            return KDTree if boxed else BallTree
        tree = _TREES[self.algorithm]
        if self.metric not in tree.valid_metrics:
            raise InvalidParameterError(
                f"KernelDensity: invalid metric {self.metric!r} for algorithm={self.algorithm!r}: "
                f"use one of {tree.valid_metrics}"
            )
        return tree

    def score_samples(self, X):
        """Return the logarithm of the density at each row.

        Parameters
        ----------
        X : array-like of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries,)
        """
        check_is_fitted(self)
        X = self._check_X(X, dtype="float64")
        total = self.tree_.sum_weight
        log_density = self.tree_.kernel_density(
            X,
            h=self.bandwidth_,
            kernel=self.kernel,
            atol=self.atol * total,
            rtol=self.rtol,
            breadth_first=self.breadth_first,
            return_log=True,
        )
        return log_density - np.log(total)

    def score(self, X, y=None):
        """Return the log-likelihood of X: the sum of `score_samples`.

        Parameters
        ----------
        X : array-like of shape (n_queries, n_features)
        y : ignored

        Returns
        -------
        float
        """
        return np.sum(self.score_samples(X))

    def sample(self, n_samples=1, random_state=None):
        """Draw rows from the density; for "gaussian" and "tophat".

        Parameters
        ----------
        n_samples : int, default=1
        random_state : int, RandomState, Generator or None, default=None

        Returns
        -------
        ndarray of shape (n_samples, n_features)

        Raises
        ------
        NotImplementedError
            For another kernel.
        """
        check_is_fitted(self)
        _check_draws(n_samples=n_samples, random_state=random_state)
        if self.kernel not in ("gaussian", "tophat"):
            raise NotImplementedError(
                f"KernelDensity.sample draws from 'gaussian' and 'tophat', not {self.kernel!r}"
            )
        rng = check_random_state(random_state)
        rows = self.tree_.data
        u = rng.uniform(0, 1, size=n_samples)
        if self.tree_.sample_weight is None:
            chosen = (u * rows.shape[0]).astype(np.int64)
        else:
            total = np.cumsum(self.tree_.sample_weight)
            chosen = np.searchsorted(total, u * total[-1])
        centres = rows[chosen]
        d = rows.shape[1]
        step = rng.normal(size=(n_samples, d))
        if self.kernel == "gaussian":
            # One draw of all numbers, scaled: no more are used up than that.
            return centres + self.bandwidth_ * step
        # A direction, and the radius of a uniform point of the ball.
        radius = rng.uniform(size=(n_samples, 1)) ** (1 / d)
        return centres + self.bandwidth_ * radius * step / np.linalg.norm(step, axis=1)[:, None]
