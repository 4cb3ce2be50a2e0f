"""Naive Bayes on counts: multinomial, its complement, and Bernoulli."""

import warnings

import numpy as np

from .._core.domains import array_like, at_least, boolean, none, real
from .._core.linalg import safe_sparse_dot
from .._core.params import fitted, param
from .._core.sparse import issparse
from .._core.tags import Traits
from .._engine.mixture.tallies import class_tallies, class_totals
from ._base import NaiveBayes, check_priors

# Without force_alpha: the least α, far below any share that could be counted.
_LEAST_ALPHA = 1e-10


class DiscreteNB(NaiveBayes):
    """Naive Bayes that counts and smooths: each count is raised by α."""

    traits = Traits(sparse=("csr",), poor_score=True)

    alpha: object = param(
        1.0,
        at_least(0) | array_like,
        "α, added to each count (Laplace, Lidstone); one number, or one for each column.",
    )
    force_alpha: bool = param(
        True, boolean, f"Whether to take `alpha` as it is; otherwise at least {_LEAST_ALPHA}."
    )
    fit_prior: bool = param(
        True, boolean, "Whether ``P(y)`` is the share of the rows; otherwise classes are alike."
    )
    class_prior: object = param(
        None, array_like | none, "``P(y)`` of each class, in the order of `classes_`."
    )

    classes_ = fitted("(n_classes,)", "Labels.")
    class_count_ = fitted("(n_classes,)", "Rows of each class, or the sum of their weights.")
    class_log_prior_ = fitted("(n_classes,)", "``log P(y)``.")

    def _smoothing(self, n_features):
        """α as a number or one a column."""
        name = type(self).__name__
        alpha = self.alpha
        if np.ndim(alpha):
            alpha = np.asarray(alpha, dtype=np.float64)
            if alpha.shape != (n_features,):
                raise ValueError(
                    f"{name}: alpha has shape {alpha.shape}: alpha should be a scalar or an array "
                    f"of shape {(n_features,)}, one a column"
                )
            if (alpha < 0).any():
                raise ValueError(f"{name}: alpha = {alpha}: every alpha must be at least 0")
        if not self.force_alpha and np.min(alpha) < _LEAST_ALPHA:
            warnings.warn(
                f"{name}: alpha too small will result in numeric errors, setting alpha = "
                f"{_LEAST_ALPHA:.1e}. Use `force_alpha=True` to keep alpha unchanged.",
                UserWarning,
                stacklevel=4,
            )
            alpha = np.maximum(alpha, _LEAST_ALPHA)
        return alpha

    def _set_log_prior(self):
        n_classes = len(self.classes_)
        if self.class_prior is not None:
            prior = np.asarray(self.class_prior, dtype=np.float64)
            if prior.shape != (n_classes,):
                check_priors(self, "class_prior", prior, n_classes)
        elif self.fit_prior:
            prior = self.class_count_ / self.class_count_.sum()
        else:
            prior = np.full(n_classes, 1.0 / n_classes)
        with np.errstate(divide="ignore"):
            self.class_log_prior_ = np.log(prior)


class ColumnCountNB(DiscreteNB):
    """Counts of each column in each class."""

    feature_count_ = fitted("(n_classes, n_features)", "Sums of the columns in each class.")
    feature_log_prob_ = fitted("(n_classes, n_features)", "Weight of each column in each class.")

    def _forget(self, n_features):
        self.class_count_ = np.zeros(len(self.classes_))
        self.feature_count_ = np.zeros((len(self.classes_), n_features))

    def _learn(self, X, codes, weight):
        alpha = self._smoothing(X.shape[1])
        n_classes = len(self.classes_)
        self.feature_count_ = self.feature_count_ + class_tallies(X, codes, n_classes, weight)
        self.class_count_ = self.class_count_ + class_totals(codes, n_classes, weight)
        self._set_log_prior()
        with np.errstate(divide="ignore", invalid="ignore"):
            self._set_weights(alpha)

    def _set_weights(self, alpha):
        raise NotImplementedError

    def _evidence(self, X, weights):
        """``Σⱼ xⱼ wₖⱼ`` where 0 · −∞ is 0: a word that is not there rules nothing out."""
        barred = np.isneginf(weights)
        if not barred.any():
            return safe_sparse_dot(X, weights.T, dense_output=True)
        found = safe_sparse_dot(X, np.where(barred, 0.0, weights).T, dense_output=True)
        found[safe_sparse_dot(X, barred.T.astype(np.float64), dense_output=True) > 0] = -np.inf
        return found


class MultinomialNB(ColumnCountNB):
    """Naive Bayes of counts, such as of words: ``P(x | y = k) ∝ ∏ⱼ θₖⱼ^xⱼ``.

    ``θₖⱼ = (Nₖⱼ + αⱼ) / Σⱼ (Nₖⱼ + αⱼ)``, N being the sums of the columns over the rows of a class.

    Examples
    --------
    >>> from mlkit.naive_bayes import MultinomialNB
    >>> model = MultinomialNB().fit([[3, 0], [2, 1], [0, 4]], ["tea", "tea", "sea"])
    >>> model.predict([[1, 0], [1, 3]]).tolist()
    ['tea', 'sea']
    """

    traits = Traits(sparse=("csr",), positive=True, poor_score=True)

    feature_log_prob_ = fitted("(n_classes, n_features)", "``log θ``.")

    def _set_weights(self, alpha):
        count = self.feature_count_ + alpha
        self.feature_log_prob_ = np.log(count) - np.log(count.sum(axis=1, keepdims=True))

    def _joint(self, X):
        return self._evidence(X, self.feature_log_prob_) + self.class_log_prior_


class ComplementNB(ColumnCountNB):
    """Naive Bayes on all classes but one: ``wₖⱼ = −log θ̄ₖⱼ``, the class with greatest ``Σ xⱼ wₖⱼ``.

    θ̄ is the smoothed share of a column in the rows of all other classes, which are more and more
    alike in number than those of the class itself: it suits classes of uneven size (Rennie, Shih,
    Teevan and Karger, "Tackling the poor assumptions of naive Bayes text classifiers", ICML 2003).
    ``P(y)`` counts only where there is one class.

    Examples
    --------
    >>> from mlkit.naive_bayes import ComplementNB
    >>> model = ComplementNB().fit([[3, 0], [2, 1], [0, 4]], ["tea", "tea", "sea"])
    >>> model.predict([[1, 0], [1, 3]]).tolist()
    ['tea', 'sea']
    """

    traits = Traits(sparse=("csr",), positive=True, poor_score=True)

    norm: bool = param(
        False, boolean, "Whether the weights of a class are divided by their sum, as in the paper."
    )

    feature_all_ = fitted("(n_features,)", "Sums of the columns.")
    feature_log_prob_ = fitted("(n_classes, n_features)", "Weights w.")

    def _set_weights(self, alpha):
        self.feature_all_ = self.feature_count_.sum(axis=0)
        others = self.feature_all_ - self.feature_count_ + alpha
        logs = np.log(others / others.sum(axis=1, keepdims=True))
        self.feature_log_prob_ = logs / logs.sum(axis=1, keepdims=True) if self.norm else -logs

    def _joint(self, X):
        joint = safe_sparse_dot(X, self.feature_log_prob_.T, dense_output=True)
        return joint + self.class_log_prior_ if len(self.classes_) == 1 else joint


class BernoulliNB(ColumnCountNB):
    """Naive Bayes of yes or no: ``P(x | y = k) = ∏ⱼ pₖⱼ^xⱼ (1 − pₖⱼ)^(1 − xⱼ)``.

    ``pₖⱼ = (Nₖⱼ + αⱼ) / (Nₖ + 2αⱼ)``. Unlike for `MultinomialNB`, what is absent speaks too.

    Examples
    --------
    >>> from mlkit.naive_bayes import BernoulliNB
    >>> model = BernoulliNB().fit([[1, 0], [1, 1], [0, 1]], [0, 0, 1])
    >>> model.predict([[1, 1], [0, 1]]).tolist()
    [0, 1]
    """

    binarize: float = param(
        0.0, real | none, "Values above are yes; None leaves X, which is then yes or no already."
    )

    feature_count_ = fitted("(n_classes, n_features)", "Rows of a class with yes.")
    feature_log_prob_ = fitted("(n_classes, n_features)", "``log p``.")

    def _binary(self, X):
        if self.binarize is None:
            return X
        if not issparse(X):
            return np.greater(X, self.binarize).astype(X.dtype)
        if self.binarize < 0:
            raise ValueError(
                f"{type(self).__name__}: binarize={self.binarize}: a threshold below 0 would fill "
                "a sparse X; choose one of at least 0 or pass a dense X"
            )
        X = X.copy()
        X.data = (X.data > self.binarize).astype(X.data.dtype)
        X.eliminate_zeros()
        return X

    def _learn(self, X, codes, weight):
        super()._learn(self._binary(X), codes, weight)

    def _set_weights(self, alpha):
        total = np.log(self.class_count_[:, None] + 2 * np.asarray(alpha))
        self.feature_log_prob_ = np.log(self.feature_count_ + alpha) - total

    def _joint(self, X):
        with np.errstate(divide="ignore", invalid="ignore"):
            absent = np.log1p(-np.exp(self.feature_log_prob_))
        X = self._binary(X)
        if not np.isfinite(absent).all() or not np.isfinite(self.feature_log_prob_).all():
            return self._certain(X, absent) + self.class_log_prior_
        present = self._evidence(X, self.feature_log_prob_ - absent)
        return present + (self.class_log_prior_ + absent.sum(axis=1))

    def _certain(self, X, absent):
        """Evidence where some column is always or never yes in a class."""
        if not issparse(X):
            return self._evidence(X, self.feature_log_prob_) + self._evidence(1 - X, absent)
        barred = np.isneginf(absent)
        finite = np.where(barred, 0.0, absent)
        present = self._evidence(X, np.where(barred, self.feature_log_prob_, 0.0))
        present += self._evidence(X, np.where(barred, 0.0, self.feature_log_prob_ - finite))
        present += finite.sum(axis=1)
        # All columns that must be yes are: as many of them are stored in the row as there are.
        missed = barred.sum(axis=1) - safe_sparse_dot(X, barred.T.astype(float), dense_output=True)
        present[missed > 0] = -np.inf
        return present
