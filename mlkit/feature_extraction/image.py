"""Images as patches and as graphs of neighbouring pixels."""

import numbers
from itertools import product

import numpy as np
from scipy import sparse

from .._core import shared
from .._core.arrays import check_array
from .._core.domains import anything, between, instance_of, integer, none
from .._core.domains import random_state as seed
from .._core.errors import InvalidParameterError
from .._core.estimator import Estimator
from .._core.params import checked, param
from .._core.roles import Transformer
from .._core.seeds import check_random_state
from .._core.sparse import as_interface
from .._core.tags import Traits

_fraction = between(0, 1, closed="neither")
_some_patches = integer(1) | instance_of(float) | none


def _check_share(max_patches, owner):
    """A float is a share, strictly between 0 and 1."""
    if isinstance(max_patches, float) and not _fraction.admits(max_patches):
        raise InvalidParameterError(
            f"The 'max_patches' parameter of {owner} must be: {_fraction.words} as a share of the "
            f"patches, int ≥ 1 as their number, or None. Got {max_patches!r} instead."
        )


# ------------------------------------------------------------------------------- graphs
def _edges(shape):
    """Pairs of neighbouring cells of a grid of three dimensions, along each axis from the last."""
    cells = np.arange(np.prod(shape)).reshape(shape)
    pairs = []
    for axis in (2, 1, 0):
        before, after = np.split(cells.swapaxes(0, axis), [-1])[0], cells.swapaxes(0, axis)[1:]
        pairs.append((before.swapaxes(0, axis).ravel(), after.swapaxes(0, axis).ravel()))
    first, second = zip(*pairs, strict=True)
    return np.concatenate(first), np.concatenate(second)


def _graph(shape, mask, image, return_as, dtype):
    """Adjacency of the cells in `mask`, weighted by differences of `image` if there is one.

    The diagonal holds the cells' own values, 1 without an image.
    """
    first, second = _edges(shape)
    values = None if image is None else image.ravel()
    if values is None:
        weight, own = np.ones(len(first), dtype), np.ones(np.prod(shape), dtype)
    else:
        weight = _distance(values[first], values[second]).astype(dtype, copy=False)
        own = values.astype(dtype, copy=False)
    if mask is not None:
        mask = np.asarray(mask, dtype=bool).ravel()
        inside = mask[first] & mask[second]
        number = np.cumsum(mask) - 1
        first, second, weight = number[first[inside]], number[second[inside]], weight[inside]
        own = own[mask]
    cells = np.arange(len(own))
    rows = np.concatenate([first, second, cells])
    columns = np.concatenate([second, first, cells])
    entries = np.concatenate([weight, weight, own])
    graph = sparse.coo_array((entries, (rows, columns)), shape=(len(own), len(own)))
    if return_as is np.ndarray:
        return graph.toarray()
    return as_interface(return_as(graph))


def _distance(a, b):
    """``|a − b|`` without wrapping around, in dtypes without a sign too."""
    if a.dtype == bool:
        return a != b
    return np.where(a < b, b - a, a - b) if a.dtype.kind == "u" else np.abs(a - b)


@checked(mask=instance_of(np.ndarray) | none, return_as=instance_of(type), dtype=anything)
def img_to_graph(img, *, mask=None, return_as=sparse.coo_array, dtype=None):
    """Graph of neighbouring pixels with edges weighted by the gradient, ``|img[i] − img[j]|``.

    Parameters
    ----------
    img : array-like of shape (height, width) or (height, width, channel)
        Values are also the diagonal of the graph.
    mask : ndarray of bool in the shape of `img`, default=None
        Pixels that become vertices; None is all.
    return_as : type, default=scipy.sparse.coo_array
        `numpy.ndarray` or a class of sparse matrices.
    dtype : dtype, default=None
        Of the values; None is that of `img`.

    Returns
    -------
    ndarray or sparse matrix of shape (n_vertices, n_vertices)

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.feature_extraction.image import img_to_graph
    >>> img_to_graph([[0, 0], [0, 1]], return_as=np.ndarray)
    array([[0, 0, 0, 0],
           [0, 0, 0, 1],
           [0, 0, 0, 1],
           [0, 1, 1, 1]])
    """
    img = np.atleast_3d(img)
    return _graph(img.shape, mask, img, return_as, img.dtype if dtype is None else dtype)


@checked(
    n_x=integer(1),
    n_y=integer(1),
    n_z=integer(1),
    mask=instance_of(np.ndarray) | none,
    return_as=instance_of(type),
    dtype=anything,
)
def grid_to_graph(n_x, n_y, n_z=1, *, mask=None, return_as=sparse.coo_array, dtype=int):
    """Graph of neighbouring cells of a grid: 1 where two cells touch, and on the diagonal.

    Parameters
    ----------
    n_x, n_y : int
        Cells along the first and the second axis.
    n_z : int, default=1
        Cells along the third.
    mask : ndarray of bool of shape (n_x, n_y, n_z), default=None
        Cells that become vertices; None is all.
    return_as : type, default=scipy.sparse.coo_array
        `numpy.ndarray` or a class of sparse matrices.
    dtype : dtype, default=int
        Of the values.

    Returns
    -------
    ndarray or sparse matrix of shape (n_vertices, n_vertices)

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.feature_extraction.image import grid_to_graph
    >>> grid_to_graph(1, 3, return_as=np.ndarray)
    array([[1, 1, 0],
           [1, 1, 1],
           [0, 1, 1]])
    """
    return _graph((n_x, n_y, n_z), mask, None, return_as, dtype)


# ------------------------------------------------------------------------------ patches
def _n_patches(available, max_patches):
    """How many of the `available` patches to take."""
    if max_patches is None:
        return available
    if isinstance(max_patches, numbers.Integral):
        return min(int(max_patches), available)
    return int(max_patches * available)


def _check_patch(image_shape, patch_size):
    for side, size, patch in zip(("Height", "Width"), image_shape, patch_size, strict=False):
        if patch > size:
            raise ValueError(
                f"{side} of the patch should be less than the {side.lower()} of the image: "
                f"{patch} > {size}"
            )


@checked(
    image=instance_of(np.ndarray),
    patch_size=instance_of(tuple, list),
    max_patches=_some_patches,
    random_state=seed,
)
def extract_patches_2d(image, patch_size, *, max_patches=None, random_state=None):
    """Rectangles of an image, all of them or a sample.

    Parameters
    ----------
    image : ndarray of shape (height, width) or (height, width, n_channels)
    patch_size : tuple of int (patch_height, patch_width)
    max_patches : int or float, default=None
        Number of patches, or their share of all, 0 < share < 1, drawn with replacement; None is
        all, row by row.
    random_state : int, RandomState, Generator or None, default=None
        Seed of the draws.

    Returns
    -------
    ndarray of shape (n_patches, patch_height, patch_width[, n_channels])
        In the dtype of the image.

    Raises
    ------
    ValueError
        If a patch is larger than the image.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.feature_extraction.image import extract_patches_2d
    >>> extract_patches_2d(np.arange(6).reshape(2, 3), (2, 2))
    array([[[0, 1],
            [3, 4]],
    <BLANKLINE>
           [[1, 2],
            [4, 5]]])
    """
    _check_share(max_patches, "extract_patches_2d")
    _check_patch(image.shape, patch_size)
    image = check_array(image, allow_nd=True, dtype=None)
    height, width = patch_size
    windows = np.lib.stride_tricks.sliding_window_view(image, (height, width), axis=(0, 1))
    n_down, n_right = windows.shape[:2]
    if image.ndim == 3:
        windows = np.moveaxis(windows, 2, -1)
    if max_patches is None:
        patches = windows.reshape(n_down * n_right, *windows.shape[2:])
    else:
        rng = check_random_state(random_state)
        count = _n_patches(n_down * n_right, max_patches)
        top = rng.randint(n_down, size=count)
        left = rng.randint(n_right, size=count)
        patches = windows[top, left]
    if image.ndim == 3 and image.shape[2] == 1:
        return patches[..., 0]
    return patches


@checked(patches=instance_of(np.ndarray), image_size=instance_of(tuple, list))
def reconstruct_from_patches_2d(patches, image_size):
    """The image whose patches these are; where patches overlap, their mean.

    Parameters
    ----------
    patches : ndarray of shape (n_patches, patch_height, patch_width[, n_channels])
        All patches, row by row, as `extract_patches_2d` returns them.
    image_size : tuple of int (height, width[, n_channels])

    Returns
    -------
    ndarray of shape `image_size`

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.feature_extraction.image import extract_patches_2d, reconstruct_from_patches_2d
    >>> patches = extract_patches_2d(np.arange(6.0).reshape(2, 3), (2, 2))
    >>> reconstruct_from_patches_2d(patches, (2, 3))
    array([[0., 1., 2.],
           [3., 4., 5.]])
    """
    height, width = patches.shape[1:3]
    n_down, n_right = image_size[0] - height + 1, image_size[1] - width + 1
    placed = patches[: n_down * n_right].reshape(n_down, n_right, *patches.shape[1:])
    total, cover = np.zeros(image_size), np.zeros(image_size[:2])
    # Each pixel adds up its patches from the first to the last.
    for a, b in product(reversed(range(height)), reversed(range(width))):
        total[a : a + n_down, b : b + n_right] += placed[:, :, a, b]
        cover[a : a + n_down, b : b + n_right] += 1
    return total / cover.reshape(cover.shape + (1,) * (total.ndim - 2))


class PatchExtractor(Transformer, Estimator):
    """Patches of a collection of images, one image after another.

    See Also
    --------
    extract_patches_2d : Patches of one image.
    reconstruct_from_patches_2d : An image of its patches.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.feature_extraction.image import PatchExtractor
    >>> images = np.arange(32.0).reshape(2, 4, 4)
    >>> PatchExtractor(patch_size=(2, 2)).fit_transform(images).shape
    (18, 2, 2)
    """

    traits = Traits(two_d_array=False, three_d_array=True, requires_fit=False)

    patch_size: tuple = param(
        None,
        instance_of(tuple) | none,
        "Height and width of a patch; None is a tenth of the images' height and width.",
    )
    max_patches: object = param(
        None, _some_patches, "Patches of an image: their number, their share, or None for all."
    )
    random_state: object = shared.random_state

    def fit(self, X, y=None):
        """Check the parameters.

        Parameters
        ----------
        X : ndarray of shape (n_images, height, width[, n_channels])
        y : ignored

        Returns
        -------
        self
        """
        self._check_params()
        _check_share(self.max_patches, "PatchExtractor")
        return self

    def transform(self, X):
        """Return the patches of all images.

        Parameters
        ----------
        X : ndarray of shape (n_images, height, width[, n_channels])

        Returns
        -------
        ndarray of shape (n_patches, patch_height, patch_width[, n_channels])
        """
        X = check_array(
            X,
            ensure_2d=False,
            allow_nd=True,
            ensure_min_samples=1,
            ensure_min_features=1,
            estimator=self,
            input_name="X",
        )
        if X.ndim not in (3, 4):
            raise ValueError(
                f"PatchExtractor: X has {X.ndim} dimensions; pass images of shape (n_images, "
                "height, width) or (n_images, height, width, n_channels)"
            )
        patch_size = self.patch_size
        if patch_size is None:
            patch_size = X.shape[1] // 10, X.shape[2] // 10
        elif len(patch_size) != 2:
            raise ValueError(
                f"PatchExtractor(patch_size={patch_size}) must be a tuple of two integers: height "
                "and width"
            )
        rng = check_random_state(self.random_state)
        drawn = {"max_patches": self.max_patches, "random_state": rng}
        patches = [extract_patches_2d(image, patch_size, **drawn) for image in X]
        return np.concatenate(patches).astype(np.float64, copy=False)
