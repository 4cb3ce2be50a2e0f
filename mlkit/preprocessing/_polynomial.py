"""Products of columns."""

import numbers

import numpy as np

from .._core.arrays import check_input_names, check_is_fitted
from .._core.domains import array_like, boolean, integer, one_of
from .._core.estimator import Estimator
from .._core.params import fitted, param
from .._core.roles import Transformer
from .._core.sparse import as_interface, issparse
from .._core.tags import Traits
from .._engine.encode.monomials import Monomials


def _whole(value):
    return isinstance(value, numbers.Integral) and value >= 0


class PolynomialFeatures(Transformer, Estimator):
    """All products of at most `degree` columns: ``∏ xⱼ^pⱼ`` with ``Σ pⱼ ≤ degree``.

    Ordered by degree, then by columns: 1, a, b, a², ab, b².

    Examples
    --------
    >>> from mlkit.preprocessing import PolynomialFeatures
    >>> PolynomialFeatures(2).fit_transform([[2.0, 3.0]])
    array([[1., 2., 3., 4., 6., 9.]])
    >>> PolynomialFeatures(2, interaction_only=True).fit_transform([[2.0, 3.0]])
    array([[1., 2., 3., 6.]])
    """

    traits = Traits(sparse=("csr", "csc"), preserves=("float64", "float32"))

    degree: object = param(
        2,
        integer(0) | array_like,
        "Greatest degree, or a pair of the least and the greatest.",
        kw_only=False,
    )
    interaction_only: bool = param(
        False, boolean, "Whether to leave out products with powers of a column."
    )
    include_bias: bool = param(True, boolean, "Whether a column of ones comes first.")
    order: str = param("C", one_of("C", "F"), "Memory order of the output, if dense.")

    n_output_features_ = fitted("int", "Columns out.")

    def fit(self, X, y=None):
        """Count the columns of X.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If `degree` makes no sense, no column would come out, or more than can be numbered.
        """
        self._check_params()
        least, most = self._degrees()
        X = self._check_fit(X, dtype="numeric")
        self._monomials = Monomials(
            X.shape[1], max(least, 1), most, self.interaction_only, self.include_bias
        )
        n_out = self._monomials.count() + self.include_bias
        if n_out > np.iinfo(np.intp).max:
            raise ValueError(
                "The output that would result from the current configuration would have "
                f"{n_out} features which is too large to be indexed by {np.dtype(np.intp).name}: "
                "lower degree"
            )
        self.n_output_features_ = n_out
        return self

    def _degrees(self):
        """The least and the greatest degree."""
        if _whole(self.degree):
            if self.degree == 0 and not self.include_bias:
                raise ValueError(
                    "Setting degree to zero and include_bias to False would result in an empty "
                    "output array: change one"
                )
            return 0, int(self.degree)
        pair = self.degree if isinstance(self.degree, numbers.Number) else tuple(self.degree)
        good = isinstance(pair, tuple) and len(pair) == 2 and all(map(_whole, pair))
        if not good or pair[0] > pair[1]:
            raise ValueError(
                "degree=(min_degree, max_degree) must be non-negative integers that fulfil "
                f"min_degree <= max_degree, got {self.degree}."
            )
        if pair[1] == 0 and not self.include_bias:
            raise ValueError(
                "Setting both min_degree and max_degree to zero and include_bias to False would "
                "result in an empty output array: change one"
            )
        return int(pair[0]), int(pair[1])

    @property
    def powers_(self):
        """Exponent of each column in each product, of shape (n_output_features_, n_features)."""
        check_is_fitted(self)
        return self._monomials.powers()

    def transform(self, X):
        """Multiply the columns of X.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray or sparse matrix of shape (n_samples, n_output_features_)
            CSR or CSC as X is.
        """
        X = self._check_X(X)
        if not issparse(X):
            return self._monomials.of_dense(X, self.order)
        if self._monomials.most == 0:
            import scipy.sparse as sp

            ones = sp.csr_array(np.ones((X.shape[0], self.n_output_features_), dtype=X.dtype))
            return as_interface(ones.asformat(X.format))
        made = self._monomials.of_sparse(X.tocsr())
        return as_interface(made if X.format == "csr" else made.tocsc())

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns out: "1", "x0", "x0^2", "x0 x1".

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns in; by default those seen in fit, or x0, x1, ...

        Returns
        -------
        ndarray of str objects
        """
        powers = self.powers_
        names = check_input_names(self, input_features)
        out = []
        for row in powers:
            factors = [
                names[j] if row[j] == 1 else f"{names[j]}^{row[j]}" for j in np.flatnonzero(row)
            ]
            out.append(" ".join(factors) if factors else "1")
        return np.asarray(out, dtype=object)
