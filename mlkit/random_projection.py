"""Random projections: few random directions that nearly keep distances."""

import math
import numbers
import warnings
from abc import ABCMeta, abstractmethod

import numpy as np

from ._core.arrays import check_array, check_is_fitted
from ._core.domains import above, array_like, between, boolean, integer, one_of
from ._core.errors import DataDimensionalityWarning, twin
from ._core.estimator import Estimator
from ._core.linalg import safe_sparse_dot
from ._core.params import checked, fitted, param
from ._core.roles import PrefixedColumns, Transformer
from ._core.sampling import sample_without_replacement
from ._core.seeds import check_random_state
from ._core.shared import random_state
from ._core.sparse import as_interface, issparse
from ._core.tags import Traits

__all__ = [
    "GaussianRandomProjection",
    "SparseRandomProjection",
    "johnson_lindenstrauss_min_dim",
]

_FLOATS = (np.float64, np.float32)


@checked(n_samples=array_like | above(0), eps=array_like | between(0, 1, "neither"))
def johnson_lindenstrauss_min_dim(n_samples, *, eps=0.1):
    """Number of random directions that keep all squared distances within a factor 1 ± ε.

    ``4 log n / (ε²/2 − ε³/3)``, with good probability (Dasgupta and Gupta, "An elementary proof
    of a theorem of Johnson and Lindenstrauss", Random Structures & Algorithms 22, 2003).

    Parameters
    ----------
    n_samples : int or array-like of int
        Number of rows, above 0.
    eps : float or array-like of float, default=0.1
        Distortion, between 0 and 1.

    Returns
    -------
    int or ndarray of int

    Raises
    ------
    ValueError
        For numbers out of range.

    Examples
    --------
    >>> from mlkit.random_projection import johnson_lindenstrauss_min_dim
    >>> int(johnson_lindenstrauss_min_dim(1e6, eps=0.5))
    663
    """
    eps, n_samples = np.asarray(eps), np.asarray(n_samples)
    if (eps <= 0).any() or (eps >= 1).any():
        raise ValueError(f"johnson_lindenstrauss_min_dim(eps={eps}): must be in (0, 1)")
    if (n_samples <= 0).any():
        raise ValueError(f"johnson_lindenstrauss_min_dim(n_samples={n_samples}): must be above 0")
    return (4 * np.log(n_samples) / (eps**2 / 2 - eps**3 / 3)).astype(np.int64)


class BaseRandomProjection(PrefixedColumns, Transformer, Estimator, metaclass=ABCMeta):
    """Base of random projections; `_draw` makes the directions."""

    traits = Traits(sparse=("csr", "csc"), preserves=("float64", "float32"))

    n_components: object = param(
        "auto",
        integer(1) | one_of("auto"),
        'Number of directions; "auto" is that of `johnson_lindenstrauss_min_dim` for `eps`.',
        kw_only=False,
    )
    eps: float = param(0.1, above(0), 'Distortion of distances, with ``n_components="auto"``.')
    compute_inverse_components: bool = param(
        False, boolean, "Whether to keep the pseudo-inverse, for `inverse_transform`."
    )
    random_state: object = random_state

    n_components_ = fitted("int", "Number of directions.")
    inverse_components_ = fitted(
        "(n_features, n_components)", "Their pseudo-inverse, with `compute_inverse_components`."
    )

    @property
    def _n_features_out(self):
        return self.n_components_

    @abstractmethod
    def _draw(self, n_components, n_features, rng):
        """Return random directions, an array or CSR matrix."""

    def fit(self, X, y=None):
        """Draw the directions; of X only its shape and dtype matter.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        X = self._check_fit(X)
        self.n_components_ = self._count(*X.shape)
        drawn = self._draw(self.n_components_, X.shape[1], check_random_state(self.random_state))
        self.components_ = drawn.astype(X.dtype, copy=False)
        vars(self).pop("inverse_components_", None)
        if self.compute_inverse_components:
            self.inverse_components_ = self._pseudo_inverse()
        return self

    def _count(self, n_samples, n_features):
        if not isinstance(self.n_components, str):
            if self.n_components > n_features:
                warnings.warn(
                    f"{type(self).__name__}(n_components={self.n_components}): more than the "
                    f"{n_features} columns of X. The dimensionality of the problem will not be "
                    "reduced.",
                    twin(DataDimensionalityWarning),
                    stacklevel=3,
                )
            return int(self.n_components)
        count = int(johnson_lindenstrauss_min_dim(n_samples, eps=self.eps))
        if not 0 < count <= n_features:
            raise ValueError(
                f"{type(self).__name__}(eps={self.eps}): {n_samples} samples lead to a target "
                f"dimension of {count}, which is "
                + ("invalid" if count <= 0 else f"larger than n_features={n_features}")
                + "; choose another eps, or n_components"
            )
        return count

    def _pseudo_inverse(self):
        components = self.components_
        components = components.toarray() if issparse(components) else components
        return np.linalg.pinv(components)

    def inverse_transform(self, X):
        """Return rows of least norm that ``transform`` takes to X.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_components)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        X = check_array(X, dtype=_FLOATS, accept_sparse=("csr", "csc"), estimator=self)
        stored = self.compute_inverse_components and "inverse_components_" in vars(self)
        return X @ (self.inverse_components_ if stored else self._pseudo_inverse()).T

    def transform(self, X):
        """Project onto the directions.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray or sparse matrix of shape (n_samples, n_components)
        """
        return self._check_X(X) @ self.components_.T


class GaussianRandomProjection(BaseRandomProjection):
    """Project onto directions with entries drawn from ``N(0, 1 / n_components)``.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.random_projection import GaussianRandomProjection
    >>> X = np.random.RandomState(0).rand(25, 3000)
    >>> GaussianRandomProjection(random_state=0).fit_transform(X).shape
    (25, 2759)
    """

    components_ = fitted("(n_components, n_features)", "Directions.")

    def _draw(self, n_components, n_features, rng):
        return rng.normal(
            loc=0.0, scale=1.0 / math.sqrt(n_components), size=(n_components, n_features)
        )


class SparseRandomProjection(BaseRandomProjection):
    """Project onto directions of few entries: ``±√(1 / (density · n_components))``, else 0.

    Li, Hastie and Church, "Very sparse random projections", KDD 2006; Achlioptas,
    "Database-friendly random projections", PODS 2001.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.random_projection import SparseRandomProjection
    >>> X = np.random.RandomState(0).rand(25, 3000)
    >>> SparseRandomProjection(random_state=0).fit_transform(X).shape
    (25, 2759)
    """

    density: object = param(
        "auto",
        between(0, 1, "right") | one_of("auto"),
        'Share of entries that are not 0; "auto" is ``1 / √n_features``.',
    )
    dense_output: bool = param(False, boolean, "Whether sparse X gives an array, too.")

    components_ = fitted("CSR matrix of shape (n_components, n_features)", "Directions.")
    density_ = fitted("float", "Share of entries that are not 0.")

    def _draw(self, n_components, n_features, rng):
        auto = not isinstance(self.density, numbers.Real)
        self.density_ = 1 / math.sqrt(n_features) if auto else self.density
        if self.density_ == 1:
            signs = rng.binomial(1, 0.5, (n_components, n_features)) * 2 - 1
            return 1 / math.sqrt(n_components) * signs
        return self._draw_sparse(n_components, n_features, rng)

    def _draw_sparse(self, n_components, n_features, rng):
        from scipy.sparse import csr_matrix

        rows = []
        for _ in range(n_components):
            count = rng.binomial(n_features, self.density_)
            rows.append(sample_without_replacement(n_features, count, random_state=rng))
        ends = np.cumsum([0, *map(len, rows)])
        indices = np.concatenate(rows)
        signs = rng.binomial(1, 0.5, size=len(indices)) * 2 - 1
        drawn = csr_matrix((signs, indices, ends), shape=(n_components, n_features))
        return as_interface(math.sqrt(1 / self.density_) / math.sqrt(n_components) * drawn)

    def transform(self, X):
        """Project onto the directions.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray or sparse matrix of shape (n_samples, n_components)
            Sparse for sparse X, unless `dense_output`.
        """
        X = self._check_X(X)
        return safe_sparse_dot(X, self.components_.T, dense_output=self.dense_output)
