"""Sets of labels around any classifier that has probabilities."""

import numpy as np

from .._core.domains import at_least, boolean, has_methods, integer, one_of
from .._core.params import clone, fitted, param, required
from .._core.roles import Classifier
from .._core.seeds import check_random_state
from .._core.tags import get_tags
from .._core.targets import check_classification_targets, encode_labels
from ._calibrated import Conformal, bound, held_has, rank_of, warn_of_few


class _Probable:
    """A classifier's probabilities, with a column for each of all labels."""

    def __init__(self, estimator, classes):
        self.estimator, self.classes = estimator, classes

    def fit(self, X, y, params):
        self.estimator.fit(X, y, **params)

    def answer(self, X):
        found = np.asarray(self.estimator.predict_proba(X), dtype=np.float64)
        # A fold's model may have seen fewer labels; what it does not know has no probability.
        shares = np.zeros((len(found), len(self.classes)))
        shares[:, np.searchsorted(self.classes, self.estimator.classes_)] = found
        return shares


def adaptive_scores(shares, draws=None, penalty=0.0, free=0):
    """Probability of all labels likelier than each, and of a drawn part of itself.

    Parameters
    ----------
    shares : ndarray of shape (n_rows, n_classes)
        Probabilities.
    draws : ndarray of shape (n_rows,), default=None
        Uniform on (0, 1); None counts a label's own probability whole.
    penalty : float, default=0.0
        Added for each label likelier than it, beyond the first `free`.

    Returns
    -------
    ndarray of shape (n_rows, n_classes)
    """
    order = np.argsort(-shares, axis=1, kind="stable")
    ranked = np.take_along_axis(shares, order, axis=1)
    own = ranked if draws is None else ranked * draws[:, None]
    total = np.cumsum(ranked, axis=1) - ranked + own
    if penalty:
        total += penalty * np.maximum(np.arange(1, shares.shape[1] + 1) - free, 0)
    scores = np.empty_like(total)
    np.put_along_axis(scores, order, total, axis=1)
    return scores


class ConformalClassifier(Classifier, Conformal):
    """Sets of labels that hold the true one with a given probability.

    The score of a label is, for "aps", the probability of all labels that the model holds
    likelier, and its own: sets are large where the model is uncertain. For "lac" it is one minus
    its probability: sets are as small as can be on average, and may be empty. A set holds the
    labels whose score is at most the ⌈(n + 1) c⌉-th smallest of those of n rows' true labels, which
    the model had not seen. "cv+" counts, for each label, the rows whose own model gave a lower
    score than it gives the label. Rows must be exchangeable; the model may be any.

    A fitted model in a `FrozenEstimator` is left as it is, and all rows serve as calibration rows.

    References
    ----------
    Romano, Y., Sesia, M. and Candès, E. J. (2020). Classification with valid and adaptive
    coverage. NeurIPS.

    Sadinle, M., Lei, J. and Wasserman, L. (2019). Least ambiguous set-valued classifiers with
    bounded error levels. JASA 114.

    Angelopoulos, A. N. et al. (2021). Uncertainty sets for image classifiers using conformal
    prediction. ICLR.

    Examples
    --------
    >>> from mlkit.conformal import ConformalClassifier
    >>> from mlkit.datasets import load_iris
    >>> from mlkit.linear_model import LogisticRegression
    >>> X, y = load_iris(return_X_y=True)
    >>> model = ConformalClassifier(LogisticRegression(max_iter=200), coverage=0.95).fit(X, y)
    >>> model.predict_set(X[[0, 77]])
    array([[ True, False, False],
           [False,  True,  True]])
    """

    estimator: object = param(
        required,
        has_methods("fit", "predict_proba"),
        "A classifier with probabilities, of any library.",
        kw_only=False,
    )
    label_score: str = param("aps", one_of("aps", "lac"), "How labels are scored; see above.")
    randomized: bool = param(
        False,
        boolean,
        'Of "aps": count a drawn part of a label\'s own probability, for sets whose coverage is '
        "what was asked and not above.",
    )
    size_penalty: float = param(
        0.0, at_least(0), 'Of "aps": what each label in a set beyond `size_free` adds to a score.'
    )
    size_free: int = param(0, integer(0), "Labels that a set may have without penalty.")
    by_class: bool = param(
        False,
        boolean,
        "Whether rows of each class are to be held with the probability, and not only all taken "
        "together.",
    )
    allow_empty: bool = param(
        True, boolean, "Whether a set may be empty; if not, it holds the likeliest label at least."
    )

    classes_ = fitted("(n_classes,)", "Labels.")
    calibration_scores_ = fitted(
        "list of ndarray of shape (n_rows,)", "Scores of the true labels of rows by each part."
    )

    def fit(self, X, y, **params):
        """Fit the model, and score the true labels of rows that it has not seen.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        **params : dict
            For the model's ``fit``, those with a value a row by rows, and ``groups`` for the
            splitter; with metadata routing, metadata.

        Returns
        -------
        self
        """
        X, y = self._checked_rows(X, y)
        y = self._check_y(y)
        check_classification_targets(y)
        self.classes_, codes = encode_labels(y)
        if self._frozen:
            self.classes_, codes = self._frozen_codes(y)
        seed = check_random_state(self.random_state)
        self._seed = int(seed.randint(np.iinfo(np.int32).max))
        self._parts, self.calibration_scores_, self._codes = [], [], []
        rng = np.random.RandomState(self._seed)
        for part, rows, shares in self._fit_parts(X, y, params):
            scores = self._label_scores(shares, rng)
            self._parts.append(part)
            self._codes.append(codes[rows])
            self.calibration_scores_.append(scores[np.arange(len(rows)), codes[rows]])
        return self

    def _frozen_codes(self, y):
        """The labels that a fitted model knows, and the place of each row's among them."""
        classes = np.asarray(self.estimator.classes_)
        unknown = np.setdiff1d(y, classes)
        if len(unknown):
            raise ValueError(
                f"ConformalClassifier: y has labels {unknown.tolist()}, which the fitted "
                f"{type(self.estimator).__name__} does not know"
            )
        return classes, np.searchsorted(classes, y)

    def _part(self):
        return _Probable(clone(self.estimator), self.classes_)

    def _label_scores(self, shares, rng):
        if self.label_score == "lac":
            return 1 - shares
        draws = rng.uniform(size=len(shares)) if self.randomized else None
        return adaptive_scores(shares, draws, self.size_penalty, self.size_free)

    def predict_set(self, X, coverage=None):
        """Return which labels are in the set of each row.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
        coverage : float, default=None
            None is the parameter of this name.

        Returns
        -------
        ndarray of bool of shape (n_samples, n_classes)
            Columns are in the order of ``classes_``.
        """
        coverage = self._wanted(coverage)
        shares = [part.answer(X) for part in self._parts]
        rng = np.random.RandomState(self._seed + 1)
        draws = rng.get_state()
        scores = []
        for each in shares:
            rng.set_state(draws)  # a row has one draw, whichever part scores it
            scores.append(self._label_scores(each, rng))
        n_scores = sum(map(len, self.calibration_scores_))
        chosen = np.empty(scores[0].shape, dtype=bool)
        few = False
        for label in range(chosen.shape[1]):
            own = [
                each[codes == label] if self.by_class else each
                for each, codes in zip(self.calibration_scores_, self._codes, strict=True)
            ]
            n_scores = sum(map(len, own))
            few = few or rank_of(coverage, n_scores) > n_scores
            chosen[:, label] = _held([each[:, label] for each in scores], own, coverage)
        if few:
            warn_of_few(self, coverage, n_scores)
        if not self.allow_empty:
            likeliest = np.mean(shares, axis=0).argmax(axis=1)
            chosen[np.arange(len(chosen)), likeliest] = True
        return chosen

    @held_has("predict_proba")
    def predict_proba(self, X):
        """Return the model's probabilities.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        self._wanted(None)
        return self.estimator_.predict_proba(X)

    @held_has("decision_function")
    def decision_function(self, X):
        """Return the model's decisions.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
        """
        self._wanted(None)
        return self.estimator_.decision_function(X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags = get_tags(self.estimator).classifier_tags or tags.classifier_tags
        return tags


def _held(scores, calibrated, coverage):
    """Whether a label's scores by each part are low enough among the true labels' of that part."""
    if len(scores) == 1:
        return scores[0] <= bound(calibrated[0], coverage)
    lower = sum(
        np.searchsorted(np.sort(each), score, side="left")
        for score, each in zip(scores, calibrated, strict=True)
    )
    return lower < rank_of(coverage, sum(map(len, calibrated)))
