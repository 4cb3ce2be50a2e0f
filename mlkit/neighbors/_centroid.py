"""Classification by the nearest centroid."""

import warnings

import numpy as np

from .._core.available import available_if
from .._core.domains import above, array_like, none, one_of
from .._core.errors import InvalidParameterError
from .._core.estimator import Estimator
from .._core.params import fitted, param
from .._core.roles import Classifier
from .._core.sparse import issparse
from .._core.tags import Traits
from .._core.targets import encode_labels
from .._engine.neighbors.pairwise import distances


def _has_densities(model):
    if model.metric != "euclidean":
        raise AttributeError(
            f"scores of classes need metric='euclidean', not metric={model.metric!r}"
        )
    return True


class NearestCentroid(Classifier, Estimator):
    """The class whose centroid is nearest: means for "euclidean", medians for "manhattan".

    With `shrink_threshold` Δ centroids move towards the mean of all rows, each column by Δ in
    units of its standard error, and no further than the mean: columns in which no class differs
    drop out. Scores are those of a discriminant analysis with one variance a column for all
    classes.

    References
    ----------
    R. Tibshirani, T. Hastie, B. Narasimhan, G. Chu, "Diagnosis of multiple cancer types by
    shrunken centroids of gene expression", PNAS 99 (2002).

    Examples
    --------
    >>> from mlkit.neighbors import NearestCentroid
    >>> model = NearestCentroid().fit([[-1, -1], [-2, -1], [1, 1], [2, 1]], [1, 1, 2, 2])
    >>> model.predict([[-0.8, -1]])
    array([1])
    """

    traits = Traits(sparse=("csr", "csc"))

    metric: str = param(
        "euclidean", one_of("euclidean", "manhattan"), "Distance of rows.", kw_only=False
    )
    shrink_threshold: float = param(
        None, above(0) | none, "How far centroids move towards the mean, in standard errors."
    )
    priors: object = param(
        "uniform",
        one_of("uniform", "empirical") | array_like,
        "Probabilities of classes: the same for all, their shares of the rows, or as given.",
    )

    classes_ = fitted("(n_classes,)", "Labels.")
    centroids_ = fitted("(n_classes, n_features)", "Centroids.")
    deviations_ = fitted(
        "(n_classes, n_features)", "Centroids less the mean, in standard errors; shrunken if asked."
    )
    within_class_std_dev_ = fitted("(n_features,)", "Standard deviation within classes.")
    class_prior_ = fitted("(n_classes,)", "Probabilities of classes.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = False
        return tags

    def fit(self, X, y):
        """Find the centroids.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            CSC for "manhattan", or converted to it.
        y : array-like of shape (n_samples,)

        Returns
        -------
        self
        """
        sparse = ("csc",) if self.metric == "manhattan" else ("csr", "csc")
        X, y = self._check_fit(X, y, sparse=sparse)
        self.classes_, codes = encode_labels(y)
        n, n_classes = X.shape[0], len(self.classes_)
        if n_classes < 2:
            raise ValueError(
                "NearestCentroid: the number of classes has to be greater than one; y has one class"
            )
        count = np.bincount(codes, minlength=n_classes)
        self.class_prior_ = self._priors(count / n)
        means = _class_means(X, codes, count)
        self.centroids_ = means if self.metric == "euclidean" else _class_medians(X, codes, count)
        mean = np.asarray(X.mean(axis=0)).ravel()
        self._spread(X, codes, count, mean)
        return self

    def _priors(self, shares):
        if isinstance(self.priors, str):
            uniform = np.full(len(shares), 1 / len(shares))
            priors = shares if self.priors == "empirical" else uniform
        else:
            priors = np.asarray(self.priors, dtype=np.float64)
        if len(priors) != len(shares) or (priors < 0).any():
            raise InvalidParameterError(
                f"NearestCentroid: priors must be non-negative, one for each of {len(shares)} "
                f"classes, got {self.priors!r}"
            )
        total = priors.sum()
        if not np.isclose(total, 1.0):
            warnings.warn(
                f"NearestCentroid: priors sum to {total:.6g}, not 1: they are divided by it "
                "(normalized)",
                UserWarning,
                stacklevel=3,
            )
            priors = priors / total
        return priors

    def _spread(self, X, codes, count, mean):
        """Deviations of centroids in standard errors, shrunken where that is asked for."""
        n = X.shape[0]
        self.within_class_std_dev_ = _within_std(X, codes, count, self.centroids_)
        std = self.within_class_std_dev_
        if std.max() == 0 or _all_constant(X):
            raise ValueError("NearestCentroid: all features have zero variance. Division by zero.")
        # Columns without variance say nothing of a class; the median keeps them from infinity.
        error = np.sqrt(1 / count - 1 / n)[:, None] * (std + np.median(std))
        with np.errstate(divide="ignore", invalid="ignore"):
            away = (self.centroids_ - mean) / error
        self.deviations_ = np.nan_to_num(away, nan=0.0) if (error == 0).any() else away
        if self.shrink_threshold:
            left = np.maximum(np.abs(self.deviations_) - self.shrink_threshold, 0)
            self.deviations_ = left * np.sign(self.deviations_)
            self.centroids_ = mean + error * self.deviations_

    def predict(self, X):
        """Predict the class of the nearest centroid, or of the greatest score under priors.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries,)
        """
        X = self._check_X(X)
        if np.isclose(self.class_prior_, 1 / len(self.classes_)).all():
            centroids = self.centroids_
            D = distances(X, self._like(X, centroids), self.metric)
            return self.classes_[D.argmin(axis=1)]
        return self.classes_[self._scores(X).argmax(axis=1)]

    @staticmethod
    def _like(X, centroids):
        """Centroids as sparse as X is."""
        if not issparse(X):
            return centroids
        from scipy.sparse import csr_array

        return csr_array(centroids)

    def _scores(self, X):
        """Logarithm of prior times density, up to what all classes share."""
        used = self.within_class_std_dev_ != 0
        scale = 1 / self.within_class_std_dev_[used]
        X = X.tocsc()[:, np.flatnonzero(used)].toarray() if issparse(X) else X[:, used]
        D = distances(X * scale, self.centroids_[:, used] * scale, self.metric)
        return 2 * np.log(self.class_prior_) - D**2

    @available_if(_has_densities)
    def decision_function(self, X):
        """Return the scores of classes; of two, the second's less the first's.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries,) or (n_queries, n_classes)
        """
        scores = self._scores(self._check_X(X))
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    @available_if(_has_densities)
    def predict_proba(self, X):
        """Predict probabilities of classes: Gaussian densities around the centroids.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries, n_classes)
        """
        return np.exp(self.predict_log_proba(X))

    @available_if(_has_densities)
    def predict_log_proba(self, X):
        """Predict logarithms of probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_queries, n_features)

        Returns
        -------
        ndarray of shape (n_queries, n_classes)
        """
        from scipy.special import log_softmax

        return log_softmax(self._scores(self._check_X(X)), axis=1)


def _all_constant(X):
    X = X.tocsc() if issparse(X) else X
    spread = X.max(axis=0) - X.min(axis=0)
    return not (spread.toarray() if issparse(spread) else np.asarray(spread)).any()


def _indicator(codes, n_classes):
    from scipy.sparse import csr_array

    n = len(codes)
    return csr_array((np.ones(n), codes, np.arange(n + 1)), shape=(n, n_classes)).T


def _class_means(X, codes, count):
    total = _indicator(codes, len(count)) @ X
    total = total.toarray() if issparse(total) else np.asarray(total)
    return total / count[:, None]


def _class_medians(X, codes, count):
    rows = (np.flatnonzero(codes == c) for c in range(len(count)))
    if not issparse(X):
        return np.array([np.median(X[each], axis=0) for each in rows])
    X = X.tocsr()
    return np.array([_sparse_median(X[each].tocsc()) for each in rows])


def _sparse_median(X):
    """Median of each column of a CSC matrix, column by column."""
    return np.array([np.median(X[:, [j]].toarray()) for j in range(X.shape[1])])


def _within_std(X, codes, count, centroids):
    """``√(Σ (x − centroid)² / (n − n_classes))`` of each column."""
    n, n_classes = X.shape[0], len(count)
    total = np.zeros(X.shape[1])
    for c in range(n_classes):
        part = X[np.flatnonzero(codes == c)] if not issparse(X) else X.tocsr()[codes == c]
        centre = centroids[c]
        if issparse(part):
            squares = np.asarray(part.multiply(part).sum(axis=0)).ravel()
            sums = np.asarray(part.sum(axis=0)).ravel()
            total += squares - 2 * centre * sums + part.shape[0] * centre**2
        else:
            total += ((part - centre) ** 2).sum(axis=0)
    return np.sqrt(np.maximum(total, 0) / max(n - n_classes, 1))
