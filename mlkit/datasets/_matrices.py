"""Random matrices with a known structure: rank, definiteness, sparse codes, blocks."""

import numpy as np

from .._core import domains
from .._core.domains import (
    array_like,
    at_least,
    between,
    boolean,
    instance_of,
    integer,
    none,
    one_of,
)
from .._core.params import checked
from .._core.seeds import check_random_state
from .._core.sparse import as_interface

_FORMATS = ("bsr", "coo", "csc", "csr", "dia", "dok", "lil")


@checked(
    n_samples=integer(1),
    n_features=integer(1),
    effective_rank=integer(1),
    tail_strength=between(0, 1),
    random_state=domains.random_state,
)
def make_low_rank_matrix(
    n_samples=100, n_features=100, *, effective_rank=10, tail_strength=0.5, random_state=None
):
    """Draw UΣVᵀ, U and V random orthonormal, whose singular values fall like a bell with a tail.

    ``σᵢ = (1 − s) exp(−(i/r)²) + s exp(−i / 10r)`` with rank r and tail strength s.

    Parameters
    ----------
    n_samples, n_features : int ≥ 1, default=100
    effective_rank : int ≥ 1, default=10
        About the number of singular vectors that explain most of the matrix.
    tail_strength : float in [0, 1], default=0.5
    random_state : None, int, RandomState or Generator, default=None

    Returns
    -------
    ndarray of shape (n_samples, n_features), float64

    Raises
    ------
    InvalidParameterError
        If a parameter is outside its domain.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.datasets import make_low_rank_matrix
    >>> X = make_low_rank_matrix(6, 4, effective_rank=1, tail_strength=0.0, random_state=0)
    >>> print(np.linalg.svd(X, compute_uv=False).round(4))
    [1.     0.3679 0.0183 0.0001]
    """
    rng = check_random_state(random_state)
    n = min(n_samples, n_features)
    left, _ = np.linalg.qr(rng.standard_normal(size=(n_samples, n)))
    right, _ = np.linalg.qr(rng.standard_normal(size=(n_features, n)))
    position = np.arange(n) / effective_rank
    bell, tail = np.exp(-(position**2)), np.exp(-0.1 * position)
    return left * ((1 - tail_strength) * bell + tail_strength * tail) @ right.T


@checked(
    n_samples=integer(1),
    n_components=integer(1),
    n_features=integer(1),
    n_nonzero_coefs=integer(1),
    random_state=domains.random_state,
)
def make_sparse_coded_signal(
    n_samples, *, n_components, n_features, n_nonzero_coefs, random_state=None
):
    """Draw Y = CD: each row of Y is a combination of a few unit-norm rows of a dictionary D.

    Parameters
    ----------
    n_samples : int ≥ 1
    n_components : int ≥ 1
        Rows of the dictionary.
    n_features : int ≥ 1
    n_nonzero_coefs : int in [1, n_components]
        Non-zero values in each row of the code C.
    random_state : None, int, RandomState or Generator, default=None

    Returns
    -------
    data : ndarray of shape (n_samples, n_features), float64
    dictionary : ndarray of shape (n_components, n_features), float64
    code : ndarray of shape (n_samples, n_components), float64
        An axis of length 1 is dropped from each of the three.

    Raises
    ------
    InvalidParameterError
        If a parameter is outside its domain.
    ValueError
        If more non-zero values are asked for than there are components.

    Examples
    --------
    >>> from mlkit.datasets import make_sparse_coded_signal
    >>> data, dictionary, code = make_sparse_coded_signal(
    ...     5, n_components=8, n_features=6, n_nonzero_coefs=2, random_state=0
    ... )
    >>> print((code != 0).sum(axis=1))
    [2 2 2 2 2]
    """
    if n_nonzero_coefs > n_components:
        raise ValueError(
            f"make_sparse_coded_signal(n_nonzero_coefs={n_nonzero_coefs}): there are only "
            f"n_components={n_components}; ask for no more than that"
        )
    rng = check_random_state(random_state)
    atoms = rng.standard_normal(size=(n_features, n_components))
    atoms /= np.sqrt((atoms**2).sum(axis=0))
    code = np.zeros((n_components, n_samples))
    for sample in range(n_samples):
        order = np.arange(n_components)
        rng.shuffle(order)
        code[order[:n_nonzero_coefs], sample] = rng.standard_normal(size=n_nonzero_coefs)
    return tuple(np.squeeze(array.T) for array in (atoms @ code, atoms, code))


@checked(n_dim=integer(1), random_state=domains.random_state)
def make_spd_matrix(n_dim, *, random_state=None):
    """Draw a symmetric positive definite matrix U(11ᵀ + diag d)Uᵀ, U orthonormal, d in [0, 1).

    Parameters
    ----------
    n_dim : int ≥ 1
    random_state : None, int, RandomState or Generator, default=None

    Returns
    -------
    ndarray of shape (n_dim, n_dim), float64

    Raises
    ------
    InvalidParameterError
        If a parameter is outside its domain.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.datasets import make_spd_matrix
    >>> bool((np.linalg.eigvalsh(make_spd_matrix(4, random_state=0)) > 0).all())
    True
    """
    rng = check_random_state(random_state)
    A = rng.uniform(size=(n_dim, n_dim))
    left, _, right = np.linalg.svd(A.T @ A)
    return left @ (1 + np.diag(rng.uniform(size=n_dim))) @ right


@checked(
    n_dim=integer(1),
    alpha=between(0, 1),
    norm_diag=boolean,
    smallest_coef=between(0, 1),
    largest_coef=between(0, 1),
    sparse_format=one_of(*_FORMATS) | none,
    random_state=domains.random_state,
)
def make_sparse_spd_matrix(
    n_dim=1,
    *,
    alpha=0.95,
    norm_diag=False,
    smallest_coef=0.1,
    largest_coef=0.9,
    sparse_format=None,
    random_state=None,
):
    """Draw a sparse symmetric positive definite matrix LᵀL, L a permuted triangle with diagonal −1.

    Parameters
    ----------
    n_dim : int ≥ 1, default=1
    alpha : float in [0, 1], default=0.95
        Probability that a value of the triangle is zero.
    norm_diag : bool, default=False
        Scale rows and columns so that the diagonal is 1.
    smallest_coef, largest_coef : float in [0, 1], default=0.1 and 0.9
        Range of the non-zero values of the triangle.
    sparse_format : {"bsr", "coo", "csc", "csr", "dia", "dok", "lil"} or None, default=None
        None gives a dense array.
    random_state : None, int, RandomState or Generator, default=None

    Returns
    -------
    ndarray or sparse of shape (n_dim, n_dim), float64

    Raises
    ------
    InvalidParameterError
        If a parameter is outside its domain.

    Examples
    --------
    >>> from mlkit.datasets import make_sparse_spd_matrix
    >>> print(make_sparse_spd_matrix(3, norm_diag=True, random_state=0))
    [[1. 0. 0.]
     [0. 1. 0.]
     [0. 0. 1.]]
    """
    import scipy.sparse as sp

    rng = check_random_state(random_state)
    values = sp.random(
        n_dim,
        n_dim,
        density=1 - alpha,
        random_state=rng,
        data_rvs=lambda size: rng.uniform(low=smallest_coef, high=largest_coef, size=size),
    )
    triangle = sp.tril(values, k=-1, format="csc")
    order = rng.permutation(n_dim)
    factor = triangle[order].T[order] - sp.eye_array(n_dim, format="csr")
    precision = sp.csr_array(factor.T @ factor)
    if norm_diag:
        scale = sp.diags_array(precision.diagonal() ** -0.5)
        precision = scale @ precision @ scale
    return (
        precision.toarray()
        if sparse_format is None
        else as_interface(precision.asformat(sparse_format))
    )


def _block_labels(rng, n_lines, n_blocks):
    """Return the block of each row or column: random sizes, one block after another."""
    sizes = rng.multinomial(n_lines, np.full(n_blocks, 1 / n_blocks))
    return np.repeat(np.arange(n_blocks), sizes)


def _disguise(blocks, rows, columns, noise, shuffle, rng, random_state):
    """Add noise to a block matrix and put its rows and columns, with their labels, out of order."""
    if noise > 0:
        blocks = blocks + rng.normal(scale=noise, size=blocks.shape)
    if shuffle:
        # An int seeds afresh here, not from where `rng` stands: scikit-learn's order for that int.
        rng = check_random_state(random_state)
        row_order, column_order = (rng.permutation(n) for n in blocks.shape)
        blocks = blocks[np.ix_(row_order, column_order)]
        rows, columns = rows[row_order], columns[column_order]
    return blocks, rows, columns


@checked(
    shape=instance_of(tuple),
    n_clusters=integer(1),
    noise=at_least(0),
    minval=domains.real,
    maxval=domains.real,
    shuffle=boolean,
    random_state=domains.random_state,
)
def make_biclusters(
    shape, n_clusters, *, noise=0.0, minval=10, maxval=100, shuffle=True, random_state=None
):
    """Draw a block-diagonal matrix, each block of one constant, its rows and columns shuffled.

    Parameters
    ----------
    shape : tuple (n_rows, n_columns)
    n_clusters : int ≥ 1
        Number of blocks.
    noise : float ≥ 0, default=0.0
        Standard deviation of Gaussian noise added to every value.
    minval, maxval : float, default=10 and 100
        Range of the constants.
    shuffle : bool, default=True
    random_state : None, int, RandomState or Generator, default=None

    Returns
    -------
    X : ndarray of the given shape, float64
    rows : ndarray of shape (n_clusters, n_rows), bool
        Which rows are in a block.
    columns : ndarray of shape (n_clusters, n_columns), bool

    Raises
    ------
    InvalidParameterError
        If a parameter is outside its domain.

    References
    ----------
    I. S. Dhillon, "Co-clustering documents and words using bipartite spectral graph partitioning",
    KDD 2001.

    Examples
    --------
    >>> from mlkit.datasets import make_biclusters
    >>> X, rows, columns = make_biclusters((6, 5), 2, random_state=0)
    >>> int((X != 0).sum()) == int((rows.sum(axis=1) * columns.sum(axis=1)).sum())
    True
    """
    rng = check_random_state(random_state)
    constants = rng.uniform(minval, maxval, n_clusters)
    rows, columns = (_block_labels(rng, n, n_clusters) for n in shape)
    blocks = np.where(rows[:, None] == columns, constants[rows][:, None], 0.0)
    X, rows, columns = _disguise(blocks, rows, columns, noise, shuffle, rng, random_state)
    label = np.arange(n_clusters)[:, None]
    return X, rows == label, columns == label


@checked(
    shape=instance_of(tuple),
    n_clusters=integer(1) | array_like,
    noise=at_least(0),
    minval=domains.real,
    maxval=domains.real,
    shuffle=boolean,
    random_state=domains.random_state,
)
def make_checkerboard(
    shape, n_clusters, *, noise=0.0, minval=10, maxval=100, shuffle=True, random_state=None
):
    """Draw a matrix of rectangular fields, each of one constant, its rows and columns shuffled.

    Parameters
    ----------
    shape : tuple (n_rows, n_columns)
    n_clusters : int ≥ 1 or array-like (n_row_clusters, n_column_clusters)
    noise : float ≥ 0, default=0.0
        Standard deviation of Gaussian noise added to every value.
    minval, maxval : float, default=10 and 100
        Range of the constants.
    shuffle : bool, default=True
    random_state : None, int, RandomState or Generator, default=None

    Returns
    -------
    X : ndarray of the given shape, float64
    rows : ndarray of shape (n_row_clusters * n_column_clusters, n_rows), bool
        Which rows are in a field; fields are numbered row by row.
    columns : ndarray of shape (n_row_clusters * n_column_clusters, n_columns), bool

    Raises
    ------
    InvalidParameterError
        If a parameter is outside its domain.

    References
    ----------
    Y. Kluger, R. Basri, J. T. Chang and M. Gerstein, "Spectral biclustering of microarray data:
    coclustering genes and conditions", Genome Research 13(4), 2003.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.datasets import make_checkerboard
    >>> X, rows, columns = make_checkerboard((8, 6), (2, 2), random_state=0)
    >>> len(np.unique(X))
    4
    """
    rng = check_random_state(random_state)
    n_by_axis = n_clusters if hasattr(n_clusters, "__len__") else (n_clusters, n_clusters)
    rows, columns = (_block_labels(rng, *pair) for pair in zip(shape, n_by_axis, strict=True))
    constants = rng.uniform(minval, maxval, size=tuple(n_by_axis))
    blocks = constants[np.ix_(rows, columns)]
    X, rows, columns = _disguise(blocks, rows, columns, noise, shuffle, rng, random_state)
    row_label, column_label = np.indices(constants.shape).reshape(2, -1, 1)
    return X, rows == row_label, columns == column_label
