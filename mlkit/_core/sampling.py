"""Resampling, sampling without replacement, batches: the draws of scikit-learn for the same seed.

Each algorithm asks the generator for its numbers in one vector; a vector of draws is the same
stream as so many single draws, so the results and the state left behind are those of the loops.
"""

import numbers

import numpy as np

from .domains import array_like, boolean, integer, none, sparse_matrix
from .domains import random_state as seed
from .frames import take_rows
from .params import checked
from .seeds import check_random_state
from .shape import check_consistent_length, num_samples


@checked(
    replace=boolean,
    n_samples=integer(1) | none,
    random_state=seed,
    stratify=array_like | sparse_matrix | none,
    sample_weight=array_like | none,
)
def resample(
    *arrays, replace=True, n_samples=None, random_state=None, stratify=None, sample_weight=None
):
    """Draw rows, the same ones from each array: with replacement, one step of the bootstrap.

    Parameters
    ----------
    *arrays : sequence of {array-like, sparse matrix, frame} with n_rows rows each
    replace : bool, default=True
        False draws each row at most once.
    n_samples : int, default=None
        Rows to draw; None draws n_rows.
    random_state : int, RandomState, Generator or None, default=None
    stratify : array-like of shape (n_rows,) or (n_rows, n_outputs), default=None
        Classes whose shares are kept.
    sample_weight : array-like of shape (n_rows,), default=None
        A row is drawn with a probability proportional to its weight (with replacement only).

    Returns
    -------
    array or list of arrays
        As many as were given; sparse matrices come back as CSR.

    Raises
    ------
    ValueError
        If more rows are wanted without replacement than there are, or if weights are
        combined with ``replace=False`` or with `stratify`.

    Examples
    --------
    >>> from mlkit.utils import resample
    >>> resample([10, 11, 12], n_samples=2, random_state=0)
    [10, 11]
    """
    if not arrays:
        return None
    check_consistent_length(*arrays)
    n_rows = num_samples(arrays[0])
    size = n_rows if n_samples is None else n_samples
    if not replace and size > n_rows:
        raise ValueError(
            f"resample(n_samples={size}, replace=False): there are only {n_rows} rows; "
            "ask for fewer or set replace=True"
        )
    rng = check_random_state(random_state)
    if stratify is not None:
        if sample_weight is not None:
            raise NotImplementedError(
                "resample(sample_weight=..., stratify=...): weights and strata cannot be combined; "
                "resample each stratum by its weights"
            )
        rows = _draw_strata(stratify, size, replace, rng)
    else:
        rows = _draw_rows(n_rows, size, replace, sample_weight, rng)
    drawn = [take_rows(a.tocsr() if hasattr(a, "tocsr") else a, rows) for a in arrays]
    return drawn[0] if len(drawn) == 1 else drawn


def _draw_rows(n_rows, size, replace, weight, rng):
    if weight is not None:
        if not replace:
            raise NotImplementedError(
                "resample(sample_weight=..., replace=False): weighted draws need replace=True"
            )
        weight = np.asarray(weight, dtype=np.float64)
        check_consistent_length(weight, np.empty(n_rows))
        return rng.choice(n_rows, size=size, p=weight / weight.sum(), replace=True)
    if replace:
        return rng.randint(0, n_rows, size=size)
    rows = np.arange(n_rows)
    rng.shuffle(rows)
    return rows[:size]


def _draw_strata(stratify, size, replace, rng):
    if hasattr(stratify, "toarray"):
        raise TypeError("resample(stratify=...): got a sparse matrix; pass stratify.toarray()")
    labels = np.asarray(stratify)
    if labels.ndim == 2:
        # A combination of outputs is one stratum, ordered as its text is.
        labels = np.array([" ".join(row.astype("str")) for row in labels])
    _, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    members = np.split(np.argsort(codes, kind="stable"), np.cumsum(counts)[:-1])
    quota = approximate_mode(counts, size, rng)
    drawn = [rng.choice(rows, n, replace=replace) for rows, n in zip(members, quota, strict=True)]
    return rng.permutation(np.concatenate(drawn))


def approximate_mode(class_counts, n_draws, rng):
    """Likeliest numbers of each class among draws without replacement (within rounding).

    The expected numbers ``n_draws · countₖ / Σ count`` are rounded down; what is missing goes to
    the greatest remainders, ties by lot.

    Parameters
    ----------
    class_counts : ndarray of shape (n_classes,)
    n_draws : int
    rng : RandomState

    Returns
    -------
    ndarray of int, shape (n_classes,)
        Sums to `n_draws`.
    """
    expected = class_counts / class_counts.sum() * n_draws
    taken = np.floor(expected)
    missing = int(n_draws - taken.sum())
    remainder = expected - taken
    for value in np.unique(remainder)[::-1]:
        if missing <= 0:
            break
        tied = np.flatnonzero(remainder == value)
        chosen = rng.choice(tied, size=min(len(tied), missing), replace=False)
        taken[chosen] += 1
        missing -= len(chosen)
    return taken.astype(int)


def shuffle(*arrays, random_state=None, n_samples=None):
    """Put rows in random order, the same one for each array.

    Parameters
    ----------
    *arrays : sequence of {array-like, sparse matrix, frame} with n_rows rows each
    random_state : int, RandomState, Generator or None, default=None
    n_samples : int, default=None
        Rows to keep; None keeps all.

    Returns
    -------
    array or list of arrays

    Examples
    --------
    >>> from mlkit.utils import shuffle
    >>> shuffle([0, 1, 2, 3], random_state=0)
    [2, 3, 1, 0]
    """
    return resample(*arrays, replace=False, n_samples=n_samples, random_state=random_state)


def _track(n_population, n_samples, rng):
    """Draw until enough distinct numbers have come up, in order of first appearance."""
    chosen = np.empty(0, dtype=np.int64)
    while len(chosen) < n_samples:
        # As many draws as are missing: never one too many, so the stream stops where a loop would.
        draws = rng.randint(n_population, size=n_samples - len(chosen))
        together = np.concatenate([chosen, draws])
        _, first = np.unique(together, return_index=True)
        chosen = together[np.sort(first)]
    return chosen


def _reserve(n_population, n_samples, rng):
    """Vitter's algorithm R: item i takes a random one of i + 1 places, if there is such."""
    reservoir = np.arange(n_samples)
    later = np.arange(n_samples, n_population)
    places = rng.randint(0, later + 1)
    kept = places < n_samples
    # Of items that took the same place the last one stays, and so it is in a NumPy assignment.
    reservoir[places[kept]] = later[kept]
    return reservoir


def _pool(n_population, n_samples, rng):
    """The first steps of a Fisher–Yates shuffle, the gaps filled from the end."""
    places = rng.randint(np.arange(n_population, n_population - n_samples, -1)).tolist()
    moved = {}
    chosen = np.empty(n_samples, dtype=np.int64)
    for i, place in enumerate(places):
        chosen[i] = moved.get(place, place)
        last = n_population - i - 1
        moved[place] = moved.get(last, last)
    return chosen


def _automatic(n_population, n_samples, rng):
    share = n_samples / n_population if n_population else 1.0
    if 0.01 < share < 0.99:
        return rng.permutation(n_population)[:n_samples]
    return _track_few(n_population, n_samples, rng)


def _track_few(n_population, n_samples, rng):
    # From a fifth on repeats are too frequent, and a reservoir takes over.
    few = n_samples < 0.2 * n_population
    return (_track if few else _reserve)(n_population, n_samples, rng)


_METHODS = {
    "auto": _automatic,
    "tracking_selection": _track_few,
    "reservoir_sampling": _reserve,
    "pool": _pool,
}


def sample_without_replacement(n_population, n_samples, method="auto", random_state=None):
    """Distinct integers from ``0 … n_population − 1``; their order is not random for every method.

    Parameters
    ----------
    n_population : int
    n_samples : int
        At most `n_population`.
    method : {"auto", "tracking_selection", "reservoir_sampling", "pool"}, default="auto"
        Draw and skip what was met (few of many), fill a reservoir (most of them), shuffle a pool;
        "auto" permutes for shares between 1 % and 99 %.
    random_state : int, RandomState, Generator or None, default=None

    Returns
    -------
    ndarray of int, shape (n_samples,)

    Raises
    ------
    ValueError
        For an unknown method, negative numbers, or more samples than there are integers.

    References
    ----------
    J. S. Vitter, "Random sampling with a reservoir", ACM TOMS 11 (1985).

    Examples
    --------
    >>> from mlkit.utils.random import sample_without_replacement
    >>> len(set(sample_without_replacement(100, 5, random_state=0).tolist()))
    5
    """
    if method not in _METHODS:
        raise ValueError(
            f"sample_without_replacement(method={method!r}): must be one of {tuple(_METHODS)}"
        )
    if n_population < 0 or not 0 <= n_samples <= n_population:
        raise ValueError(
            f"sample_without_replacement(n_population={n_population}, n_samples={n_samples}): "
            "need 0 <= n_samples <= n_population"
        )
    rng = check_random_state(random_state)
    return _METHODS[method](int(n_population), int(n_samples), rng)


@checked(n=integer(1), min_batch_size=integer(0))
def gen_batches(n, batch_size, *, min_batch_size=0):
    """Slices of `batch_size` that cover ``0 … n − 1``, the last one shorter.

    Parameters
    ----------
    n : int
    batch_size : int
    min_batch_size : int, default=0
        A rest shorter than this is joined to the slice before it.

    Returns
    -------
    iterator of slice

    Examples
    --------
    >>> from mlkit.utils import gen_batches
    >>> list(gen_batches(7, 3, min_batch_size=2))
    [slice(0, 3, None), slice(3, 7, None)]
    """
    if isinstance(batch_size, bool) or not isinstance(batch_size, numbers.Integral):
        raise TypeError(f"gen_batches(batch_size={batch_size!r}): must be an int")
    if batch_size < 1:
        raise ValueError(f"gen_batches(batch_size={batch_size}): must be at least 1")
    return _batches(n, batch_size, min_batch_size)


def _batches(n, batch_size, min_batch_size):
    start = 0
    for end in range(batch_size, n + 1, batch_size):
        if end + min_batch_size > n:
            break
        yield slice(start, end)
        start = end
    if start < n:
        yield slice(start, n)


@checked(n=integer(1), n_packs=integer(1), n_samples=integer(1) | none)
def gen_even_slices(n, n_packs, *, n_samples=None):
    """`n_packs` slices of ``0 … n − 1`` whose lengths differ by at most one, the long ones first.

    Parameters
    ----------
    n : int
    n_packs : int
        Empty slices are left out.
    n_samples : int, default=None
        No slice ends beyond it.

    Returns
    -------
    iterator of slice

    Examples
    --------
    >>> from mlkit.utils import gen_even_slices
    >>> list(gen_even_slices(5, 2))
    [slice(0, 3, None), slice(3, 5, None)]
    """
    return _even_slices(n, n_packs, n if n_samples is None else n_samples)


def _even_slices(n, n_packs, greatest):
    length, longer = divmod(n, n_packs)
    start = 0
    for pack in range(n_packs):
        here = length + (pack < longer)
        if here:
            end = min(start + here, greatest)
            yield slice(start, end)
            start = end


@checked(X=array_like | sparse_matrix, mask=array_like)
def safe_mask(X, mask):
    """A mask that indexes the rows of `X`: indices instead of booleans where `X` is sparse.

    Parameters
    ----------
    X : {array-like, sparse matrix}
    mask : array-like of bool or int

    Returns
    -------
    ndarray

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csr_matrix
    >>> from mlkit.utils import safe_mask
    >>> safe_mask(csr_matrix(np.eye(3)), [True, False, True])
    array([0, 2])
    """
    mask = np.asarray(mask)
    if hasattr(X, "toarray") and not np.issubdtype(mask.dtype, np.signedinteger):
        return np.arange(len(mask))[mask]
    return mask
