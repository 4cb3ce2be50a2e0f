"""Kernel machines for classes."""

import itertools
import warnings

import numpy as np

from .._core import shared
from .._core.available import available_if, deprecated
from .._core.domains import boolean, mapping, none, one_of
from .._core.errors import NotFittedError, twin
from .._core.params import fitted, param
from .._core.roles import Classifier
from .._core.seeds import check_random_state
from .._core.sparse import issparse
from .._core.targets import compute_class_weight, encode_labels
from .._engine.kernels.pairs import Cost, Share, fit_pairs
from .._engine.kernels.platt import couple, sigmoid
from . import _kernel as declared
from ._kernel import KernelMachine

_UNSET = "deprecated"  # scikit-learn's word for the default of a parameter on its way out
_probability = param(
    _UNSET,
    boolean | one_of(_UNSET),
    "Whether to fit probabilities by 5 further folds, for ``predict_proba``; deprecated for "
    "``CalibratedClassifierCV(SVC(), ensemble=False)``.",
)
_class_weight = param(
    None,
    mapping | one_of("balanced") | none,
    'Factor of the weights of each class; "balanced" is total weight / (n_classes * weight of the '
    "class).",
)
_decision_function_shape = param(
    "ovr",
    one_of("ovo", "ovr"),
    'Decisions of each class against the rest, "ovr", or of each pair of classes, "ovo".',
)
_break_ties = param(
    False,
    boolean,
    "Whether ``predict`` follows the decisions of each class against the rest, of three classes "
    "or more, and not the votes of pairs, of which ties go to the first class.",
)
_random_state = param(None, shared.random_state.domain, "Deals rows out to folds; probabilities.")


def _wants_probability(machine):
    return machine.probability is True or (
        machine.probability != _UNSET and bool(machine.probability)
    )


class _PairMachine(Classifier, KernelMachine):
    """Classes told apart in pairs, with one vote each."""

    class_weight_ = fitted("(n_classes,)", "Factors of the weights of each class.")
    classes_ = fitted("(n_classes,)", "Labels.")
    dual_coef_ = fitted(
        "(n_classes - 1, n_SV)",
        "Coefficients of the support vectors; one of class i has that against a class j > i in "
        "line j - 1, and that against a class j < i in line j.",
    )
    intercept_ = fitted("(n_classes (n_classes - 1) / 2,)", "Constants of the pairs.")
    n_iter_ = fitted("(n_classes (n_classes - 1) / 2,)", "Pairs of dual variables moved.")

    def fit(self, X, y, sample_weight=None):
        """Fit a machine for each pair of classes.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            For ``kernel="precomputed"``, the kernel of all pairs, (n_samples, n_samples).
        y : array-like of shape (n_samples,)
            Labels of two classes or more.
        sample_weight : array-like of shape (n_samples,), default=None
            Factors of the cost of errors; rows of weight 0 or less are left out.

        Returns
        -------
        self
        """
        X, y = self._check_rows(X, y)
        if self.probability != _UNSET:
            warnings.warn(
                f"{type(self).__name__}: probability={self.probability!r} is deprecated; for "
                f"probabilities use CalibratedClassifierCV({type(self).__name__}(), "
                "ensemble=False)",
                FutureWarning,
                stacklevel=2,
            )
        weight = self._row_weights(sample_weight, X)
        codes = self._encode(y, weight)
        rng = check_random_state(self.random_state) if _wants_probability(self) else None
        points = self._points(X, weight)
        form = self._form(codes, weight)
        cost = form.scale * weight * self.class_weight_[codes]
        n_classes = len(self.classes_)
        found = fit_pairs(form, codes, cost, n_classes, points, self._settings(), rng)
        self._store(X, points, codes, found)
        return self

    def _encode(self, y, weight):
        self.classes_, codes = encode_labels(y)
        who = type(self).__name__
        if len(self.classes_) < 2:
            raise ValueError(
                f"{who} needs samples of at least 2 classes in the data, but the data contains "
                f"only one class: {self.classes_.tolist()[0]!r}"
            )
        if len(np.unique(codes[weight > 0])) < 2:
            raise ValueError(
                f"{who}: all rows whose sample_weight is positive belong to one class; weigh rows "
                "of a second"
            )
        self.class_weight_ = compute_class_weight(
            self.class_weight, classes=self.classes_, y=y, sample_weight=weight
        )
        return codes

    def _store(self, X, points, codes, found):
        n_classes = len(self.classes_)
        used = (found.coef != 0).any(axis=0)
        support = np.concatenate([np.flatnonzero(used & (codes == k)) for k in range(n_classes)])
        sizes = np.bincount(codes[support], minlength=n_classes)
        coef, constants = found.coef[:, support], found.constants
        groups = sizes
        if n_classes == 2:
            # Of two classes, decisions are positive for the second.
            coef, constants, groups = 0.0 - coef, 0.0 - constants, [len(support)]
        self._require_finite(constants)
        self.intercept_ = constants
        self._keep(X, points, support, coef, sizes, groups)
        self._slopes, self._offsets = found.slopes, found.offsets
        solved = [each for each in found.solutions if each is not None]
        self.n_iter_ = np.array(
            [0 if each is None else each.n_iter for each in found.solutions], dtype=np.int32
        )
        self._tell(solved)

    def _weights(self):
        n_classes = len(self.classes_)
        if n_classes == 2:
            return super()._weights()
        edges = np.concatenate([[0], np.cumsum(self.n_support_)])
        of = [slice(*ends) for ends in itertools.pairwise(edges)]
        lines = []
        for i, j in zip(*np.triu_indices(n_classes, 1), strict=True):
            first = self.dual_coef_[[j - 1]][:, of[i]] @ self.support_vectors_[of[i]]
            lines.append(first + self.dual_coef_[[i]][:, of[j]] @ self.support_vectors_[of[j]])
        if issparse(lines[0]):
            from scipy.sparse import vstack

            return vstack(lines).tocsr()
        return np.vstack(lines)

    # ------------------------------------------------------------------------- decisions
    def _pair_decisions(self, X):
        """Of two classes (n, 1), positive for the second; else (n, n_pairs), for the first."""
        sums = self._sum(X)
        n_classes = len(self.classes_)
        if n_classes == 2:
            return sums[:, 0] + self.intercept_
        i, j = np.triu_indices(n_classes, 1)
        return sums[:, i, j - 1] + sums[:, j, i] + self.intercept_

    def decision_function(self, X):
        """Return decisions.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            For ``kernel="precomputed"``, kernels with the rows of fit, (n_samples, n_fit).

        Returns
        -------
        ndarray of shape (n_samples,), (n_samples, n_classes) or (n_samples, n_pairs)
            Of two classes, positive for the second. Else for "ovo" those of the pairs (0, 1),
            (0, 2), ..., positive for the first class of a pair; for "ovr" each class's votes,
            and its confidence in them scaled to less than a third of a vote either way.
        """
        decisions = self._pair_decisions(X)
        if len(self.classes_) == 2:
            return decisions[:, 0]
        if self.decision_function_shape == "ovo":
            return decisions
        return self._votes_and_confidence(decisions)

    def _votes(self, decisions):
        n_classes = len(self.classes_)
        first = decisions > 0
        votes = np.zeros((len(decisions), n_classes))
        for pair, (i, j) in enumerate(zip(*np.triu_indices(n_classes, 1), strict=True)):
            votes[:, i] += first[:, pair]
            votes[:, j] += ~first[:, pair]
        return votes

    def _votes_and_confidence(self, decisions):
        n_classes = len(self.classes_)
        # A decision of zero is a vote for the first class here, and for the second in `predict`.
        votes = self._votes(np.where(decisions == 0, 1.0, decisions))
        confidence = np.zeros_like(votes)
        for pair, (i, j) in enumerate(zip(*np.triu_indices(n_classes, 1), strict=True)):
            confidence[:, i] += decisions[:, pair]
            confidence[:, j] -= decisions[:, pair]
        return votes + confidence / (3.0 * (np.abs(confidence) + 1.0))

    def predict(self, X):
        """Return the label with the most votes of pairs, the first of several.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            For ``kernel="precomputed"``, kernels with the rows of fit, (n_samples, n_fit).

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        if self.break_ties and self.decision_function_shape == "ovo":
            raise ValueError(
                f"{type(self).__name__}: break_ties=True needs decision_function_shape='ovr', for "
                "pairs have no decision of a class"
            )
        decisions = self._pair_decisions(X)
        if len(self.classes_) == 2:
            return self.classes_.take((decisions[:, 0] >= 0).view(np.int8))
        scores = self._votes_and_confidence if self.break_ties else self._votes
        return self.classes_.take(scores(decisions).argmax(axis=1))

    # --------------------------------------------------------------------- probabilities
    @deprecated("see the parameter probability")
    @property
    def probA_(self):
        """Slopes a of ``P = 1 / (1 + exp(a d + b))`` by pair; empty without probabilities."""
        return self._slopes

    @deprecated("see the parameter probability")
    @property
    def probB_(self):
        """Constants b of ``P = 1 / (1 + exp(a d + b))`` by pair; empty without probabilities."""
        return self._offsets

    @available_if(_wants_probability)
    def predict_proba(self, X):
        """Return the probability of each class, by sigmoids of the pairs' decisions.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        decisions = self._pair_decisions(X)
        if not len(self._slopes):
            raise twin(NotFittedError)(
                f"{type(self).__name__} was fitted without probabilities: set probability=True "
                "before fit"
            )
        if len(self.classes_) == 2:
            first = sigmoid(-decisions[:, 0], self._slopes[0], self._offsets[0])
            return np.column_stack([first, 1.0 - first])
        return couple(sigmoid(decisions, self._slopes, self._offsets), len(self.classes_))

    @available_if(_wants_probability)
    def predict_log_proba(self, X):
        """Return the logarithm of ``predict_proba(X)``.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))


class SVC(_PairMachine):
    """Support vector classification: the widest margin, and a cost of what is inside it.

    For each pair of classes, y = ±1, minimises ``‖w‖² / 2 + C Σ max(0, 1 − y f(x))`` over
    ``f(x) = ⟨w, φ(x)⟩ + b``, φ the feature map of the kernel, by its dual, to the accuracy
    `tol`. Time grows with the square of the number of rows and more.

    References
    ----------
    Cortes, C. and Vapnik, V. (1995). Support-vector networks. Machine Learning 20.

    Examples
    --------
    >>> from mlkit.svm import SVC
    >>> model = SVC(gamma="auto").fit([[-2.0], [-1.0], [1.0], [2.0]], ["no", "no", "yes", "yes"])
    >>> model.predict([[-3.0], [3.0]])
    array(['no', 'yes'], dtype='<U3')
    """

    C: float = declared.C
    kernel: object = declared.kernel
    degree: int = declared.degree
    gamma: object = declared.gamma
    coef0: float = declared.coef0
    shrinking: bool = declared.shrinking
    probability: object = _probability
    tol: float = declared.tol
    cache_size: float = declared.cache_size
    class_weight: object = _class_weight
    verbose: object = declared.verbose
    max_iter: int = declared.max_iter
    decision_function_shape: str = _decision_function_shape
    break_ties: bool = _break_ties
    random_state: object = _random_state

    def _form(self, codes, weight):
        return Cost(float(self.C))


class NuSVC(_PairMachine):
    """Support vector classification with a share ν of rows inside the margin instead of a cost.

    As `SVC`; at most a share ν of the rows of a pair of classes errs or lies inside the margin,
    and at least ν supports the machine. Rows count by their weights, of which ν must not ask more
    than the smaller class has: ``ν ≤ 2 min(W₊, W₋) / (W₊ + W₋)``. Where `class_weight` makes it so,
    ν is lowered to that.

    References
    ----------
    Schölkopf, B., Smola, A. J., Williamson, R. C. and Bartlett, P. L. (2000). New support vector
    algorithms. Neural Computation 12.

    Examples
    --------
    >>> from mlkit.svm import NuSVC
    >>> model = NuSVC(gamma="auto").fit([[-2.0], [-1.0], [1.0], [2.0]], ["no", "no", "yes", "yes"])
    >>> model.predict([[-3.0], [3.0]])
    array(['no', 'yes'], dtype='<U3')
    """

    nu: float = param(
        0.5, declared.nu.domain, "Most rows that err or are inside the margin, least that support."
    )
    kernel: object = declared.kernel
    degree: int = declared.degree
    gamma: object = declared.gamma
    coef0: float = declared.coef0
    shrinking: bool = declared.shrinking
    probability: object = _probability
    tol: float = declared.tol
    cache_size: float = declared.cache_size
    class_weight: object = _class_weight
    verbose: object = declared.verbose
    max_iter: int = declared.max_iter
    decision_function_shape: str = _decision_function_shape
    break_ties: bool = _break_ties
    random_state: object = _random_state

    def _form(self, codes, weight):
        labels = self.classes_.tolist()
        totals = np.bincount(codes, weight, minlength=len(self.classes_))
        for i, j in zip(*np.triu_indices(len(totals), 1), strict=True):
            smaller, both = min(totals[i], totals[j]), totals[i] + totals[j]
            if both > 0 and self.nu * both > 2.0 * smaller * (1 + 1e-12):
                raise ValueError(
                    f"NuSVC: specified nu is infeasible: nu={self.nu} asks {self.nu * both / 2:g} "
                    f"of each of the classes {labels[i]!r} and {labels[j]!r}, and "
                    f"one weighs {smaller:g}; set nu to {2.0 * smaller / both:g} or less"
                )
        return Share(float(self.nu))
