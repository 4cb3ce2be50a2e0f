"""Leaves of random trees as features."""

import numpy as np

from .._core.arrays import check_input_names, check_is_fitted, check_sample_weight
from .._core.domains import boolean, integer, none
from .._core.params import fitted, param
from .._core.roles import Transformer
from .._core.seeds import check_random_state
from .._core.sparse import issparse
from .._core.tags import Traits
from .._engine.trees import exact
from .._engine.trees.forest_draws import RowDraws
from ..preprocessing import OneHotEncoder
from ..tree._tree import ExtraTreeRegressor
from ._forest import PARAMS_OF_TREES, BaseForest, workers


class RandomTreesEmbedding(Transformer, BaseForest):
    """A row as the leaves that it falls into: zeros and ones, a one for each tree.

    The trees are grown on random targets with one random cut a node, so no y is needed; rows that
    are near in X share leaves.

    References
    ----------
    Geurts, P., Ernst, D. and Wehenkel, L. (2006). Extremely randomized trees. Machine Learning 63.
    Moosmann, F., Triggs, B. and Jurie, F. (2007). Fast discriminative visual codebooks using
    randomized clustering forests. NIPS 19.

    Examples
    --------
    >>> from mlkit.ensemble import RandomTreesEmbedding
    >>> X = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]]
    >>> codes = RandomTreesEmbedding(5, max_depth=1, random_state=0).fit_transform(X)
    >>> codes.toarray().sum(axis=1).tolist()
    [5.0, 5.0, 5.0, 5.0, 5.0]
    """

    traits = Traits(sparse=("csc", "csr"), dtype="float")
    estimator_params = tuple(set(PARAMS_OF_TREES) - {"criterion", "ccp_alpha", "monotonic_cst"})
    _tree_class = ExtraTreeRegressor
    criterion = "squared_error"
    max_features = 1

    max_depth: int = param(5, integer(1) | none, "Greatest depth; None is no limit.")
    sparse_output: bool = param(True, boolean, "Whether the result is a CSR matrix.")

    one_hot_encoder_ = fitted("OneHotEncoder", "From leaves to columns.")

    def _takes_missing(self, X):
        return False

    def fit(self, X, y=None, sample_weight=None):
        """Grow the trees.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self
        """
        self.fit_transform(X, y, sample_weight=sample_weight)
        return self

    def fit_transform(self, X, y=None, sample_weight=None):
        """Grow the trees and return the leaves of the rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), default=None
            A weight of 2 is the row twice.

        Returns
        -------
        ndarray or csr_matrix of shape (n_samples, n_leaves)
        """
        X = self._check_fit(X, **self._door(X))
        weight = check_sample_weight(sample_weight, X)
        draws = RowDraws(X, None, weight, single=True)
        target = draws.numbers(check_random_state(self.random_state))
        self._grow_forest(X, target, weight)
        encoder = OneHotEncoder(sparse_output=self.sparse_output)
        self.one_hot_encoder_ = encoder.set_output(transform="default")  # frames are made once
        codes = self.one_hot_encoder_.fit_transform(self._leaves(X))
        self._n_features_out = codes.shape[1]
        return codes

    def _leaves(self, X):
        X = X.tocsr() if issparse(X) else X
        return self._trees.apply(X, n_threads=workers(self.n_jobs))

    def _encode(self, y, weight):
        self._n_rows = len(y)
        return y[:, None], None, None

    def _criterion(self, n_classes):
        return exact.SquaredError()

    def transform(self, X):
        """Return the leaves of the rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray or csr_matrix of shape (n_samples, n_leaves)
        """
        leaves = self._leaves(self._rows(X))
        return self.one_hot_encoder_.transform(leaves)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns: the class, the tree and the leaf.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Must be as many as the columns in; the names do not depend on them.

        Returns
        -------
        ndarray of str objects
        """
        check_is_fitted(self)
        if input_features is not None:
            check_input_names(self, input_features)
        return np.array(
            [
                f"randomtreesembedding_{tree}_{leaf}"
                for tree, leaves in enumerate(self.one_hot_encoder_.categories_)
                for leaf in leaves
            ],
            dtype=object,
        )
