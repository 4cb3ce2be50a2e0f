"""Losses of boosting alone: several quantiles at once, and whatever a user computes."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..loss.links import Identity
from ..loss.losses import PinballLoss

# Newton's method for the best constant, and halvings of a step that goes too far.
_NEWTON_STEPS, _HALVINGS = 50, 20


@dataclass(frozen=True)
class ManyQuantiles:
    """Sum over levels q of the pinball loss of an output of its own."""

    levels: tuple
    link: ClassVar = Identity()
    smooth: ClassVar[bool] = False
    curved: ClassVar[bool] = False
    quadratic: ClassVar[bool] = False

    @property
    def n_outputs(self):
        """One for each level."""
        return len(self.levels)

    def of_output(self, column):
        """The loss of one output."""
        return PinballLoss(self.levels[column])

    def evaluate(self, y, raw, weight=None, *, gradient=None, curvature=None, n_threads=1):
        """Return ``Σ w ℓ``; fill `gradient`, of raw's shape."""
        total = 0.0
        for k in range(self.n_outputs):
            column = np.ascontiguousarray(raw[:, k : k + 1])
            slope = None if gradient is None else np.empty_like(column)
            total += self.of_output(k).evaluate(
                y, column, weight, gradient=slope, n_threads=n_threads
            )
            if slope is not None:
                gradient[:, k] = slope[:, 0]
        return total


@dataclass(frozen=True)
class CustomLoss:
    """What a function says: ``function(y, raw)`` gives (gradient, curvature), or the loss as third.

    Each is an array of raw's shape, (n,) or for several outputs (n, n_outputs), but the loss, which
    is (n,); a curvature of None is 1.
    """

    function: object
    link: object
    n_outputs: int = 1
    smooth: ClassVar[bool] = True
    curved: ClassVar[bool] = True
    quadratic: ClassVar[bool] = False

    def _terms(self, y, raw):
        y, raw = (array[:, 0] if array.shape[1] == 1 else array for array in (y, raw))
        shown = [y.view(), raw.view()]
        for array in shown:
            array.flags.writeable = False
        result = self.function(*shown)
        if not isinstance(result, tuple) or len(result) not in (2, 3):
            raise ValueError(
                "the function given as loss must return (gradient, curvature), or these and the "
                f"loss of each row; it returned {type(result).__name__}"
            )
        gradient, curvature, value = (*result, None)[:3]
        curvature = np.ones_like(raw) if curvature is None else curvature
        shapes = (raw.shape, raw.shape, (len(y),))
        for name, array, shape in zip(
            ("gradient", "curvature", "loss"), (gradient, curvature, value), shapes, strict=True
        ):
            if array is not None and np.shape(array) != shape:
                raise ValueError(
                    f"the function given as loss returned a {name} of shape {np.shape(array)}; "
                    f"for these rows it must be {shape}"
                )
        n = len(y)
        gradient, curvature = np.asarray(gradient, float), np.asarray(curvature, float)
        return gradient.reshape(n, -1), curvature.reshape(n, -1), value

    def evaluate(self, y, raw, weight=None, *, gradient=None, curvature=None, n_threads=1):
        """Return ``Σ w ℓ``, NaN where the function gives no loss; fill the other two."""
        g, h, value = self._terms(y, raw)
        w = 1.0 if weight is None else weight[:, None]
        if gradient is not None:
            gradient[:] = w * g
        if curvature is not None:
            curvature[:] = w * h
        if value is None:
            return np.nan
        return float(np.sum(value) if weight is None else np.dot(weight, value))

    def baseline(self, y, weight=None):
        """The constant where the gradients add up to 0, by Newton's method from 0."""
        y = np.ascontiguousarray(y, dtype=np.float64).reshape(len(y), -1)
        w = np.ones(len(y)) if weight is None else weight

        def sums(z):
            g, h, _ = self._terms(y, np.tile(z, (len(y), 1)))
            return w @ g, w @ h

        z = np.zeros(self.n_outputs)
        slope, bend = sums(z)
        for _ in range(_NEWTON_STEPS):
            step = np.divide(slope, bend, out=np.zeros_like(slope), where=bend > 0)
            for _ in range(_HALVINGS):
                after = sums(z - step)
                if np.isfinite(after).all() and np.abs(after[0]).sum() < np.abs(slope).sum():
                    break
                step = step / 2
            else:
                break
            z = z - step
            slope, bend = after
        return z


def output_loss(loss, column):
    """The loss of one output where a loss has one for each, and the loss itself otherwise."""
    return loss.of_output(column) if hasattr(loss, "of_output") else loss
