"""Generalised linear models: any loss with any link and any penalty."""

from dataclasses import replace

import numpy as np

from .._core import shared
from .._core.available import available_if
from .._core.domains import above, between, one_of, real
from .._core.params import fitted, param
from .._core.roles import Regressor
from .._core.tags import Traits
from .._core.targets import compute_class_weight, encode_labels
from .._engine.glm.problem import Problem, solve
from .._engine.loss import families, links
from .._engine.loss import losses as compiled
from ._base import LinearClassifier, check_weight, store, warn_not_converged
from ._chunks import read_chunks
from ._penalties import Penalised
from ._tables import margins_of

LINKS = {
    "identity": links.Identity(),
    "log": links.Log(),
    "logit": links.Logit(),
    "probit": links.Probit(),
    "cloglog": links.ComplementaryLogLog(),
    "cauchit": links.Cauchit(),
    "inverse": links.Power(-1.0),
    "inverse_squared": links.Power(-2.0),
    "sqrt": links.Power(0.5),
}
_LOSSES = ("squared_error", "huber", "absolute_error", "quantile", "poisson", "gamma")
_LOSSES += ("inverse_gaussian", "tweedie", "negative_binomial", "binomial")
# Link that "auto" stands for, and the only one of what is no family.
_AUTO = {"squared_error": "identity", "binomial": "logit"}
_WITHOUT_LINK = ("huber", "absolute_error", "quantile")


def family_loss(family, link):
    """The loss of a family under a link by its name: a compiled one where there is one."""
    quick = family.compiled(link)
    return families.FamilyLoss(LINKS[link], family) if quick is None else quick


class GeneralizedLinearModel(Penalised):
    """What the generalised models share: one fit an output."""

    def _solve(self, X, y, loss, weight, n_outputs=1, start=None):
        """The `Solution` of one problem; warns where it did not converge."""
        penalty, solver = self._solver(X.shape[1], loss, self._penalty(X.shape[1], n_outputs))
        solution = solve(
            X,
            y,
            Problem(loss, penalty, solver),
            weight=weight,
            fit_intercept=self.fit_intercept and not loss.shift_free,
            start=start,
            standardize=self.standardize,
        )
        if not solution.converged:
            warn_not_converged(self, "structured", solution)
        return solution

    def fit_chunks(self, chunks):
        """Fit exactly to rows that come in chunks and need not be in memory at once.

        Memory is that of one chunk and of a few numbers a row; each iteration passes over the
        chunks a few times. The result is that of `fit` on all rows.

        Parameters
        ----------
        chunks : iterable, or callable that returns an iterator
            Of ``(X, y)`` or ``(X, y, sample_weight)``, X an array or sparse matrix. It is gone
            through again and again, so it must start anew each time: a list, an object with
            ``__iter__``, a function that opens a file, but no generator.

        Returns
        -------
        self

        Examples
        --------
        >>> from mlkit.linear_model import GeneralizedLinearRegressor
        >>> chunks = [([[0.0], [1.0]], [1.0, 3.0]), ([[2.0]], [5.0])]
        >>> GeneralizedLinearRegressor(penalty=None).fit_chunks(chunks).coef_.round(6)
        array([2.])
        """
        self._check_params()
        if self.categorical_features is not None or self.missing != "error":
            raise ValueError(
                f"{type(self).__name__}.fit_chunks: categorical_features and missing are for fit; "
                "encode or fill the chunks"
            )
        self._mask, self._labels = None, []
        return self._fit(*read_chunks(self, chunks))

    def _start(self, shape):
        """Coefficients and constants to start from, of shapes (K, p) and (K,), or None."""
        if not self.warm_start or not hasattr(self, "coef_"):
            return None
        coef = np.atleast_2d(np.asarray(self.coef_, dtype=np.float64))
        if coef.shape != shape:
            return None
        return coef, np.broadcast_to(np.asarray(self.intercept_, dtype=np.float64), shape[:1])


class GeneralizedLinearRegressor(Regressor, GeneralizedLinearModel):
    """Linear model of any target: minimises ``Σ w ℓ(y, Xβ + b) / Σ w + Ω(β)`` within bounds.

    The loss ℓ is half the unit deviance of an exponential family whose mean is the inverse
    `link` of ``Xβ + b``, or a loss of residuals: Huber's, the absolute error, the pinball loss of a
    `quantile`. The penalty Ω is any of ten. Every loss goes with every penalty, with bounds and
    signs of coefficients, for dense and sparse X.

    Problems are solved by proximal Newton methods until the gradient is within `tol` of the
    subdifferential; "mcp" and "scad" are not convex, and the solution is the stationary point that
    is reached from the L1 norm's. Losses with a corner are approached by smooth ones, to 1e-7 of
    the scale of y.

    References
    ----------
    McCullagh, P. and Nelder, J. A. (1989). Generalized Linear Models.

    Examples
    --------
    >>> from mlkit.linear_model import GeneralizedLinearRegressor
    >>> X = [[0.0, 1.0], [1.0, 0.0], [2.0, 1.0], [3.0, 0.0]]
    >>> model = GeneralizedLinearRegressor(loss="poisson", penalty="mcp", alpha=0.1, lower=0)
    >>> model.fit(X, [1.0, 2.0, 4.0, 8.0]).predict([[4.0, 0.0]]).round()
    array([15.])
    """

    traits = Traits(sparse=("csr", "csc"), multi_output=True)

    loss: str = param(
        "squared_error",
        one_of(*_LOSSES),
        'Distribution of y, or a loss of residuals: "squared_error" is the normal distribution.',
    )
    link: str = param(
        "auto",
        one_of("auto", *LINKS),
        'From the mean to Xβ + b; "auto" is the identity for the normal distribution, the logit '
        "for the binomial one and the logarithm for the others.",
    )
    power: float = param(1.5, real, 'Power of the mean in the variance of "tweedie".')
    dispersion: float = param(
        1.0, above(0), 'The factor a of "negative_binomial", whose variance is μ + a μ².'
    )
    quantile: float = param(0.5, between(0, 1, closed="neither"), 'The level of "quantile".')
    fit_intercept: bool = shared.fit_intercept
    delta: float = param(1.35, above(0), 'Residual at which the loss of "huber" turns linear.')

    coef_ = fitted("(n_features,) or (n_targets, n_features)", "Weights.")
    intercept_ = fitted("float or (n_targets,)", "Constant term; 0.0 without one.")
    n_iter_ = fitted("int", "Iterations run, the most of any target.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = self.loss in _LOSSES[4:9]
        return tags

    def fit(self, X, y, sample_weight=None):
        """Fit the weights.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            In the domain of the loss; of "binomial" shares in [0, 1].
        sample_weight : float or array-like of shape (n_samples,), default=None
            Not negative.

        Returns
        -------
        self
        """
        X, y = self._read_fit(X, y)
        return self._fit(X, y, check_weight(sample_weight, X))

    def _fit(self, X, y, weight):
        loss = self._loss()
        if not loss.admits(y):
            raise ValueError(
                f"{type(self).__name__}: loss={self.loss!r} needs y {loss.domain}, got values from "
                f"{np.min(y)} to {np.max(y)}"
            )
        targets = y[:, None] if y.ndim == 1 else y
        start = self._start((targets.shape[1], X.shape[1]))
        found = [
            self._solve(
                X,
                targets[:, k],
                loss,
                weight,
                start=None if start is None else (start[0][k][:, None], start[1][k : k + 1]),
            )
            for k in range(targets.shape[1])
        ]
        self.n_iter_ = max(each.n_iter for each in found)
        return store(self, stacked(found), X, y.ndim)

    def _loss(self):
        if self.loss in _WITHOUT_LINK:
            if self.link not in ("auto", "identity"):
                raise ValueError(
                    f"{type(self).__name__}: loss={self.loss!r} is one of residuals and takes no "
                    f"link={self.link!r}; use link='auto'"
                )
            return {
                "huber": compiled.HuberLoss(self.delta),
                "absolute_error": compiled.AbsoluteError(),
                "quantile": compiled.PinballLoss(self.quantile),
            }[self.loss]
        link = _AUTO.get(self.loss, "log") if self.link == "auto" else self.link
        return family_loss(self._family(), link)

    def _family(self):
        if self.loss == "tweedie":
            if not self.power >= 1:
                raise ValueError(
                    f"{type(self).__name__}: power={self.power} is less than 1; for 0 use "
                    "loss='squared_error'"
                )
            return families.Tweedie(self.power)
        return {
            "squared_error": families.Gaussian,
            "binomial": families.Binomial,
            "poisson": lambda: families.Tweedie(1),
            "gamma": lambda: families.Tweedie(2),
            "inverse_gaussian": lambda: families.Tweedie(3),
            "negative_binomial": lambda: families.NegativeBinomial(self.dispersion),
        }[self.loss]()

    def _link(self):
        if self.loss in _WITHOUT_LINK:
            return LINKS["identity"]
        return LINKS[_AUTO.get(self.loss, "log") if self.link == "auto" else self.link]

    def predict(self, X):
        """Return the inverse link of ``X coef_ᵀ + intercept_``: the mean of y, or its quantile.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets)
        """
        return self._link().inverse(margins_of(self._read(X), self.coef_, self.intercept_))

    def score(self, X, y, sample_weight=None):
        """Return the share of the loss of the best constant that is saved: D², R² if squared.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
            At most 1; the mean over targets.
        """
        X = self._read(X)
        raw = margins_of(X, self.coef_, self.intercept_).astype(np.float64)
        y = np.asarray(y, dtype=np.float64)
        weight = check_weight(sample_weight, X)
        weight = np.ones(len(y)) if weight is None else weight.astype(np.float64)
        loss, scores = self._loss(), []
        for target, z in zip(np.atleast_2d(y.T), np.atleast_2d(raw.T), strict=True):
            constant = np.full(len(z), float(np.ravel(loss.baseline(target, weight))[0]))
            best = self._least(target, weight)
            spread = loss.value(target, constant, weight) - best
            left = loss.value(target, z, weight) - best
            scores.append(1.0 - left / spread if spread > 0 else float(left <= 0))
        return float(np.mean(scores))

    def _least(self, y, weight):
        """The loss of predictions that are y itself."""
        if self.loss in _WITHOUT_LINK:
            return 0.0
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(weight @ self._family().best(y))


def stacked(solutions):
    """One `Solution` of several outputs."""
    return replace(
        solutions[0],
        coef=np.hstack([each.coef for each in solutions]),
        intercept=np.concatenate([np.ravel(each.intercept) for each in solutions]),
    )


class GeneralizedLinearClassifier(LinearClassifier, GeneralizedLinearModel):
    """Linear classifier with any penalty: minimises ``Σ w ℓ(y, Xβ + b) / Σ w + Ω(β)`` in bounds.

    The loss ℓ is the logistic one, multinomial for several classes, or the binomial one under
    another `link`, or a hinge. Penalties and bounds are those of `GeneralizedLinearRegressor`.
    With several classes a hinge and another link than the logit fit one class against the rest;
    groups of columns are in or out for all classes under the multinomial loss.

    References
    ----------
    McCullagh, P. and Nelder, J. A. (1989). Generalized Linear Models.

    Examples
    --------
    >>> from mlkit.linear_model import GeneralizedLinearClassifier
    >>> X = [[-2.0, 0.1], [-1.0, -0.1], [1.0, 0.1], [2.0, -0.1]]
    >>> model = GeneralizedLinearClassifier(penalty="l1", alpha=0.05, link="probit")
    >>> model.fit(X, [0, 0, 1, 1]).predict([[-3.0, 0.0], [3.0, 0.0]])
    array([0, 1])
    """

    traits = Traits(sparse=("csr", "csc"))

    loss: str = param(
        "log_loss",
        one_of("log_loss", "hinge", "squared_hinge"),
        'The loss: "log_loss" gives probabilities.',
    )
    link: str = param(
        "logit",
        one_of("logit", "probit", "cloglog", "cauchit"),
        'From probabilities to Xβ + b, for "log_loss".',
    )
    fit_intercept: bool = shared.fit_intercept
    class_weight: object = shared.class_weight

    classes_ = fitted("(n_classes,)", "Labels.")
    coef_ = fitted("(1, n_features) or (n_classes, n_features)", "Weights; 1 row for 2 classes.")
    intercept_ = fitted("(1,) or (n_classes,)", "Constant terms.")
    n_iter_ = fitted("int", "Iterations run, the most of any problem.")

    def fit(self, X, y, sample_weight=None):
        """Fit the weights.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Labels of two classes or more.
        sample_weight : array-like of shape (n_samples,), default=None
            Not negative.

        Returns
        -------
        self
        """
        X, y = self._read_fit(X, y)
        return self._fit(X, y, check_weight(sample_weight, X))

    def _fit(self, X, y, weight):
        self.classes_, codes = encode_labels(y)
        n_classes = len(self.classes_)
        if n_classes < 2:
            raise ValueError(
                f"{type(self).__name__} needs samples of at least 2 classes in the data, but the "
                f"data contains only one class: {self.classes_[0]!r}"
            )
        weight = self._weights(weight, X, y, codes)
        width = 1 if n_classes == 2 else n_classes
        start = self._start((width, X.shape[1]))
        if width > 1 and self.loss == "log_loss" and self.link == "logit":
            start = None if start is None else (start[0].T, start[1])
            loss = compiled.Multinomial(n_classes)
            found = self._solve(X, codes, loss, weight, n_classes, start)
            self.n_iter_ = found.n_iter
        else:
            parts = []
            for k in range(width):
                one = start and (start[0][k][:, None], start[1][k : k + 1])
                hit = codes == (1 if width == 1 else k)
                y = hit.astype(X.dtype) if self._loss() is None else np.where(hit, 1.0, -1.0)
                loss = self._loss() or family_loss(families.Binomial(), self.link)
                parts.append(self._solve(X, y, loss, weight, start=one))
            found = stacked(parts)
            self.n_iter_ = max(each.n_iter for each in parts)
        self.coef_ = np.ascontiguousarray(found.coef.T, dtype=X.dtype)
        self.intercept_ = found.intercept.astype(X.dtype)
        return self

    def _scores(self, X):
        return margins_of(self._read(X), self.coef_, self.intercept_)

    def _loss(self):
        return {"hinge": compiled.HingeLoss(), "squared_hinge": compiled.SquaredHingeLoss()}.get(
            self.loss
        )

    def _weights(self, weight, X, y, codes):
        if self.class_weight is None:
            return weight
        with np.errstate(divide="ignore"):
            by_class = compute_class_weight(
                self.class_weight, classes=self.classes_, y=y, sample_weight=weight
            )
        by_class[np.isinf(by_class)] = 0.0  # balanced, and all rows of the class weigh nothing
        by_row = by_class[codes].astype(X.dtype)
        return by_row if weight is None else by_row * weight

    @available_if(lambda self: self.loss == "log_loss")
    def predict_proba(self, X):
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Rows sum to 1; of one class against the rest the shares of their sum.
        """
        scores = self._scores(X)
        if scores.shape[1] > 1 and self.link == "logit":
            return compiled.Multinomial.link.inverse(scores)
        share = LINKS[self.link].inverse(scores)
        if share.shape[1] == 1:
            return np.hstack([1.0 - share, share])
        total = share.sum(axis=1, keepdims=True)
        return np.where(total > 0, share / np.where(total > 0, total, 1.0), 1.0 / share.shape[1])

    @available_if(lambda self: self.loss == "log_loss")
    def predict_log_proba(self, X):
        """Return the logarithm of `predict_proba`.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))
