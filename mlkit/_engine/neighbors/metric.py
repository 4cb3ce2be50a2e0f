"""Metrics by name, as what the kernels of a search measure and what becomes of the rows first.

Many metrics are another one of other rows: Mahalanobis' is Euclidean of whitened rows, cosine half
the squared Euclidean of unit rows, haversine is ordered as the chord through the sphere.
"""

from dataclasses import dataclass, field

import numpy as np

from ..._core.linalg import row_norms
from .pairwise import BOOLEAN_METRICS

# As in measure.hpp.
_KINDS = {
    "euclidean": 0,
    "sqeuclidean": 1,
    "manhattan": 2,
    "chebyshev": 3,
    "minkowski": 4,
    "hamming": 5,
    "canberra": 6,
    "braycurtis": 7,
    "jaccard": 8,
    "dice": 9,
    "rogerstanimoto": 10,
    "russellrao": 11,
    "sokalsneath": 12,
    "matching": 13,
    "kulsinski": 14,
    "arc": 15,
}
_ALIASES = {
    "l2": "euclidean",
    "l1": "manhattan",
    "cityblock": "manhattan",
    "p": "minkowski",
    "infinity": "chebyshev",
    "sokalmichener": "rogerstanimoto",
}
BOOLEAN = (*BOOLEAN_METRICS, "matching", "kulsinski", "sokalmichener")
# Kinds for which the gap to a box bounds the distance, and those without a triangle inequality.
_WITH_BOXES = ("euclidean", "manhattan", "chebyshev", "minkowski", "arc")
_NO_TRIANGLE = ("sqeuclidean", "braycurtis", "dice", "russellrao", "kulsinski")
_SCREENED = ("euclidean", "sqeuclidean", "manhattan", "chebyshev", "arc")


@dataclass(frozen=True)
class Metric:
    """What the kernels measure, of which rows, and what the result is turned into.

    Parameters
    ----------
    measured : str
        The metric of the kernels.
    p : float
        Exponent of "minkowski".
    rows : str
        What is done to rows: "", "scaled", "whitened", "boolean", "unit", "centred", "sphere".
    factor : ndarray or None
        Factors of columns, or the matrix that whitens.
    """

    measured: str
    p: float = 2.0
    rows: str = ""
    factor: np.ndarray = field(default=None, compare=False)

    @property
    def kind(self):
        """Code of the kernels."""
        return _KINDS[self.measured]

    @property
    def has_boxes(self):
        """Whether a box bounds distances: "minkowski" does from p = 1."""
        return self.measured in _WITH_BOXES and self.p >= 1

    @property
    def has_means(self):
        """Whether the distance from a mean of rows is one, with the triangle inequality."""
        return self.has_boxes and self.measured != "arc"

    @property
    def is_metric(self):
        """Whether the triangle inequality holds."""
        return self.measured not in _NO_TRIANGLE and self.p >= 1

    @property
    def is_screened(self):
        """Whether a screen in single precision goes before."""
        return self.measured in _SCREENED

    def prepare(self, X, *, query=False):
        """Rows as they are measured, in float64; `query` tells those that are searched for."""
        X = np.asarray(X, dtype=np.float64) if self.rows != "boolean" else X
        if self.rows == "scaled":
            return X * self.factor
        if self.rows == "whitened":
            return X @ self.factor
        if self.rows == "boolean":
            return (np.asarray(X) != 0).astype(np.float64)
        if self.rows == "sphere":
            latitude, longitude = X.T
            across = np.cos(latitude)
            points = (across * np.cos(longitude), across * np.sin(longitude), np.sin(latitude))
            return np.column_stack(points)
        if self.rows in ("unit", "centred"):
            return _unit(X - X.mean(axis=1, keepdims=True) if self.rows == "centred" else X, query)
        return X

    def measured_radius(self, radius):
        """The radius for the kernels, no less than what belongs to `radius`."""
        if self.rows in ("unit", "centred"):
            return 2.0 * radius
        # Room for the rounding of three coordinates; which pairs stay is decided by `exact`.
        return radius * (1 + 1e-12) + 1e-14 if self.rows == "sphere" else radius

    def finish(self, distance):
        """Distances of what the kernels found; "sphere" needs `exact` instead."""
        return 0.5 * distance if self.rows in ("unit", "centred") else distance

    @property
    def rescored(self):
        """Whether pairs are measured anew, by `exact`, once found."""
        return self.rows == "sphere"

    def exact(self, x, y):
        """Distance of rows side by side, of data as it was."""
        lat, lon = x[:, 0], x[:, 1]
        chord = np.sin((lat - y[:, 0]) / 2) ** 2
        chord += np.cos(lat) * np.cos(y[:, 0]) * np.sin((lon - y[:, 1]) / 2) ** 2
        return 2 * np.arcsin(np.sqrt(np.minimum(chord, 1, out=chord)))


def _unit(X, query):
    """Rows of length 1. A row of zeros is at right angles to all others: it gets a column."""
    norms = row_norms(X)
    none = norms == 0
    out = np.zeros((len(X), X.shape[1] + 2))
    np.divide(X, np.where(none, 1, norms)[:, None], out=out[:, :-2])
    out[none, -1 if query else -2] = 1
    return out


def metric_for(name, params=None, n_columns=None):
    """Return the `Metric` of a name, or None where the kernels have none.

    Parameters
    ----------
    name : str or callable
    params : dict or None
        Its parameters: p and w of "minkowski", V of "seuclidean", V or VI of "mahalanobis".
    n_columns : int or None
        To check parameters against.

    Returns
    -------
    Metric or None

    Raises
    ------
    ValueError
        For parameters that are missing or of another width.

    Notes
    -----
    There is none for haversine of another number of columns than two, nor for a Mahalanobis
    distance whose matrix is not positive definite: NaN then is what some pairs have.
    """
    params = {key: value for key, value in (params or {}).items() if value is not None}
    name = _ALIASES.get(name, name) if isinstance(name, str) else name
    if name == "minkowski":
        return _minkowski(params, n_columns)
    if name == "seuclidean":
        return _seuclidean(params, n_columns)
    if name == "mahalanobis":
        return _mahalanobis(params, n_columns)
    if params or not isinstance(name, str):
        return None
    if name == "haversine":
        if n_columns not in (None, 2):
            return None
        return Metric("arc", rows="sphere")
    if name in ("cosine", "correlation"):
        return Metric("sqeuclidean", rows="unit" if name == "cosine" else "centred")
    if name not in _KINDS:
        return None
    return Metric(name, rows="boolean" if name in BOOLEAN else "")


def _check_width(name, values, n_columns, metric):
    if n_columns is not None and values.shape[-1] != n_columns:
        raise ValueError(
            f"metric={metric!r}: {name} is for {values.shape[-1]} columns, the data has {n_columns}"
        )


def _minkowski(params, n_columns):
    p, w = float(params.pop("p", 2)), params.pop("w", None)
    if params:
        return None
    if not p > 0:
        raise ValueError(f"metric='minkowski': p must be greater than 0, got {p}")
    measured = {1: "manhattan", 2: "euclidean", np.inf: "chebyshev"}.get(p, "minkowski")
    exponent = p if measured == "minkowski" else 2.0
    if w is None:
        return Metric(measured, exponent)
    w = np.asarray(w, dtype=np.float64)
    if w.ndim != 1 or not np.isfinite(w).all() or (w < 0).any():
        raise ValueError("metric='minkowski': w must be finite weights of columns, not negative")
    _check_width("w", w, n_columns, "minkowski")
    return Metric(measured, exponent, "scaled", w ** (1 / p) if p < np.inf else 1.0 * (w > 0))


def _seuclidean(params, n_columns):
    if "V" not in params:
        raise ValueError("metric='seuclidean' needs metric_params={'V': variances of the columns}")
    V = np.asarray(params.pop("V"), dtype=np.float64)
    if params:
        return None
    _check_width("V", V, n_columns, "seuclidean")
    if V.ndim != 1 or not (V > 0).all():
        raise ValueError("metric='seuclidean': V must be variances of columns, greater than 0")
    return Metric("euclidean", rows="scaled", factor=1 / np.sqrt(V))


def _mahalanobis(params, n_columns):
    V, VI = params.pop("V", None), params.pop("VI", None)
    if params:
        return None
    if V is None and VI is None:
        raise ValueError(
            "metric='mahalanobis' needs metric_params={'V': covariance} or {'VI': its inverse}"
        )
    inverse = np.linalg.inv(np.asarray(V, dtype=np.float64)) if VI is None else np.asarray(VI)
    inverse = inverse.astype(np.float64, copy=False)
    if inverse.ndim != 2 or inverse.shape[0] != inverse.shape[1]:
        raise ValueError(f"metric='mahalanobis': V/VI must be square, got shape {inverse.shape}")
    _check_width("VI", inverse, n_columns, "mahalanobis")
    # Only the symmetric part matters to xᵀ VI x.
    try:
        factor = np.linalg.cholesky((inverse + inverse.T) / 2)
    except np.linalg.LinAlgError:
        return None
    return Metric("euclidean", rows="whitened", factor=factor)
