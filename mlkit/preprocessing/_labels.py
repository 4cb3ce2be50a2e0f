"""Labels as numbers, and as columns of 0 and 1."""

import numpy as np

from .._core.arrays import check_array, check_is_fitted, column_or_1d, num_samples
from .._core.domains import array_like, boolean, integer, sparse_matrix
from .._core.estimator import Estimator
from .._core.params import checked, fitted, param
from .._core.roles import Transformer
from .._core.sparse import as_interface, issparse
from .._core.tags import Traits
from .._core.targets import type_of_target, unique_labels
from .._engine.encode.categories import Lookup, find


def _column(y):
    """y as a one-dimensional array of what categories can be found in."""
    y = column_or_1d(y, warn=True)
    return y.astype(object) if y.dtype.kind == "T" else y


class LabelEncoder(Transformer, Estimator, auto_wrap_output_keys=None):
    """Labels as 0, 1, ... in their sorted order. For y; `OrdinalEncoder` is for X.

    Examples
    --------
    >>> from mlkit.preprocessing import LabelEncoder
    >>> encoder = LabelEncoder().fit(["b", "a", "b"])
    >>> encoder.transform(["a", "b"])
    array([0, 1])
    """

    traits = Traits(two_d_array=False, one_d_labels=True)

    classes_ = fitted("(n_classes,)", "The labels, sorted.")

    def fit(self, y):
        """Find the labels.

        Parameters
        ----------
        y : array-like of shape (n_samples,)

        Returns
        -------
        self
        """
        self.fit_transform(y)
        return self

    def fit_transform(self, y):
        """Find the labels and return their numbers.

        Parameters
        ----------
        y : array-like of shape (n_samples,)

        Returns
        -------
        ndarray of int, shape (n_samples,)
        """
        found = _find_labels(_column(y), "LabelEncoder")
        self.classes_ = found.values
        return found.codes.astype(np.int64)

    def transform(self, y):
        """Return the numbers of labels.

        Parameters
        ----------
        y : array-like of shape (n_samples,)

        Returns
        -------
        ndarray of int, shape (n_samples,)

        Raises
        ------
        ValueError
            If a label was not seen in ``fit``.
        """
        check_is_fitted(self)
        y = _column(y)
        if self.classes_.dtype.kind == "U" and y.dtype.kind in "Oiuf":
            y = y.astype(str)  # as fit's array of strings did with what was none
        codes = Lookup(self.classes_).codes(y)
        unknown = codes < 0
        if unknown.any():
            shown = list(dict.fromkeys(map(repr, y[unknown][:1000].tolist())))
            raise ValueError(
                f"y contains previously unseen labels: [{', '.join(shown[:10])}]; LabelEncoder "
                f"knows {len(self.classes_)}, from {self.classes_[:1]} to {self.classes_[-1:]}"
            )
        return codes.astype(np.int64)

    def inverse_transform(self, y):
        """Return the labels of numbers.

        Parameters
        ----------
        y : array-like of int, shape (n_samples,)

        Returns
        -------
        ndarray of shape (n_samples,)

        Raises
        ------
        ValueError
            If a number is that of no label.
        """
        check_is_fitted(self)
        y = column_or_1d(y, warn=True)
        if not len(y):
            return self.classes_[:0]
        wrong = ~np.isin(y, np.arange(len(self.classes_)))
        if wrong.any():
            raise ValueError(
                f"y contains previously unseen labels: {np.unique(y[wrong])[:10].tolist()}; the "
                f"numbers of LabelEncoder go from 0 to {len(self.classes_) - 1}"
            )
        return self.classes_[y.astype(np.intp)]


def _find_labels(y, name):
    try:
        return find(y)
    except TypeError as error:
        raise TypeError(
            f"{name} cannot sort the labels: {error}. The argument must be uniformly strings or "
            "numbers"
        ) from error


def _check_marks(neg_label, pos_label, sparse_output):
    if neg_label >= pos_label:
        raise ValueError(f"neg_label={neg_label} must be strictly less than pos_label={pos_label}")
    if sparse_output and (pos_label == 0 or neg_label != 0):
        raise ValueError(
            "a sparse result needs neg_label=0, its empty entries, and another pos_label; got "
            f"pos_label={pos_label} and neg_label={neg_label}"
        )


@checked(
    y=array_like | sparse_matrix,
    classes=array_like,
    neg_label=integer(),
    pos_label=integer(),
    sparse_output=boolean,
)
def label_binarize(y, *, classes, neg_label=0, pos_label=1, sparse_output=False):
    """For each class a column that marks the rows of its label.

    Parameters
    ----------
    y : array-like of shape (n_samples,), or indicator matrix of shape (n_samples, n_classes)
        Labels, or 0 and 1 for each class. A label that is none of `classes` is marked nowhere.
    classes : array-like of shape (n_classes,)
        The order of the columns.
    neg_label, pos_label : int, default=0, 1
        What marks a row as not of the class, and as of it.
    sparse_output : bool, default=False
        Whether to return a CSR matrix.

    Returns
    -------
    ndarray of int, or CSR matrix, of shape (n_samples, n_classes)
        One column for two classes: that of the second.

    Examples
    --------
    >>> from mlkit.preprocessing import label_binarize
    >>> label_binarize([1, 6], classes=[1, 2, 4, 6])
    array([[1, 0, 0, 0],
           [0, 0, 0, 1]])
    """
    if isinstance(y, list) and not len(y):
        raise ValueError(f"y has 0 samples: {y!r}")
    if not isinstance(y, list):
        y = check_array(y, accept_sparse="csr", ensure_2d=False, dtype=None, input_name="y")
    _check_marks(neg_label, pos_label, sparse_output)
    kind = type_of_target(y)
    if "multioutput" in kind:
        raise ValueError("y has several outputs of several classes each; binarize them one by one")
    if kind not in ("binary", "multiclass", "multilabel-indicator"):
        raise ValueError(f"y is {kind} target data, which is not supported with label binarization")
    classes = np.asarray(classes)
    if kind == "multilabel-indicator":
        marked = _indicator(y, classes)
    else:
        y = column_or_1d(y)
        codes = Lookup(classes).codes(y)
        if kind == "binary" and len(classes) == 1:
            codes[:] = -1  # a single class is the negative one
        marked = _one_column_each(codes, len(classes))
        if kind == "binary" and len(classes) == 2:
            marked = marked[:, [1]]
    if sparse_output:
        marked.data = np.full(len(marked.data), pos_label, dtype=np.int64)
        return as_interface(marked)
    dtype = y.dtype if getattr(getattr(y, "dtype", None), "kind", "") == "i" else np.int64
    return np.where(marked.toarray() != 0, pos_label, neg_label).astype(dtype)


def _one_column_each(codes, n_classes):
    """CSR matrix of ones at the codes of rows; a negative code is nowhere."""
    import scipy.sparse as sp

    known = codes >= 0
    indptr = np.concatenate([[0], np.cumsum(known)])
    ones = np.ones(indptr[-1], dtype=np.int64)
    return sp.csr_array((ones, codes[known], indptr), shape=(len(codes), n_classes))


def _indicator(y, classes):
    """The indicator matrix y as CSR, its columns (those of the sorted classes) in their order."""
    import scipy.sparse as sp

    marked = sp.csr_array(y if issparse(y) else np.asarray(y))
    if marked.shape[1] != len(classes):
        raise ValueError(
            f"the {len(classes)} classes {classes} do not match the {marked.shape[1]} columns of y"
        )
    marked.eliminate_zeros()
    if (classes[1:] < classes[:-1]).any():
        marked = marked[:, np.argsort(np.argsort(classes))]
    return marked


class LabelBinarizer(Transformer, Estimator, auto_wrap_output_keys=None):
    """For each label a column that marks its rows; for two labels one column, for the second.

    Examples
    --------
    >>> from mlkit.preprocessing import LabelBinarizer
    >>> LabelBinarizer().fit_transform(["b", "a", "c"])
    array([[0, 1, 0],
           [1, 0, 0],
           [0, 0, 1]])
    """

    traits = Traits(two_d_array=False, one_d_labels=True)

    neg_label: int = param(0, integer(), "What marks a row as not of the label.")
    pos_label: int = param(1, integer(), "What marks a row as of the label.")
    sparse_output: bool = param(False, boolean, "Whether to return a CSR matrix.")

    classes_ = fitted("(n_classes,)", "The labels, sorted.")
    y_type_ = fitted("str", "What y is, as `type_of_target` says.")
    sparse_input_ = fitted("bool", "Whether y was sparse.")

    def fit(self, y):
        """Find the labels.

        Parameters
        ----------
        y : array-like of shape (n_samples,), or indicator matrix of shape (n_samples, n_classes)

        Returns
        -------
        self
        """
        self._check_params()
        _check_marks(self.neg_label, self.pos_label, self.sparse_output)
        kind = type_of_target(y, input_name="y")
        if "multioutput" in kind:
            raise ValueError(
                "y has several outputs of several classes each; binarize them one by one"
            )
        if num_samples(y) == 0:
            raise ValueError(f"y has 0 samples: {y!r}")
        self.y_type_ = kind
        self.sparse_input_ = issparse(y)
        self.classes_ = unique_labels(y)
        return self

    def fit_transform(self, y):
        """Find the labels and mark the rows of each.

        Parameters
        ----------
        y : array-like of shape (n_samples,), or indicator matrix of shape (n_samples, n_classes)

        Returns
        -------
        ndarray or CSR matrix of shape (n_samples, n_classes), or (n_samples, 1) for two labels
        """
        return self.fit(y).transform(y)

    def transform(self, y):
        """Mark the rows of each label.

        Parameters
        ----------
        y : array-like of shape (n_samples,), or indicator matrix of shape (n_samples, n_classes)

        Returns
        -------
        ndarray or CSR matrix of shape (n_samples, n_classes), or (n_samples, 1) for two labels
        """
        check_is_fitted(self)
        if type_of_target(y).startswith("multilabel") and not self.y_type_.startswith("multilabel"):
            raise ValueError(
                "fit saw plain labels, not several a row: LabelBinarizer takes labels here "
                "and no indicator matrix"
            )
        return label_binarize(
            y,
            classes=self.classes_,
            neg_label=self.neg_label,
            pos_label=self.pos_label,
            sparse_output=self.sparse_output,
        )

    def inverse_transform(self, Y, threshold=None):
        """Return the label of each row: that of the greatest value, or of the side of a threshold.

        Parameters
        ----------
        Y : array-like or sparse matrix of shape (n_samples, n_classes) or (n_samples, 1)
            Marks, probabilities or decision values.
        threshold : float, default=None
            For two labels and for indicators: above it is `pos_label`. None is half way between
            the marks; use 0.5 for probabilities, 0 for decision values.

        Returns
        -------
        ndarray of shape (n_samples,), or indicator matrix of shape (n_samples, n_classes)
            Sparse (CSR) if y was in ``fit``.
        """
        check_is_fitted(self)
        if not issparse(Y):
            Y = np.asarray(Y)
        if threshold is None:
            threshold = (self.pos_label + self.neg_label) / 2
        if self.y_type_ == "multiclass":
            best = np.asarray((Y.tocsr() if issparse(Y) else Y).argmax(axis=1)).ravel()
            labels = self.classes_[np.minimum(best, len(self.classes_) - 1)]
        else:
            labels = self._by_threshold(Y, threshold)
        if not self.sparse_input_:
            return labels
        import scipy.sparse as sp

        return as_interface(sp.csr_array(labels))

    def _by_threshold(self, Y, threshold):
        n_classes = len(self.classes_)
        if self.y_type_ == "binary" and Y.ndim == 2 and Y.shape[1] > 2:
            raise ValueError(f"two labels were seen in fit, and Y has shape {Y.shape}")
        if self.y_type_ != "binary" and Y.shape[1] != n_classes:
            raise ValueError(f"Y has {Y.shape[1]} columns for {n_classes} labels")
        above = ((Y.toarray() if issparse(Y) else Y) > threshold).astype(np.int64)
        if self.y_type_ == "multilabel-indicator":
            return above
        if self.y_type_ != "binary":
            raise ValueError(f"{self.y_type_} target data cannot be restored by a threshold")
        if above.ndim == 2 and above.shape[1] == 2:
            return self.classes_[above[:, 1]]
        return self.classes_[np.minimum(above.ravel(), n_classes - 1)]
