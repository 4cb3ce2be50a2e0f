"""Columns whose inner products are nearly a kernel: ``⟨z(x), z(y)⟩ ≈ k(x, y)``."""

import math
import numbers
import warnings

import numpy as np

from ._core.arrays import check_input_names, check_is_fitted
from ._core.domains import (
    at_least,
    callable_,
    integer,
    mapping,
    none,
    one_of,
    real,
)
from ._core.estimator import Estimator
from ._core.parallel import blas_threads
from ._core.params import fitted, param
from ._core.roles import PrefixedColumns, Transformer
from ._core.seeds import check_random_state
from ._core.shared import n_jobs, random_state
from ._core.sparse import issparse
from ._core.tags import Traits
from ._engine.kernels.functions import KERNELS, kernel_of_pairs

__all__ = [
    "AdditiveChi2Sampler",
    "Nystroem",
    "PolynomialCountSketch",
    "RBFSampler",
    "SkewedChi2Sampler",
]

_KEPT = ("float64", "float32")
_n_components = param(100, integer(1), "Number of columns made.")


class _Sampler(PrefixedColumns, Transformer, Estimator):
    """Base of the maps that make `n_components` columns."""

    @property
    def _n_features_out(self):
        if "_made" not in vars(self):
            raise AttributeError(f"{type(self).__name__} is not fitted")
        return self._made


def _waves(X, weights, offset):
    """``√(2 / n) cos(Xw + b)`` for each of n frequencies w and phases b."""
    waves = np.asarray(X @ weights)
    waves += offset
    np.cos(waves, out=waves)
    waves *= math.sqrt(2.0 / weights.shape[1])
    return waves


class PolynomialCountSketch(_Sampler):
    """Tensor sketch of the polynomial kernel ``(γ⟨x, y⟩ + c)^d``.

    A count sketch hashes columns to `n_components` buckets with random signs; the product of the
    Fourier transforms of d of them is that of a sketch of the d-fold tensor product (Pham and
    Pagh, "Fast and scalable polynomial kernels via explicit feature maps", KDD 2013).

    Examples
    --------
    >>> from mlkit.datasets import load_iris
    >>> from mlkit.kernel_approximation import PolynomialCountSketch
    >>> X, _ = load_iris(return_X_y=True)
    >>> PolynomialCountSketch(degree=3, n_components=8, random_state=0).fit_transform(X).shape
    (150, 8)
    """

    traits = Traits(sparse=("csc", "csr"))

    gamma: float = param(1.0, at_least(0), "γ of the kernel.")
    degree: int = param(2, integer(1), "d of the kernel.")
    coef0: float = param(0.0, real, "c of the kernel.")
    n_components: int = _n_components
    random_state: object = random_state

    indexHash_ = fitted("(degree, n_features)", "Bucket of each column; of one more if c is not 0.")
    bitHash_ = fitted("(degree, n_features)", "Sign of each column.")

    def fit(self, X, y=None):
        """Draw the hashes.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        X = self._check_fit(X)
        rng = check_random_state(self.random_state)
        size = (self.degree, X.shape[1] + (self.coef0 != 0))
        self.indexHash_ = rng.randint(0, high=self.n_components, size=size)
        self.bitHash_ = rng.choice(a=[-1, 1], size=size)
        self._made = self.n_components
        return self

    def transform(self, X):
        """Sketch the rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_components)
        """
        from scipy.fft import irfft, rfft

        X = self._check_X(X)
        product = None
        for degree in range(self.degree):
            spectrum = rfft(self._count_sketch(X, degree), axis=1, overwrite_x=True)
            product = spectrum if product is None else np.multiply(product, spectrum, out=product)
        return irfft(product, n=self._made, axis=1, overwrite_x=True)

    def _count_sketch(self, X, degree):
        """Sums of the signed columns in each bucket."""
        from scipy.sparse import csr_matrix

        width = X.shape[1]
        buckets, signs = self.indexHash_[degree], self.bitHash_[degree].astype(np.float64)
        scaled = signs[:width] * math.sqrt(self.gamma)
        hashing = csr_matrix(
            (scaled, buckets[:width], np.arange(width + 1)), shape=(width, self._made)
        )
        sketch = X @ hashing
        sketch = sketch.toarray() if issparse(sketch) else np.asarray(sketch, dtype=np.float64)
        if len(buckets) > width:
            sketch[:, buckets[width]] += signs[width] * math.sqrt(self.coef0)
        return sketch


class RBFSampler(_Sampler):
    """Random Fourier features of the kernel ``exp(−γ‖x − y‖²)``: ``√(2 / n) cos(⟨w, x⟩ + b)``.

    w is drawn from the kernel's Fourier transform, ``N(0, 2γ)``, b evenly from a full turn (Rahimi
    and Recht, "Random features for large-scale kernel machines", NIPS 2007).

    Examples
    --------
    >>> from mlkit.datasets import load_iris
    >>> from mlkit.kernel_approximation import RBFSampler
    >>> X, _ = load_iris(return_X_y=True)
    >>> RBFSampler(n_components=8, random_state=0).fit_transform(X).shape
    (150, 8)
    """

    traits = Traits(sparse=("csr",), preserves=_KEPT)

    gamma: object = param(
        1.0,
        one_of("scale") | at_least(0),
        'γ of the kernel; "scale" is ``1 / (n_features · variance of X)``.',
    )
    n_components: int = _n_components
    random_state: object = random_state

    random_weights_ = fitted("(n_features, n_components)", "Frequencies.")
    random_offset_ = fitted("(n_components,)", "Phases.")

    def fit(self, X, y=None):
        """Draw frequencies and phases.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        X = self._check_fit(X)
        rng = check_random_state(self.random_state)
        self._gamma = _scaled_gamma(X) if isinstance(self.gamma, str) else self.gamma
        size = (X.shape[1], self.n_components)
        weights = math.sqrt(2.0 * self._gamma) * rng.normal(size=size)
        offset = rng.uniform(0, 2 * np.pi, size=self.n_components)
        self.random_weights_ = weights.astype(X.dtype, copy=False)
        self.random_offset_ = offset.astype(X.dtype, copy=False)
        self._made = self.n_components
        return self

    def transform(self, X):
        """Map the rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_components)
        """
        return _waves(self._check_X(X), self.random_weights_, self.random_offset_)


def _scaled_gamma(X):
    if issparse(X):
        mean = X.mean()
        variance = X.multiply(X).mean() - mean * mean
    else:
        variance = X.var()
    return 1.0 / (X.shape[1] * variance) if variance != 0 else 1.0


class SkewedChi2Sampler(_Sampler):
    """Random Fourier features of the skewed χ² kernel ``Π 2√((x + c)(y + c)) / (x + y + 2c)``.

    In ``log(x + c)`` the kernel is a hyperbolic secant of the difference, whose Fourier transform
    is one as well (Li, Ionescu and Sminchisescu, "Random Fourier approximations for skewed
    multiplicative histogram kernels", DAGM 2010).

    Examples
    --------
    >>> from mlkit.kernel_approximation import SkewedChi2Sampler
    >>> SkewedChi2Sampler(n_components=4, random_state=0).fit_transform([[0.0, 1.0]]).shape
    (1, 4)
    """

    traits = Traits(preserves=_KEPT)

    skewedness: float = param(1.0, real, "c of the kernel.")
    n_components: int = _n_components
    random_state: object = random_state

    random_weights_ = fitted("(n_features, n_components)", "Frequencies.")
    random_offset_ = fitted("(n_components,)", "Phases.")

    def fit(self, X, y=None):
        """Draw frequencies and phases.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        X = self._check_fit(X)
        rng = check_random_state(self.random_state)
        uniform = rng.uniform(size=(X.shape[1], self.n_components))
        # The inverse of the distribution function of the hyperbolic secant.
        weights = 1.0 / np.pi * np.log(np.tan(np.pi / 2.0 * uniform))
        offset = rng.uniform(0, 2 * np.pi, size=self.n_components)
        self.random_weights_ = weights.astype(X.dtype, copy=False)
        self.random_offset_ = offset.astype(X.dtype, copy=False)
        self._made = self.n_components
        return self

    def transform(self, X):
        """Map the rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            All entries above ``−skewedness``.

        Returns
        -------
        ndarray of shape (n_samples, n_components)

        Raises
        ------
        ValueError
            If an entry is not.
        """
        X = self._check_X(X)
        if X.min() <= -self.skewedness:
            raise ValueError(
                f"SkewedChi2Sampler(skewedness={self.skewedness}): X may not contain entries "
                f"smaller than -skewedness, its least is {X.min()}"
            )
        X = X + X.dtype.type(self.skewedness)
        return _waves(np.log(X, out=X), self.random_weights_, self.random_offset_)


# Sampling intervals of least error for 1, 2 and 3 steps, by Vedaldi and Zisserman.
_INTERVALS = {1: 0.8, 2: 0.5, 3: 0.4}


class AdditiveChi2Sampler(Transformer, Estimator):
    """Fourier sampling of the additive χ² kernel ``Σ 2xy / (x + y)``, column by column.

    The kernel is ``√(xy) sech((log x − log y) / 2)``; its spectrum is sampled at regular intervals
    (Vedaldi and Zisserman, "Efficient additive kernels via explicit feature maps", PAMI 34,
    2012). Each column becomes ``2 · sample_steps − 1``; zeros stay zeros.

    Examples
    --------
    >>> from mlkit.kernel_approximation import AdditiveChi2Sampler
    >>> AdditiveChi2Sampler().fit_transform([[0.0, 1.0]]).shape
    (1, 6)
    """

    traits = Traits(sparse=("csr",), positive=True, requires_fit=False)

    sample_steps: int = param(2, integer(1), "Number of frequencies, 0 included.")
    sample_interval: float = param(
        None,
        at_least(0) | none,
        "Distance of frequencies; None is the best known, for 1, 2 or 3 steps.",
    )

    def fit(self, X, y=None):
        """Check parameters and X; nothing is learned.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        self._check_fit(X)
        self._interval()
        return self

    def _interval(self):
        if self.sample_interval is not None:
            return self.sample_interval
        if self.sample_steps not in _INTERVALS:
            raise ValueError(
                f"AdditiveChi2Sampler(sample_steps={self.sample_steps}): for more than 3 steps "
                "provide sample_interval"
            )
        return _INTERVALS[self.sample_steps]

    def transform(self, X):
        """Map the rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Not negative.

        Returns
        -------
        ndarray or CSR matrix of shape (n_samples, n_features * (2 * sample_steps - 1))
        """
        X = self._check_X(X)
        interval = self._interval()
        if issparse(X):
            return _sampled_sparse(X, self._samples(X.data, interval))
        positive = X != 0
        blocks = np.zeros((len(X), 2 * self.sample_steps - 1, X.shape[1]), X.dtype)
        for place, values in enumerate(self._samples(X[positive], interval)):
            blocks[:, place][positive] = values
        return blocks.reshape(len(X), -1)

    def _samples(self, x, interval):
        """``√(2xL / cosh(πjL))`` times cosine and sine of ``jL log x``, for each frequency jL."""
        yield np.sqrt(x * interval)
        log, doubled = interval * np.log(x), 2 * x * interval
        for j in range(1, self.sample_steps):
            factor = np.sqrt(doubled / np.cosh(np.pi * j * interval))
            yield factor * np.cos(j * log)
            yield factor * np.sin(j * log)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns that ``transform`` returns.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns in; by default those seen in ``fit``, or x0, x1, ...

        Returns
        -------
        ndarray of str objects
        """
        check_is_fitted(self, "n_features_in_")
        names = check_input_names(self, input_features)
        kinds = ["sqrt"]
        for j in range(1, self.sample_steps):
            kinds += [f"cos{j}", f"sin{j}"]
        prefix = type(self).__name__.lower()
        made = [f"{prefix}_{name}_{kind}" for kind in kinds for name in names]
        return np.asarray(made, dtype=object)


def _sampled_sparse(X, samples):
    """The matrices of X's zeros with other values, side by side."""
    from scipy.sparse import hstack

    blocks = [type(X)((data, X.indices, X.indptr), shape=X.shape) for data in samples]
    return hstack(blocks, format="csr")


class Nystroem(_Sampler):
    """A kernel's own basis: ``k(x, b) K⁻½`` for rows b drawn from X, K their kernel matrix.

    ``K_xb K⁻¹ K_by`` is the kernel restricted to what the basis spans (Williams and Seeger, "Using
    the Nyström method to speed up kernel machines", NIPS 2001).

    Examples
    --------
    >>> from mlkit.datasets import load_iris
    >>> from mlkit.kernel_approximation import Nystroem
    >>> X, _ = load_iris(return_X_y=True)
    >>> Nystroem(gamma=0.2, n_components=8, random_state=0).fit_transform(X).shape
    (150, 8)
    """

    traits = Traits(sparse=("csr",), preserves=_KEPT)

    kernel: object = param(
        "rbf",
        one_of(*KERNELS, "precomputed") | callable_,
        'The kernel; a function of two rows; "precomputed" takes X as the kernel matrix.',
        kw_only=False,
    )
    gamma: float = param(None, at_least(0) | none, "γ; None is the kernel's default.")
    coef0: float = param(None, real | none, "c; None is the kernel's default.")
    degree: float = param(None, at_least(1) | none, "d; None is the kernel's default.")
    kernel_params: dict = param(None, mapping | none, "Further arguments of a function as kernel.")
    n_components: int = param(100, integer(1), "Rows in the basis, and columns made.")
    random_state: object = random_state
    n_jobs: int = n_jobs

    components_ = fitted("(n_components, n_features)", "The basis.")
    component_indices_ = fitted("(n_components,)", "Its rows in X.")
    normalization_ = fitted("(n_components, n_components)", "``K⁻½``.")

    def _kernel_arguments(self):
        given = {
            name: getattr(self, name)
            for name in ("gamma", "coef0", "degree")
            if getattr(self, name) is not None
        }
        if given and (callable(self.kernel) or self.kernel == "precomputed"):
            raise ValueError(
                f"Nystroem: don't pass {', '.join(given)} with a callable or precomputed kernel; "
                "a function takes kernel_params"
            )
        return {**(self.kernel_params or {}), **given}

    def _kernel(self, X, Y):
        arguments = self._kernel_arguments()
        if callable(self.kernel):
            return kernel_of_pairs(self.kernel, X, Y, **arguments)
        if self.kernel == "precomputed":
            if X.shape[1] != Y.shape[0]:
                raise ValueError(
                    "Nystroem(kernel='precomputed'): X must hold the kernels with the "
                    f"{Y.shape[0]} rows of the basis, got shape {X.shape}"
                )
            return X
        function, names = KERNELS[self.kernel]
        threads = self.n_jobs if isinstance(self.n_jobs, numbers.Integral) else None
        with blas_threads(threads if threads and threads > 0 else None):
            return function(X, Y, **{key: arguments[key] for key in names if key in arguments})

    def fit(self, X, y=None):
        """Draw the basis and decompose its kernel matrix.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        X = self._check_fit(X)
        rng = check_random_state(self.random_state)
        n_rows = X.shape[0]
        count = min(self.n_components, n_rows)
        if self.n_components > n_rows:
            warnings.warn(
                f"Nystroem(n_components={self.n_components}) > n_samples={n_rows}: this is not "
                "possible; n_components was set to n_samples, which evaluates the full kernel",
                UserWarning,
                stacklevel=2,
            )
        chosen = rng.permutation(n_rows)[:count]
        basis = X[chosen]
        u, s, v = np.linalg.svd(self._kernel(basis, basis), hermitian=False)
        # Directions of rounding alone would be blown up: their variance is bounded below.
        s = np.maximum(s, 1e-12)
        self.normalization_ = np.dot(u / np.sqrt(s), v)
        self.components_, self.component_indices_ = basis, chosen
        self._made = count
        return self

    def transform(self, X):
        """Map the rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_components)
        """
        X = self._check_X(X)
        return self._kernel(X, self.components_) @ self.normalization_.T
