"""Searches by brute force, boxes and balls: the same bits, and those of the definition."""

import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial.distance import cdist

from mlkit._engine.neighbors.index import Rows
from mlkit._engine.neighbors.metric import metric_for

D = 5
COVARIANCE = np.cov(np.random.default_rng(9).standard_normal((D, 40)))
NUMERIC = {
    "euclidean": {},
    "sqeuclidean": {},
    "cityblock": {},
    "chebyshev": {},
    "canberra": {},
    "cosine": {},
    "correlation": {},
    "seuclidean": {"V": np.linspace(0.5, 2, D)},
    "mahalanobis": {"VI": np.linalg.inv(COVARIANCE)},
}
MINKOWSKI = [{"p": 1.5}, {"p": 3}, {"p": 4}, {"p": 2.7}, {"p": 3, "w": np.linspace(0, 2, D)}]
BOOLEAN = ["jaccard", "dice", "rogerstanimoto", "russellrao", "sokalsneath"]
CASES = [
    *NUMERIC.items(),
    *[("minkowski", params) for params in MINKOWSKI],
    *[(name, {}) for name in (*BOOLEAN, "hamming", "braycurtis")],
]
IDS = [f"{name}-{i}" for i, (name, _) in enumerate(CASES)]


def data(name, n=300, d=D, seed=0):
    rng = np.random.default_rng(seed)
    X, Q = rng.standard_normal((n, d)), rng.standard_normal((37, d))
    if name in BOOLEAN:
        # Of two rows without any truth no distance is defined: one column is always true.
        X[:, 0], Q[:, 0] = 1, 1
        return X > 0, Q > 0
    if name == "hamming":
        return X.round(), Q.round()
    return (abs(X), abs(Q)) if name == "braycurtis" else (X, Q)


def shapes(metric):
    return [None, "ball", *(["box"] if metric.has_boxes else [])]


def ranked(distance, k):
    """The k least of each row, equal ones by column."""
    order = np.argsort(distance, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(distance, order, 1), order


@pytest.mark.parametrize(("name", "params"), CASES, ids=IDS)
def test_nearest_rows_are_those_of_the_definition(name, params):
    X, Q = data(name)
    metric = metric_for(name, params, D)
    expected, _ = ranked(cdist(Q, X, name, **params), 20)
    found = [Rows(X, metric, shape, 10).nearest(Q, 20) for shape in shapes(metric)]
    assert_allclose(found[0][0], expected, rtol=1e-9, atol=1e-12)
    for distance, index in found:
        assert_array_equal(distance, found[0][0])
        assert_array_equal(index, found[0][1])
    # Every index is of a row at just that distance, and none comes twice.
    full = cdist(Q, X, name, **params)
    assert_allclose(np.take_along_axis(full, found[0][1], 1), expected, rtol=1e-9, atol=1e-12)
    assert all(len(set(row)) == 20 for row in found[0][1].tolist())


@pytest.mark.parametrize(("name", "params"), CASES, ids=IDS)
def test_rows_within_a_radius_are_those_of_the_definition(name, params):
    X, Q = data(name, seed=1)
    full = cdist(Q, X, name, **params)
    # Between two distances that occur, so that rounding decides nothing.
    values = np.unique(full.round(9))
    at = len(values) // 4
    radius = values[at : at + 2].mean()
    expected = [np.flatnonzero(row <= radius) for row in full]
    metric = metric_for(name, params, D)
    for shape in shapes(metric):
        rows = Rows(X, metric, shape, 10)
        indptr, distance, index = rows.within(Q, radius)
        assert_array_equal(index, np.concatenate(expected))
        assert_array_equal(np.diff(indptr), [len(each) for each in expected])
        assert_allclose(distance, np.concatenate([r[r <= radius] for r in full]), atol=1e-9)
        assert_array_equal(rows.count_within(Q, radius), np.diff(indptr))


@pytest.mark.parametrize("shape", [None, "box", "ball"])
def test_equal_distances_rank_by_row(shape):
    """A lattice has many rows equally far; what counts is their position, however searched."""
    grid = np.stack(np.meshgrid(*[np.arange(6.0)] * 3), axis=-1).reshape(-1, 3)
    X = np.random.default_rng(2).permutation(np.repeat(grid, 2, axis=0))
    rows = Rows(X, metric_for("euclidean"), shape, 4)
    distance, index = rows.nearest(grid, 30)
    expected, order = ranked(((grid[:, None] - X) ** 2).sum(axis=2), 30)
    assert_array_equal(index, order)
    assert_array_equal(distance, np.sqrt(expected))


HARD = {
    "far from the origin": lambda X: X + 1e8,
    "one far away": lambda X: np.vstack([X, np.full((1, X.shape[1]), 1e12)]),
    "scales apart": lambda X: X * 10.0 ** np.arange(-6, 2 * X.shape[1] - 6, 2),
    "huge": lambda X: X * 1e150,
    "tiny": lambda X: X * 1e-150,
    "clusters of near copies": lambda X: X.round() + 1e-9 * X,
    "constant column": lambda X: X * (np.arange(X.shape[1]) > 0),
    "all the same": lambda X: np.ones_like(X),
    "of whole numbers": lambda X: (4 * X).round(),
    "single precision": lambda X: X.astype(np.float32),
}


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "chebyshev"])
@pytest.mark.parametrize("kind", HARD)
def test_the_screen_loses_no_row(kind, metric):
    """The screen in single precision decides nothing, even where it can tell little apart."""
    X = HARD[kind](np.random.default_rng(3).standard_normal((400, 6)))
    Q = np.vstack([X[:40], 3 * X[:5], X[:5] + 1000])
    away = np.abs(Q[:, None].astype(np.float64) - X.astype(np.float64))
    scale = away.max() or 1
    full = {
        "euclidean": lambda: scale * np.sqrt(((away / scale) ** 2).sum(axis=2)),
        "manhattan": lambda: away.sum(axis=2),
        "chebyshev": lambda: away.max(axis=2),
    }[metric]()
    expected, _ = ranked(full, 9)
    for shape in (None, "box", "ball"):
        distance, index = Rows(X, metric_for(metric), shape, 8).nearest(Q, 9)
        assert_allclose(distance, expected, rtol=1e-12, atol=0)
        assert_allclose(np.take_along_axis(full, index, 1), expected, rtol=1e-12, atol=0)


@pytest.mark.parametrize("n", [1, 15, 16, 17, 200])
@pytest.mark.parametrize("d", [1, 7, 8, 9, 40])
def test_any_shape(n, d):
    rng = np.random.default_rng(4)
    X, Q = rng.standard_normal((n, d)), rng.standard_normal((13, d))
    expected, order = ranked(cdist(Q, X), n)
    for shape in (None, "box", "ball"):
        distance, index = Rows(X, metric_for("euclidean"), shape, 1).nearest(Q, n)
        assert_allclose(distance, expected, rtol=1e-12)
        assert_array_equal(index, order)


@pytest.mark.parametrize("shape", [None, "box", "ball"])
def test_neither_threads_nor_order_of_visits_matter(shape):
    X, _ = data("euclidean", n=6000)
    rows = Rows(X, metric_for("euclidean"), shape)
    one, four = rows.nearest(X, 7), rows.nearest(X.copy(), 7, n_threads=4)
    alone = [np.concatenate(each) for each in zip(*[rows.nearest(x[None], 7) for x in X[:50]],
                                                 strict=True)]  # fmt: skip
    best = rows.nearest(X, 7, best_first=True)
    for this in (four, best):
        assert_array_equal(one[0], this[0])
        assert_array_equal(one[1], this[1])
    assert_array_equal(one[0][:50], alone[0])
    assert_array_equal(one[1][:50], alone[1])
    within = rows.within(X[:100], 0.7), rows.within(X[:100], 0.7, n_threads=4)
    for a, b in zip(*within, strict=True):
        assert_array_equal(a, b)


def test_haversine_is_exact_for_near_and_for_opposite_points():
    rng = np.random.default_rng(5)
    X = np.column_stack([rng.uniform(-np.pi / 2, np.pi / 2, 200), rng.uniform(-np.pi, np.pi, 200)])
    Q = np.vstack([X[:20] + 1e-9, np.column_stack([-X[:20, 0], X[:20, 1] + np.pi])])
    half = np.sin((Q[:, None] - X) / 2) ** 2
    chord = half[..., 0] + np.cos(Q[:, :1]) * np.cos(X[:, 0]) * half[..., 1]
    full = 2 * np.arcsin(np.sqrt(np.minimum(chord, 1)))
    expected, _ = ranked(full, 10)
    for shape in (None, "box", "ball"):
        rows = Rows(X, metric_for("haversine"), shape, 5)
        distance, _ = rows.nearest(Q, 10)
        assert_allclose(distance, expected, rtol=1e-7, atol=1e-17)
        assert_array_equal(distance, np.sort(distance, axis=1))
        indptr, near, _ = rows.within(Q, 0.5)
        assert_array_equal(np.diff(indptr), (full <= 0.5).sum(axis=1))
        assert (near <= 0.5).all()
        assert_array_equal(rows.count_within(Q, 4.0), 200)


@pytest.mark.parametrize("name", ["cosine", "correlation"])
def test_a_row_of_zeros_is_at_right_angles_to_all(name):
    X = np.array([[0.0, 0, 0], [1, 2, 4], [0, 0, 0], [-1, -2, -4]])
    rows = Rows(X, metric_for(name))
    distance, index = rows.nearest(X[[0, 1]], 4)
    assert_allclose(distance[0], 1)
    assert_allclose(distance[1], [0, 1, 1, 2], atol=1e-15)
    assert_array_equal(index[1], [1, 0, 2, 3])


def test_a_pair_at_just_the_radius_is_within():
    """√ of a sum of squares, squared again, may be less than the sum."""
    X = np.random.default_rng(6).standard_normal((200, 3))
    for shape in (None, "box", "ball"):
        rows = Rows(X, metric_for("euclidean"), shape, 5)
        distance, _ = rows.nearest(X, 10)
        indptr, found, _ = rows.within(X, distance[:, -1])
        assert_array_equal(np.diff(indptr), 10)
        assert_allclose(np.sort(found.reshape(200, 10)), distance, rtol=0)


def test_levels_of_the_processor_agree(tmp_path):
    """Neighbours and distances are the same, to the bit, whatever registers there are."""
    code = (
        "import numpy as np, hashlib;"
        "from mlkit._engine.neighbors.index import Rows;"
        "from mlkit._engine.neighbors.metric import metric_for;"
        "X = np.random.default_rng(0).standard_normal((900, 11)); h = hashlib.sha256();"
        "[h.update(a.tobytes()) for m, p in (('euclidean', {}), ('manhattan', {}), "
        "('minkowski', {'p': 3}), ('canberra', {}), ('hamming', {})) "
        "for s in (None, 'ball') for a in Rows(X, metric_for(m, p), s).nearest(X[:99], 5)];"
        "print(h.hexdigest())"
    )
    digests = set()
    for level in ("baseline", "avx2", "avx512"):
        run = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True,
            env={"MLKIT_CPU": level, "PATH": "", "PYTHONPATH": ":".join(sys.path)},
        )  # fmt: skip
        digests.add(run.stdout)
    assert len(digests) == 1


def test_doors_are_checked():
    X, Q = data("euclidean")
    rows = Rows(X, metric_for("euclidean"))
    with pytest.raises(ValueError, match="between 1 and"):
        rows.nearest(Q, 301)
    with pytest.raises(ValueError, match="columns"):
        rows.nearest(np.zeros((2, 17)), 1)
    for name, params in (("minkowski", {"p": 0}), ("minkowski", {"w": [-1.0] * D}),
                         ("minkowski", {"w": [1.0]}), ("seuclidean", {}), ("mahalanobis", {}),
                         ("seuclidean", {"V": np.zeros(D)}),
                         ("mahalanobis", {"VI": np.ones((D, 2))})):  # fmt: skip
        with pytest.raises(ValueError, match=name):
            metric_for(name, params, D)
    assert metric_for("mahalanobis", {"VI": -np.eye(D)}, D) is None
