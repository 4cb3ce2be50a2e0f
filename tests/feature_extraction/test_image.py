"""Patches and graphs of images."""

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.feature_extraction.image as peer

from mlkit._core.errors import InvalidParameterError
from mlkit.feature_extraction.image import (
    PatchExtractor,
    extract_patches_2d,
    grid_to_graph,
    img_to_graph,
    reconstruct_from_patches_2d,
)

RNG = np.random.RandomState(0)
GREY = RNG.rand(7, 6)
COLOUR = RNG.rand(7, 6, 3)
BYTES = (255 * COLOUR).astype(np.uint8)
IMAGES = [GREY, COLOUR, BYTES, GREY[..., None]]
MASK = RNG.rand(7, 6, 3) > 0.3


def assert_same_graph(found, expected):
    assert type(found) is type(expected) and found.shape == expected.shape
    assert found.dtype == expected.dtype
    for name in ("row", "col", "data"):
        assert np.array_equal(getattr(found, name), getattr(expected, name))


@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (4, 1, 5), (2, 3, 4)])
@pytest.mark.parametrize("dtype", [int, bool, np.float32])
def test_grid_is_that_of_scikit_learn(shape, dtype):
    assert_same_graph(grid_to_graph(*shape, dtype=dtype), peer.grid_to_graph(*shape, dtype=dtype))


@pytest.mark.parametrize(
    "image", [GREY, COLOUR, COLOUR.astype(np.float32)], ids=["grey", "colour", "single"]
)
@pytest.mark.parametrize("masked", [False, True])
def test_graph_is_that_of_scikit_learn(image, masked):
    mask = np.resize(MASK, image.shape) if masked else None
    for dtype in (None, np.float32):
        assert_same_graph(
            img_to_graph(image, mask=mask, dtype=dtype),
            peer.img_to_graph(image, mask=mask, dtype=dtype),
        )
    shape = (*image.shape, 1)[:3]
    assert_same_graph(grid_to_graph(*shape, mask=mask), peer.grid_to_graph(*shape, mask=mask))


def test_neighbours_by_definition():
    graph = grid_to_graph(3, 4, 2, return_as=np.ndarray)
    place = np.array(list(np.ndindex(3, 4, 2)))
    distance = np.abs(place[:, None] - place).sum(axis=2)
    assert np.array_equal(graph, distance <= 1)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, float])
def test_gradients_do_not_wrap_around(dtype):
    image = np.array([[250, 3], [1, 255]], dtype=dtype)
    graph = img_to_graph(image, return_as=np.ndarray)
    assert graph.tolist() == [
        [250, 247, 249, 0],
        [247, 3, 0, 252],
        [249, 0, 1, 254],
        [0, 252, 254, 255],
    ]


def test_graph_as_other_classes():
    assert sp.issparse(grid_to_graph(2, 2, return_as=sp.csr_matrix))
    assert grid_to_graph(2, 2, return_as=sp.csc_matrix).format == "csc"


@pytest.mark.parametrize(
    "image", [GREY, COLOUR, BYTES, GREY[..., None]], ids=lambda x: str(x.shape)
)
@pytest.mark.parametrize("size", [(1, 1), (3, 2), (7, 6)])
@pytest.mark.parametrize("max_patches", [None, 1, 5, 500, 0.5])
def test_patches_are_those_of_scikit_learn(image, size, max_patches):
    if max_patches == 0.5 and size == (7, 6):
        max_patches = 0.999  # of one patch there is none
    parameters = {"max_patches": max_patches, "random_state": 3}
    found = extract_patches_2d(image, size, **parameters)
    expected = peer.extract_patches_2d(image, size, **parameters)
    assert found.dtype == expected.dtype
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("image", [GREY, COLOUR, BYTES], ids=lambda x: str(x.dtype))
@pytest.mark.parametrize("size", [(1, 1), (3, 2), (7, 6)])
def test_patches_make_the_image_again(image, size):
    patches = extract_patches_2d(image, size)
    np.testing.assert_allclose(reconstruct_from_patches_2d(patches, image.shape), image, rtol=1e-14)
    noise = RNG.rand(*patches.shape)
    assert np.array_equal(
        reconstruct_from_patches_2d(noise, image.shape),
        peer.reconstruct_from_patches_2d(noise, image.shape),
    )


@pytest.mark.parametrize("patch_size", [None, (3, 2)])
@pytest.mark.parametrize("max_patches", [None, 4, 0.25])
@pytest.mark.parametrize("shape", [(3, 30, 20), (2, 20, 30, 3)])
def test_extractor_is_that_of_scikit_learn(shape, max_patches, patch_size):
    images = RNG.rand(*shape)
    parameters = {"patch_size": patch_size, "max_patches": max_patches, "random_state": 1}
    found = PatchExtractor(**parameters).fit_transform(images)
    assert np.array_equal(found, peer.PatchExtractor(**parameters).fit_transform(images))


@pytest.mark.parametrize(
    "call, error, match",
    [
        (lambda: extract_patches_2d(GREY, (8, 2)), ValueError, "Height"),
        (lambda: extract_patches_2d(GREY, (2, 8)), ValueError, "Width"),
        (lambda: extract_patches_2d(GREY.tolist(), (2, 2)), InvalidParameterError, "image"),
        (lambda: extract_patches_2d(GREY, (2, 2), max_patches=0), InvalidParameterError, "max_p"),
        (lambda: extract_patches_2d(GREY, (2, 2), max_patches=1.0), InvalidParameterError, "max_p"),
        (lambda: PatchExtractor(max_patches=2.0).fit(GREY), InvalidParameterError, "max_patches"),
        (lambda: PatchExtractor(patch_size=(1, 1, 1)).transform(COLOUR), ValueError, "two int"),
        (lambda: PatchExtractor(patch_size=(1, 1)).transform(GREY[0]), ValueError, "dimensions"),
        (lambda: grid_to_graph(0, 1), InvalidParameterError, "n_x"),
    ],
)
def test_errors(call, error, match):
    with pytest.raises(error, match=match):
        call()
