"""Principal components of rows that come in batches."""

import numpy as np

from .._core.domains import boolean, integer, none
from .._core.params import fitted, param
from .._core.sampling import gen_batches
from .._core.sparse import issparse
from .._core.tags import Traits
from .._engine.spectral.incremental import Running, begin, extend
from .._engine.spectral.leading import Factors
from .._engine.spectral.operator import threads_for
from ._base import Components


class IncrementalPCA(Components):
    """Principal components of rows seen in batches, in memory of one batch and the components.

    After each batch the k leading factors of all rows are those of the factors before, the
    centred batch and a row for the shift of the mean, stacked. With all components kept (k at
    least the rank) the result is that of `PCA`, however the rows are divided; with fewer, what
    a batch left out is lost, and the result depends a little on the batches.

    References
    ----------
    D. A. Ross, J. Lim, R.-S. Lin, M.-H. Yang, "Incremental learning for robust visual tracking",
    International Journal of Computer Vision 77 (2008).

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.decomposition import IncrementalPCA
    >>> X = np.array([[-1.0, -1.0], [-2.0, -1.0], [1.0, 1.0], [2.0, 1.0]])
    >>> pca = IncrementalPCA(n_components=1).partial_fit(X[:2]).partial_fit(X[2:])
    >>> pca.components_.round(3).tolist(), pca.n_samples_seen_
    ([[0.851, 0.526]], 4)
    """

    traits = Traits(sparse=("csr", "csc"))

    n_components: int = param(
        None,
        integer(1) | none,
        "How many components to keep; None: as many as the first batch has rows or columns.",
        kw_only=False,
    )
    whiten: bool = param(
        False, boolean, "Whether transform divides by the standard deviation along each component."
    )
    copy: bool = param(True, boolean, "Whether to leave X as it is, or fit may overwrite it.")
    batch_size: int = param(
        None, integer(1) | none, "Rows of a batch in ``fit``; None: five times the columns."
    )

    components_ = fitted("(n_components, n_features)", "Directions, by decreasing variance.")
    explained_variance_ = fitted("(n_components,)", "Variances along them, with divisor n − 1.")
    explained_variance_ratio_ = fitted("(n_components,)", "Their shares of the total variance.")
    singular_values_ = fitted("(n_components,)", "Singular values of the centred rows.")
    mean_ = fitted("(n_features,)", "Means of the columns over all rows.")
    var_ = fitted("(n_features,)", "Variances of the columns over all rows, with divisor n.")
    noise_variance_ = fitted("float", "Mean of the variances that the last batch left out.")
    n_components_ = fitted("int", "Number of components.")
    n_samples_seen_ = fitted("int", "Rows seen.")
    batch_size_ = fitted("int", "Rows of a batch in ``fit``.")

    def fit(self, X, y=None):
        """Find the components of X, a batch at a time.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Only a batch of a sparse X is made dense at a time.
        y : ignored

        Returns
        -------
        self
        """
        for name in self._fitted:
            vars(self).pop(name, None)
        X = self._check_fit(X)
        if issparse(X):
            X = X.tocsr()
        n_rows, n_columns = X.shape
        self.batch_size_ = 5 * n_columns if self.batch_size is None else self.batch_size
        least = min(self.n_components or 0, n_rows)
        for rows in gen_batches(n_rows, self.batch_size_, min_batch_size=least):
            batch = X[rows]
            self._learn(batch.toarray() if issparse(batch) else batch, issparse(batch))
        return self

    def partial_fit(self, X, y=None, check_input=True):
        """Go on with a further batch.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            A first batch needs as many rows as components.
        y : ignored
        check_input : bool, default=True
            False: X is known to be a finite array of floats.

        Returns
        -------
        self
        """
        first = "components_" not in vars(self)
        if check_input:
            if issparse(X):
                raise TypeError(
                    "IncrementalPCA.partial_fit does not support sparse input: pass X.toarray(), "
                    "or use fit, which makes one batch dense at a time"
                )
            X = self._check_fit(X, reset=first)
        elif first:
            self.n_features_in_ = X.shape[1]
        self._learn(X, owned=False)
        return self

    def _learn(self, X, owned):
        first = "components_" not in vars(self)
        count = self._wanted(X, first)
        with threads_for(X):
            if first:
                running = begin(X, count, overwrite=owned or not self.copy)
            else:
                running = extend(self._running(), X, count)
        self._store(running, len(X))

    def _running(self):
        """The state that the fitted attributes stand for."""
        factors = Factors(self.singular_values_, self.components_)
        squares = self.var_ * self.n_samples_seen_
        return Running(self.n_samples_seen_, self.mean_, squares, factors)

    def _wanted(self, X, first):
        """Number of components to keep, which later batches do not change."""
        n_rows, n_columns = X.shape
        wanted = self.n_components
        if wanted is None:
            return min(n_rows, n_columns) if first else len(self.components_)
        if wanted > n_columns:
            raise ValueError(
                f"IncrementalPCA(n_components={wanted}): X has n_features={n_columns}, which are "
                "the most components there are"
            )
        if first and wanted > n_rows:
            raise ValueError(
                f"IncrementalPCA(n_components={wanted}): the first batch has n_samples={n_rows}; "
                "give it at least as many rows as components"
            )
        if not first and wanted != len(self.components_):
            raise ValueError(
                f"IncrementalPCA(n_components={wanted}): the batches before were fitted with "
                f"{len(self.components_)} components; fit anew to change that"
            )
        return wanted

    def _store(self, running, n_rows):
        factors, count = running.factors, running.count
        freed = max(count - 1, 1)  # one row has no variance
        kept = len(factors.values)
        squares = factors.values**2
        self.components_ = factors.right
        self.singular_values_ = factors.values
        self.mean_ = running.mean
        self.var_ = running.squares / count
        self.explained_variance_ = squares / freed
        self.explained_variance_ratio_ = squares / (running.squares.sum() or 1.0)
        noisy = kept not in (n_rows, self.n_features_in_) and len(factors.rest)
        self.noise_variance_ = float(np.mean(factors.rest**2) / freed) if noisy else 0.0
        self.n_components_ = kept
        self.n_samples_seen_ = count
