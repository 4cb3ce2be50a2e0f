"""The array library of an array is found among those that are loaded."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from mlkit._core.arrays import check_array
from mlkit._core.namespace import as_numpy, namespace


class DeviceArray:
    """Stands for an array that lives on a device."""

    def get(self):
        return np.ones((2, 2))


@pytest.fixture
def cupy(monkeypatch):
    module = SimpleNamespace(ndarray=DeviceArray)
    monkeypatch.setitem(sys.modules, "cupy", module)
    return module


def test_numpy_without_cupy():
    assert namespace(np.ones(2), [1], None) is np


def test_one_device_array_decides(cupy):
    assert namespace(np.ones(2), DeviceArray()) is cupy
    assert namespace(np.ones(2)) is np
    assert as_numpy(DeviceArray()).tolist() == [[1, 1], [1, 1]]


def test_device_array_needs_dispatch(cupy):
    with pytest.raises(TypeError, match="array_api_dispatch"):
        check_array(DeviceArray())
