"""The folder for downloads."""

import os

import pytest

from mlkit.datasets import clear_data_home, get_data_home


class Place:
    """A path only by its protocol."""

    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return self.path


@pytest.mark.parametrize("kind", [str, Place])
def test_made_and_cleared(tmp_path, kind):
    wanted = kind(str(tmp_path / "a" / "b"))
    home = get_data_home(wanted)
    assert home == str(tmp_path / "a" / "b")
    with open(os.path.join(home, "file"), "w"):
        pass
    assert get_data_home(wanted) == home
    assert os.listdir(home) == ["file"]
    clear_data_home(wanted)
    assert not os.path.exists(home)
    assert os.path.exists(tmp_path / "a")


def test_default_follows_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.delenv("MLKIT_DATA", raising=False)
    assert get_data_home() == str(tmp_path / "mlkit_data")
    monkeypatch.setenv("MLKIT_DATA", os.path.join("~", "elsewhere"))
    assert get_data_home() == str(tmp_path / "elsewhere")


def test_no_path_is_refused():
    with pytest.raises(ValueError, match="data_home"):
        get_data_home(3)
