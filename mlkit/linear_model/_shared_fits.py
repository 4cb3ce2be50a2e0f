"""Candidates of a search over a logistic model: one check of the data, one Gram matrix a fold."""

import numpy as np

from .._core.params import clone
from .._engine.evaluate.shared import outcome
from .._engine.glm._design import evaluate_dense
from .._engine.glm.design import DenseColumns, SparseColumns
from ._base import warn_not_converged

# What candidates may differ in and still see the same rows, codes and weights.
_FREE = {"C", "l1_ratio", "max_iter", "penalty", "solver", "tol"}
# Columns up to which a problem keeps BLAS on one thread.
_NARROW = 256


class _Remembering:
    """Columns whose moments and Gram matrix for the weights of the rows are computed once.

    Each fit asks for them with the same weights, and for those of other moments of its descent
    with others, which are not kept.
    """

    _kept = None

    @property
    def size(self):
        """Number of entries of X."""
        return self.X.size

    def of(self, weight):
        """These columns, for rows of that weight."""
        self._kept, self._weight = {}, weight
        return self

    def _once(self, name, key, compute, weight):
        if weight is not self._weight:
            return compute()
        if (name, key) not in self._kept:
            self._kept[name, key] = compute()
        found = self._kept[name, key]
        return tuple(each.copy() for each in found) if isinstance(found, tuple) else found.copy()

    def moments(self, weight, center=True):
        """As of the columns."""
        plain = super().moments
        return self._once("moments", center, lambda: plain(weight, center), weight)

    def gram(self, weight, center):
        """As of the columns."""
        plain, key = super().gram, None if center is None else center.tobytes()
        return self._once("gram", key, lambda: plain(weight, center), weight)


class _Dense(_Remembering, DenseColumns):
    def evaluate(self, *arguments):
        """As of the columns; of narrow ones the whole fit is on one thread."""
        if self.shape[1] > _NARROW:
            return super().evaluate(*arguments)
        return evaluate_dense(self.X, *arguments)


class _Sparse(_Remembering, SparseColumns):
    pass


class SharedFits:
    """Mixin of logistic models: the candidates of a search share what their data decide.

    A subclass has ``_check_data``, ``_weights`` and ``_fit_checked``.
    """

    def __mlkit_fit_candidates__(self, X, y, candidates, **fit_params):
        known = type(self).__module__.startswith("mlkit.")  # a subclass may do more in fit
        settings = [{**self.get_params(deep=False), **each} for each in candidates]
        if not known or set(fit_params) - {"sample_weight"} or not all(map(_alike, settings)):
            return None
        if any(set(each) - _FREE for each in candidates):
            return None
        return self._fits(X, y, candidates, fit_params.get("sample_weight"))

    def _fits(self, X, y, candidates, sample_weight):
        shared = _Shared(X, y, sample_weight)
        for index, params in enumerate(candidates):
            yield index, outcome(shared.fit, self, params)


def _alike(settings):
    """Whether a fit under these parameters starts from its rows alone and tells no one."""
    return not (settings["verbose"] or settings["warm_start"] or settings["solver"] == "liblinear")


class _Shared:
    """The rows of one fold, as the first fit has checked them."""

    def __init__(self, X, y, sample_weight):
        self.given, self.checked = (X, y, sample_weight), None

    def fit(self, estimator, params):
        """A clone of the estimator with `params`, fitted."""
        model = clone(estimator).set_params(**clone(params, safe=False))
        model._check_params()
        strength = model._strength()
        model._check_solver(strength)
        if self.checked is None:
            self.checked = self._check(model)
        attributes, data = self.checked
        vars(model).update(attributes)
        solution = model._fit_checked(*data, strength)
        if not solution.converged:
            warn_not_converged(model, model.solver, solution)
        return model

    def _check(self, model):
        X, y, sample_weight = self.given
        before = set(vars(model))
        X, y, codes = model._check_data(X, y)
        weight = model._weights(sample_weight, X, y, codes)
        if weight is not None:
            # In the form that the problem asks for, so that it asks with this very array.
            weight = np.ascontiguousarray(weight, dtype=X.dtype)
        attributes = {name: value for name, value in vars(model).items() if name not in before}
        columns = (_Dense if isinstance(X, np.ndarray) else _Sparse)(X).of(weight)
        return attributes, (columns, codes, weight)
