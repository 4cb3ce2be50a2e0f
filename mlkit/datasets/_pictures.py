"""Two pictures drawn by formulas, for examples of segmentation, compression and patches."""

import numpy as np

from .._core.bunch import Bunch
from .._core.domains import one_of
from .._core.params import checked
from ._toy import _describe

_HEIGHT, _WIDTH = 427, 640

# Where colours run from and to; the first is that of the corner.
_SKY = (174, 201, 231), (226, 232, 232)
_SHADE = (2, 19, 13), (28, 74, 38)


def _blend(first, second, share):
    """Colours between two, `share` (any shape) of the second."""
    first, second = np.asarray(first, float), np.asarray(second, float)
    return first + (second - first) * share[..., np.newaxis]


def _paint(canvas, colour, where):
    """Lay a colour over the canvas, as thick as `where` (0 to 1) says."""
    canvas += (np.asarray(colour, float) - canvas) * where[..., np.newaxis]


def _edge(distance, width=1.5):
    """1 inside (negative distances), 0 outside, without jumps."""
    return np.clip(0.5 - distance / (2 * width), 0, 1)


def _grain(rng, strength):
    """The unevenness of stone or leaves: noise on several scales."""
    total = np.zeros((_HEIGHT, _WIDTH))
    for cell in (32, 8, 2):
        rows, columns = -(-_HEIGHT // cell), -(-_WIDTH // cell)
        coarse = rng.standard_normal((rows, columns)) * np.sqrt(cell)
        total += np.kron(coarse, np.ones((cell, cell)))[:_HEIGHT, :_WIDTH]
    return strength * total / total.std()


def _building():
    """A hall with three curved roofs between sky and water."""
    y, x = np.mgrid[:_HEIGHT, :_WIDTH].astype(float)
    rng = np.random.default_rng(1)
    water = 330.0
    ripple = np.where(y > water, 2.5 * np.sin(y / 2.2) * (y - water) / 60, 0)
    across = np.abs(x + ripple - _WIDTH / 2)
    height = np.where(y > water, 2 * water - y, y)  # what the water mirrors
    canvas = _blend(*_SKY, np.clip(height / water, 0, 1))
    texture = _grain(rng, 7.0)
    for level, (top, half, red) in enumerate([(95, 95, 168), (165, 150, 150), (235, 205, 138)]):
        wall = np.maximum(across - 0.8 * half, np.maximum(top + 25 - height, height - top - 75))
        pillar = 12 * np.cos(across * (0.35 + 0.05 * level))
        _paint(canvas, (red, 60, 42), _edge(wall))
        canvas += (pillar * _edge(wall))[..., np.newaxis]
        curve = top + 28 - 34 * (1 - across / half) - 22 * (across / half) ** 6
        roof = np.maximum(np.maximum(curve - height, height - top - 30), across - half)
        _paint(canvas, (78 + 12 * level, 84, 62), _edge(roof))
        tiles = 10 * np.sin(x * 0.9) * np.cos(height * 0.5)
        canvas += ((tiles + texture) * _edge(roof))[..., np.newaxis]
    ground = _edge(315 - height + 3 * np.sin(x / 17))
    _paint(canvas, (96, 104, 66), ground)
    canvas += (texture * ground)[..., np.newaxis]
    _paint(canvas, (58, 86, 92), np.where(y > water, 0.35 + 0.25 * (y - water) / 97, 0))
    return canvas


def _blossom():
    """A blossom of three rings of petals before leaves that are out of focus."""
    y, x = np.mgrid[:_HEIGHT, :_WIDTH].astype(float)
    rng = np.random.default_rng(2)
    light = np.clip((x / _WIDTH + y / _HEIGHT) / 2, 0, 1)
    canvas = _blend(*_SHADE, light)
    for _ in range(40):
        row, column = rng.uniform(60, _HEIGHT), rng.uniform(90, _WIDTH)
        radius, green = rng.uniform(25, 70), rng.uniform(50, 120)
        away = np.hypot(y - row, x - column)
        _paint(canvas, (green / 3, green, green / 2.5), 0.4 * _edge(away - radius, radius / 3))
    across, up = x - 330, y - 210
    radius, angle = np.hypot(across, up), np.arctan2(up, across)
    texture = _grain(rng, 3.0)
    for n_petals, reach, colour in [
        (13, 195, (206, 64, 44)),
        (11, 150, (228, 98, 52)),
        (9, 100, (242, 146, 62)),
    ]:
        phase = angle * n_petals / 2 + reach
        petal = radius - reach * (0.72 + 0.28 * np.abs(np.cos(phase)))
        inside = _edge(petal, 2.5)
        _paint(canvas, colour, inside)
        shade = -46 * (radius / reach - 0.55) - 26 * np.cos(2 * phase) ** 8
        canvas += ((shade + texture) * inside)[..., np.newaxis]
    heart = _edge(radius - 46, 2.5)
    _paint(canvas, (104, 70, 22), heart)
    seeds = 44 * np.sin(radius * 0.9 + 3 * angle) * np.sin(8 * angle - radius * 0.5)
    canvas += (seeds * heart)[..., np.newaxis]
    return canvas


_PICTURES = {"china.jpg": _building, "flower.jpg": _blossom}


@checked(image_name=one_of(*_PICTURES))
def load_sample_image(image_name):
    """Draw one of two sample pictures.

    They are drawn by formulas and stand in for the photographs that scikit-learn has under the
    same names: same shape and kind of content, no licence but mlkit's own.

    Parameters
    ----------
    image_name : {"china.jpg", "flower.jpg"}
        A building before sky and water, or a blossom.

    Returns
    -------
    ndarray of uint8, shape (427, 640, 3)
        Red, green and blue.

    Raises
    ------
    InvalidParameterError
        If there is no such picture.

    Examples
    --------
    >>> from mlkit.datasets import load_sample_image
    >>> picture = load_sample_image("flower.jpg")
    >>> picture.shape, picture.dtype
    ((427, 640, 3), dtype('uint8'))
    """
    return np.clip(np.rint(_PICTURES[image_name]()), 0, 255).astype(np.uint8)


def load_sample_images():
    """Draw both sample pictures.

    Returns
    -------
    Bunch
        images (list of two arrays, see `load_sample_image`), filenames (their names), DESCR.

    Examples
    --------
    >>> from mlkit.datasets import load_sample_images
    >>> [name for name in load_sample_images().filenames]
    ['china.jpg', 'flower.jpg']
    """
    return Bunch(
        images=[load_sample_image(name) for name in _PICTURES],
        filenames=list(_PICTURES),
        DESCR=_describe("sample_images"),
    )
