"""Decision trees for classification and regression."""

import warnings

import numpy as np

from .._core.arrays import check_is_fitted
from .._core.domains import instance_of, mapping, none, one_of
from .._core.params import fitted, param
from .._core.roles import Classifier, Regressor
from .._core.targets import compute_sample_weight, encode_labels
from .._engine.trees import exact
from ._base import BaseDecisionTree, check_counts, max_features

_CLASS_CRITERIA = {"gini": exact.Gini, "entropy": exact.Entropy, "log_loss": exact.Entropy}
_NUMBER_CRITERIA = {
    "squared_error": exact.SquaredError,
    "friedman_mse": exact.SquaredError,
    "absolute_error": exact.AbsoluteError,
    "poisson": exact.Poisson,
}

class_criterion = param(
    "gini",
    one_of(*_CLASS_CRITERIA),
    "Impurity of shares p of the classes: ``1 − Σ p²``, or ``−Σ p log₂ p`` by two names.",
)
number_criterion = param(
    "squared_error",
    one_of(*_NUMBER_CRITERIA),
    "Impurity: variance, mean distance from the median, or half the mean Poisson deviance. "
    '"friedman_mse" makes the same splits as "squared_error" and is deprecated.',
)
class_weight = param(
    None,
    mapping | instance_of(list) | one_of("balanced") | none,
    'Weight of each class, a list of mappings for several outputs; "balanced" is '
    "n_samples / (n_classes * count).",
)


def class_criterion_of(name, n_classes):
    """The engine's criterion of a name."""
    return _CLASS_CRITERIA[name](tuple(n_classes))


def number_criterion_of(who, name):
    """The engine's criterion of a name."""
    if name == "friedman_mse":
        warnings.warn(
            f"{who}: criterion='friedman_mse' is deprecated, for it chooses the same splits as "
            "'squared_error': use that name",
            FutureWarning,
            stacklevel=4,
        )
    return _NUMBER_CRITERIA[name]()


def encode_classes(y):
    """Labels of each column of y, and their codes, int32 of shape (n_samples, n_outputs)."""
    columns = y[:, None] if y.ndim == 1 else y
    encoded = [encode_labels(columns[:, k]) for k in range(columns.shape[1])]
    codes = np.stack([codes for _, codes in encoded], axis=1).astype(np.int32)
    return [classes for classes, _ in encoded], codes


def split_outputs(flat, classes):
    """Shares of classes, side by side, as a matrix for each output; the matrix if it is one."""
    if not isinstance(classes, list):
        return flat
    width = flat.shape[1] // len(classes)
    return [
        np.ascontiguousarray(flat[:, k * width : k * width + len(own)])
        for k, own in enumerate(classes)
    ]


def labels_of(flat, classes):
    """The likeliest label of each row, or of each row and output."""
    if not isinstance(classes, list):
        return classes.take(flat.argmax(axis=1), axis=0)
    best = [
        own.take(share.argmax(axis=1), axis=0)
        for own, share in zip(classes, split_outputs(flat, classes), strict=True)
    ]
    out = np.empty((len(flat), len(best)), dtype=np.result_type(*classes))
    for k, column in enumerate(best):
        out[:, k] = column
    return out


def logarithms(shares):
    """Natural logarithms, of each output."""
    with np.errstate(divide="ignore"):
        return [np.log(s) for s in shares] if isinstance(shares, list) else np.log(shares)


class DecisionTreeClassifier(Classifier, BaseDecisionTree):
    """Classes by a sequence of questions ``x_j ≤ t``.

    Each node asks what lowers the mean impurity of its children most; a leaf predicts the shares
    of the classes among its training rows. For the same `random_state` the tree is
    scikit-learn's, node by node.

    References
    ----------
    Breiman, L., Friedman, J., Olshen, R. and Stone, C. (1984). Classification and Regression
    Trees. Wadsworth.

    Examples
    --------
    >>> from mlkit.datasets import load_iris
    >>> from mlkit.tree import DecisionTreeClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> tree = DecisionTreeClassifier(max_depth=3, random_state=0).fit(X, y)
    >>> tree.get_n_leaves(), round(tree.score(X, y), 3)
    (5, 0.973)
    """

    criterion: str = class_criterion
    class_weight: object = class_weight

    classes_ = fitted("(n_classes,) or list of these", "Labels, of each output.")
    n_classes_ = fitted("int or list of int", "Number of labels, of each output.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def fit(self, X, y, sample_weight=None, check_input=True):
        """Grow the tree.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rounded to float32. NaN is missing, if X is dense.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Labels.
        sample_weight : array-like of shape (n_samples,), default=None
            A weight of 2 is the row twice but in ``min_samples_split`` and ``min_samples_leaf``.
        check_input : bool, default=True
            Whether to check X and y; without, they must be arrays or CSC.

        Returns
        -------
        self
        """
        return self._fit(X, y, sample_weight, check_input)

    def _encode(self, y):
        y = np.asarray(y)
        self._labels = y if self.class_weight is not None else None
        classes, codes = encode_classes(y)
        n_classes = tuple(len(own) for own in classes)
        one = len(classes) == 1
        self.classes_ = classes[0] if one else classes
        self.n_classes_ = n_classes[0] if one else list(n_classes)
        return codes, n_classes

    def _class_weights(self, y):
        labels = self.__dict__.pop("_labels")
        return None if labels is None else compute_sample_weight(self.class_weight, labels)

    def _criterion(self, n_classes):
        return class_criterion_of(self.criterion, n_classes)

    def predict(self, X, check_input=True):
        """Return the likeliest label of each row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        check_input : bool, default=True
            Whether to check X; without, it must be an array of floats or a CSR matrix.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
        """
        check_is_fitted(self)
        return labels_of(self._values(X, check_input), self.classes_)

    def predict_proba(self, X, check_input=True):
        """Return the shares of the classes in each row's leaf.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        check_input : bool, default=True
            Whether to check X; without, it must be an array of floats or a CSR matrix.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), or a list of these for several outputs
            Columns follow ``classes_``.
        """
        check_is_fitted(self)
        return split_outputs(self._values(X, check_input), self.classes_)

    def predict_log_proba(self, X):
        """Return the logarithms of the shares of the classes in each row's leaf.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes), or a list of these for several outputs
        """
        return logarithms(self.predict_proba(X))


class DecisionTreeRegressor(Regressor, BaseDecisionTree):
    """Numbers by a sequence of questions ``x_j ≤ t``.

    Each node asks what lowers the mean impurity of its children most; a leaf predicts the mean of
    y among its training rows, or the median under "absolute_error". For the same `random_state`
    the tree is scikit-learn's, node by node, unless two splits gain the same but for rounding.

    References
    ----------
    Breiman, L., Friedman, J., Olshen, R. and Stone, C. (1984). Classification and Regression
    Trees. Wadsworth.

    Examples
    --------
    >>> from mlkit.tree import DecisionTreeRegressor
    >>> tree = DecisionTreeRegressor(max_depth=1).fit([[0.0], [1.0], [2.0]], [1.0, 1.0, 4.0])
    >>> tree.predict([[0.5], [5.0]])
    array([1., 4.])
    """

    criterion: str = number_criterion

    def fit(self, X, y, sample_weight=None, check_input=True):
        """Grow the tree.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rounded to float32. NaN is missing, if X is dense.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None
            A weight of 2 is the row twice but in ``min_samples_split`` and ``min_samples_leaf``.
        check_input : bool, default=True
            Whether to check X and y; without, they must be arrays or CSC.

        Returns
        -------
        self
        """
        return self._fit(X, y, sample_weight, check_input)

    def _encode(self, y):
        y = np.asarray(y, dtype=np.float64)
        check_counts(type(self).__name__, self.criterion, y)
        return (y[:, None] if y.ndim == 1 else y), None

    def _criterion(self, n_classes):
        return number_criterion_of(type(self).__name__, self.criterion)

    def predict(self, X, check_input=True):
        """Return the value of each row's leaf.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        check_input : bool, default=True
            Whether to check X; without, it must be an array of floats or a CSR matrix.

        Returns
        -------
        ndarray of float64, shape (n_samples,) or (n_samples, n_outputs)
        """
        check_is_fitted(self)
        values = self._values(X, check_input)
        return values[:, 0] if self.n_outputs_ == 1 else values

    def _compute_partial_dependence_recursion(self, grid, target_features):
        """Averages over the other features at the points of a grid, by weights of nodes."""
        averages, grid = np.zeros(len(grid)), self._grid(grid, target_features)
        self.tree_.compute_partial_dependence(grid, target_features, averages)
        return averages


class ExtraTreeClassifier(DecisionTreeClassifier):
    """A classification tree with one random cut for each feature that a node draws.

    The cut is uniform between the feature's least and greatest value in the node, and the best of
    the drawn features is taken. Alone it is a weak model; see `ExtraTreesClassifier`.

    References
    ----------
    Geurts, P., Ernst, D. and Wehenkel, L. (2006). Extremely randomized trees. Machine Learning 63.

    Examples
    --------
    >>> from mlkit.datasets import load_iris
    >>> from mlkit.tree import ExtraTreeClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> ExtraTreeClassifier(random_state=0).fit(X, y).score(X, y)
    1.0
    """

    splitter: str = param(
        "random", one_of("random", "best"), "One random cut of each drawn feature, or every cut."
    )
    max_features: object = max_features("sqrt")


class ExtraTreeRegressor(DecisionTreeRegressor):
    """A regression tree with one random cut for each feature that a node draws.

    The cut is uniform between the feature's least and greatest value in the node, and the best of
    the drawn features is taken. Alone it is a weak model; see `ExtraTreesRegressor`.

    References
    ----------
    Geurts, P., Ernst, D. and Wehenkel, L. (2006). Extremely randomized trees. Machine Learning 63.

    Examples
    --------
    >>> from mlkit.tree import ExtraTreeRegressor
    >>> tree = ExtraTreeRegressor(random_state=0).fit([[0.0], [1.0], [2.0]], [1.0, 1.0, 4.0])
    >>> tree.predict([[0.0], [2.0]])
    array([1., 4.])
    """

    splitter: str = param(
        "random", one_of("random", "best"), "One random cut of each drawn feature, or every cut."
    )
    max_features: object = max_features(1.0)
