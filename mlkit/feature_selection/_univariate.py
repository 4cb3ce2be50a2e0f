"""Selection of columns one by one: by rank of their scores, or by p-values."""

import warnings

import numpy as np

from .._core.arrays import check_is_fitted, check_target
from .._core.domains import at_least, between, callable_, integer, one_of
from .._core.estimator import Estimator
from .._core.params import fitted, param
from .._core.tags import Traits
from ._base import SelectorMixin
from ._scores import f_classif


def _comparable(scores):
    """Scores as floats, NaN below all others."""
    scores = np.array(scores, dtype=np.result_type(np.asarray(scores).dtype, np.float32))
    scores[np.isnan(scores)] = np.finfo(scores.dtype).min
    return scores


# --------------------------------------------------------------------------- masks
def best(scores, k):
    """The `k` highest scores; of equal ones the later columns."""
    mask = np.zeros(len(scores), dtype=bool)
    if k > 0:
        mask[np.argsort(_comparable(scores), kind="stable")[-k:]] = True
    return mask


def best_percentile(scores, percentile):
    """The scores above a percentile, and of those at it the first that fit in."""
    if percentile in (0, 100):
        return np.full(len(scores), percentile == 100)
    scores = _comparable(scores)
    threshold = np.percentile(scores, 100 - percentile)
    mask = scores > threshold
    tied = np.flatnonzero(scores == threshold)
    room = int(len(scores) * percentile / 100) - mask.sum()
    # A negative room drops from the end, as a slice does: then nothing tied is kept.
    mask[tied[: max(room, 0)]] = True
    return mask


def few_false_discoveries(pvalues, alpha):
    """p-values up to the greatest ``p₍ᵢ₎ ≤ αi/n`` (Benjamini and Hochberg, 1995)."""
    ordered = np.sort(pvalues)
    n = len(ordered)
    passing = ordered[ordered <= alpha / n * np.arange(1, n + 1)]
    if not len(passing):
        return np.zeros(n, dtype=bool)
    return pvalues <= passing[-1]


class _Filter(SelectorMixin, Estimator):
    """Base of the selectors by a score of each column."""

    traits = Traits(sparse=("csr", "csc"), dtype="numeric", preserves=())

    score_func: object = param(
        f_classif,
        callable_,
        "Function of X and y that returns scores, or scores and p-values.",
        kw_only=False,
    )

    scores_ = fitted("(n_features,)", "Scores.")
    pvalues_ = fitted("(n_features,) or None", "p-values, if `score_func` returns them.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags

    def fit(self, X, y=None):
        """Score the columns.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            None if `score_func` ignores it.

        Returns
        -------
        self
        """
        if y is None:
            X = self._check_fit(X)
        else:
            X, y = self._check_fit(X, y)
        self._check_against(X)
        found = self.score_func(X, y)
        if isinstance(found, (list, tuple)):
            self.scores_, self.pvalues_ = found[0], np.asarray(found[1])
        else:
            self.scores_, self.pvalues_ = found, None
        self.scores_ = np.asarray(self.scores_)
        return self

    def _check_y(self, y):
        return check_target(self, y, multi_output=True)

    def _check_against(self, X):
        """Warn of parameters that do not fit X."""

    def _pvalues(self):
        check_is_fitted(self)
        if self.pvalues_ is None:
            raise ValueError(
                f"{type(self).__name__}: score_func={self.score_func!r} returned no p-values; "
                "choose by SelectKBest or SelectPercentile"
            )
        return self.pvalues_


class SelectKBest(_Filter):
    """Keep the k columns of highest score.

    Examples
    --------
    >>> from mlkit.datasets import load_iris
    >>> from mlkit.feature_selection import SelectKBest, chi2
    >>> X, y = load_iris(return_X_y=True)
    >>> SelectKBest(chi2, k=2).fit(X, y).get_support()
    array([False, False,  True,  True])
    """

    k: object = param(10, one_of("all") | integer(0), 'Columns to keep; "all" is all of them.')

    def _check_against(self, X):
        if not isinstance(self.k, str) and self.k > X.shape[1]:
            warnings.warn(
                f"SelectKBest(k={self.k}) is greater than n_features={X.shape[1]}. All the "
                "features will be returned.",
                UserWarning,
                stacklevel=3,
            )

    def _get_support_mask(self):
        check_is_fitted(self)
        return best(self.scores_, len(self.scores_) if isinstance(self.k, str) else self.k)


class SelectPercentile(_Filter):
    """Keep a percentage of the columns, those of highest score.

    Examples
    --------
    >>> from mlkit.datasets import load_iris
    >>> from mlkit.feature_selection import SelectPercentile
    >>> X, y = load_iris(return_X_y=True)
    >>> SelectPercentile(percentile=50).fit(X, y).get_support()
    array([False, False,  True,  True])
    """

    percentile: float = param(10, between(0, 100), "Share of columns to keep, in percent.")

    def _get_support_mask(self):
        check_is_fitted(self)
        return best_percentile(self.scores_, self.percentile)


class SelectFpr(_Filter):
    """Keep the columns whose p-value is below α: the false positive rate of each test.

    Examples
    --------
    >>> from mlkit.datasets import load_breast_cancer
    >>> from mlkit.feature_selection import SelectFpr, chi2
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> SelectFpr(chi2, alpha=0.01).fit_transform(X, y).shape
    (569, 16)
    """

    alpha: float = param(0.05, between(0, 1), "Greatest p-value, exclusive.")

    def _get_support_mask(self):
        return self._pvalues() < self.alpha


class SelectFdr(_Filter):
    """Keep columns so that at most a share α of them is expected to be there by chance.

    The rule of Benjamini and Hochberg: p-values up to the greatest ``p₍ᵢ₎ ≤ αi/n`` ("Controlling
    the false discovery rate", JRSS B 57, 1995).

    Examples
    --------
    >>> from mlkit.datasets import load_breast_cancer
    >>> from mlkit.feature_selection import SelectFdr, chi2
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> SelectFdr(chi2, alpha=0.01).fit_transform(X, y).shape
    (569, 16)
    """

    alpha: float = param(0.05, between(0, 1), "Highest expected share of false discoveries.")

    def _get_support_mask(self):
        return few_false_discoveries(self._pvalues(), self.alpha)


class SelectFwe(_Filter):
    """Keep the columns whose p-value is below α/n: the family-wise error (Bonferroni).

    Examples
    --------
    >>> from mlkit.datasets import load_breast_cancer
    >>> from mlkit.feature_selection import SelectFwe, chi2
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> SelectFwe(chi2, alpha=0.01).fit_transform(X, y).shape
    (569, 15)
    """

    alpha: float = param(0.05, between(0, 1), "Highest chance of any false discovery.")

    def _get_support_mask(self):
        pvalues = self._pvalues()
        return pvalues < self.alpha / len(pvalues)


# The selector of each mode, and the parameter that `param` stands for.
_MODES = {
    "percentile": (SelectPercentile, "percentile"),
    "k_best": (SelectKBest, "k"),
    "fpr": (SelectFpr, "alpha"),
    "fdr": (SelectFdr, "alpha"),
    "fwe": (SelectFwe, "alpha"),
}


class GenericUnivariateSelect(_Filter):
    """Selection by any of the rules of this module, so that the rule can be searched over.

    Examples
    --------
    >>> from mlkit.datasets import load_iris
    >>> from mlkit.feature_selection import GenericUnivariateSelect
    >>> X, y = load_iris(return_X_y=True)
    >>> GenericUnivariateSelect(mode="k_best", param=2).fit_transform(X, y).shape
    (150, 2)
    """

    mode: str = param("percentile", one_of(*_MODES), "The rule.")
    param: object = param(1e-5, at_least(0) | one_of("all"), "What it takes: percentile, k or α.")

    def _rule(self):
        """The selector that `mode` names, in the state of this one."""
        cls, name = _MODES[self.mode]
        rule = cls(score_func=self.score_func)
        value = self.param
        if name == "k" and not isinstance(value, str) and value == int(value):
            value = int(value)
        return rule.set_params(**{name: value})

    def _check_against(self, X):
        rule = self._rule()
        rule._check_params()
        rule._check_against(X)

    def _get_support_mask(self):
        check_is_fitted(self)
        rule = self._rule()
        rule.scores_, rule.pvalues_ = self.scores_, self.pvalues_
        return rule._get_support_mask()
