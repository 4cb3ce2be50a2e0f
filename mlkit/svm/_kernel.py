"""What kernel machines share: their kernel, the checks of their input, and their sums."""

import warnings

import numpy as np

from .._core.arrays import check_is_fitted, check_sample_weight
from .._core.domains import above, at_least, between, boolean, callable_, integer, one_of, real
from .._core.errors import ConvergenceWarning, twin
from .._core.estimator import Estimator
from .._core.parallel import n_threads
from .._core.params import fitted, param
from .._core.sparse import as_interface, issparse
from .._core.tags import Traits
from .._engine.kernels.dual import DensePoints, Kernel, Settings, SparsePoints, StoredPoints

_KERNELS = ("linear", "poly", "rbf", "sigmoid", "precomputed")
# Sums and gammas beyond what floats hold.
_NOT_FINITE = (
    "{}: the dual coefficients or intercepts are not finite; scale X, whose values may be too "
    "large for its kernel, or lower C or nu"
)

kernel = param(
    "rbf",
    one_of(*_KERNELS) | callable_,
    'k(x, y): "linear" ``⟨x, y⟩``, "poly" ``(γ⟨x, y⟩ + c)^d``, "rbf" ``exp(−γ‖x − y‖²)``, '
    '"sigmoid" ``tanh(γ⟨x, y⟩ + c)``; "precomputed" takes X as the kernel itself, and a function '
    "makes it: ``kernel(X, Y)`` of shape (n_X, n_Y).",
)
degree = param(3, integer(0), "d of the polynomial kernel.")
gamma = param(
    "scale",
    one_of("scale", "auto") | at_least(0),
    'γ of the kernel; "scale" is 1 / (n_features * X.var()), rows counting by their weights, and '
    '"auto" is 1 / n_features.',
)
coef0 = param(0.0, real, "c of the kernel.")
C = param(1.0, between(0, np.inf, "right"), "Cost of errors; small C means a strong penalty.")
nu = param(0.5, between(0, 1, "right"), "Share of rows: see above.")
shrinking = param(
    True, boolean, "Whether to set aside rows whose part is settled; the result is the same."
)
tol = param(1e-3, above(0), "Largest violation of optimality of the dual at which fit stops.")
cache_size = param(200, above(0), "MB of memory for rows of the kernel while fitting.")
verbose = param(False, boolean | integer(0), "Whether to print how the fit went.")
max_iter = param(-1, integer(-1), "Pairs of dual variables that are moved at most; -1: no limit.")


def _is_precomputed(kernel):
    return isinstance(kernel, str) and kernel == "precomputed"


def _variance(X, weight):
    """Variance of all entries of X; an integer weight counts as so many copies of the row."""
    if (weight == weight[0]).all():
        if not issparse(X):
            return X.var(dtype=np.float64)
        mean = X.mean(dtype=np.float64)
        return X.multiply(X).mean(dtype=np.float64) - mean * mean
    share = weight / (weight.sum() * X.shape[1])
    if issparse(X):
        mean = share @ np.asarray(X.sum(axis=1)).ravel()
        square = share @ np.asarray(X.multiply(X).sum(axis=1)).ravel()
        return float(square - mean * mean)
    X = X.astype(np.float64, copy=False)
    away = X - share @ X.sum(axis=1)
    return float(share @ np.einsum("ij,ij->i", away, away))


class KernelMachine(Estimator):
    """Machines that are sums of kernels: ``Σ coef_i k(x, x_i) + b`` over the support vectors.

    Rows of weight 0 or less are left out. Kernels are computed in float64; the dual is solved to
    `tol` in float64 too, with rows of the kernel kept in float32 where there are many.
    """

    traits = Traits(sparse=("csr",), order="C")

    support_ = fitted("(n_SV,)", "Indices of the support vectors, class by class.")
    support_vectors_ = fitted(
        "(n_SV, n_features)", "Support vectors; empty for a precomputed kernel and for a function."
    )
    fit_status_ = fitted("int", "0, or 1 if `max_iter` ended the fit.")
    shape_fit_ = fitted("(2,)", "Shape of X in fit.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.pairwise = _is_precomputed(self.kernel)
        tags.input_tags.sparse = not _is_precomputed(self.kernel)
        return tags

    # ------------------------------------------------------------------------------- fit
    def _row_weights(self, sample_weight, X):
        """Weights of rows, and ones without; none may be all that is not positive."""
        weight = check_sample_weight(sample_weight, X, dtype=np.float64, allow_zero=True)
        if weight is None:
            return np.ones(X.shape[0])
        if not (weight > 0).any():
            raise ValueError(
                f"{type(self).__name__}: all of sample_weight is zero or negative, so that there "
                "is nothing to fit; give a positive weight to some rows"
            )
        return np.maximum(weight, 0.0)

    def _check_rows(self, X, *y):
        """`_check_fit`, which does not see that a kernel must be dense."""
        if _is_precomputed(self.kernel) and issparse(X):
            raise TypeError(
                f"{type(self).__name__}: a precomputed kernel must be dense; call X.toarray()"
            )
        return self._check_fit(X, *y)

    def _points(self, X, weight):
        """X as the engine sees it; remembers what predictions need."""
        self.shape_fit_ = X.shape
        self._sparse = issparse(X)
        self._gamma = self._gamma_of(X, weight)
        if callable(self.kernel):
            self._fit_X = X
            return StoredPoints(self._square(self._called(X, X)))
        if _is_precomputed(self.kernel):
            return StoredPoints(self._square(X))
        form = Kernel(self.kernel, self._gamma, float(self.coef0), int(self.degree))
        return SparsePoints(X, form) if self._sparse else DensePoints(X, form)

    def _gamma_of(self, X, weight):
        if _is_precomputed(self.kernel):
            return 0.0
        if not isinstance(self.gamma, str):
            return float(self.gamma)
        if self.gamma == "auto":
            return 1.0 / X.shape[1]
        variance = _variance(X, weight)
        return 1.0 / (X.shape[1] * variance) if variance > 0 else 1.0

    def _called(self, X, Y):
        K = self.kernel(X, Y)
        K = np.asarray(K.toarray() if issparse(K) else K, dtype=np.float64)
        if K.shape != (X.shape[0], Y.shape[0]):
            raise ValueError(
                f"{type(self).__name__}: kernel(X, Y) gave shape {K.shape} for {X.shape[0]} and "
                f"{Y.shape[0]} rows; it must be {(X.shape[0], Y.shape[0])}"
            )
        return K

    def _square(self, K):
        if K.shape[0] != K.shape[1]:
            raise ValueError(
                f"{type(self).__name__}: kernel='precomputed' needs the square matrix of the "
                f"kernels of all pairs of rows, got shape {K.shape}"
            )
        return K

    def _settings(self):
        return Settings(
            tol=float(self.tol),
            max_iter=int(self.max_iter),
            cache_bytes=1e6 * float(self.cache_size),
            shrinking=bool(self.shrinking),
            n_threads=n_threads(),
        )

    def _keep(self, X, points, support, coef, sizes, groups):
        """Store the support vectors with their coefficients (n_out, n_SV), in the order given.

        `sizes` counts them by class, `groups` says over which runs of them predictions sum.
        """
        stored = isinstance(points, StoredPoints)
        self.support_ = np.asarray(support, dtype=np.int32)
        self._support_sizes = np.asarray(sizes, dtype=np.int32)
        self.support_vectors_ = np.empty((0, 0)) if stored else self._as_given(X[self.support_])
        coef = np.ascontiguousarray(coef)
        self._require_finite(coef)
        self._sums = points.sums(self.support_, coef, groups)
        self.dual_coef_ = coef
        if self._sparse and not stored:
            from scipy.sparse import csr_matrix

            self.dual_coef_ = as_interface(csr_matrix(coef))

    def _as_given(self, X):
        return as_interface(X) if issparse(X) else X

    def _require_finite(self, *arrays):
        if not all(np.isfinite(each).all() for each in arrays):
            raise ValueError(_NOT_FINITE.format(type(self).__name__))

    def _tell(self, solutions):
        """Set ``fit_status_``; print and warn of how the solutions were reached."""
        limit = self.max_iter
        early = [each for each in solutions if each.gap > self.tol]
        stopped = [each for each in early if 0 <= limit <= each.n_iter]
        self.fit_status_ = int(bool(stopped))
        who = type(self).__name__
        if self.verbose:
            for each in solutions:
                print(
                    f"{who}: {each.n_iter} steps, objective {each.objective:.6g}, "
                    f"gap {each.gap:.2g}"
                )
        if stopped:
            warnings.warn(
                f"{who}: max_iter={limit} ended the fit at a gap of "
                f"{max(each.gap for each in stopped):.2g}, above tol={self.tol:g}; scale X, for "
                "instance by StandardScaler, or raise max_iter or tol",
                twin(ConvergenceWarning),
                stacklevel=3,
            )

    # --------------------------------------------------------------------------- predict
    @property
    def n_support_(self):
        """Number of support vectors: of each class, or one number in an array."""
        check_is_fitted(self, "_support_sizes")
        return self._support_sizes

    @property
    def coef_(self):
        """Weights of the features, read only; for ``kernel="linear"`` alone.

        Shape (n_classes (n_classes - 1) / 2, n_features) or (1, n_features).
        """
        if self.kernel != "linear":
            raise AttributeError(
                f"{type(self).__name__} has coef_ for kernel='linear' only, not {self.kernel!r}"
            )
        check_is_fitted(self, "support_vectors_")
        weights = self._weights()
        (weights.data if issparse(weights) else weights).flags.writeable = False
        return weights

    def _weights(self):
        weights = self.dual_coef_ @ self.support_vectors_
        return weights.tocsr() if issparse(weights) else weights

    def _check_new(self, X):
        check_is_fitted(self, "support_")
        sparse = issparse(X)
        if sparse and not self._sparse and not callable(self.kernel):
            raise ValueError(
                f"{type(self).__name__} was fitted to dense data and cannot take sparse X; call "
                "X.toarray()"
            )
        X = self._check_X(X)
        if callable(self.kernel):
            return self._called(X, self._fit_X)
        if self._sparse and not sparse:
            from scipy.sparse import csr_array

            return csr_array(X)
        return X

    def _sum(self, X):
        """Sums of kernels by row, group of support vectors and line of coefficients."""
        X = self._check_new(X)
        return self._sums(X, n_threads())
