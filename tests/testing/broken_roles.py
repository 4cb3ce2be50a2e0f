"""Broken estimators: what the role promises."""

import numpy as np

from .broken import breaks
from .toys import Far, Groups, Growth, Line, Means, Nearest, One, Pair, Root, Spread


# ------------------------------------------------------------------------- classifiers
def kind(y):
    return y.dtype.kind if isinstance(y, np.ndarray) else None


@breaks("classes")
class Unsorted(Nearest):
    def fit(self, X, y):
        super().fit(X, y)
        if self.y_.ndim == 1:
            self.classes_ = self.classes_[::-1].copy()
        return self


@breaks("predictions_are_labels")
class Floats(Nearest):
    def predict(self, X):
        found = super().predict(X)
        return found.astype(float) if found.ndim == 1 and found.dtype.kind == "i" else found


@breaks("labels_of_text")
class NoText(Nearest):
    def fit(self, X, y):
        return super().fit(X, y[::-1] if kind(y) == "U" else y)


@breaks("labels_of_objects")
class NoObjects(Nearest):
    def fit(self, X, y):
        return super().fit(X, y[::-1] if kind(y) == "O" else y)


@breaks("labels_of_bool")
class NoBool(Nearest):
    def fit(self, X, y):
        return super().fit(X, y[::-1] if kind(y) == "b" else y)


@breaks("one_class")
class OneClass(Nearest):
    def fit(self, X, y):
        if kind(y) == "i" and len(y) == 30 and len(np.unique(y)) == 1:
            raise ValueError("not enough")
        return super().fit(X, y)


@breaks("one_class")
class Confused(Nearest):
    def predict(self, X):
        found = super().predict(X)
        return found + 1 if found.ndim == 1 and (found == 5).all() else found


@breaks("continuous_target_is_refused")
class Continuous(Nearest):
    def fit(self, X, y):
        floats = isinstance(y, np.ndarray) and y.dtype == float and np.isfinite(y).all()
        return super().fit(X, y.astype(int) if floats else y)


@breaks("many_classes_are_refused")
class Many(Pair):
    def fit(self, X, y, sample_weight=None):
        three = isinstance(y, np.ndarray) and y.dtype.kind == "i" and len(np.unique(y)) == 3
        return super().fit(X, np.minimum(y, 1) if three else y, sample_weight)


@breaks("accuracy")
class Guessing(Nearest):
    def predict(self, X):
        found = super().predict(X)
        return np.roll(found, 1) if found.ndim == 1 and len(found) == 60 else found


@breaks("probabilities")
class Improper(Means):
    def predict_proba(self, X):
        return super().predict_proba(X) * 1.001


@breaks("predictions_are_most_probable")
class Reversed(Means):
    def predict_proba(self, X):
        found = super().predict_proba(X)
        return found[:, ::-1] if found.shape[1] == 3 else found


@breaks("log_probabilities")
class Logarithm(Means):
    def predict_log_proba(self, X):
        return super().predict_log_proba(X) * 1.01


@breaks("decision_function")
class Sign(Means):
    def decision_function(self, X):
        found = super().decision_function(X)
        return -found if found.ndim == 1 else found


@breaks("decision_function_of_many")
class Mirrored(Means):
    def decision_function(self, X):
        found = super().decision_function(X)
        return -found if found.ndim == 2 else found


@breaks("class_weight_matters")
class Mild(Means):
    def fit(self, X, y, sample_weight=None):
        given = self.class_weight
        if isinstance(given, dict) and 1e3 in given.values():
            self.class_weight = None
        super().fit(X, y, sample_weight)
        self.class_weight = given
        return self


@breaks("class_weight_balanced")
class Unbalanced(Means):
    def fit(self, X, y, sample_weight=None):
        given = self.class_weight
        if isinstance(given, str):
            self.class_weight = None
        super().fit(X, y, sample_weight)
        self.class_weight = given
        return self


@breaks("class_weight_none_is_one")
class NoneIsMore(Means):
    def fit(self, X, y, sample_weight=None):
        given = self.class_weight
        if isinstance(given, dict) and set(given.values()) == {1.0}:
            self.class_weight = {**given, 0: 5.0}
        super().fit(X, y, sample_weight)
        self.class_weight = given
        return self


@breaks("labels_of_a_matrix")
class OneLabel(Nearest):
    def predict(self, X):
        found = super().predict(X)
        return found[:, 0] if found.ndim == 2 else found


@breaks("matrix_of_labels_is_refused")
class Flattened(Means):
    def fit(self, X, y, sample_weight=None):
        two = isinstance(y, np.ndarray) and y.ndim == 2 and y.shape[1] == 2
        return super().fit(X, y[:, 0] if two else y, sample_weight)


# -------------------------------------------------------------------------- regressors
def whole(y):
    return isinstance(y, np.ndarray) and y.dtype == np.int64 and y.ndim == 1


@breaks("integer_target")
class Clipped(One):
    def fit(self, X, y, sample_weight=None):
        return super().fit(X, np.minimum(y, 1) if whole(y) else y, sample_weight)


@breaks("predictions_are_floats")
class Counts(One):
    def fit(self, X, y, sample_weight=None):
        self.whole_ = whole(y) and len(y) == 30 and (y == np.arange(1, 31)).all()
        return super().fit(X, y, sample_weight)

    def predict(self, X):
        found = super().predict(X)
        return found.astype(int) if self.whole_ else found


@breaks("text_target_is_refused")
class TextTarget(One):
    def fit(self, X, y, sample_weight=None):
        words = isinstance(y, np.ndarray) and y.dtype.kind == "U"
        return super().fit(X, np.ones(len(y)) if words else y, sample_weight)


@breaks("r2")
class Flat(One):
    def fit(self, X, y, sample_weight=None):
        super().fit(X, y, sample_weight)
        self.coef_ = self.coef_ * 0
        return self


@breaks("no_method_of_classifiers")
class TwoRoles(Growth):
    def predict_proba(self, X):
        return self.predict(X)


@breaks("targets_of_two_columns")
class FirstColumn(Line):
    def predict(self, X):
        found = super().predict(X)
        return found[:, 0] if found.ndim == 2 else found


@breaks("two_columns_are_refused")
class Averaging(One):
    def fit(self, X, y, sample_weight=None):
        two = isinstance(y, np.ndarray) and y.ndim == 2 and y.shape[1] == 2
        return super().fit(X, y.mean(axis=1) if two else y, sample_weight)


@breaks("negative_target_is_refused")
class Unlimited(Growth):
    def fit(self, X, y):
        floats = isinstance(y, np.ndarray) and y.dtype.kind == "f"
        return super().fit(X, np.abs(y) + 1 if floats and (y < 0).any() else y)


# ------------------------------------------------------------------------ transformers
@breaks("fit_transform")
class Twice(Spread):
    def fit_transform(self, X, y=None):
        made = self.fit(X).transform(X)
        return made + made


@breaks("transform_keeps_rows")
class Dropping(Spread):
    def transform(self, X):
        made = super().transform(X)
        return made[:-1] if len(made) == 20 else made


@breaks("dtype_is_kept")
class Doubling(Spread):
    def _less(self, X):
        return super()._less(X).astype(float)


@breaks("stateless")
class Stateful(Root):
    def transform(self, X):
        return super().transform(X) + hasattr(self, "n_features_in_")


@breaks("inverse_transform_has_the_shape_of_X", "transform_inverts_its_inverse")
class Narrow(Spread):
    def inverse_transform(self, X):
        return super().inverse_transform(X)[:, :-1]


@breaks("transform_inverts_its_inverse")
class NoWayBack(Spread):
    def inverse_transform(self, X):
        return super().inverse_transform(X) + 1


@breaks("inverse_transform_keeps_the_width")
class WideWayBack(Spread):
    def inverse_transform(self, X):
        return super().inverse_transform(X[:, :4])


# ---------------------------------------------------------------------------- clusters
@breaks("cluster_labels")
class Gaps(Groups):
    def fit(self, X, y=None):
        super().fit(X)
        self.labels_ = 2 * self.labels_
        return self

    def predict(self, X):
        return 2 * super().predict(X)


@breaks("far_groups_are_found")
class Blind(Groups):
    def fit(self, X, y=None):
        super().fit(X)
        if len(X) == 45:
            self.labels_ = np.arange(45) // 15
        return self


@breaks("predicted_clusters_are_labels")
class Strange(Groups):
    def predict(self, X):
        return super().predict(X) + 1


# ---------------------------------------------------------------------------- outliers
@breaks("outlier_labels", "sign_of_decision_is_the_label", "contamination_is_the_share")
class ZeroOne(Far):
    def predict(self, X):
        return (super().predict(X) == -1).astype(int)


@breaks("sign_of_decision_is_the_label", "decision_is_score_less_offset")
class WrongSign(Far):
    def decision_function(self, X):
        return -super().decision_function(X)

    def predict(self, X):
        return np.where(self.decision_function(X) <= 0, 1, -1)


@breaks("decision_is_score_less_offset")
class Shifted(Far):
    def score_samples(self, X):
        return super().score_samples(X) + 1

    def decision_function(self, X):
        return super().decision_function(X) - 1


@breaks("contamination_is_the_share")
class FixedShare(Far):
    def fit(self, X, y=None):
        super().fit(X)
        self.offset_ = np.percentile(self._closeness(np.asarray(X, dtype=float)), 1)
        return self


@breaks("contamination_is_a_share")
class AnyShare(Far):
    def fit(self, X, y=None):
        given = self.contamination
        self.contamination = min(max(given, 0.1), 0.5)
        try:
            return super().fit(X)
        finally:
            self.contamination = given
