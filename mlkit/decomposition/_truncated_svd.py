"""Truncated singular value decomposition."""

import numpy as np

from .._core import shared
from .._core.arrays import check_array, check_is_fitted
from .._core.domains import integer, one_of
from .._core.estimator import Estimator
from .._core.params import fitted, param
from .._core.roles import PrefixedColumns, Transformer
from .._core.seeds import check_random_state
from .._core.tags import Traits
from .._engine.spectral.leading import by_chance, by_lanczos
from .._engine.spectral.operator import Operator, threads_for
from ._base import FLOATS


class TruncatedSVD(PrefixedColumns, Transformer, Estimator):
    """Leading singular triplets ``X ≈ U diag(s) components``, without centring.

    Sparse input stays sparse; on counts or tf-idf of words it is latent semantic analysis. In
    each component the entry of greatest modulus is positive.

    References
    ----------
    N. Halko, P. G. Martinsson, J. A. Tropp, "Finding structure with randomness", SIAM Review 53
    (2011).

    Examples
    --------
    >>> from scipy.sparse import csr_matrix
    >>> from mlkit.decomposition import TruncatedSVD
    >>> X = csr_matrix([[3.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 1.0]])
    >>> svd = TruncatedSVD(n_components=2, random_state=0).fit(X)
    >>> svd.singular_values_.round(6).tolist()
    [3.0, 2.0]
    """

    traits = Traits(sparse=("csr", "csc"), min_columns=2, preserves=("float64", "float32"))

    n_components: int = param(
        2,
        integer(1),
        'How many components: at most n_features, with "arpack" fewer than rows and features.',
        kw_only=False,
    )
    algorithm: str = param(
        "randomized", one_of("arpack", "randomized"), "Random projections or Lanczos."
    )
    n_iter: int = param(5, integer(0), 'Power iterations of "randomized".')
    n_oversamples: int = param(10, integer(1), 'Further random vectors of "randomized".')
    power_iteration_normalizer: str = param(
        "auto",
        one_of("auto", "QR", "LU", "none"),
        'What keeps the vectors of "randomized" apart between iterations.',
    )
    random_state: object = shared.random_state
    tol: float = shared.tol(0.0, 'Accuracy of singular values by "arpack"; 0 is the machine\'s.')

    components_ = fitted("(n_components, n_features)", "Right singular vectors.")
    explained_variance_ = fitted("(n_components,)", "Variances of the columns of transformed X.")
    explained_variance_ratio_ = fitted("(n_components,)", "Their shares of the variance of X.")
    singular_values_ = fitted("(n_components,)", "Singular values, in decreasing order.")

    @property
    def _n_features_out(self):
        return self.components_.shape[0]

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
        self.fit_transform(X)
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
        X = self._check_fit(X)
        operator = Operator(X, centred=False)
        with threads_for(X):
            factors = self._factors(operator)
        projected = operator.project(factors.right)
        total = operator.squares.sum() / X.shape[0] or 1.0  # constant data: nothing of nothing
        self.components_ = factors.right
        self.singular_values_ = factors.values
        self.explained_variance_ = projected.var(axis=0)
        self.explained_variance_ratio_ = self.explained_variance_ / X.dtype.type(total)
        return projected

    def _factors(self, operator):
        rng = check_random_state(self.random_state)
        n_rows, n_columns = operator.shape
        if self.algorithm == "arpack":
            if self.n_components >= min(n_rows, n_columns):
                raise ValueError(
                    f"TruncatedSVD(n_components={self.n_components}, algorithm='arpack'): "
                    f"n_components must be less than n_samples={n_rows} and n_features={n_columns}"
                )
            return by_lanczos(operator, self.n_components, self.tol, rng)
        if self.n_components > n_columns:
            raise ValueError(
                f"TruncatedSVD(n_components={self.n_components}): n_components must be at most "
                f"n_features={n_columns}"
            )
        return by_chance(
            operator,
            self.n_components,
            rng,
            n_oversamples=self.n_oversamples,
            n_iter=self.n_iter,
            normalizer=self.power_iteration_normalizer,
        )

    def transform(self, X):
        """Project onto the components: ``X componentsᵀ``.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_components)
        """
        return self._check_X(X) @ self.components_.T

    def inverse_transform(self, X):
        """Return the rows that ``transform`` takes to X: ``X components``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        X = check_array(X, dtype=FLOATS, estimator=self, input_name="X")
        if X.shape[1] != len(self.components_):
            raise ValueError(
                f"TruncatedSVD.inverse_transform: X has {X.shape[1]} columns, but there are "
                f"{len(self.components_)} components"
            )
        return np.matmul(X, self.components_)
