"""Distances by name as objects, with the quicker quantity by which trees compare them."""

import numpy as np

from .._core import domains as d
from .._core.arrays import check_array
from .._core.params import checked
from .._core.sparse import issparse
from .._engine.neighbors import pairwise as engine

_NAMES = {"p": "minkowski", "l2": "euclidean", "l1": "manhattan", "cityblock": "manhattan",
          "infinity": "chebyshev", "sokalmichener": "rogerstanimoto"}  # fmt: skip
_OPTIONS = {
    "euclidean": (),
    "manhattan": (),
    "chebyshev": (),
    "minkowski": ("p", "w"),
    "seuclidean": ("V",),
    "mahalanobis": ("V", "VI"),
    "haversine": (),
    "hamming": (),
    "canberra": (),
    "braycurtis": (),
    "matching": (),
    "kulsinski": (),
    **{name: () for name in engine.BOOLEAN_METRICS if name != "yule"},
}
"""Name → the parameters that it takes."""
_SQUARED = ("euclidean", "seuclidean", "mahalanobis")
_BOOLEAN = (*engine.BOOLEAN_METRICS, "matching", "kulsinski")


class DistanceMetric:
    """A distance by name; `get_metric` makes one.

    Of numbers: "euclidean" ("l2"), "manhattan" ("l1", "cityblock"), "chebyshev" ("infinity"),
    "minkowski" ("p") with `p` and weights `w`, "seuclidean" with variances `V`, "mahalanobis" with
    the covariance `V` or its inverse `VI`, "haversine" of (latitude, longitude) in radians,
    "hamming", "canberra", "braycurtis". Of truth values, what is not zero being true: "jaccard",
    "matching", "dice", "kulsinski", "rogerstanimoto" ("sokalmichener"), "russellrao",
    "sokalsneath". "pyfunc" with `func`, a function of two rows.

    Examples
    --------
    >>> from mlkit.metrics import DistanceMetric
    >>> distance = DistanceMetric.get_metric("euclidean")
    >>> distance.pairwise([[0.0, 0.0], [3.0, 4.0]])
    array([[0., 5.],
           [5., 0.]])
    """

    def __init__(self, metric, dtype=np.float64, **params):
        self.metric, self.dtype, self.params = metric, np.dtype(dtype), params

    def __repr__(self):
        params = "".join(f", {name}={value!r}" for name, value in self.params.items())
        return f"DistanceMetric({self.metric!r}{params})"

    @classmethod
    def get_metric(cls, metric, dtype=np.float64, **kwargs):
        """Return the distance of that name.

        Parameters
        ----------
        metric : str or callable
            A name, or a function of two rows.
        dtype : {np.float32, np.float64}, default=np.float64
            Of the distances.
        **kwargs : dict
            Its parameters; those of "pyfunc" beside `func` are passed to the function.

        Returns
        -------
        DistanceMetric

        Raises
        ------
        ValueError
            For an unknown name, dtype, or values of parameters.
        TypeError
            For parameters that the distance does not have, or lacks.
        """
        if dtype not in (np.float32, np.float64):
            raise ValueError(f"dtype must be numpy.float32 or numpy.float64, got {dtype!r}")
        if isinstance(metric, DistanceMetric):
            return metric
        if callable(metric):
            metric, kwargs = "pyfunc", {"func": metric, **kwargs}
        if metric == "pyfunc":
            if not callable(kwargs.get("func")):
                raise TypeError("metric='pyfunc' needs func, a function of two rows")
            return cls(metric, dtype, **kwargs)
        metric = _NAMES.get(metric, metric)
        if metric not in _OPTIONS:
            raise ValueError(
                f"Unrecognized metric {metric!r}; names are {sorted([*_OPTIONS, *_NAMES])}"
            )
        strange = set(kwargs) - set(_OPTIONS[metric])
        if strange:
            raise TypeError(
                f"metric={metric!r} has the parameters {_OPTIONS[metric]}, not {sorted(strange)}"
            )
        return cls(metric, dtype, **_checked(metric, kwargs))._special()

    def _special(self):
        """Minkowski's distances of p = 1, 2 and ∞ without weights have names of their own."""
        if self.metric != "minkowski" or "w" in self.params:
            return self
        names = {1: "manhattan", 2: "euclidean", np.inf: "chebyshev"}
        name = names.get(self.params["p"])
        return self if name is None else type(self)(name, self.dtype)

    @checked(X=d.array_like | d.sparse_matrix, Y=d.array_like | d.sparse_matrix | d.none)
    def pairwise(self, X, Y=None):
        """Return the distances of the rows of X from those of Y.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples_X, n_features)
        Y : array-like or sparse matrix of shape (n_samples_Y, n_features), default=None
            None is X.

        Returns
        -------
        ndarray of shape (n_samples_X, n_samples_Y)
        """
        X = self._rows(X)
        Y = X if Y is None else self._rows(Y)
        if X.shape[1] != Y.shape[1]:
            raise ValueError(
                f"X and Y must have the same second dimension: {X.shape[1]} and {Y.shape[1]}"
            )
        self._check_width(X.shape[1])
        return self._distances(X, Y).astype(self.dtype, copy=False)

    def _rows(self, X):
        X = check_array(X, dtype=np.float64, accept_sparse="csr", input_name="X")
        if issparse(X):
            X = X.toarray()
        return X != 0 if self.metric in _BOOLEAN else X

    def _check_width(self, n_columns):
        if self.metric == "haversine" and n_columns != 2:
            raise ValueError(f"haversine needs 2 columns, latitude and longitude, got {n_columns}")
        for name in ("w", "V", "VI"):
            length = np.shape(self.params.get(name, np.empty(n_columns)))[-1]
            if length != n_columns:
                raise ValueError(
                    f"metric={self.metric!r}: {name} is for {length} columns, the data has "
                    f"{n_columns}"
                )

    def _distances(self, X, Y):
        if self.metric == "pyfunc":
            options = {key: value for key, value in self.params.items() if key != "func"}
            return engine.distance_of_pairs(self.params["func"], X, Y, **options)
        if self.metric == "kulsinski":
            return _kulsinski(X, Y)
        return engine.distances(X, Y, self.metric, **self.params)

    def dist_to_rdist(self, dist):
        """Return what orders as the distance does and is quicker: its power, square or chord.

        Parameters
        ----------
        dist : float or ndarray

        Returns
        -------
        float or ndarray
        """
        if self.metric in _SQUARED:
            return dist**2
        if self.metric == "minkowski" and self.params["p"] != np.inf:
            return dist ** self.params["p"]
        return np.sin(0.5 * dist) ** 2 if self.metric == "haversine" else dist

    def rdist_to_dist(self, rdist):
        """Return the distance of a reduced distance.

        Parameters
        ----------
        rdist : float or ndarray

        Returns
        -------
        float or ndarray
        """
        if self.metric in _SQUARED:
            return np.sqrt(rdist)
        if self.metric == "minkowski" and self.params["p"] != np.inf:
            return rdist ** (1 / self.params["p"])
        return 2 * np.arcsin(np.sqrt(rdist)) if self.metric == "haversine" else rdist


def _checked(metric, given):
    """Parameters as arrays, refused where no distance comes of them."""
    if metric == "minkowski":
        return _minkowski(given)
    if metric == "seuclidean":
        if "V" not in given:
            raise TypeError("metric='seuclidean' needs V, the variances of the columns")
        return {"V": np.asarray(given["V"], dtype=np.float64)}
    if metric == "mahalanobis":
        if given.get("VI") is not None:
            inverse = np.asarray(given["VI"], dtype=np.float64)
        elif given.get("V") is not None:
            inverse = np.linalg.inv(np.asarray(given["V"], dtype=np.float64))
        else:
            raise ValueError("metric='mahalanobis' needs V, a covariance, or VI, its inverse")
        if inverse.ndim != 2 or inverse.shape[0] != inverse.shape[1]:
            raise ValueError(f"V/VI must be square, got shape {inverse.shape}")
        return {"VI": inverse}
    return {}


def _minkowski(given):
    p = given.get("p", 2)
    if not p > 0:
        raise ValueError(f"metric='minkowski': p must be greater than 0, got {p}")
    if given.get("w") is None:
        return {"p": p}
    w = check_array(given["w"], ensure_2d=False, dtype=np.float64, input_name="w")
    if (w < 0).any():
        raise ValueError("metric='minkowski': w cannot contain negative weights")
    return {"p": p, "w": w}


def _kulsinski(X, Y):
    """(n₁₀ + n₀₁ − n₁₁ + n) / (n₁₀ + n₀₁ + n), with the numbers of columns where x, y are so."""
    x, y = X.astype(np.float64), Y.astype(np.float64)
    both = x @ y.T
    differ = x.sum(axis=1)[:, None] + y.sum(axis=1) - 2 * both
    return (differ - both + X.shape[1]) / (differ + X.shape[1])
