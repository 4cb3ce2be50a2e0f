"""Sets of labels as columns of 0 and 1."""

import warnings

import numpy as np

from .._core.arrays import check_is_fitted
from .._core.domains import array_like, boolean, none
from .._core.estimator import Estimator
from .._core.params import fitted, param
from .._core.roles import Transformer
from .._core.sparse import as_interface, issparse
from .._core.tags import Traits


def _class_array(labels):
    """Labels as an array: of int if all are, else of objects (a tuple may be a label)."""
    out = np.empty(len(labels), dtype=int if all(isinstance(v, int) for v in labels) else object)
    for i, label in enumerate(labels):
        out[i] = label
    return out


class MultiLabelBinarizer(Transformer, Estimator, auto_wrap_output_keys=None):
    """For each label a column that is 1 in the rows whose set holds it.

    Examples
    --------
    >>> from mlkit.preprocessing import MultiLabelBinarizer
    >>> MultiLabelBinarizer().fit_transform([{"sci-fi", "thriller"}, {"comedy"}])
    array([[0, 1, 1],
           [1, 0, 0]])
    """

    traits = Traits(two_d_array=False, two_d_labels=True)

    classes: object = param(
        None, array_like | none, "The labels in the order of the columns; None takes all, sorted."
    )
    sparse_output: bool = param(False, boolean, "Whether to return a CSR matrix.")

    classes_ = fitted("(n_classes,)", "The labels in the order of the columns.")

    def fit(self, y):
        """Find the labels.

        Parameters
        ----------
        y : iterable of iterables
            A set of labels for each row. Not looked at if `classes` is given.

        Returns
        -------
        self
        """
        self._check_params()
        if self.classes is None:
            labels = sorted({label for row in y for label in row})
        else:
            labels = list(self.classes)
            if len(set(labels)) < len(labels):
                raise ValueError(
                    f"MultiLabelBinarizer(classes=...) contains duplicate classes: {labels}"
                )
        self.classes_ = _class_array(labels)
        return self

    def fit_transform(self, y):
        """Find the labels and mark the rows of each.

        Parameters
        ----------
        y : iterable of iterables
            A set of labels for each row.

        Returns
        -------
        ndarray of int, or CSR matrix, of shape (n_samples, n_classes)
        """
        y = [list(row) for row in y]  # the rows, or y itself, may be iterators
        return self.fit(y).transform(y)

    def transform(self, y):
        """Mark the rows of each label.

        Parameters
        ----------
        y : iterable of iterables
            A set of labels for each row.

        Returns
        -------
        ndarray of int, or CSR matrix, of shape (n_samples, n_classes)

        Warns
        -----
        UserWarning
            If there are labels that ``fit`` has not seen; they are passed over.
        """
        check_is_fitted(self)
        import scipy.sparse as sp

        position = {label: j for j, label in enumerate(self.classes_.tolist())}
        indices, indptr, unknown = [], [0], set()
        for row in y:
            labels = set(row)
            indices.extend(sorted(position[label] for label in labels if label in position))
            indptr.append(len(indices))
            unknown |= labels - position.keys()
        if unknown:
            warnings.warn(
                f"unknown class(es) {sorted(unknown, key=str)} will be ignored by "
                "MultiLabelBinarizer: fit has not seen them",
                UserWarning,
                stacklevel=2,
            )
        ones = np.ones(len(indices), dtype=np.int64)
        places = np.array(indices, dtype=np.int32), np.array(indptr, dtype=np.int64)
        marked = sp.csr_array((ones, *places), shape=(len(indptr) - 1, len(position)))
        return as_interface(marked) if self.sparse_output else marked.toarray()

    def inverse_transform(self, yt):
        """Return the set of labels of each row.

        Parameters
        ----------
        yt : ndarray or sparse matrix of shape (n_samples, n_classes)
            Of 0 and 1.

        Returns
        -------
        list of tuple
        """
        check_is_fitted(self)
        if yt.shape[1] != len(self.classes_):
            raise ValueError(
                f"MultiLabelBinarizer expected an indicator of {len(self.classes_)} columns, got "
                f"{yt.shape[1]}"
            )
        sparse = issparse(yt)
        yt = yt.tocsr() if sparse else np.asarray(yt)
        stray = np.setdiff1d(yt.data if sparse else yt, [0, 1])
        if len(stray):
            raise ValueError(f"an indicator matrix holds 0 and 1 alone, got {stray[:10]}, too")
        if not sparse:
            return [tuple(self.classes_[row != 0]) for row in yt]
        yt = yt.copy()
        yt.eliminate_zeros()
        rows = np.split(yt.indices, yt.indptr[1:-1])
        return [tuple(self.classes_[row]) for row in rows[: yt.shape[0]]]
