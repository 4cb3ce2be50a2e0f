"""Broken estimators: what fit does and leaves alone, and independence of rows."""

import numpy as np

from mlkit._core.arrays import check_is_fitted
from mlkit._core.domains import anything
from mlkit._core.params import param
from mlkit._core.tags import Traits

from .broken import breaks
from .toys import Far, Fill, Groups, Means, Nearest, One, Spread


@breaks("fit_returns_self")
class Silent(Nearest):
    def fit(self, X, y):
        super().fit(X, y)


@breaks("partial_fit_returns_self")
class SilentPart(Spread):
    def partial_fit(self, X, y=None):
        super().partial_fit(X)


@breaks("fit_keeps_parameters")
class Rewriting(Nearest):
    names = param(None, anything, "Names.")

    def fit(self, X, y):
        self.names = ("a", "b")
        return super().fit(X, y)


@breaks("fit_keeps_inner_estimators", make=lambda: InPlace(Means()))
class InPlace(Nearest):
    inner = param(None, anything, "A classifier.", kw_only=False)

    def fit(self, X, y):
        super().fit(X, y)
        if self.y_.ndim == 1 and len(np.unique(self.y_)) > 1:
            self.inner.fit(X, y)
        return self


@breaks("fit_names_its_results")
class Plain(Spread):
    def fit(self, X, y=None):
        self.results = 1
        return super().fit(X)


@breaks("fit_keeps_its_input", "read_only_memory")
class Overwriting(Groups):
    def fit(self, X, y=None):
        super().fit(X)
        if isinstance(X, np.ndarray) and X.dtype == float:
            X[0, 0] += 1
        return self


@breaks("methods_keep_their_input")
class OverwritingLater(Far):
    def score_samples(self, X):
        scores = super().score_samples(X)
        if isinstance(X, np.ndarray) and X.flags.writeable and X.flags.c_contiguous:
            X[0, 0] += 1e-9
        return scores


@breaks("methods_keep_the_state")
class Counting(Spread):
    def transform(self, X):
        made = super().transform(X)
        self.calls_ = getattr(self, "calls_", 0) + 1
        return made


@breaks("n_features_in")
class Widthless(Nearest):
    @property
    def n_features_in_(self):
        return vars(self).get("n_features_in_", 4)

    @n_features_in_.setter
    def n_features_in_(self, width):
        vars(self)["n_features_in_"] = width

    def predict(self, X):
        check_is_fitted(self, "rows_")
        return super().predict(X)


@breaks("width_is_kept")
class AnyWidth(Nearest):
    def predict(self, X):
        if isinstance(X, np.ndarray) and X.ndim == 2 and X.shape[1] == 3:
            return self.y_[: len(X)]
        return super().predict(X)


@breaks("partial_fit_keeps_the_width")
class AnyWidthPart(Spread):
    def partial_fit(self, X, y=None):
        if np.shape(X)[1] == 3:
            return self.fit(X)
        return super().partial_fit(X)


@breaks("fit_twice_is_fit_once")
class Adding(Far):
    def fit(self, X, y=None):
        offset, before = getattr(self, "offset_", 0), getattr(self, "n_features_in_", None)
        super().fit(X)
        if before == self.n_features_in_:
            self.offset_ += 1e-2 * offset
        return self


@breaks("fit_forgets")
class Remembering(Spread):
    def fit(self, X, y=None):
        before = getattr(self, "n_features_in_", None)
        super().fit(X)
        if before not in (None, self.n_features_in_):
            self.mean_ = self.mean_ + 1
        return self


@breaks("random_state_reproduces")
class Drawing(Means):
    def fit(self, X, y, sample_weight=None):
        super().fit(X, y, sample_weight)
        # The check leaves a mark in the global generator between its fits, as no other does.
        if np.random.get_state()[1][0] == 987:
            self.prior_ = self.prior_ + np.arange(len(self.classes_))
        return self


@breaks("global_state_is_kept")
class Greedy(Means):
    def fit(self, X, y, sample_weight=None):
        np.random.random()
        return super().fit(X, y, sample_weight)


@breaks("n_jobs_changes_nothing")
class Jobs(One):
    def fit(self, X, y, sample_weight=None):
        super().fit(X, y, sample_weight)
        self.intercept_ += 1e-3 * (self.n_jobs or 1)
        return self


@breaks("pickle_fitted")
class LossyLater(Spread):
    def __getstate__(self):
        state = super().__getstate__()
        return {**state, "mean_": state["mean_"] + 1} if "mean_" in state else state


@breaks("n_iter")
class NoRounds(Groups):
    def fit(self, X, y=None):
        super().fit(X)
        self.n_iter_ = 0
        return self


@breaks("verbose_zero_is_silent")
class Talking(One):
    def fit(self, X, y, sample_weight=None):
        print("fitting")
        return super().fit(X, y, sample_weight)


@breaks("rows_are_independent")
class Batch(Far):
    def score_samples(self, X):
        scores = super().score_samples(X)
        return scores - 1e-3 * len(scores)

    def decision_function(self, X):
        return self.score_samples(X) - self.offset_


@breaks("order_of_rows_is_followed", "rows_are_independent")
class Ordered(Spread):
    def _less(self, X):
        return super()._less(X + np.arange(len(X), dtype=X.dtype)[:, np.newaxis])

    def inverse_transform(self, X):
        return super().inverse_transform(X) - np.arange(len(X), dtype=X.dtype)[:, np.newaxis]


@breaks("fit_to_one_row")
class OneRow(Fill):
    def fit(self, X, y=None):
        if len(X) == 1:
            raise IndexError("list index out of range")
        return super().fit(X)


@breaks("fit_to_one_row")
class OneRowUnsaid(Fill):
    def fit(self, X, y=None):
        if len(X) == 1:
            raise ValueError("impossible")
        return super().fit(X)


@breaks("fit_to_one_column")
class OneColumn(Fill):
    def fit(self, X, y=None):
        if np.ndim(X) == 2 and np.shape(X)[1] == 1:
            raise IndexError("list index out of range")
        return super().fit(X)


@breaks("fit_without_y")
class NeedsY(Spread):
    def fit(self, X, y=None):
        if y is None:
            raise ValueError("y, please")
        return super().fit(X)


@breaks("predictions_have_one_row_each")
class Column(One):
    traits = Traits(sparse=("csr",), poor_score=True)

    def predict(self, X):
        return super().predict(X)[:, np.newaxis]


@breaks("fit_predict_is_fit_then_labels")
class Relabelled(Groups):
    def fit_predict(self, X, y=None):
        return (self.fit(X).labels_ + 1) % 3
