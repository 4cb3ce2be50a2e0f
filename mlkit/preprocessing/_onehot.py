"""One column for each category."""

import warnings

import numpy as np

from .._core.arrays import check_array, check_input_names, check_is_fitted
from .._core.config import current
from .._core.domains import (
    anything,
    array_like,
    boolean,
    callable_,
    none,
    one_of,
)
from .._core.params import fitted, param
from .._core.sparse import issparse
from ._categories import (
    CATEGORIES,
    INFREQUENT,
    MAX_CATEGORIES,
    MIN_FREQUENCY,
    CategoryEncoder,
    Streaming,
)


def one_hot_sparse(at, width, dtype):
    """CSR matrix with 1 in the columns ``at[i]`` of row i, a negative one standing for none."""
    import scipy.sparse as sp

    n_rows, n_columns = at.shape
    kept = at >= 0
    if kept.all():
        indices = at.ravel()
        indptr = np.arange(0, n_rows * n_columns + 1, n_columns)
    else:
        indices = at[kept]
        indptr = np.concatenate([[0], np.cumsum(kept.sum(axis=1))])
    if indptr[-1] <= np.iinfo(np.int32).max:
        indptr = indptr.astype(np.int32)
    data = np.ones(len(indices), dtype=dtype)
    matrix = sp.csr_array if current()["sparse_interface"] == "sparray" else sp.csr_matrix
    made = matrix((data, indices, indptr), shape=(n_rows, width))
    made.has_sorted_indices = True
    return made


def one_hot_dense(at, width, dtype):
    """As `one_hot_sparse`, an array."""
    out = np.zeros((len(at), width), dtype=dtype)
    kept = at >= 0
    if kept.all():
        out[np.arange(len(at))[:, np.newaxis], at] = 1
    else:
        out[np.nonzero(kept)[0], at[kept]] = 1
    return out


class OneHotEncoder(Streaming, CategoryEncoder):
    """For each category of each column a column that is 1 where it occurs and 0 elsewhere.

    Columns come in the order of ``categories_``; infrequent categories share the last column of
    their feature. Strings, numbers, booleans, dates and missing values (None and NaN are
    categories) are taken from arrays, lists and frames; categorical columns keep their codes.

    Examples
    --------
    >>> from mlkit.preprocessing import OneHotEncoder
    >>> encoder = OneHotEncoder(sparse_output=False).fit([["red", 1], ["blue", 3]])
    >>> encoder.transform([["blue", 1]])
    array([[1., 0., 1., 0.]])
    >>> encoder.get_feature_names_out()
    array(['x0_blue', 'x0_red', 'x1_1', 'x1_3'], dtype=object)
    """

    categories: object = CATEGORIES
    drop: object = param(
        None,
        one_of("first", "if_binary") | array_like | none,
        "Category of each column that gets no column of its own: the first, the first where there "
        "are two, or the one named.",
    )
    sparse_output: bool = param(True, boolean, "Whether to return a CSR matrix.")
    dtype: object = param(np.float64, anything, "Dtype of the output.")
    handle_unknown: str = param(
        "error",
        one_of("error", "ignore", "infrequent_if_exist", "warn"),
        "What a category not seen in fit becomes: an error, zeros, or the group of infrequent "
        "categories where there is one and else zeros ('warn': so, with a warning).",
    )
    min_frequency: object = MIN_FREQUENCY
    max_categories: int = MAX_CATEGORIES
    feature_name_combiner: object = param(
        "concat",
        one_of("concat") | callable_,
        "Name of a column from those of its feature and category; 'concat' joins them by '_'.",
    )

    categories_ = fitted("list of ndarray", "Categories of each column.")
    drop_idx_ = fitted(
        "(n_features,) or None",
        "Position in categories_ of each dropped category (of the first of a dropped group).",
    )

    def fit(self, X, y=None):
        """Find the categories of each column.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        vars(self).pop("_counts", None)
        return self.partial_fit(X)

    def _settle(self):
        """Group, drop and number the categories that were counted."""
        self._group(self._counts, self._n_rows)
        self._dropped = self._choose_dropped()
        self.drop_idx_ = self._dropped_categories()
        self._lay_out()

    # ------------------------------------------------------------------ what is dropped
    def _choose_dropped(self):
        """The group of each column that is dropped, or None; None if nothing is."""
        if self.drop is None:
            return None
        sizes = [groups.max() + 1 for groups in self._groups]
        if isinstance(self.drop, str):
            return [0 if self.drop == "first" or size == 2 else None for size in sizes]
        wanted = list(self.drop)
        if len(wanted) != len(sizes):
            raise ValueError(
                f"OneHotEncoder(drop=...) should have length equal to the number of features "
                f"({len(sizes)}), got {len(wanted)}"
            )
        chosen = [lookup.code(value) for lookup, value in zip(self._lookups, wanted, strict=True)]
        missing = [f"{wanted[j]!r} in column {j}" for j, code in enumerate(chosen) if code < 0]
        if missing:
            raise ValueError(
                f"OneHotEncoder(drop=...): not found in the training data: {', '.join(missing)}"
            )
        return [self._group_to_drop(j, code) for j, code in enumerate(chosen)]

    def _group_to_drop(self, j, code):
        if self._is_grouped(j) and code in self._rare[j]:
            raise ValueError(
                f"Unable to drop category {self.categories_[j][code]!r} from column {j}: it is "
                "infrequent and so has no column of its own"
            )
        return int(self._groups[j][code])

    def _dropped_categories(self):
        if self._dropped is None:
            return None
        first = [
            None if group is None else int(np.flatnonzero(groups == group)[0])
            for group, groups in zip(self._dropped, self._groups, strict=True)
        ]
        return np.array(first, dtype=object)

    def _lay_out(self):
        """Number the columns out. ``_tables[j][code]`` is that of a category, −1 for none.

        The last entry, which a code of −1 finds, is for unknown categories.
        """
        self._tables, self._n_features_outs, start = [], [], 0
        follows = self.handle_unknown in ("infrequent_if_exist", "warn")
        for j, groups in enumerate(self._groups):
            n_groups = groups.max() + 1
            place = np.arange(n_groups)
            if self._dropped is not None and self._dropped[j] is not None:
                place[self._dropped[j] + 1 :] -= 1
                place[self._dropped[j]] = -1
            column = np.where(place < 0, -1, start + place)
            unknown = column[-1] if follows and self._is_grouped(j) else -1
            self._tables.append(np.append(column[groups], unknown).astype(np.int32))
            self._n_features_outs.append(int((place >= 0).sum()))
            start += self._n_features_outs[-1]

    # ---------------------------------------------------------------------- there
    def transform(self, X):
        """Encode X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        CSR matrix, or ndarray without `sparse_output`, of shape (n_samples, n_columns)
        """
        columns, n_rows = self._columns(X, reset=False)
        self._refuse_sparse_frames()
        return self._encode(columns, n_rows)

    def _encode(self, columns, n_rows):
        """`transform` of columns that have been checked, as a list of arrays.

        Parameters
        ----------
        columns : list of ndarray of shape (n_rows,)
        n_rows : int

        Returns
        -------
        CSR matrix, or ndarray without `sparse_output`, of shape (n_rows, n_columns)
        """
        at = np.empty((n_rows, len(columns)), dtype=np.int32)
        surprising = []
        for j, (column, lookup) in enumerate(zip(columns, self._lookups, strict=True)):
            codes = lookup.codes(column)
            if self.handle_unknown == "error":
                self._refuse_unknown(column, codes, j, "transform")
            elif codes.min() < 0:
                surprising.append(j)
            at[:, j] = self._tables[j][codes]
        if surprising and (self.handle_unknown == "warn" or self.drop is not None):
            self._warn_unknown(surprising)
        width = sum(self._n_features_outs)
        made = one_hot_sparse if self.sparse_output else one_hot_dense
        return made(at, width, self.dtype)

    def _warn_unknown(self, columns):
        become = "zeros"
        if self.handle_unknown != "ignore":
            become = "their group of infrequent categories where there is one, else zeros"
        warnings.warn(
            f"OneHotEncoder found unknown categories in columns {columns} during transform: they "
            f"are encoded as {become}",
            UserWarning,
            stacklevel=3,
        )

    def _refuse_sparse_frames(self):
        if not self.sparse_output:
            return
        wanted = vars(self).get("_sklearn_output_config", {}).get("transform")
        wanted = current()["transform_output"] if wanted is None else wanted
        if wanted != "default":
            raise ValueError(
                f"{wanted.capitalize()} output does not support sparse data: set "
                "sparse_output=False, or ohe.set_output(transform='default')"
            )

    # ---------------------------------------------------------------------- and back
    def inverse_transform(self, X):
        """Return the categories that X encodes.

        A row of zeros is the dropped category, or else None where unknown ones become zeros. The
        group of infrequent categories comes back as "infrequent_sklearn".

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_columns)

        Returns
        -------
        ndarray of shape (n_samples, n_features)

        Raises
        ------
        ValueError
            If X has another number of columns, or a row is zero that no category explains.
        """
        check_is_fitted(self)
        X = check_array(X, accept_sparse="csr", ensure_min_features=0)
        width = sum(self._n_features_outs)
        if X.shape[1] != width:
            raise ValueError(
                f"OneHotEncoder.inverse_transform expects {width} columns, got {X.shape[1]}"
            )
        parts, start = [], 0
        for j, n_out in enumerate(self._n_features_outs):
            parts.append(self._decode(X[:, start : start + n_out], j))
            start += n_out
        out = np.empty((X.shape[0], len(parts)), dtype=np.result_type(*[p.dtype for p in parts]))
        for j, part in enumerate(parts):
            out[:, j] = part
        return out

    def _decode(self, block, j):
        """The categories of column j from its columns out."""
        labels = self._labels(j)
        dropped = None if self._dropped is None else self._dropped[j]
        kept = labels if dropped is None else np.delete(labels, dropped)
        block = block.toarray() if issparse(block) else block
        zero = ~(block != 0).any(axis=1)
        found = kept[block.argmax(axis=1)] if len(kept) else np.repeat(labels[:1], len(block))
        if not zero.any():
            return found
        if dropped is not None:
            substitute = labels[dropped]
        elif self.handle_unknown == "error":
            rows = np.flatnonzero(zero)
            raise ValueError(
                f"Samples {rows[:10].tolist()} can not be inverted: they are all zeros in the "
                f"columns of feature {j}, which drop=None and handle_unknown='error' never make"
            )
        elif self.handle_unknown != "ignore" and self._is_grouped(j):
            substitute = INFREQUENT
        else:
            substitute = None
        if substitute is None and found.dtype != object:
            found = found.astype(object)
        found[zero] = substitute
        return found

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns out.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns in; by default those seen in fit, or x0, x1, ...

        Returns
        -------
        ndarray of str objects
        """
        check_is_fitted(self)
        names = []
        for j, feature in enumerate(check_input_names(self, input_features)):
            labels = self._labels(j)
            if self._dropped is not None and self._dropped[j] is not None:
                labels = np.delete(labels, self._dropped[j])
            names.extend(self._name(feature, label) for label in labels)
        return np.array(names, dtype=object)

    def _name(self, feature, label):
        if isinstance(self.feature_name_combiner, str):
            return f"{feature}_{label}"
        name = self.feature_name_combiner(feature, label)
        if not isinstance(name, str):
            raise TypeError(
                f"OneHotEncoder(feature_name_combiner=...) must return a str, got {name!r} for the "
                f"category {label!r} of {feature}"
            )
        return name
