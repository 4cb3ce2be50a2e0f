"""NumPy or CuPy for an array, found without importing either anew."""

import sys

import numpy as np


def namespace(*arrays):
    """Return `cupy` if any of `arrays` is a CuPy array, else `numpy`.

    Parameters
    ----------
    *arrays : object
        Anything; what is no array counts as NumPy's.

    Examples
    --------
    >>> from mlkit._core.namespace import namespace
    >>> namespace([1, 2]).__name__
    'numpy'
    """
    cupy = sys.modules.get("cupy")
    if cupy is not None and any(isinstance(array, cupy.ndarray) for array in arrays):
        return cupy
    return np


def as_numpy(array):
    """Return `array` in host memory: CuPy's are copied over, the rest goes to ``np.asarray``."""
    if namespace(array) is not np:
        return array.get()
    return np.asarray(array)
