"""Principal component analysis."""

import numbers

import numpy as np

from .._core import shared
from .._core.domains import between, boolean, integer, none, one_of
from .._core.params import fitted, param
from .._core.seeds import check_random_state
from .._core.sparse import issparse
from .._core.tags import Traits
from .._engine.spectral import gaussian
from .._engine.spectral.evidence import evidence
from .._engine.spectral.leading import by_chance, by_gram, by_lanczos, by_svd
from .._engine.spectral.operator import Operator, threads_for
from ._base import Components

_TRUNCATED = ("arpack", "randomized")
_SPARSE = ("auto", "arpack", "covariance_eigh")


class PCA(Components):
    """Orthonormal directions in which the data vary most: ``X − mean ≈ T components``.

    The components are the leading right singular vectors of the centred data, or the eigenvectors
    of its covariance; keeping k of them leaves the least squared error that k directions can.
    In each, the entry of greatest modulus is positive.

    Solvers: "full" is the SVD of the centred data; "covariance_eigh" the eigenpairs of the
    covariance, fast for many rows but blind below ``√eps`` of the greatest singular value;
    "arpack" and "randomized" find a few leading components. "auto" takes "covariance_eigh" for up
    to 1000 columns and ten times as many rows (and "full" after all, should a wanted component
    turn out too small for it), "arpack" for sparse data, "randomized" for fewer than 80 % of the
    components of more than 500 rows or columns, and "full" otherwise. Sparse data is centred
    implicitly, by "arpack" and "covariance_eigh".

    As a density it is ``N(mean, componentsᵀ (S − v) components + vI)``, S the explained variances
    and v the mean of those left out.

    References
    ----------
    M. E. Tipping, C. M. Bishop, "Probabilistic principal component analysis", JRSS B 61 (1999);
    "Mixtures of probabilistic principal component analysers", Neural Computation 11 (1999).
    T. P. Minka, "Automatic choice of dimensionality for PCA", NIPS 13 (2000).
    N. Halko, P. G. Martinsson, J. A. Tropp, "Finding structure with randomness", SIAM Review 53
    (2011).

    Examples
    --------
    >>> from mlkit.decomposition import PCA
    >>> pca = PCA(n_components=1).fit([[-1.0, -1.0], [-2.0, -1.0], [3.0, 2.0]])
    >>> pca.components_.round(3).tolist(), pca.explained_variance_ratio_.round(3).tolist()
    ([[0.838, 0.545]], [0.992])
    """

    traits = Traits(sparse=("csr", "csc"), min_rows=2, preserves=("float64", "float32"))

    n_components: object = param(
        None,
        integer(0) | between(0, 1, "neither") | one_of("mle") | none,
        "How many components to keep. A fraction: as many as explain more than that share of the "
        'variance; "mle": as many as Minka\'s evidence favours; None: all, one less with "arpack".',
        kw_only=False,
    )
    copy: bool = param(True, boolean, "Whether to leave X as it is, or fit may overwrite it.")
    whiten: bool = param(
        False, boolean, "Whether transform divides by the standard deviation along each component."
    )
    svd_solver: str = param(
        "auto", one_of("auto", "full", "covariance_eigh", "arpack", "randomized"), "See above."
    )
    tol: float = shared.tol(0.0, 'Accuracy of singular values by "arpack"; 0 is the machine\'s.')
    iterated_power: object = param(
        "auto",
        integer(0) | one_of("auto"),
        'Power iterations of "randomized"; "auto" is 7 for fewer than a tenth of the components, '
        "else 4.",
    )
    n_oversamples: int = param(10, integer(1), 'Further random vectors of "randomized".')
    power_iteration_normalizer: str = param(
        "auto",
        one_of("auto", "QR", "LU", "none"),
        'What keeps the vectors of "randomized" apart between iterations.',
    )
    random_state: object = shared.random_state

    components_ = fitted("(n_components, n_features)", "Directions, by decreasing variance.")
    explained_variance_ = fitted("(n_components,)", "Variances along them, with divisor n − 1.")
    explained_variance_ratio_ = fitted("(n_components,)", "Their shares of the total variance.")
    singular_values_ = fitted("(n_components,)", "Singular values of the centred data.")
    mean_ = fitted("(n_features,)", "Means of the columns.")
    n_components_ = fitted("int", "Number of components.")
    n_samples_ = fitted("int", "Rows seen.")
    noise_variance_ = fitted("float", "Mean of the variances that are left out.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self.svd_solver in _SPARSE
        return tags

    def fit(self, X, y=None):
        """Find the components.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        self._fit(X)
        return self

    def fit_transform(self, X, y=None):
        """Find the components and project X onto them.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        ndarray of shape (n_samples, n_components)
        """
        operator, factors = self._fit(X)
        projected = factors.projection(operator)
        return projected / self._deviations() if self.whiten else projected

    def _fit(self, X):
        X = self._check_fit(X)
        if issparse(X) and self.svd_solver not in _SPARSE:
            raise TypeError(
                f"PCA(svd_solver={self.svd_solver!r}) does not take sparse input: choose "
                '"arpack" or "covariance_eigh", or TruncatedSVD, which does not centre'
            )
        solver, wanted = self._plan(X)
        operator = Operator(X, overwrite=not self.copy)
        with threads_for(X):
            factors = self._factors(operator, solver, wanted)
            factors = factors.first(_count(wanted, factors, operator))
            self._store(operator, factors)
        return operator, factors

    def _plan(self, X):
        """The solver, and the number of components: an int, a fraction or "mle"."""
        n_rows, n_columns = X.shape
        most = min(n_rows, n_columns)
        solver = self.svd_solver
        if solver == "auto" and issparse(X):
            solver = "arpack"
        wanted = self.n_components
        if wanted is None:
            wanted = most - 1 if solver == "arpack" else most
        if solver == "auto":
            solver = _automatic(n_rows, n_columns, wanted)
        self._check_count(wanted, solver, X.shape)
        if wanted == "mle" and n_rows < n_columns:
            raise ValueError(
                f"PCA(n_components='mle') needs at least as many samples as features, got {n_rows} "
                f"samples of {n_columns} features: give a number"
            )
        return solver, wanted

    def _check_count(self, wanted, solver, shape):
        most = min(shape)
        if solver in _TRUNCATED:
            limit = most - (solver == "arpack")
            fits = isinstance(wanted, numbers.Integral) and 1 <= wanted <= limit
            least = 1
        else:
            limit, least = most, 0
            fits = not isinstance(wanted, numbers.Integral) or wanted <= most
        if not fits:
            bound = "strictly less than" if solver == "arpack" else "at most"
            raise ValueError(
                f"PCA(n_components={self.n_components!r}, svd_solver={self.svd_solver!r}): "
                f"with the solver {solver!r} n_components must be between {least} and {limit}, "
                f"{bound} the smaller of n_samples={shape[0]} and n_features={shape[1]}"
            )

    def _factors(self, operator, solver, wanted):
        """Factors by `solver`: all of them, or at least those wanted."""
        if solver == "arpack":
            rng = check_random_state(self.random_state)
            return by_lanczos(operator, wanted, self.tol, rng)
        if solver == "randomized":
            return by_chance(
                operator,
                wanted,
                check_random_state(self.random_state),
                n_oversamples=self.n_oversamples,
                n_iter=self.iterated_power,
                normalizer=self.power_iteration_normalizer,
            )
        some = wanted if isinstance(wanted, numbers.Integral) else None
        if solver == "covariance_eigh":
            found = by_gram(operator, some)
            if self.svd_solver != "auto" or not _is_blurred(wanted, found, operator):
                return found
        # The projection wants the array again, so LAPACK works on a copy.
        return by_svd(operator.array(), some)

    def _store(self, operator, factors):
        n_rows, n_columns = operator.shape
        variance = factors.values**2 / (n_rows - 1)
        rest = min(n_rows, n_columns) - len(variance)
        left_out = operator.squares.sum() / (n_rows - 1) - variance.sum(dtype=np.float64)
        if len(factors.rest) == rest > 0:  # small after large: their own sum is the more accurate
            left_out = np.sum(factors.rest**2, dtype=np.float64) / (n_rows - 1)
        self.mean_ = operator.mean
        self.components_ = factors.right
        self.singular_values_ = factors.values
        self.explained_variance_ = variance
        self.explained_variance_ratio_ = _shares(factors, operator)
        self.noise_variance_ = max(float(left_out), 0.0) / rest if rest else 0.0
        self.n_components_ = len(variance)
        self.n_samples_ = n_rows

    def score_samples(self, X):
        """Return the log-density of each row under the model.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        X = self._check_X(X, sparse=())
        return gaussian.log_density(X - self.mean_, self._loadings(), self.noise_variance_)

    def score(self, X, y=None):
        """Return the mean log-density of the rows under the model.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        float
        """
        return float(np.mean(self.score_samples(X)))


def _shares(factors, operator):
    """Shares of the total variance along the factors."""
    total = operator.squares.sum() or 1.0  # constant data: nothing of nothing
    return factors.values**2 / operator.dtype.type(total)


def _count(wanted, factors, operator):
    """Number of components that an int, a fraction or "mle" amounts to."""
    if isinstance(wanted, numbers.Integral):
        return int(wanted)
    most = len(factors.values)
    if wanted == "mle":
        n_rows = operator.shape[0]
        if most < 2:
            return most
        return int(evidence(factors.values**2 / (n_rows - 1), n_rows).argmax()) + 1
    share = np.cumsum(_shares(factors, operator))
    return min(int(np.searchsorted(share, wanted, side="right")) + 1, most)


def _is_blurred(wanted, factors, operator):
    """Whether a wanted variance is so small that rounding of the Gram matrix shows in it."""
    squares = factors.values**2
    count = len(squares) if wanted == "mle" else _count(wanted, factors, operator)
    # Rounding is eps of the greatest; above this bound a quarter of the digits is left.
    return count > 0 and squares[count - 1] < np.finfo(squares.dtype).eps ** 0.75 * squares[0]


def _automatic(n_rows, n_columns, wanted):
    """The solver that "auto" stands for on dense data."""
    if n_columns <= 1000 and n_rows >= 10 * n_columns:
        return "covariance_eigh"
    if max(n_rows, n_columns) <= 500 or wanted == "mle":
        return "full"
    return "randomized" if 1 <= wanted < 0.8 * min(n_rows, n_columns) else "full"
