"""From a fitted estimator to a list of nodes that name no code but mlkit's own.

A value is a JSON scalar, or ``[i]`` for node i. A node is an object with one key that tells its
kind: ``{"list": [1, 2]}``, ``{"object": "linear_model.Ridge", "state": {"alpha": 1.0, "coef_":
[0]}}``. What a node refers to stands before it, but for structures that contain themselves. An
object met twice is one node, so that sharing survives.
"""

import base64
import platform
import types

import numpy as np

from .._core.callbacks import CallbackSupportMixin
from .._core.params import Parameters
from .._version import __version__
from .audit import SPARSE_PARTS, may_be_circular
from .errors import ModelFileError
from .format import FORMAT, SCHEMA, writing
from .registry import class_name, function_name, type_name

# Below this size an array costs less in model.json than a member's two headers in the archive.
_INLINE_BYTES = 4096
_MOST_DEPTH = 150
_EXACT_INT = 1 << 53
# Of this run alone: what callbacks show belongs to the process that fits.
_TRANSIENT = frozenset(
    ("_skl_callbacks", "_callback_fit_ctx", "_skl_callbacks_to_teardown", "_parent_callback_ctx")
)


def save(model, path, *, metadata=None):
    """Save a fitted estimator as data: arrays and JSON in a zip file, no code.

    The file holds estimators of mlkit (in pipelines, searches and lists of any depth), NumPy
    arrays, scalars and random generators, SciPy's sparse matrices, and plain Python values.
    Callbacks are left out. It takes its place at once when it is complete: a full disk or a killed
    process leaves what was there before.

    Parameters
    ----------
    model : estimator, or a list, tuple or dict of estimators
    path : str or path-like
        Replaced if it exists.
    metadata : dict, default=None
        What else to store (column types, a date, a score): values that JSON can hold. `inspect`
        shows it.

    Raises
    ------
    ModelFileError
        If the model holds what a model file cannot: an estimator of another library, a function
        of your own, an open file. The message names the attribute.
    OSError
        If the file cannot be written.

    See Also
    --------
    load : The way back.
    inspect : What is in a file, without making it.

    Examples
    --------
    >>> import os, tempfile
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.linear_model import Ridge
    >>> from mlkit.persist import load, save
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = Ridge().fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "ridge.mlkit")
    ...     save(model, path)
    ...     again = load(path)
    >>> bool((again.predict(X) == model.predict(X)).all())
    True
    """
    _check_metadata(metadata)
    with writing(path) as writer:
        nodes = Nodes(writer)
        root = nodes.value(model)
        document = {
            "format": FORMAT,
            "schema": SCHEMA,
            "mlkit": __version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
            "members": writer.checksums,
            "nodes": nodes.nodes,
            "root": root,
        }
        if metadata is not None:
            document["metadata"] = metadata
        writer.finish(document)


def _check_metadata(metadata):
    import json

    if metadata is not None and not isinstance(metadata, dict):
        raise ModelFileError(f"metadata must be a dict or None, got {type(metadata).__name__}")
    try:
        json.dumps(metadata, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ModelFileError(f"metadata must hold what JSON can: {error}") from error


def _base64(data):
    return base64.b64encode(data).decode("ascii")


class Nodes:
    """The nodes of a model, filled by walking it.

    Parameters
    ----------
    writer : Writer
        Takes the arrays.
    """

    def __init__(self, writer):
        self.nodes = []
        self._writer = writer
        self._met = {}
        self._circular = set()
        self._alive = []  # what is met keeps its id while the walk lasts
        self._path = []

    # -------------------------------------------------------------------------- values
    def value(self, value):
        """The JSON of a value, its nodes added."""
        kind = type(value)
        if value is None or kind is bool or kind is str:
            return value
        if kind is int and -_EXACT_INT < value < _EXACT_INT:
            return value
        if kind is float and value - value == 0:
            return value
        if id(value) in self._met:
            index = self._met[id(value)]
            if isinstance(index, list):
                self._circular.add(id(value))
                return index
            return [index]
        return [self._node(value, kind)]

    def _node(self, value, kind):
        if len(self._path) > _MOST_DEPTH:
            raise self._refusal(value, f"it is nested more than {_MOST_DEPTH} deep")
        self._alive.append(value)
        # A value that contains itself meets this reference, whose number is known in the end.
        reference = self._met[id(value)] = []
        encode = _ENCODERS.get(kind)
        node = encode(self, value) if encode is not None else self._other(value, kind)
        if id(value) in self._circular and not may_be_circular(node):
            raise self._refusal(value, "it contains itself")
        index = self._met[id(value)] = len(self.nodes)
        reference.append(index)
        self.nodes.append(node)
        return index

    def _within(self, step, value):
        self._path.append(step)
        found = self.value(value)
        self._path.pop()
        return found

    def _refusal(self, value, reason):
        place = "".join(self._path).lstrip(".") or "the model"
        shown = f"{type(value).__module__}.{type(value).__qualname__}"
        return ModelFileError(f"cannot save {place}, of type {shown}: {reason}")

    # ----------------------------------------------------------------------- containers
    def items(self, values):
        return [self._within(f"[{i}]", each) for i, each in enumerate(values)]

    def mapping(self, value):
        if all(type(key) is str for key in value):
            return {key: self._within(f"[{key!r}]", each) for key, each in value.items()}
        return [
            [self._key(key, value), self._within(f"[{key!r}]", each)] for key, each in value.items()
        ]

    def _key(self, key, owner):
        """A key or member: what is hashed must not change, nor be made before what holds it."""
        if not _is_hashable_data(key):
            raise self._refusal(
                owner, f"its key or member {key!r:.80} is no string, number or tuple of these"
            )
        return self.value(key)

    def members(self, value):
        """A set in an order that does not depend on hashes of strings, which change by run."""
        ordered = sorted(value, key=lambda each: (type(each).__name__, repr(each)))
        return [self._key(each, value) for each in ordered]

    # --------------------------------------------------------------------------- arrays
    def array(self, value):
        if value.dtype.hasobject:
            if value.dtype.names is not None or value.dtype != object:
                raise self._refusal(value, f"arrays of {value.dtype} cannot be stored")
            return {"objects": list(value.shape), "items": self.items(value.ravel().tolist())}
        if value.dtype.kind == "T":
            raise self._refusal(value, "convert variable-width strings: X.astype(object)")
        if value.nbytes > _INLINE_BYTES or value.dtype.names is not None:
            return {"array": self._writer.add(value)}
        order = "F" if value.flags.fnc and value.ndim > 1 else "C"
        return {
            "numbers": value.dtype.str,
            "shape": list(value.shape),
            "order": order,
            "data": _base64(value.tobytes(order)),
        }

    def masked(self, value):
        return {
            "masked": self._within(".data", np.asarray(value.data)),
            "mask": self._within(".mask", np.ma.getmaskarray(value)),
            "fill": self._within(".fill_value", value.fill_value),
        }

    def scalar(self, value):
        if value.dtype.kind == "V":
            raise self._refusal(value, "a scalar of a structured type")
        return {"scalar": value.dtype.str, "data": _base64(value.tobytes())}

    def sparse(self, value):
        """A sparse matrix or array by its parts; LIL and DOK travel as COO."""
        stored = value.tocoo() if value.format in ("lil", "dok") else value
        names = SPARSE_PARTS[stored.format]
        parts = {name: self._within(f".{name}", getattr(stored, name)) for name in names}
        return {
            "sparse": type(value).__name__,
            "shape": [int(length) for length in value.shape],
            "parts": parts,
        }

    # ----------------------------------------------------------------------- randomness
    def random_state(self, value):
        state = value.get_state(legacy=False)
        return {"random_state": self._within(".get_state()", state)}

    def generator(self, value):
        bits = value.bit_generator
        return {
            "generator": self._within(".bit_generator.state", bits.state),
            "seed": self._within(".bit_generator.seed_seq", bits.seed_seq),
        }

    def seed_sequence(self, value):
        return {"seed_sequence": self._within(".state", dict(value.state))}

    # ---------------------------------------------------------------- everything else
    def _other(self, value, kind):
        if isinstance(value, np.generic):
            return self.scalar(value)
        if isinstance(value, np.dtype):
            if value.names is not None or value.kind in "VT":
                raise self._refusal(value, "a structured or variable-width type")
            return {"dtype": value.str}
        if isinstance(value, np.memmap):
            return self.array(np.asarray(value))
        if kind.__module__.startswith("scipy.sparse") and hasattr(value, "tocoo"):
            return self.sparse(value)
        if isinstance(value, type):
            name = type_name(value)
            if name is not None:
                return {"type": name}
            raise self._refusal(value, "only Python's and NumPy's number types can be stored")
        if class_name(kind) is not None:
            return self._instance(value, kind)
        if kind.__module__.startswith("scipy.stats") and hasattr(value, "dist"):
            return self._distribution(value)
        if callable(value) and hasattr(value, "__name__"):
            return self._function(value)
        raise self._refusal(value, _reason(value))

    def _function(self, value):
        name = function_name(value)
        if name is None:
            raise self._refusal(
                value,
                f"the function {value.__name__!r} is no public function of mlkit or NumPy; a model "
                "file holds no code",
            )
        return {"function": name}

    def _distribution(self, value):
        return {
            "distribution": value.dist.name,
            "args": self.items(value.args),
            "kwds": self.mapping(dict(value.kwds)),
        }

    def _instance(self, value, kind):
        if not self._path:
            self._path.append(kind.__name__)
        node = {"object": class_name(kind)}
        if _is_tuple(kind):
            return {**node, "items": self.items(value)}
        if isinstance(value, dict):
            node["mapping"] = self.mapping(value)
        state = self._state(value, kind)
        node["state"] = {key: self._within(f".{key}", each) for key, each in state.items()}
        return node

    def _state(self, value, kind):
        reduces = (kind.__reduce__, kind.__reduce_ex__) != (object.__reduce__, object.__reduce_ex__)
        if reduces and not _has_own_state(kind):
            raise self._refusal(value, f"{kind.__name__} defines how it is pickled")
        state = value.__getstate__()
        if isinstance(state, tuple):
            state = {**(state[0] or {}), **state[1]}
        state = {} if state is None else state
        if not isinstance(state, dict) or not all(type(key) is str for key in state):
            raise self._refusal(value, "its state is no dict of attributes")
        dropped = {"_mlkit_version"} if issubclass(kind, Parameters) else set()
        if issubclass(kind, CallbackSupportMixin):
            dropped |= _TRANSIENT
        return {key: each for key, each in state.items() if key not in dropped}


def _is_tuple(kind):
    return issubclass(kind, tuple)


def _has_own_state(kind):
    """Whether a class, compiled perhaps, says itself what its state is and how to set it."""
    return all(name in vars(kind) for name in ("__getstate__", "__setstate__"))


def _is_hashable_data(key):
    if type(key) in (tuple, frozenset):
        return all(map(_is_hashable_data, key))
    return key is None or isinstance(key, (str, int, float, complex, bytes, np.generic))


def _reason(value):
    root = type(value).__module__.split(".")[0]
    if isinstance(value, types.ModuleType):
        return "a model file holds no modules"
    if hasattr(value, "get_params") or hasattr(value, "fit"):
        return (
            f"an estimator of {root}, and a model file holds mlkit's alone; use joblib or pickle, "
            "for readers who trust you"
        )
    return "a model file holds mlkit's estimators, NumPy's arrays and plain Python values"


def _float(nodes, value):
    return {"float": "nan" if value != value else "inf" if value > 0 else "-inf"}


_ENCODERS = {
    int: lambda nodes, v: {"int": hex(v)},
    float: _float,
    complex: lambda nodes, v: {"complex": [nodes.value(v.real), nodes.value(v.imag)]},
    bytes: lambda nodes, v: {"bytes": _base64(v)},
    type(...): lambda nodes, v: {"ellipsis": True},
    slice: lambda nodes, v: {"slice": nodes.items([v.start, v.stop, v.step])},
    range: lambda nodes, v: {"range": nodes.items([v.start, v.stop, v.step])},
    list: lambda nodes, v: {"list": nodes.items(v)},
    tuple: lambda nodes, v: {"tuple": nodes.items(v)},
    set: lambda nodes, v: {"set": nodes.members(v)},
    frozenset: lambda nodes, v: {"frozenset": nodes.members(v)},
    dict: lambda nodes, v: {"dict": nodes.mapping(v)},
    np.ndarray: Nodes.array,
    np.ma.MaskedArray: Nodes.masked,
    np.random.RandomState: Nodes.random_state,
    np.random.Generator: Nodes.generator,
    np.random.SeedSequence: Nodes.seed_sequence,
}
