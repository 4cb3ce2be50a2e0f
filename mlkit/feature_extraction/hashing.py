"""Feature hashing: columns by the hash of a feature's name, without a vocabulary."""

import itertools

import numpy as np

from .._core.domains import anything, boolean, integer, one_of
from .._core.estimator import Estimator
from .._core.params import param
from .._core.roles import Transformer
from .._core.sparse import as_interface
from .._core.tags import Traits
from .._engine.encode.vocabulary import hash_features


class FeatureHasher(Transformer, Estimator):
    """Sums of features by hash: ``X[i, |h(f)| mod n] += sign(h(f)) · value`` for f of sample i.

    h is the signed 32-bit MurmurHash3 of the name, str as UTF-8. Nothing is learned, so memory
    does not grow with the number of names, and names cannot be had back.

    References
    ----------
    Weinberger, Dasgupta, Langford, Smola and Attenberg (2009). Feature hashing for large scale
    multitask learning. ICML.

    Examples
    --------
    >>> from mlkit.feature_extraction import FeatureHasher
    >>> hasher = FeatureHasher(n_features=10)
    >>> hasher.transform([{"dog": 1, "cat": 2, "elephant": 4}, {"dog": 2, "run": 5}]).toarray()
    array([[ 0.,  0., -4., -1.,  0.,  0.,  0.,  0.,  0.,  2.],
           [ 0.,  0.,  0., -2., -5.,  0.,  0.,  0.,  0.,  0.]])
    """

    traits = Traits(two_d_array=False, dict=True, requires_fit=False, validates=True)

    n_features: int = param(
        2**20, integer(1, 2**31 - 1), "Columns; few of them collide.", kw_only=False
    )
    input_type: str = param(
        "dict",
        one_of("dict", "pair", "string"),
        "Samples are mappings from name to value, iterables of pairs, or of names of value 1.",
    )
    dtype: type = param(np.float64, anything, "Dtype of the result; a signed one.")
    alternate_sign: bool = param(
        True, boolean, "Whether values are added with the sign of the hash, so that collisions "
        "cancel on average.",
    )  # fmt: skip

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.dict = self.input_type == "dict"
        tags.input_tags.string = self.input_type == "string"
        return tags

    def fit(self, X=None, y=None):
        """Check the parameters.

        Parameters
        ----------
        X : ignored
        y : ignored

        Returns
        -------
        self
        """
        self._check_params()
        return self

    def transform(self, raw_X):
        """Hash the features of samples.

        Parameters
        ----------
        raw_X : iterable of mappings, of iterables of pairs or of iterables of str
            As `input_type` says; a generator will do. Names are str or bytes, values numbers; a
            str s as the value of name f is the feature "f=s" with value 1.

        Returns
        -------
        CSR matrix of shape (n_samples, n_features)

        Raises
        ------
        ValueError
            Without samples, or for a string where an iterable of strings belongs.
        TypeError
            For a name that is neither str nor bytes, or a value that is no number.
        """
        self._check_params()
        samples = iter(raw_X)
        first = next(samples, None)
        if first is None:
            raise ValueError("Cannot vectorize empty sequence: FeatureHasher needs a sample")
        if self.input_type == "string" and isinstance(first, str):
            raise ValueError(
                "Samples can not be a single string. FeatureHasher(input_type='string') takes an "
                "iterable over iterables of strings"
            )
        samples = itertools.chain([first], samples)
        if self.input_type == "dict":
            samples = (sample.items() for sample in samples)
        arrays = hash_features(
            samples,
            self.n_features,
            self.alternate_sign,
            names_alone=self.input_type == "string",
        )
        return summed_rows(*arrays, self.n_features, self.dtype)


def summed_rows(indptr, indices, values, n_columns, dtype):
    """The CSR matrix of rows in which columns may repeat: values of one column are added."""
    from scipy.sparse import csr_array

    shape = (len(indptr) - 1, n_columns)
    X = csr_array((values, indices, indptr), shape=shape, dtype=dtype)
    X.sum_duplicates()
    return as_interface(X)
