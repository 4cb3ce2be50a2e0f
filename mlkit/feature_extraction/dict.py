"""Mappings from names to values become rows of a matrix."""

from array import array
from collections.abc import Iterable, Mapping
from numbers import Number

import numpy as np

from .._core.arrays import check_array, check_is_fitted
from .._core.domains import anything, boolean, string
from .._core.estimator import Estimator
from .._core.params import fitted, param
from .._core.roles import Transformer
from .._core.sparse import as_interface, issparse
from .._core.tags import Traits
from .._engine.encode.vocabulary import index_dtype, sorted_terms


class DictVectorizer(Transformer, Estimator):
    """A column for each name, and for each pair of a name and a string.

    A number x under name f is x in column f. A string s is 1 in column "f=s", and an iterable of
    strings adds 1 to the column of each. Names that a sample lacks are zeros.

    See Also
    --------
    FeatureHasher : Without a vocabulary, for any number of names.
    OneHotEncoder : For columns of arrays and frames.

    Examples
    --------
    >>> from mlkit.feature_extraction import DictVectorizer
    >>> vectorizer = DictVectorizer(sparse=False)
    >>> vectorizer.fit_transform([{"town": "Ulm", "rooms": 2}, {"town": "Bonn", "rooms": 4}])
    array([[2., 0., 1.],
           [4., 1., 0.]])
    >>> vectorizer.get_feature_names_out()
    array(['rooms', 'town=Bonn', 'town=Ulm'], dtype=object)
    """

    traits = Traits(two_d_array=False, dict=True)

    dtype: type = param(np.float64, anything, "Type of the values.")
    separator: str = param("=", string, "What joins a name and a string.")
    sparse: bool = param(True, boolean, "Whether to return a sparse matrix.")
    sort: bool = param(True, boolean, "Whether columns are sorted, or in the order of appearance.")

    vocabulary_ = fitted("dict", "Column of each feature.")
    feature_names_ = fitted("list of n_features", "Features, by column.")

    def fit(self, X, y=None):
        """Learn the features.

        Parameters
        ----------
        X : mapping or iterable of mappings
            From names to numbers, strings or iterables of strings.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        TypeError
            For a value of another kind.
        """
        self._check_params()
        known = {}
        for sample in _samples(X):
            for name, value in sample.items():
                for feature, _ in self._features(name, value):
                    known.setdefault(feature, len(known))
        self._remember(known)
        return self

    def fit_transform(self, X, y=None):
        """Learn the features of X and return its matrix; X is gone through once.

        Parameters
        ----------
        X : mapping or iterable of mappings
        y : ignored

        Returns
        -------
        ndarray or CSR matrix of shape (n_samples, n_features)

        Raises
        ------
        ValueError
            Without samples.
        TypeError
            For a value that is neither number, string nor iterable of strings.
        """
        self._check_params()
        known = {}
        indptr, indices, values = self._entries(X, known, grow=True)
        rank = self._remember(known)
        return self._matrix(indptr, rank[indices] if len(indices) else indices, values)

    def transform(self, X):
        """Return the matrix of X; features that were not seen are left out.

        Parameters
        ----------
        X : mapping or iterable of mappings

        Returns
        -------
        ndarray or CSR matrix of shape (n_samples, n_features)
        """
        check_is_fitted(self, ["feature_names_", "vocabulary_"])
        return self._matrix(*self._entries(X, self.vocabulary_, grow=False))

    def inverse_transform(self, X, dict_type=dict):
        """Return the mappings from features to their values that are not zero.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        dict_type : type, default=dict
            Class of the mappings.

        Returns
        -------
        list of dict_type
            Strings stay features of their own: "town=Ulm" with value 1.
        """
        check_is_fitted(self, "feature_names_")
        X = check_array(X, accept_sparse=("csr",), dtype=None, ensure_all_finite=False)
        names = self.feature_names_
        found = [dict_type() for _ in range(X.shape[0])]
        if issparse(X):
            rows, columns = X.nonzero()
            values = np.asarray(X[rows, columns]).ravel()
        else:
            rows, columns = np.nonzero(X)
            values = X[rows, columns]
        for i, j, value in zip(rows.tolist(), columns.tolist(), values, strict=True):
            found[i][names[j]] = value
        return found

    def get_feature_names_out(self, input_features=None):
        """Return the features, as strings, by column.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        ndarray of str objects
        """
        check_is_fitted(self, "feature_names_")
        return np.asarray([str(name) for name in self.feature_names_], dtype=object)

    def restrict(self, support, indices=False):
        """Keep some of the features only; changes the vectorizer.

        Parameters
        ----------
        support : array-like of bool of shape (n_features,), or of int
            What to keep: a mask, or positions, as the ``get_support`` of a selector returns.
        indices : bool, default=False
            Whether `support` holds positions.

        Returns
        -------
        self

        Examples
        --------
        >>> from mlkit.feature_extraction import DictVectorizer
        >>> vectorizer = DictVectorizer().fit([{"a": 1, "b": 2, "c": 3}])
        >>> vectorizer.restrict([True, False, True]).feature_names_
        ['a', 'c']
        """
        check_is_fitted(self, "feature_names_")
        kept = np.asarray(support) if indices else np.flatnonzero(support)
        names = [self.feature_names_[j] for j in kept.tolist()]
        self.feature_names_ = names
        self.vocabulary_ = {name: j for j, name in enumerate(names)}
        return self

    # ------------------------------------------------------------------------------ parts
    def _features(self, name, value):
        """Pairs of feature and value for one entry of a mapping."""
        if isinstance(value, str):
            return ((f"{name}{self.separator}{value}", 1),)
        if isinstance(value, Number) or value is None:
            return ((name, value),)
        if isinstance(value, Mapping) or not isinstance(value, Iterable):
            raise TypeError(
                f"DictVectorizer: Unsupported value type {type(value)} for {name!r}: {value!r}; "
                "values are numbers, strings or iterables of strings"
            )
        return [(self._member(name, each), 1) for each in value]

    def _member(self, name, value):
        if not isinstance(value, str):
            raise TypeError(
                f"DictVectorizer: Unsupported type {type(value)} in iterable value of {name!r}: "
                "only iterables of strings are supported"
            )
        return f"{name}{self.separator}{value}"

    def _entries(self, X, vocabulary, grow):
        """Row bounds, columns and values of X; `vocabulary` takes up new features if `grow`."""
        indptr, indices, values = array("q", [0]), array("q"), []
        for sample in _samples(X):
            for name, value in sample.items():
                for feature, number in self._features(name, value):
                    if feature in vocabulary:
                        indices.append(vocabulary[feature])
                    elif grow:
                        indices.append(len(vocabulary))
                        vocabulary[feature] = len(vocabulary)
                    else:
                        continue
                    values.append(number)
            indptr.append(len(indices))
        if len(indptr) == 1:
            raise ValueError("Sample sequence X is empty: DictVectorizer needs a mapping at least")
        width = index_dtype(len(indices), len(vocabulary))
        indices = np.frombuffer(indices, np.int64) if indices else np.empty(0, np.int64)
        values = np.array(values, dtype=self.dtype)
        return np.frombuffer(indptr, np.int64).astype(width), indices.astype(width), values

    def _remember(self, known):
        """Set the fitted attributes; return the columns of features by their numbers in `known`."""
        if not self.sort:
            self.feature_names_, self.vocabulary_ = list(known), known
            return np.arange(len(known))
        self.feature_names_, rank = sorted_terms(known)
        self.vocabulary_ = {name: j for j, name in enumerate(self.feature_names_)}
        return rank

    def _matrix(self, indptr, indices, values):
        from scipy.sparse import csr_array

        shape = (len(indptr) - 1, len(self.vocabulary_))
        indices = np.asarray(indices, dtype=indptr.dtype)
        X = csr_array((values, indices, indptr), shape=shape)
        X.sum_duplicates()
        return as_interface(X) if self.sparse else X.toarray()


def _samples(X):
    return [X] if isinstance(X, Mapping) else X
