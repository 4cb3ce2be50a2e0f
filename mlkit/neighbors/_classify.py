"""Classification by the vote of neighbours."""

import warnings

import numpy as np

from .._core.domains import anything, at_least, integer
from .._core.errors import DataConversionWarning, twin
from .._core.params import fitted, param
from .._core.roles import Classifier
from .._core.tags import Traits
from .._core.targets import encode_labels
from . import _weights
from ._queries import KNeighbors, RadiusNeighbors, in_rows
from ._search import Neighbors


class _Vote(Classifier, Neighbors):
    """A classifier that keeps the labels of its rows as codes."""

    traits = Traits(sparse=("csr",), order="C", multi_output=True, multi_label=True)

    classes_ = fitted("(n_classes,), or a list of such", "Labels; for each output if many.")
    outputs_2d_ = fitted("bool", "Whether y had several outputs.")

    def fit(self, X, y):
        """Keep the rows and their labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Or distances, of shape (n_samples, n_samples), for metric="precomputed"; or a fitted
            tree or model, whose index is taken over.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)

        Returns
        -------
        self
        """
        y = self._fit_rows_and_y(X, y)
        y = y.toarray() if hasattr(y, "toarray") else y
        if y.ndim == 2 and y.shape[1] == 1:
            warnings.warn(
                "A column-vector y was passed when a 1d array was expected: "
                f"{type(self).__name__} takes y.ravel()",
                twin(DataConversionWarning),
                stacklevel=2,
            )
        self.outputs_2d_ = y.ndim == 2 and y.shape[1] > 1
        pairs = [encode_labels(column) for column in y.reshape(len(y), -1).T]
        self.classes_ = [classes for classes, _ in pairs]
        self._y = np.column_stack([codes for _, codes in pairs]).astype(np.intp)
        if not self.outputs_2d_:
            self.classes_ = self.classes_[0]
        self._fit_labels(y)
        return self

    def _fit_labels(self, y):
        """What else a model keeps of the labels."""

    @property
    def _classes(self):
        """Classes of each output."""
        return self.classes_ if self.outputs_2d_ else [self.classes_]

    def predict(self, X):
        """Predict the label with the most votes; of equal ones the first in order.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_queries, n_features), or None
            Or distances for metric="precomputed". None predicts each row of fit from the others.

        Returns
        -------
        ndarray of shape (n_queries,) or (n_queries, n_outputs)
        """
        labels = self._labels(self._votes(X))
        if not self.outputs_2d_:
            return labels[0]
        out = np.empty((len(labels[0]), len(labels)), dtype=np.result_type(*labels))
        for j, column in enumerate(labels):
            out[:, j] = column
        return out

    def predict_proba(self, X):
        """Predict the shares of the votes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_queries, n_features), or None
            As in `predict`.

        Returns
        -------
        ndarray of shape (n_queries, n_classes), or a list of such for several outputs
            Columns in the order of ``classes_``.
        """
        shares = self._shares(self._votes(X))
        return shares if self.outputs_2d_ else shares[0]

    def _shares(self, votes):
        return [each / each.sum(axis=1, keepdims=True) for each in votes]

    def score(self, X, y, sample_weight=None):
        """Return the accuracy of ``predict(X)``: the weighted share of rows predicted right.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_queries, n_features), or None
            None scores each row of fit by the others.
        y : array-like of shape (n_queries,) or (n_queries, n_outputs)
            True labels; with several columns a row is right if all of it is.
        sample_weight : array-like of shape (n_queries,), default=None

        Returns
        -------
        float
        """
        return super().score(X, y, sample_weight)


def _count(row, codes, weight, n_rows, n_classes):
    """Votes for each class in each row."""
    cell = row * n_classes + codes
    counted = np.bincount(cell, weights=weight, minlength=n_rows * n_classes)
    return counted.reshape(n_rows, n_classes).astype(np.float64, copy=False)


class KNeighborsClassifier(_Vote, KNeighbors):
    """Vote of the k nearest rows.

    Examples
    --------
    >>> from mlkit.neighbors import KNeighborsClassifier
    >>> model = KNeighborsClassifier(n_neighbors=3).fit([[0], [1], [2], [3]], [0, 0, 1, 1])
    >>> model.predict([[1.1]]), model.predict_proba([[0.9]]).round(2)
    (array([0]), array([[0.67, 0.33]]))
    """

    n_neighbors: int = param(5, integer(1), "Neighbours that vote.", kw_only=False)
    weights: object = _weights.weights

    def _votes(self, X):
        distance, index = self.kneighbors(X)
        weight = _weights.of_nearest(self.weights, distance)
        n, k = index.shape
        if weight is not None:
            if not (weight != 0).any(axis=1).all():
                raise ValueError(
                    "All neighbors of some row have weight zero, so that none votes: let the "
                    "function `weights` give some of them more"
                )
            weight = weight.ravel()
        row = np.repeat(np.arange(n), k)
        return [
            _count(row, self._y[index, j].ravel(), weight, n, len(classes))
            for j, classes in enumerate(self._classes)
        ]

    def _labels(self, votes):
        return [
            classes[each.argmax(axis=1)] for classes, each in zip(self._classes, votes, strict=True)
        ]


class RadiusNeighborsClassifier(_Vote, RadiusNeighbors):
    """Vote of the rows within a radius.

    Examples
    --------
    >>> from mlkit.neighbors import RadiusNeighborsClassifier
    >>> model = RadiusNeighborsClassifier(radius=1.0).fit([[0], [1], [2], [3]], [0, 0, 1, 1])
    >>> model.predict([[1.5]]), model.predict_proba([[1.0]]).round(2)
    (array([0]), array([[0.67, 0.33]]))
    """

    radius: float = param(1.0, at_least(0), "How far neighbours may be.", kw_only=False)
    weights: object = _weights.weights
    outlier_label: object = param(
        None,
        anything,
        'Label of rows without a neighbour: a label, one for each output in a list, or "most_'
        'frequent"; None refuses such rows. A label that y does not have gets no probability.',
    )

    outlier_label_ = fitted("list of labels, or None", "Label of outliers, for each output.")

    def _fit_labels(self, y):
        label, classes = self.outlier_label, self._classes
        if label is None:
            self.outlier_label_ = None
            return
        if isinstance(label, str) and label == "most_frequent":
            labels = [each[np.bincount(self._y[:, j]).argmax()] for j, each in enumerate(classes)]
        elif not _is_list(label):
            labels = [label] * len(classes)
        elif len(label) != len(classes):
            raise ValueError(
                f"RadiusNeighborsClassifier: outlier_label has {len(label)} labels for "
                f"{len(classes)} outputs of y"
            )
        else:
            labels = list(label)
        for each, known in zip(labels, classes, strict=True):
            if _is_list(each):
                raise TypeError(
                    f"RadiusNeighborsClassifier: outlier_label={label!r} must hold one label for "
                    "each output"
                )
            if np.append(known, each).dtype != known.dtype:
                raise TypeError(
                    f"RadiusNeighborsClassifier: outlier_label {each!r} is of another dtype than "
                    f"the labels of y, {known.dtype}"
                )
        self.outlier_label_ = labels

    def _votes(self, X):
        indptr, distance, index = self._within(X)
        weight = _weights.of_rows(self.weights, distance, indptr, in_rows)
        n = len(indptr) - 1
        row = np.repeat(np.arange(n), np.diff(indptr))
        empty = np.flatnonzero(indptr[1:] == indptr[:-1])
        if len(empty) and self.outlier_label_ is None:
            raise ValueError(
                f"No neighbors found for rows {empty.tolist()}: use a larger radius, set "
                "outlier_label, or leave these rows out"
            )
        votes = []
        for j, classes in enumerate(self._classes):
            each = _count(row, self._y[index, j], weight, n, len(classes))
            if len(empty):
                known = classes == self.outlier_label_[j]
                if not known.any():
                    warnings.warn(
                        f"RadiusNeighborsClassifier: outlier_label {self.outlier_label_[j]!r} is "
                        "not a label of y: outliers get probability 0 for all",
                        UserWarning,
                        stacklevel=3,
                    )
                each[empty] = known
            votes.append(each)
        return votes

    def _shares(self, votes):
        out = []
        for each in votes:
            total = each.sum(axis=1, keepdims=True)
            total[total == 0] = 1
            out.append(each / total)
        return out

    def _labels(self, votes):
        out = []
        for j, (classes, each) in enumerate(zip(self._classes, votes, strict=True)):
            labels = classes[each.argmax(axis=1)]
            nowhere = ~each.any(axis=1)
            if nowhere.any() and self.outlier_label_ is not None:
                labels[nowhere] = self.outlier_label_[j]
            out.append(labels)
        return out


def _is_list(label):
    return isinstance(label, (list, tuple, np.ndarray)) and np.ndim(label) > 0
