"""A file that is damaged or hostile gives a ModelFileError; nothing in it is ever run."""

import copy
import hashlib
import io
import json
import struct
import sys
import warnings
import zipfile

import numpy as np
import pytest
from scipy import sparse, stats

from mlkit.datasets import load_digits
from mlkit.linear_model import LogisticRegression, Ridge
from mlkit.persist import ModelFileError, inspect, load, save
from mlkit.pipeline import make_pipeline
from mlkit.preprocessing import OneHotEncoder, StandardScaler

from .samples import assert_same, outputs


@pytest.fixture(scope="module")
def model():
    X, y = load_digits(return_X_y=True)
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=5, tol=1.0)).fit(X, y)


@pytest.fixture(scope="module")
def content(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.mlkit"
    save(model, path)
    return path.read_bytes()


ROUNDS = 300


# ------------------------------------------------------------------------------- damage
def corruptions(content, rng):
    """Endless damaged copies of a file: bits flipped, pieces cut, moved, doubled, overwritten."""
    while True:
        data = bytearray(content)
        a, b = sorted(rng.integers(0, len(data), 2).tolist())
        kind = rng.integers(6)
        if kind == 0:
            data[a] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            del data[a:]
        elif kind == 2:
            del data[a : min(b, a + 40)]
        elif kind == 3:
            data[a : a + 8] = rng.bytes(8)
        elif kind == 4:
            data[a:a] = data[a : min(b, a + 100)]
        else:
            data[a:b] = bytes(b - a)
        yield bytes(data)


@pytest.mark.filterwarnings("ignore")
def test_damage_is_seen_or_harmless(content, model, tmp_path):
    X, _ = load_digits(return_X_y=True)
    expected = outputs(model, X[:50])
    path = tmp_path / "damaged.mlkit"
    refused = 0
    for _, data in zip(range(ROUNDS), corruptions(content, np.random.default_rng(0)), strict=False):
        path.write_bytes(data)
        try:
            loaded = load(path)
        except ModelFileError as error:
            assert "damaged.mlkit" in str(error)
            refused += 1
        else:
            assert_same(expected, outputs(loaded, X[:50]))
    assert refused > 0.8 * ROUNDS


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x03\x04", b"\x80\x05K\x01.", b"x" * 1000])
def test_what_is_no_model(data, tmp_path):
    path = tmp_path / "other"
    path.write_bytes(data)
    for read in (load, inspect):
        with pytest.raises(ModelFileError, match="cannot load .*other"):
            read(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nowhere")


# ------------------------------------------------------------------------------ hostile
def document(nodes, root=None, **more):
    """A document around some nodes, the last of which is the model."""
    return {
        "format": "mlkit-model",
        "schema": 1,
        "mlkit": __import__("mlkit").__version__,
        "members": {},
        "nodes": nodes,
        "root": [len(nodes) - 1] if root is None else root,
        **more,
    }


def forged(path, described, members=(), text=None):
    """Write a file whose checksums are all right."""
    members = dict(members)
    described = {
        **described,
        "members": {name: hashlib.sha256(data).hexdigest() for name, data in members.items()},
    }
    text = json.dumps(described).encode() if text is None else text
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.writestr("model.json", text)
        archive.comment = f"mlkit-model sha256={hashlib.sha256(text).hexdigest()}".encode()
    return path


def npy(array, **kwargs):
    stream = io.BytesIO()
    np.save(stream, array, **kwargs)
    return stream.getvalue()


def test_the_forger_can_write_a_sound_model(tmp_path):
    """Or the tests below would pass for a wrong reason."""
    nodes = [{"array": "0.npy"}, {"object": "linear_model.Ridge", "state": {"coef_": [0]}}]
    path = forged(tmp_path / "m", document(nodes), {"0.npy": npy(np.arange(3.0))})
    loaded = load(path)
    assert type(loaded) is Ridge and loaded.coef_.tolist() == [0, 1, 2]


NAMES = [
    "os.system",
    "builtins.eval",
    "linear_model._ridge:np",
    "linear_model._ridge:Ridge.fit",
    "linear_model._ridge:nothing",
    "linear_model.numpy.Ridge",
    "linear_model._ridge.__builtins__",
    "_core.workers:Parallel",
    "_core.estimator:Estimator",
    "_core.callbacks:CallbackContext",
    "callback._mailbox:Mailbox",
    "callback.ProgressBar",
    "persist.save",
    "persist._load:Maker",
    "exceptions.NotFittedError",
    "cli.main",
    "__main__",
    "__main__:x",
    "datasets._svmlight:_Rows",
    "",
    ":",
    ".",
    "linear_model.",
    "linear_model..Ridge",
    "../linear_model.Ridge",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["object", "function", "type"])
def test_names_outside_the_registry(name, kind, tmp_path):
    node = {"object": name, "state": {}} if kind == "object" else {kind: name}
    for read in (load, inspect):
        with pytest.raises(ModelFileError, match="no (class|function|type)"):
            read(forged(tmp_path / "m", document([node])))


@pytest.mark.parametrize(
    "name",
    [
        "numpy.save",
        "numpy.load",
        "numpy.fromfile",
        "numpy.testing",
        "datasets.dump_svmlight_file",
        "datasets.load_svmlight_file",
        "model_selection.cross_val_score",
        "utils.estimator_checks.check_estimator",
        "linear_model.Ridge",
        "set_config",
    ],
)
def test_functions_that_touch_the_world(name, tmp_path):
    with pytest.raises(ModelFileError, match="no function"):
        load(forged(tmp_path / "m", document([{"function": name}])))


def test_no_module_is_imported_for_a_name(tmp_path):
    before = set(sys.modules)
    for name in ("this.s", "antigravity.x", "mlkit.testing.Subject", "testing._suite:all_checks"):
        with pytest.raises(ModelFileError):
            load(forged(tmp_path / "m", document([{"object": name, "state": {}}])))
    assert "this" not in set(sys.modules) - before


NODES = {
    "unknown kind": [{"reduce": ["os.system", "true"]}],
    "two kinds": [{"list": [], "tuple": []}],
    "extra field": [{"list": [], "more": 1}],
    "missing field": [{"object": "linear_model.Ridge"}],
    "no object": [3],
    "reference beyond": [{"list": [[5]]}],
    "reference before": [{"list": [[-1]]}],
    "float reference": [{"list": [[0.0]]}],
    "boolean reference": [{"list": [[True]]}],
    "raw list": [{"list": [[1, 2]]}],
    "raw dict": [{"list": [{}]}],
    "tuple in itself": [{"tuple": [[0]]}],
    "tuple later": [{"list": [[1]]}, {"tuple": []}],
    "unhashable key": [{"list": []}, {"dict": [[[0], 1]]}],
    "unhashable member": [{"list": []}, {"set": [[0]]}],
    "pairs of three": [{"dict": [[1, 2, 3]]}],
    "dict of number": [{"dict": 4}],
    "state of list": [{"object": "linear_model.Ridge", "state": [1]}],
    "object dtype": [{"scalar": "|O", "data": "AAAAAAAAAAA="}],
    "structured dtype": [{"scalar": "i4,O", "data": ""}],
    "named dtype": [{"dtype": "object"}],
    "huge dtype": [{"numbers": "<U99999999999", "shape": [1], "order": "C", "data": ""}],
    "short data": [{"numbers": "<f8", "shape": [2], "order": "C", "data": "AAAAAAAAAAA="}],
    "bad base64": [{"numbers": "<f8", "shape": [1], "order": "C", "data": "(((("}],
    "negative shape": [{"numbers": "<f8", "shape": [-1], "order": "C", "data": ""}],
    "huge shape": [{"numbers": "<U0", "shape": [1 << 61], "order": "C", "data": ""}],
    "huge shape of objects": [{"objects": [1 << 61, 0], "items": [1]}],
    "many axes": [{"objects": [1] * 65, "items": [1]}],
    "bad order": [{"numbers": "<f8", "shape": [0], "order": "K", "data": ""}],
    "array not there": [{"array": "0.npy"}],
    "array elsewhere": [{"array": "/etc/passwd"}],
    "array by reference": [{"list": []}, {"array": [0]}],
    "mask of list": [{"list": []}, {"masked": [0], "mask": [0], "fill": 0}],
    "sparse of text": [{"sparse": "csr_matrix", "shape": [1, 1], "parts": "abc"}],
    "sparse class": [{"sparse": "system", "shape": [1, 1], "parts": {}}],
    "random state of list": [{"list": []}, {"random_state": [0]}],
    "random state of what": [{"dict": {"bit_generator": "system"}}, {"random_state": [0]}],
    "seed of what": [{"dict": {"command": 1}}, {"seed_sequence": [0]}],
    "distribution": [{"distribution": "test", "args": [], "kwds": {}}],
    "integer": [{"int": "__import__"}],
    "number": [{"float": "1e5"}],
    "text as bytes": [{"bytes": 5}],
    "range of text": [{"range": ["a", 1, 1]}],
    "abstract class": [{"object": "model_selection.BaseCrossValidator", "state": {}}],
    "bunch without items": [{"object": "_core.bunch:Bunch", "state": {}}],
    "estimator with items": [{"object": "linear_model.Ridge", "items": []}],
    "block of two": [{"object": "_core.blocks:Block", "items": [1]}],
}


@pytest.mark.parametrize("nodes", NODES.values(), ids=NODES)
def test_bad_nodes(nodes, tmp_path):
    with pytest.raises(ModelFileError, match="cannot load"):
        load(forged(tmp_path / "m", document(nodes)))


@pytest.mark.parametrize("root", [[7], {}, [0, 1], ["0"], [[0]], 1e400])
def test_bad_roots(root, tmp_path):
    with pytest.raises(ModelFileError, match="cannot load"):
        load(forged(tmp_path / "m", document([{"list": []}], root=root)))


def test_nesting(tmp_path):
    deep = [{"list": []}] + [{"list": [[i]]} for i in range(100_000)]
    with pytest.raises(ModelFileError, match="nested"):
        load(forged(tmp_path / "m", document(deep)))
    text = b'{"format": "mlkit-model", "schema": 1, "nodes": ' + b"[" * 100_000
    with pytest.raises(ModelFileError, match="damaged"):
        load(forged(tmp_path / "m", {}, text=text))


def test_indices_of_sparse_matrices_are_checked(tmp_path):
    def number(values, dtype):
        values = np.array(values, dtype)
        data = __import__("base64").b64encode(values.tobytes()).decode()
        return {"numbers": values.dtype.str, "shape": [len(values)], "order": "C", "data": data}

    nodes = [number([1.0], "f8"), number([10**6], "i4"), number([0, 1], "i4")]
    parts = {"data": [0], "indices": [1], "indptr": [2]}
    nodes.append({"sparse": "csr_matrix", "shape": [1, 3], "parts": parts})
    with pytest.raises(ModelFileError, match="cannot load"):
        load(forged(tmp_path / "m", document(nodes)))


@pytest.mark.parametrize(("name", "place"), [("MT19937", "pos"), ("Philox", "buffer_pos")])
@pytest.mark.parametrize("value", [-1, -(1 << 30), 625, "1"])
def test_random_states_that_point_outside(name, place, value, tmp_path):
    generator = np.random.Generator(getattr(np.random, name)(0))
    save(generator, tmp_path / "m")
    with zipfile.ZipFile(tmp_path / "m") as archive:
        described = json.loads(archive.read("model.json"))
    assert load(forged(tmp_path / "m", described)).random() == generator.random()
    holders = [node["dict"] for node in described["nodes"] if place in node.get("dict", {})]
    assert len(holders) == 1
    holders[0][place] = value
    with pytest.raises(ModelFileError, match="cannot load"):
        load(forged(tmp_path / "m", described))


def header(shape, descr="<f8", version=b"\x01\x00"):
    text = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text


MEMBERS = {
    "pickle": npy(np.array([{}], dtype=object), allow_pickle=True),
    "no header": b"abc",
    "empty": b"",
    "too short": header((4,)) + bytes(8),
    "too long": header((1,)) + bytes(16),
    "memory bomb": header((1 << 60,)),
    "overflow": header((1 << 40, 1 << 40)),
    "negative": header((-1,)),
    "code": header("__import__('os').system('true')"),
    "version 3": header((0,), version=b"\x03\x00"),
    "objects": header((0,), "|O"),
    "structure of objects": header((0,), [("a", "|O")]),
}


@pytest.mark.parametrize("data", MEMBERS.values(), ids=MEMBERS)
def test_bad_arrays(data, tmp_path):
    path = forged(tmp_path / "m", document([{"array": "0.npy"}]), {"0.npy": data})
    with pytest.raises(ModelFileError, match="cannot load"):
        load(path)


@pytest.mark.parametrize("name", ["../0.npy", "/tmp/0.npy", "a/0.npy", "0.npy.py", "é.npy"])
def test_names_of_members(name, tmp_path):
    path = forged(tmp_path / "m", document([{"list": []}]), {name: npy(np.zeros(2))})
    with pytest.raises(ModelFileError, match="which no model has"):
        load(path)


def test_members_that_are_not_listed(tmp_path, content):
    path = tmp_path / "m"
    path.write_bytes(content)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("7.npy", npy(np.zeros(2)))
    with pytest.raises(ModelFileError, match=r"7\.npy"):
        load(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("model.json", "{}")
    with pytest.raises(ModelFileError, match="two members"):
        load(path)


def test_zip_bombs(tmp_path):
    zeros = {"0.npy": npy(np.zeros(1 << 20))}
    path = forged(tmp_path / "m", document([{"array": "0.npy"}]), zeros)
    assert path.stat().st_size < 50_000
    with pytest.raises(ModelFileError, match="more than the limit"):
        load(path, max_bytes=1 << 20)
    assert load(path).shape == (1 << 20,)


def test_schema_of_the_future(tmp_path):
    path = forged(tmp_path / "m", document([{"list": []}], schema=99, mlkit="9.0"))
    with pytest.raises(ModelFileError, match=r"schema version is 99.*9\.0"):
        load(path)


def test_another_version_warns_once(tmp_path):
    ridge = {"object": "linear_model.Ridge", "state": {"alpha": 1.0}}
    nodes = [ridge, ridge, {"list": [[0], [1]]}]
    with pytest.warns(UserWarning, match=r"0\.0\.7") as record:
        load(forged(tmp_path / "m", document(nodes, mlkit="0.0.7")))
    assert len(record) == 1


def test_inspecting_makes_nothing(content, tmp_path, monkeypatch):
    path = tmp_path / "m"
    path.write_bytes(content)
    monkeypatch.setattr("mlkit.persist._load.Maker", lambda *args: pytest.fail("made"))
    contents = inspect(path)
    assert contents.model == "pipeline.Pipeline"
    assert contents.classes["linear_model.LogisticRegression"] == 1
    dtype, shape = next(iter(contents.arrays.values()))
    assert dtype == np.float64 and shape == (10, 64)
    assert "linear_model.LogisticRegression" in str(contents)


# ------------------------------------------------------------------ documents gone wrong
_STRANGE = (None, True, -1, 7, 2**70, 0.5, "", "os.system", "linear_model.Ridge", "|O", [], [0])
_STRANGE += ([3], [10**6], [[0]], {}, {"list": []}, {"a": [1]}, "AAAA", "numpy.log1p", "nan")


def places(value, path=()):
    """Every place in a document."""
    yield path
    inner = value if isinstance(value, list) else ()
    for key, each in value.items() if isinstance(value, dict) else enumerate(inner):
        yield from places(each, (*path, key))


def mutated(described, rng):
    """A copy of a document in which a few places hold something else, or are gone."""
    described = json.loads(json.dumps(described))
    for _ in range(rng.integers(1, 4)):
        spots = [path for path in places(described["nodes"], ("nodes",)) if len(path) > 1]
        *path, last = spots[rng.integers(len(spots))]
        owner = described
        for key in path:
            owner = owner[key]
        if rng.random() < 0.2:
            del owner[last]
        else:
            owner[last] = copy.deepcopy(_STRANGE[rng.integers(len(_STRANGE))])
    return described


@pytest.mark.filterwarnings("ignore")
def test_strange_documents(tmp_path):
    """With all checksums right: an error of ours, or a model, however odd; nothing else."""
    values = [
        np.random.RandomState(0),
        np.random.Generator(np.random.Philox(0)),
        np.ma.MaskedArray([1.0, 2.0], [True, False]),
        sparse.csr_matrix(np.eye(3)),
        sparse.dok_array(np.eye(3)),
        stats.uniform(0, 1),
        [np.float32(1), np.dtype("f4"), float, np.log1p, {1: (2, {3})}, slice(1, 2), b"x", 1j],
        np.array(["a", None], dtype=object),
        make_pipeline(StandardScaler(), Ridge()).fit(np.eye(3), [1, 2, 3]),
        OneHotEncoder().fit([["a"], ["b"]]),
    ]
    save(values, tmp_path / "m")
    with zipfile.ZipFile(tmp_path / "m") as archive:
        described = json.loads(archive.read("model.json"))
        members = {name: archive.read(name) for name in described["members"]}
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(ROUNDS):
        path = forged(tmp_path / "m", mutated(described, rng), members)
        try:
            load(path)
        except ModelFileError:
            refused += 1
    assert refused > ROUNDS // 2
