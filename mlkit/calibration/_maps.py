"""Maps from the scores of a classifier to probabilities, of one or two parameters."""

import numpy as np

from .._core.estimator import Estimator
from .._core.params import fitted

# Newton's method doubles its correct digits a step; these many mean that rounding is reached.
_STEPS = 100
# exp(−10) to exp(10): a temperature beyond makes the scores of all classes equal, or of one 1.
_LEAST_SCALE, _GREATEST_SCALE = np.exp(-10.0), np.exp(10.0)


def logistic(z):
    """1 / (1 + exp(−z)) without overflow."""
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, small) / (1.0 + small)


class SigmoidMap(Estimator):
    """p = 1 / (1 + exp(a f + b)), the likeliest of that form for the labels.

    To allow for what a finite sample cannot tell, labels count as the means of their posterior
    under a uniform prior, (N₊ + 1) / (N₊ + 2) and 1 / (N₋ + 2).

    References
    ----------
    Platt, "Probabilistic outputs for support vector machines and comparisons to regularized
    likelihood methods", 1999. Lin, Lin and Weng, "A note on Platt's probabilistic outputs for
    support vector machines", Machine Learning 68, 2007.
    """

    a_ = fitted("float", "Slope; below zero where a greater score means more likely.")
    b_ = fitted("float", "Offset.")

    def fit(self, scores, positive, weight=None):
        """Fit to the scores of rows, of which some are `positive`."""
        weight = np.ones(len(scores)) if weight is None else weight
        n_positive = weight @ positive
        n_negative = weight.sum() - n_positive
        target = np.where(
            positive, (n_positive + 1) / (n_positive + 2), 1 / (n_negative + 2)
        )  # fmt: skip
        # Newton's steps do not depend on the unit of the scores; their rounding does.
        scores = np.asarray(scores, dtype=np.float64)
        centre = float(scores.mean())
        scale = float(np.abs(scores - centre).max()) or 1.0
        slope, offset = _likeliest_line((scores - centre) / scale, target, weight)
        self.a_ = -slope / scale
        self.b_ = -(offset - slope * centre / scale)
        return self

    def predict(self, scores):
        """Probabilities of the scores."""
        return logistic(-(self.a_ * scores + self.b_))


def _likeliest_line(x, target, weight):
    """Slope and offset of the logit that minimise the weighted cross entropy, by Newton."""
    share = (weight @ target) / weight.sum()
    theta = np.array([0.0, np.log(share / (1 - share))])
    value = _cross_entropy(theta, x, target, weight)
    for _ in range(_STEPS):
        p = logistic(theta[0] * x + theta[1])
        residual, curve = weight * (p - target), weight * p * (1 - p)
        gradient = np.array([residual @ x, residual.sum()])
        mixed = curve @ x
        hessian = np.array([[curve @ (x * x), mixed], [mixed, curve.sum()]])
        # Scores that are all equal leave the slope free: the ridge keeps it where it is.
        hessian[np.diag_indices(2)] += 1e-14 * np.trace(hessian) + 1e-300
        step = np.linalg.solve(hessian, gradient)
        # So near the minimum values differ by rounding alone; the step still doubles the digits.
        if gradient @ step < 1e-10 * (1 + abs(value)):
            return theta - step
        length = 1.0
        # A step that does not descend is halved; below 1e-10 of it only rounding is left.
        while length > 1e-10:
            trial = theta - length * step
            reached = _cross_entropy(trial, x, target, weight)
            if reached < value:
                break
            length /= 2
        else:
            return theta
        theta, value = trial, reached
    return theta


def _cross_entropy(theta, x, target, weight):
    z = theta[0] * x + theta[1]
    return float(weight @ (np.logaddexp(0.0, z) - target * z))


class TemperatureMap(Estimator):
    """p = softmax(β z), with the β that makes the labels likeliest; 1 / β is the temperature.

    The loss is convex in β, and its only root of the derivative is bracketed, then found by
    Newton's method.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks", ICML 2017.
    """

    beta_ = fitted("float", "Factor of the logits.")

    def fit(self, scores, codes, weight=None):
        """Fit to the scores of rows, (n, K) or (n, 1), and the column of each row's class.

        Without rows nothing is known that would change the scores: β is 1.
        """
        if not len(scores):
            self.beta_ = 1.0
            return self
        logits = as_logits(scores)
        rows = np.arange(len(logits))
        # Relative to the true class: exp(0) is its share.
        gap = logits - logits[rows, codes][:, None]
        mass = np.full(len(gap), 1 / len(gap)) if weight is None else weight / weight.sum()
        self.beta_ = float(_root(lambda beta: _slopes(beta, gap, mass)))
        return self

    def predict(self, scores):
        """Probabilities of the classes, (n, K)."""
        return softmax(self.beta_ * as_logits(scores))


def _slopes(beta, gap, mass):
    """First and second derivative in β of Σ m log Σₖ exp(β gₖ)."""
    share = softmax(beta * gap)
    mean = np.add.reduce(share * gap, axis=1)
    spread = np.add.reduce(share * gap * gap, axis=1) - mean * mean
    return mass @ mean, mass @ spread


def _root(slopes):
    """Where an increasing function crosses zero within the allowed scales, by guarded Newton."""
    low, high = _LEAST_SCALE, _GREATEST_SCALE
    if slopes(low)[0] >= 0:
        return low
    if slopes(high)[0] <= 0:
        return high
    beta = 1.0
    for _ in range(_STEPS):
        slope, curve = slopes(beta)
        low, high = (beta, high) if slope < 0 else (low, beta)
        trial = beta - slope / curve if curve > 0 else low
        if not low < trial < high:
            trial = np.sqrt(low * high)
        # Further steps would change the last digits only, by rounding.
        if abs(trial - beta) <= 4 * np.finfo(np.float64).eps * beta:
            return trial
        beta = trial
    return beta


def as_logits(scores):
    """Logits of the classes, (n, K), of decisions or of probabilities.

    What is between 0 and 1, and of several columns sums to 1, is taken for probabilities.
    """
    scores = np.asarray(scores)
    scores = scores.reshape(len(scores), -1)
    shares = bool(((scores >= 0) & (scores <= 1)).all())
    if scores.shape[1] == 1:
        if not shares:
            return np.hstack([-scores, scores])
        scores = np.hstack([1 - scores, scores])
    elif not (shares and np.allclose(scores.sum(axis=1), 1.0)):
        return scores
    # A probability of 0 has the logit of the least that is told from it beside 1.
    return np.log(scores + np.finfo(scores.dtype).eps)


def softmax(z):
    """exp(z) / Σ exp(z) by row."""
    shares = np.exp(z - z.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return shares
