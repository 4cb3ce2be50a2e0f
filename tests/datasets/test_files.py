"""Folders of texts."""

import numpy as np
import pytest
import sklearn.datasets as theirs
from numpy.testing import assert_array_equal

from mlkit.datasets import load_files


@pytest.fixture
def folder(tmp_path):
    for name, files in {"b": 5, "a": 4, "empty": 0}.items():
        (tmp_path / name).mkdir()
        for i in range(files):
            suffix = "txt" if i % 2 else "md"
            (tmp_path / name / f"{i}.{suffix}").write_text(f"{name}{i} ½", encoding="utf-8")
    (tmp_path / "stray.txt").write_text("not in a category")
    return tmp_path


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"shuffle": False},
        {"random_state": 3, "encoding": "utf-8", "description": "letters"},
        {"categories": ["b"], "encoding": "ascii", "decode_error": "ignore"},
        {"load_content": False},
        {"allowed_extensions": [".txt"]},
        {"categories": []},
    ],
)
def test_same_as_scikit_learn(folder, options):
    mine, reference = load_files(folder, **options), theirs.load_files(folder, **options)
    assert set(mine) == set(reference)
    for key in reference:
        if isinstance(reference[key], np.ndarray):
            assert_array_equal(mine[key], reference[key])
        else:
            assert mine[key] == reference[key]


def test_target_is_the_folder(folder):
    files = load_files(str(folder), encoding="utf-8")
    assert files.target_names == ["a", "b", "empty"]
    for text, target, name in zip(files.data, files.target, files.filenames, strict=True):
        assert text.startswith(files.target_names[target])
        with open(name, encoding="utf-8") as file:
            assert file.read() == text


def test_wrong_encoding_is_an_error(folder):
    with pytest.raises(UnicodeDecodeError):
        load_files(folder, encoding="ascii")


def test_nothing_found_keeps_the_types(tmp_path):
    files = load_files(tmp_path)
    assert files.target.dtype.kind == "i"
    assert files.filenames.dtype.kind == "U"
    assert files.data == files.target_names == []
