"""Classification and clustering problems with known classes."""

import numbers

import numpy as np

from .._core import domains
from .._core.bunch import Bunch
from .._core.convert import check_array
from .._core.domains import (
    above,
    array_like,
    at_least,
    between,
    boolean,
    instance_of,
    integer,
    none,
)
from .._core.params import checked
from .._core.sampling import shuffle as shuffle_rows
from .._core.seeds import check_random_state
from .._core.sparse import as_interface
from ._draws import hypercube_corners, shuffled_columns


@checked(
    n_samples=integer(1),
    n_features=integer(1),
    n_informative=integer(1),
    n_redundant=integer(0),
    n_repeated=integer(0),
    n_classes=integer(1),
    n_clusters_per_class=integer(1),
    weights=array_like | none,
    flip_y=between(0, 1),
    class_sep=above(0),
    hypercube=boolean,
    shift=domains.real | array_like | none,
    scale=above(0) | array_like | none,
    shuffle=boolean,
    random_state=domains.random_state,
    return_X_y=boolean,
)
def make_classification(
    n_samples=100,
    n_features=20,
    *,
    n_informative=2,
    n_redundant=2,
    n_repeated=0,
    n_classes=2,
    n_clusters_per_class=2,
    weights=None,
    flip_y=0.01,
    class_sep=1.0,
    hypercube=True,
    shift=0.0,
    scale=1.0,
    shuffle=True,
    random_state=None,
    return_X_y=True,
):
    """Draw Gaussian clusters about corners of a cube of side ``2 class_sep``, several a class.

    Columns are, before shuffling: informative (the clusters, each stretched by a random linear
    map), redundant (random linear combinations of those), repeated (copies of either) and noise.

    Parameters
    ----------
    n_samples : int ≥ 1, default=100
    n_features : int ≥ 1, default=20
    n_informative : int ≥ 1, default=2
        Dimensions of the cube.
    n_redundant : int ≥ 0, default=2
    n_repeated : int ≥ 0, default=0
    n_classes : int ≥ 1, default=2
    n_clusters_per_class : int ≥ 1, default=2
    weights : array-like of shape (n_classes,) or (n_classes - 1,) or None, default=None
        Share of each class, the last completed to 1; None: equal.
    flip_y : float in [0, 1], default=0.01
        Share of rows whose class is drawn at random.
    class_sep : float > 0, default=1.0
        Half the side of the cube.
    hypercube : bool, default=True
        False puts clusters on corners of a random polytope.
    shift : float, array-like of shape (n_features,) or None, default=0.0
        Added to the features; None: random in ±class_sep.
    scale : float > 0, array-like of shape (n_features,) or None, default=1.0
        Features are multiplied by it after the shift; None: random in [1, 101).
    shuffle : bool, default=True
        Put rows and features in random order.
    random_state : None, int, RandomState or Generator, default=None
    return_X_y : bool, default=True
        False returns a Bunch of X, y, parameters, feature_info (the kind of each column) and DESCR.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features), float64
    y : ndarray of shape (n_samples,), int

    Raises
    ------
    InvalidParameterError
        If a parameter is outside its domain.
    ValueError
        If the kinds of features exceed `n_features`, clusters exceed corners, or `weights` has
        another length.

    References
    ----------
    I. Guyon, "Design of experiments for the NIPS 2003 variable selection benchmark", 2003.

    Examples
    --------
    >>> from mlkit.datasets import make_classification
    >>> X, y = make_classification(random_state=0)
    >>> X.shape, y.shape
    ((100, 20), (100,))
    """
    parameters = dict(locals())
    kinds = _feature_kinds(n_features, n_informative, n_redundant, n_repeated)
    n_clusters = n_classes * n_clusters_per_class
    if n_informative < np.log2(n_clusters):
        raise ValueError(
            f"make_classification: n_classes={n_classes} of n_clusters_per_class="
            f"{n_clusters_per_class} need {n_clusters} corners, but a cube of n_informative="
            f"{n_informative} dimensions has {2**n_informative}; raise n_informative"
        )
    sizes = _cluster_sizes(n_samples, n_classes, n_clusters_per_class, weights)
    rng = check_random_state(random_state)
    informative = _stretched_clusters(rng, n_samples, n_informative, sizes, class_sep, hypercube)
    X = _dependent_columns(rng, informative, n_redundant, n_repeated, kinds.count("random"))
    y = np.zeros(n_samples, dtype=int)
    labels = np.repeat(np.arange(n_clusters) % n_classes, sizes)[:n_samples]
    y[: len(labels)] = labels
    flipped = rng.uniform(size=n_samples) < flip_y
    y[flipped] = rng.randint(n_classes, size=flipped.sum())
    if shift is None:
        shift = (2 * rng.uniform(size=n_features) - 1) * class_sep
    X += shift
    if scale is None:
        scale = 1 + 100 * rng.uniform(size=n_features)
    X *= scale
    if shuffle:
        X, y = shuffle_rows(X, y, random_state=rng)
        X, order = shuffled_columns(rng, X)
        kinds = [kinds[column] for column in order]
    if return_X_y:
        return X, y
    parameters |= {"shift": shift, "scale": scale}
    doc = make_classification.__doc__
    return Bunch(DESCR=doc, parameters=parameters, feature_info=kinds, X=X, y=y)


def _feature_kinds(n_features, n_informative, n_redundant, n_repeated):
    n_random = n_features - n_informative - n_redundant - n_repeated
    if n_random < 0:
        raise ValueError(
            f"make_classification(n_features={n_features}): n_informative={n_informative}, "
            f"n_redundant={n_redundant} and n_repeated={n_repeated} sum to more; raise n_features"
        )
    counts = {
        "informative": n_informative,
        "redundant": n_redundant,
        "repeated": n_repeated,
        "random": n_random,
    }
    return [kind for kind, count in counts.items() for _ in range(count)]


def _cluster_sizes(n_samples, n_classes, n_clusters_per_class, weights):
    """Return the rows of each cluster, clusters of different classes by turns."""
    shares = [1.0 / n_classes] * n_classes if weights is None else list(weights)
    if len(shares) == n_classes - 1:
        shares.append(1.0 - sum(shares))
    if len(shares) != n_classes:
        raise ValueError(
            f"make_classification(weights={weights!r}): {len(shares)} weights for n_classes="
            f"{n_classes}; give one a class, or all but the last"
        )
    sizes = [int(n_samples * share / n_clusters_per_class) for share in shares]
    sizes = np.array(sizes * n_clusters_per_class)
    # Rounding down leaves a few rows; weights that sum to less than 1 leave many.
    rounds, rest = divmod(max(n_samples - sizes.sum(), 0), len(sizes))
    sizes += rounds
    sizes[:rest] += 1
    return sizes


def _stretched_clusters(rng, n_samples, n_dimensions, sizes, class_sep, hypercube):
    """Return Gaussian clusters, one of ``sizes[k]`` rows about the kth of some random corners."""
    n_clusters = len(sizes)
    corners = (2 * hypercube_corners(rng, n_clusters, n_dimensions) - 1) * class_sep
    if not hypercube:
        corners *= rng.uniform(size=(n_clusters, 1))
        corners *= rng.uniform(size=(1, n_dimensions))
    X = rng.standard_normal(size=(n_samples, n_dimensions))
    stops = np.cumsum(sizes)
    for corner, start, stop in zip(corners, stops - sizes, stops, strict=True):
        stretch = 2 * rng.uniform(size=(n_dimensions, n_dimensions)) - 1
        X[start:stop] = X[start:stop] @ stretch + corner
    return X


def _dependent_columns(rng, informative, n_redundant, n_repeated, n_random):
    """Append combinations of the informative columns, copies of either, and noise."""
    n_samples, n_informative = informative.shape
    X = informative
    if n_redundant:
        weights = 2 * rng.uniform(size=(n_informative, n_redundant)) - 1
        X = np.hstack([X, informative @ weights])
    if n_repeated:
        copied = (X.shape[1] - 1) * rng.uniform(size=n_repeated) + 0.5
        X = np.hstack([X, X[:, copied.astype(np.intp)]])
    if n_random:
        X = np.hstack([X, rng.standard_normal(size=(n_samples, n_random))])
    return X


@checked(
    n_samples=integer(1),
    n_features=integer(1),
    n_classes=integer(1),
    n_labels=integer(0),
    length=integer(1),
    allow_unlabeled=boolean,
    sparse=boolean,
    return_indicator=domains.one_of("dense", "sparse") | boolean,
    return_distributions=boolean,
    random_state=domains.random_state,
)
def make_multilabel_classification(
    n_samples=100,
    n_features=20,
    *,
    n_classes=5,
    n_labels=2,
    length=50,
    allow_unlabeled=True,
    sparse=False,
    return_indicator="dense",
    return_distributions=False,
    random_state=None,
):
    """Draw bags of words: a document has Poisson many classes, and words from the mean of theirs.

    Parameters
    ----------
    n_samples : int ≥ 1, default=100
    n_features : int ≥ 1, default=20
        Words of the vocabulary.
    n_classes : int ≥ 1, default=5
    n_labels : int ≥ 0, default=2
        Mean of the Poisson number of classes, which is drawn again when above `n_classes`.
    length : int ≥ 1, default=50
        Mean of the Poisson number of words, which is drawn again when 0.
    allow_unlabeled : bool, default=True
        False: every row has a class.
    sparse : bool, default=False
        Return X in CSR.
    return_indicator : {"dense", "sparse"} or bool, default="dense"
        Y as an indicator matrix, dense (also True) or CSR; False: a list of lists of classes.
    return_distributions : bool, default=False
        Return the distributions that were drawn from as well.
    random_state : None, int, RandomState or Generator, default=None

    Returns
    -------
    X : ndarray or CSR of shape (n_samples, n_features), float64
        Counts of words.
    Y : ndarray or CSR of shape (n_samples, n_classes), int, or list of lists
    p_c : ndarray of shape (n_classes,), float64
        Probability of each class; with ``return_distributions=True``.
    p_w_c : ndarray of shape (n_features, n_classes), float64
        Probability of each word in each class; with ``return_distributions=True``.

    Raises
    ------
    InvalidParameterError
        If a parameter is outside its domain.
    ValueError
        If every row shall have a class but `n_labels` is 0.

    Examples
    --------
    >>> from mlkit.datasets import make_multilabel_classification
    >>> X, Y = make_multilabel_classification(n_classes=3, random_state=0)
    >>> X.shape, Y.shape
    ((100, 20), (100, 3))
    """
    if n_labels == 0 and not allow_unlabeled:
        raise ValueError(
            "make_multilabel_classification(n_labels=0, allow_unlabeled=False): no row would ever "
            "have a class; raise n_labels or allow unlabeled rows"
        )
    rng = check_random_state(random_state)
    class_share = rng.uniform(size=n_classes)
    class_share /= class_share.sum()
    word_share = rng.uniform(size=(n_features, n_classes))
    word_share /= word_share.sum(axis=0)
    least = 0 if allow_unlabeled else 1
    documents, labels = [], []
    for _ in range(n_samples):
        labels.append(_some_classes(rng, np.cumsum(class_share), n_labels, least))
        documents.append(_some_words(rng, word_share[:, labels[-1]], length))
    X = _counts(documents, n_features, float, sparse)
    if return_indicator is not False:
        labels = _counts(labels, n_classes, int, return_indicator == "sparse")
    return (X, labels, class_share, word_share) if return_distributions else (X, labels)


def _some_classes(rng, cumulative_share, mean, least):
    """Return a Poisson number of distinct classes, drawn by their shares."""
    size = -1
    while not least <= size <= len(cumulative_share):
        size = rng.poisson(mean)
    classes = set()
    while len(classes) < size:
        classes.update(np.searchsorted(cumulative_share, rng.uniform(size=size - len(classes))))
    return list(classes)


def _some_words(rng, word_share, mean):
    """Return a positive Poisson number of words, drawn from the sum of the columns' shares."""
    size = 0
    while size == 0:
        size = rng.poisson(mean)
    if not word_share.shape[1]:
        return rng.randint(len(word_share), size=size)
    cumulative_share = word_share.sum(axis=1).cumsum()
    return np.searchsorted(cumulative_share / cumulative_share[-1], rng.uniform(size=size))


def _counts(bags, n_columns, dtype, sparse):
    """Return how often each column occurs in each bag, as an array or in CSR."""
    n_rows = len(bags)
    row = np.repeat(np.arange(n_rows), [len(bag) for bag in bags])
    column = np.concatenate([np.asarray(bag, dtype=np.int64) for bag in bags])
    if sparse:
        import scipy.sparse as sp

        ones = np.ones(len(row), dtype=dtype)
        return as_interface(sp.coo_array((ones, (row, column)), shape=(n_rows, n_columns)).tocsr())
    cells = np.bincount(row * n_columns + column, minlength=n_rows * n_columns)
    return cells.reshape(n_rows, n_columns).astype(dtype)


@checked(
    n_samples=integer(1) | array_like,
    n_features=integer(1),
    centers=integer(1) | array_like | none,
    cluster_std=at_least(0) | array_like,
    center_box=instance_of(tuple),
    shuffle=boolean,
    random_state=domains.random_state,
    return_centers=boolean,
)
def make_blobs(
    n_samples=100,
    n_features=2,
    *,
    centers=None,
    cluster_std=1.0,
    center_box=(-10.0, 10.0),
    shuffle=True,
    random_state=None,
    return_centers=False,
):
    """Draw round Gaussian clusters N(cₖ, σₖ² I).

    Parameters
    ----------
    n_samples : int ≥ 1 or array-like of int, default=100
        Rows in all, divided evenly, or rows of each cluster.
    n_features : int ≥ 1, default=2
        Taken from `centers` if those are given.
    centers : int ≥ 1, array-like of shape (n_centers, n_features) or None, default=None
        How many, or where; None: three, or one for each entry of `n_samples`.
    cluster_std : float ≥ 0 or array-like of shape (n_centers,), default=1.0
    center_box : tuple (low, high), default=(-10.0, 10.0)
        Range of the coordinates of random centers.
    shuffle : bool, default=True
    random_state : None, int, RandomState or Generator, default=None
    return_centers : bool, default=False
        Return the centers as well.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features), float64
    y : ndarray of shape (n_samples,), int
        Cluster of each row.
    centers : ndarray of shape (n_centers, n_features), float64
        Only with ``return_centers=True``.

    Raises
    ------
    InvalidParameterError
        If a parameter is outside its domain.
    ValueError
        If `n_samples`, `centers` and `cluster_std` name different numbers of clusters.

    Examples
    --------
    >>> from mlkit.datasets import make_blobs
    >>> X, y = make_blobs([3, 4], random_state=0)
    >>> X.shape, y.tolist().count(1)
    ((7, 2), 4)
    """
    rng = check_random_state(random_state)
    one_number = isinstance(n_samples, numbers.Integral)
    if centers is None:
        centers = 3 if one_number else len(n_samples)
    elif isinstance(centers, numbers.Integral) and not one_number:
        raise ValueError(
            f"make_blobs(centers={centers}): where n_samples gives the rows of each cluster, "
            "centers must be array-like or None"
        )
    if isinstance(centers, numbers.Integral):
        centers = rng.uniform(*center_box, size=(centers, n_features))
    else:
        centers = check_array(centers)
    if one_number:
        rounds, rest = divmod(n_samples, len(centers))
        n_samples = [rounds + (cluster < rest) for cluster in range(len(centers))]
    if np.ndim(cluster_std) == 0:
        cluster_std = np.full(len(centers), cluster_std)
    for name, value in (("n_samples", n_samples), ("cluster_std", cluster_std)):
        if len(value) != len(centers):
            raise ValueError(
                f"make_blobs({name}={value!r}): {len(value)} entries for {len(centers)} centers; "
                "give one each"
            )
    clusters = zip(centers, cluster_std, n_samples, strict=True)
    X = np.vstack([rng.normal(loc, std, size=(size, len(loc))) for loc, std, size in clusters])
    y = np.repeat(np.arange(len(centers)), n_samples)
    if shuffle:
        X, y = shuffle_rows(X, y, random_state=rng)
    return (X, y, centers) if return_centers else (X, y)


@checked(
    mean=array_like | none,
    cov=at_least(0),
    n_samples=integer(1),
    n_features=integer(1),
    n_classes=integer(1),
    shuffle=boolean,
    random_state=domains.random_state,
)
def make_gaussian_quantiles(
    *,
    mean=None,
    cov=1.0,
    n_samples=100,
    n_features=2,
    n_classes=3,
    shuffle=True,
    random_state=None,
):
    """Draw from N(mean, cov I) and number the rows' classes outwards in shells of equal count.

    Parameters
    ----------
    mean : array-like of shape (n_features,) or None, default=None
        None: the origin.
    cov : float ≥ 0, default=1.0
        Variance of each feature.
    n_samples : int ≥ 1, default=100
    n_features : int ≥ 1, default=2
    n_classes : int ≥ 1, default=3
    shuffle : bool, default=True
    random_state : None, int, RandomState or Generator, default=None

    Returns
    -------
    X : ndarray of shape (n_samples, n_features), float64
    y : ndarray of shape (n_samples,), int

    Raises
    ------
    InvalidParameterError
        If a parameter is outside its domain.
    ValueError
        If there are fewer rows than classes.

    References
    ----------
    J. Zhu, H. Zou, S. Rosset and T. Hastie, "Multi-class AdaBoost", Statistics and Its Interface
    2(3), 2009.

    Examples
    --------
    >>> from mlkit.datasets import make_gaussian_quantiles
    >>> X, y = make_gaussian_quantiles(n_samples=30, random_state=0)
    >>> bool((X[y == 0] ** 2).sum(axis=1).max() < (X[y == 1] ** 2).sum(axis=1).min())
    True
    """
    if n_samples < n_classes:
        raise ValueError(
            f"make_gaussian_quantiles(n_samples={n_samples}): fewer rows than "
            f"n_classes={n_classes}; raise n_samples"
        )
    rng = check_random_state(random_state)
    center = np.zeros(n_features) if mean is None else np.array(mean)
    X = rng.multivariate_normal(center, cov * np.identity(n_features), (n_samples,))
    X = X[np.argsort(((X - center) ** 2).sum(axis=1))]
    # Rows that do not divide evenly go to the outermost shell.
    y = np.minimum(np.arange(n_samples) // (n_samples // n_classes), n_classes - 1)
    return tuple(shuffle_rows(X, y, random_state=rng)) if shuffle else (X, y)


@checked(n_samples=integer(1), random_state=domains.random_state)
def make_hastie_10_2(n_samples=12000, *, random_state=None):
    """Draw ten standard normal features and y = 1 if ‖x‖² > 9.34, the median of χ²₁₀, else −1.

    Parameters
    ----------
    n_samples : int ≥ 1, default=12000
    random_state : None, int, RandomState or Generator, default=None

    Returns
    -------
    X : ndarray of shape (n_samples, 10), float64
    y : ndarray of shape (n_samples,), float64

    Raises
    ------
    InvalidParameterError
        If a parameter is outside its domain.

    References
    ----------
    T. Hastie, R. Tibshirani and J. Friedman, The Elements of Statistical Learning, 2nd edition,
    equation 10.2, 2009.

    Examples
    --------
    >>> from mlkit.datasets import make_hastie_10_2
    >>> X, y = make_hastie_10_2(5, random_state=0)
    >>> X.shape, y.dtype
    ((5, 10), dtype('float64'))
    """
    X = check_random_state(random_state).standard_normal(size=(n_samples, 10))
    return X, np.where((X**2).sum(axis=1) > 9.34, 1.0, -1.0)


def _two_counts(caller, n_samples):
    """Split `n_samples` in halves, the second the larger, or check the two that are given."""
    if isinstance(n_samples, numbers.Integral):
        return n_samples // 2, n_samples - n_samples // 2
    if len(n_samples) != 2:
        raise ValueError(
            f"{caller}(n_samples={n_samples}): must be an int or a tuple of two ints, the rows of "
            "the outer and the inner curve"
        )
    return n_samples


def _two_curves(outer, inner, shuffle, noise, random_state):
    """Stack two curves of planar points, numbered 0 and 1, then shuffle and blur them."""
    rng = check_random_state(random_state)
    X = np.vstack([np.transpose(outer), np.transpose(inner)])
    y = np.repeat([0, 1], [len(outer[0]), len(inner[0])])
    if shuffle:
        X, y = shuffle_rows(X, y, random_state=rng)
    if noise is not None:
        X += rng.normal(scale=noise, size=X.shape)
    return X, y


@checked(
    n_samples=integer(0) | instance_of(tuple),
    shuffle=boolean,
    noise=at_least(0) | none,
    random_state=domains.random_state,
    factor=between(0, 1, closed="left"),
)
def make_circles(n_samples=100, *, shuffle=True, noise=None, random_state=None, factor=0.8):
    """Place points on the unit circle (class 0) and on a smaller one about the same centre (1).

    Parameters
    ----------
    n_samples : int ≥ 0 or tuple (n_outer, n_inner), default=100
        An int is divided evenly, the odd row to the inner circle.
    shuffle : bool, default=True
    noise : float ≥ 0 or None, default=None
        Standard deviation of Gaussian noise added to the points.
    random_state : None, int, RandomState or Generator, default=None
    factor : float in [0, 1), default=0.8
        Radius of the inner circle.

    Returns
    -------
    X : ndarray of shape (n_samples, 2), float64
    y : ndarray of shape (n_samples,), int

    Raises
    ------
    InvalidParameterError
        If a parameter is outside its domain.
    ValueError
        If a tuple does not have two entries.

    Examples
    --------
    >>> from mlkit.datasets import make_circles
    >>> X, y = make_circles(10, random_state=0)
    >>> print((X**2).sum(axis=1)[y == 1].round(2))
    [0.64 0.64 0.64 0.64 0.64]
    """
    outer, inner = (
        np.linspace(0, 2 * np.pi, n, endpoint=False) for n in _two_counts("make_circles", n_samples)
    )
    outside = np.cos(outer), np.sin(outer)
    inside = factor * np.cos(inner), factor * np.sin(inner)
    return _two_curves(outside, inside, shuffle, noise, random_state)


@checked(
    n_samples=integer(1) | instance_of(tuple),
    shuffle=boolean,
    noise=at_least(0) | none,
    random_state=domains.random_state,
)
def make_moons(n_samples=100, *, shuffle=True, noise=None, random_state=None):
    """Place points on two interlocking half circles.

    Class 0 is the upper half of the unit circle, class 1 the lower half about (1, ½).

    Parameters
    ----------
    n_samples : int ≥ 1 or tuple (n_upper, n_lower), default=100
        An int is divided evenly, the odd row to class 1.
    shuffle : bool, default=True
    noise : float ≥ 0 or None, default=None
        Standard deviation of Gaussian noise added to the points.
    random_state : None, int, RandomState or Generator, default=None

    Returns
    -------
    X : ndarray of shape (n_samples, 2), float64
    y : ndarray of shape (n_samples,), int

    Raises
    ------
    InvalidParameterError
        If a parameter is outside its domain.
    ValueError
        If a tuple does not have two entries.

    Examples
    --------
    >>> from mlkit.datasets import make_moons
    >>> X, y = make_moons(10, random_state=0)
    >>> X.shape, y.tolist().count(0)
    ((10, 2), 5)
    """
    upper, lower = (np.linspace(0, np.pi, n) for n in _two_counts("make_moons", n_samples))
    above_axis = np.cos(upper), np.sin(upper)
    below_axis = 1 - np.cos(lower), 1 - np.sin(lower) - 0.5
    return _two_curves(above_axis, below_axis, shuffle, noise, random_state)
