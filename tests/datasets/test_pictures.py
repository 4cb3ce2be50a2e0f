"""The two pictures: what examples want of them."""

import numpy as np
import pytest

from mlkit.datasets import load_sample_image, load_sample_images


def test_both_pictures():
    both = load_sample_images()
    assert len(both.images) == len(both.filenames) == 2
    for name, picture in zip(both.filenames, both.images, strict=True):
        assert picture.shape == (427, 640, 3)
        assert picture.dtype == np.uint8
        np.testing.assert_array_equal(picture, load_sample_image(name))
        # Enough to quantise, to segment and to take patches of.
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 5000
        assert picture.std() > 40
    assert both.DESCR


def test_no_such_picture():
    with pytest.raises(ValueError, match="image_name"):
        load_sample_image("cat.jpg")
