"""Losses as objects: their domain, link, derivatives over samples and intercept-only fit.

A raw prediction z has shape (n, K); K is 1 but for several targets or classes. The sum that is
minimised is ``factor · Σ_i w_i ℓ(y_i, z_i)``. Terms in y alone are left out of ℓ.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ._losses import evaluate_loss
from .links import Identity, Log, Logit, Softmax


def as_rows(array, dtype):
    """`array` as (n, K), contiguous, of `dtype`."""
    array = np.ascontiguousarray(array, dtype=dtype)
    return array[:, None] if array.ndim == 1 else array


@dataclass(frozen=True)
class Loss:
    """ℓ(y, z) at one sample, summed over samples.

    Attributes
    ----------
    kind : int or None
        The functor of ``losses.hpp``; None for a loss that is not compiled.
    link : link object
        From the mean of y to z.
    smooth : bool
        The gradient is continuous.
    curved : bool
        The second derivative is positive somewhere, so that Newton's method has a Hessian.
    quadratic : bool
        The second derivative is 1 everywhere.
    mixes : bool
        The outputs of a sample depend on one another, so the Hessian in z is not diagonal.
    shift_free : bool
        A constant added to all z changes nothing.
    n_cuts : int
        Thresholds that the loss has beside z.
    corner : tuple of two floats or None
        The slopes a < b of a loss ``max(a r, b r)`` with a corner, r the residual y − z, or the
        shortfall ``1 − y z`` of labels.
    of_labels : bool
        Whether y is −1 or 1.
    """

    kind: ClassVar[int] = None
    link: ClassVar = Identity()
    smooth: ClassVar[bool] = True
    curved: ClassVar[bool] = True
    quadratic: ClassVar[bool] = False
    mixes: ClassVar[bool] = False
    shift_free: ClassVar[bool] = False
    n_cuts: ClassVar[int] = 0
    corner: ClassVar[tuple] = None
    of_labels: ClassVar[bool] = False
    domain: ClassVar[str] = "real"

    @property
    def parameter(self):
        """The number that the functor takes, 0 where it takes none."""
        return 0.0

    def admits(self, y):
        """Whether every target lies in the loss's domain."""
        return bool(np.isfinite(y).all())

    def evaluate(
        self, y, raw, weight=None, *, factor=1.0, gradient=None, curvature=None, n_threads=1
    ):
        """Return ``factor Σ w ℓ``; fill `gradient` and `curvature` (of raw's shape and dtype).

        y, raw, weight and the outputs are contiguous and of one dtype, float32 or float64;
        y and raw are (n, K), y of a multinomial loss is (n, 1).
        """
        return evaluate_loss(
            self.kind, self.parameter, y, raw, weight, factor, None, gradient, curvature, n_threads
        )

    def expected(self, raw, weight, factor, curvature):
        """Curvatures that are not negative, in place of those given, which may be."""
        return np.maximum(curvature, 0.0)

    def value(self, y, raw, weight=None, n_threads=1):
        """``Σ w ℓ(y, z)`` over samples and outputs."""
        y, raw, weight = self._arrays(y, raw, weight)
        return self.evaluate(y, raw, weight, n_threads=n_threads)

    def per_sample(self, y, raw, weight=None, n_threads=1):
        """``w ℓ(y, z)`` of each sample (and output)."""
        shape = np.shape(y)
        y, raw, weight = self._arrays(y, raw, weight)
        values = np.empty(y.shape, dtype=raw.dtype)
        evaluate_loss(self.kind, self.parameter, y, raw, weight, 1.0, values, None, None, n_threads)
        return values.reshape(shape)

    def gradient(self, y, raw, weight=None, n_threads=1):
        """``w ∂ℓ/∂z``, of raw's shape."""
        shape = np.shape(raw)
        y, raw, weight = self._arrays(y, raw, weight)
        out = np.empty_like(raw)
        self.evaluate(y, raw, weight, gradient=out, n_threads=n_threads)
        return out.reshape(shape)

    def gradient_curvature(self, y, raw, weight=None, n_threads=1):
        """``w ∂ℓ/∂z`` and ``w ∂²ℓ/∂z²``, of raw's shape; the diagonal one where K classes mix."""
        shape = np.shape(raw)
        y, raw, weight = self._arrays(y, raw, weight)
        gradient, curvature = np.empty_like(raw), np.empty_like(raw)
        self.evaluate(y, raw, weight, gradient=gradient, curvature=curvature, n_threads=n_threads)
        return gradient.reshape(shape), curvature.reshape(shape)

    def baseline(self, y, weight=None):
        """The raw prediction that is best for all samples alike: argmin_z Σ w ℓ(y, z), (K,)."""
        mean = np.atleast_1d(np.average(y, axis=0, weights=weight).astype(np.float64))
        return self.link(np.clip(mean, *self._inner_range()))

    def _inner_range(self):
        # A mean on the border (one class, all counts zero) has its raw prediction at
        # infinity; one part in 2^52 keeps it finite.
        eps = np.finfo(np.float64).eps
        low, high = self.link.lowest, self.link.highest
        return (low + eps if np.isfinite(low) else low), (high - eps if np.isfinite(high) else high)

    def _arrays(self, y, raw, weight):
        dtype = np.float32 if getattr(raw, "dtype", None) == np.float32 else np.float64
        weight = None if weight is None else np.ascontiguousarray(weight, dtype=dtype)
        return as_rows(y, dtype), as_rows(raw, dtype), weight


@dataclass(frozen=True)
class SquaredError(Loss):
    """(z − y)² / 2."""

    kind: ClassVar[int] = 0
    quadratic: ClassVar[bool] = True


@dataclass(frozen=True)
class AbsoluteError(Loss):
    """|z − y|, least at the median."""

    kind: ClassVar[int] = 1
    corner: ClassVar[tuple] = (-1.0, 1.0)
    smooth: ClassVar[bool] = False
    curved: ClassVar[bool] = False

    def baseline(self, y, weight=None):
        return weighted_quantile(y, 0.5, weight)


@dataclass(frozen=True)
class PinballLoss(Loss):
    """q (y − z)₊ + (1 − q) (z − y)₊, least at the q-quantile."""

    quantile: float = 0.5
    kind: ClassVar[int] = 2
    smooth: ClassVar[bool] = False
    curved: ClassVar[bool] = False

    @property
    def parameter(self):
        return self.quantile

    @property
    def corner(self):
        return (self.quantile - 1.0, self.quantile)

    def baseline(self, y, weight=None):
        return weighted_quantile(y, self.quantile, weight)


@dataclass(frozen=True)
class HuberLoss(Loss):
    """(z − y)² / 2 within δ of y, δ (|z − y| − δ/2) beyond (Huber, 1964)."""

    delta: float = 1.0
    kind: ClassVar[int] = 3

    @property
    def parameter(self):
        return self.delta

    def baseline(self, y, weight=None):
        return np.array([monotone_root(self, column, weight) for column in columns_of(y)])


@dataclass(frozen=True)
class BinaryLogistic(Loss):
    """log(1 + e^z) − y z for y in [0, 1]: the binomial deviance, halved."""

    kind: ClassVar[int] = 4
    link: ClassVar = Logit()
    domain: ClassVar[str] = "in [0, 1]"

    def admits(self, y):
        return bool(((y >= 0) & (y <= 1)).all())


@dataclass(frozen=True)
class Multinomial(Loss):
    """log Σ_k e^{z_k} − z_y for a class y in 0 … K−1; the raw prediction has K columns."""

    n_classes: int = 3
    kind: ClassVar[int] = 11
    link: ClassVar = Softmax()
    mixes: ClassVar[bool] = True
    domain: ClassVar[str] = "a class number"

    def admits(self, y):
        return bool(((y >= 0) & (y < self.n_classes) & (y == np.floor(y))).all())

    def baseline(self, y, weight=None):
        codes = np.asarray(y).reshape(-1).astype(np.intp)
        share = np.bincount(codes, weights=weight, minlength=self.n_classes)
        return self.link(np.clip(share / share.sum(), *self._inner_range()))


@dataclass(frozen=True)
class PoissonLoss(Loss):
    """e^z − y z for y ≥ 0: half the Poisson deviance, log link."""

    kind: ClassVar[int] = 5
    link: ClassVar = Log()
    domain: ClassVar[str] = "non-negative"

    def admits(self, y):
        return bool(np.isfinite(y).all() and (y >= 0).all())


@dataclass(frozen=True)
class GammaLoss(Loss):
    """z + y e^{−z} for y > 0: half the gamma deviance, log link."""

    kind: ClassVar[int] = 6
    link: ClassVar = Log()
    domain: ClassVar[str] = "positive"

    def admits(self, y):
        return bool(np.isfinite(y).all() and (y > 0).all())


@dataclass(frozen=True)
class TweedieLoss(Loss):
    """e^{(2−p)z}/(2−p) − y e^{(1−p)z}/(1−p): half the Tweedie deviance of power p, log link.

    p = 1 and p = 2 are the limits: `PoissonLoss` and `GammaLoss`, up to terms in y.
    """

    power: float = 1.5
    link: ClassVar = Log()
    domain: ClassVar[str] = "as the power asks"
    _kind_at: ClassVar = {1.0: 5, 2.0: 6}

    @property
    def kind(self):
        return self._kind_at.get(float(self.power), 7)

    @property
    def parameter(self):
        return self.power

    def admits(self, y):
        if not np.isfinite(y).all():
            return False
        return bool(self.power <= 0 or ((y > 0) if self.power >= 2 else (y >= 0)).all())


@dataclass(frozen=True)
class TweedieIdentityLoss(TweedieLoss):
    """Half the Tweedie deviance of power p with z the mean itself, z > 0 where p > 0."""

    link: ClassVar = Identity()

    @property
    def kind(self):
        return 8


@dataclass(frozen=True)
class HingeLoss(Loss):
    """max(0, 1 − y z) for y = ±1."""

    kind: ClassVar[int] = 9
    corner: ClassVar[tuple] = (0.0, 1.0)
    of_labels: ClassVar[bool] = True
    smooth: ClassVar[bool] = False
    curved: ClassVar[bool] = False
    domain: ClassVar[str] = "-1 or 1"

    def admits(self, y):
        return bool((np.abs(y) == 1).all())

    def baseline(self, y, weight=None):
        # The sum is piecewise linear with its corners at −1 and 1: the majority's sign is best.
        return np.where(np.average(columns_of(y), axis=1, weights=weight) >= 0, 1.0, -1.0)


@dataclass(frozen=True)
class SquaredHingeLoss(HingeLoss):
    """max(0, 1 − y z)² for y = ±1."""

    kind: ClassVar[int] = 10
    smooth: ClassVar[bool] = True
    curved: ClassVar[bool] = True

    def baseline(self, y, weight=None):
        # W₊ (1 − z)² + W₋ (1 + z)² is least at the mean of y.
        return np.average(columns_of(y), axis=1, weights=weight)


def columns_of(y):
    """The targets of each output, (K, n)."""
    y = np.asarray(y, dtype=np.float64)
    return y[None, :] if y.ndim == 1 else y.T


def weighted_quantile(y, level, weight=None):
    """The least value with at least a share `level` of the weight at or below it, by column."""
    result = []
    for column in columns_of(y):
        order = np.argsort(column, kind="stable")
        share = np.cumsum(np.ones(len(column)) if weight is None else np.asarray(weight)[order])
        # share can fall short of its own total by rounding
        place = np.searchsorted(share, level * share[-1] * (1 - 1e-15))
        result.append(column[order[min(place, len(column) - 1)]])
    return np.array(result)


def monotone_root(loss, y, weight=None):
    """The z at which ``Σ w ∂ℓ(y, z)/∂z`` changes sign, by bisection to the last bit."""
    low, high = y.min(), y.max()
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        slope = loss.gradient(y, np.full(len(y), middle), weight).sum()
        low, high = (middle, high) if slope < 0 else (low, middle)
    return high


LOSSES = (
    SquaredError(),
    AbsoluteError(),
    PinballLoss(0.3),
    HuberLoss(1.35),
    BinaryLogistic(),
    Multinomial(4),
    PoissonLoss(),
    GammaLoss(),
    TweedieLoss(-0.5),
    TweedieLoss(1.5),
    TweedieLoss(3.0),
    TweedieIdentityLoss(1.5),
    TweedieIdentityLoss(0.0),
    TweedieIdentityLoss(1.0),
    TweedieIdentityLoss(2.0),
    HingeLoss(),
    SquaredHingeLoss(),
)
"""One of each loss, so that checks can go through all."""
