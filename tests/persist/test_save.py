"""What a file cannot hold is refused by name; a file is there whole or not at all."""

import os
import stat

import numpy as np
import pytest

from mlkit.datasets import load_iris
from mlkit.linear_model import Ridge
from mlkit.persist import ModelFileError, inspect, load, save
from mlkit.persist import format as container
from mlkit.pipeline import make_pipeline
from mlkit.preprocessing import FunctionTransformer, StandardScaler


class Own(Ridge):
    """A user's class."""


def test_estimators_of_other_libraries(tmp_path):
    foreign = pytest.importorskip("sklearn.linear_model").Lasso()
    model = make_pipeline(StandardScaler(), foreign)
    with pytest.raises(ModelFileError, match=r"Pipeline\.steps\[1\]\[1\].*of sklearn"):
        save(model, tmp_path / "m")
    assert os.listdir(tmp_path) == []


def own_function(X):
    return X


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (FunctionTransformer(own_function), r"FunctionTransformer\.func.*'own_function'"),
        (FunctionTransformer(lambda X: X), r"lambda"),
        (FunctionTransformer(np.save), r"no public function"),
        (Own(), r"the model|Own"),
        ([1, Ridge().fit], r"\[1\].*fit"),
        ({"a": np}, r"\['a'\].*no modules"),
        ([os.system], "no public function"),
        ([open], "no public function"),
        ([ValueError("x")], "ValueError"),
        ([ValueError], "number types"),
        ({Ridge: 1}, "key or member"),
        (np.array([("a", 1)], dtype=[("x", object), ("y", int)]), "cannot be stored"),
        (np.recarray((2,), dtype=[("a", int)]), "recarray"),
    ],
)
def test_what_is_refused(value, message, tmp_path):
    with pytest.raises(ModelFileError, match=message):
        save(value, tmp_path / "m")


def test_a_tuple_in_itself_and_depth(tmp_path):
    inner = []
    loop = (inner,)
    inner.append(loop)
    with pytest.raises(ModelFileError, match="contains itself"):
        save(loop, tmp_path / "m")
    deep = []
    for _ in range(1000):
        deep = [deep]
    with pytest.raises(ModelFileError, match="deep"):
        save(deep, tmp_path / "m")


def test_metadata(tmp_path):
    save([1], tmp_path / "m", metadata={"columns": ["a"], "score": 0.5})
    assert inspect(tmp_path / "m").metadata == {"columns": ["a"], "score": 0.5}
    for bad in ([1], {"a": np.zeros(1)}, {"a": float("nan")}):
        with pytest.raises(ModelFileError, match="metadata"):
            save([1], tmp_path / "m", metadata=bad)
    assert load(tmp_path / "m") == [1]


# ------------------------------------------------------------------------------ atomic
class _Full:
    """A disk on which the n-th write fails."""

    def __init__(self, monkeypatch, writes):
        self.left = writes
        genuine = container._Hashing.write

        def write(stream, data):
            self.left -= 1
            if self.left < 0:
                raise OSError(28, "No space left on device")
            return genuine(stream, data)

        monkeypatch.setattr(container._Hashing, "write", write)


@pytest.mark.parametrize("writes", range(0, 8, 2))
def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch, writes):
    path = tmp_path / "m"
    save(["old"], path)
    _Full(monkeypatch, writes)
    arrays = [np.random.default_rng(i).random(10_000) for i in range(3)]
    with pytest.raises(OSError, match="No space"):
        save(arrays, path)
    monkeypatch.undo()
    assert load(path) == ["old"]
    assert os.listdir(tmp_path) == ["m"]


def test_a_kill_before_the_rename_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "m"
    save(["old"], path)

    def killed(source, target):
        assert load(source) == ["new"], "the new file is complete before it takes its place"
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        save(["new"], path)
    assert load(path) == ["old"]
    assert os.listdir(tmp_path) == ["m"]


def test_a_link_stays_a_link(tmp_path):
    save(["old"], tmp_path / "real")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    save(["new"], tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert load(tmp_path / "real") == ["new"]


def test_rights_follow_the_mask(tmp_path):
    before = os.umask(0o027)
    try:
        save([1], tmp_path / "m")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "m").stat().st_mode) == 0o640


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        save([1], tmp_path / "nowhere" / "m")


def test_the_model_is_not_changed(tmp_path):
    X, y = load_iris(return_X_y=True)
    model = Ridge().fit(X, y)
    before = {name: id(value) for name, value in vars(model).items()}
    save(model, tmp_path / "m")
    assert {name: id(value) for name, value in vars(model).items()} == before
