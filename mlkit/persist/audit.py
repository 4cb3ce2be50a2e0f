"""What a document says, checked before anything is made of it.

Every node must be of a known kind with exactly its fields, refer to nodes that come before it (only
lists, dicts and objects may be referred to earlier, where a structure contains itself), and name
classes, functions and types that the registry has.
"""

import math
import re

from .errors import ModelFileError
from .registry import find_class, find_distribution, find_function, find_type

_MOST_DEPTH = 200  # more than `save` writes, less than Python's stack bears
_MOST_NDIM = 64
# Numbers, booleans, text and times, with their width; never objects or structures.
_DTYPE = re.compile(r"[<>|=]?[biufcSU]\d{1,6}|[<>|=]?[mM]8(\[\d{0,6}[a-zA-Zμ]{1,7}\])?|\|b1|\|O")
_BIG_INT = re.compile(r"-?0x[0-9a-f]{1,10000}")


class Audit:
    """A document whose nodes have all been checked.

    Parameters
    ----------
    document : dict
        As parsed from ``model.json``.

    Attributes
    ----------
    kinds : list of str
        Kind of each node.
    arrays : list of str
        Member of each node that is a stored array.
    classes, functions : dict of str to int
        How often the file names each.
    """

    def __init__(self, document):
        self.nodes = document.get("nodes")
        self.root = document.get("root")
        if not isinstance(self.nodes, list):
            raise ModelFileError("it has no list of nodes")
        self.members = document.get("members")
        if not isinstance(self.members, dict):
            raise ModelFileError("it has no list of members")
        self.kinds = [self._kind(i, node) for i, node in enumerate(self.nodes)]
        self.arrays = []
        self.classes, self.functions = {}, {}
        self._depths = []
        for i, node in enumerate(self.nodes):
            try:
                self._check(i, node)
            except ModelFileError as error:
                raise ModelFileError(f"node {i}: {error}") from None
        self._at = len(self.nodes)
        self._depth = 0
        self._value(self.root)

    def _kind(self, i, node):
        kinds = [] if not isinstance(node, dict) else [key for key in node if key in _FIELDS]
        if len(kinds) != 1 or set(node) not in _FIELDS[kinds[0]]:
            fields = sorted(node)[:5] if isinstance(node, dict) else type(node).__name__
            raise ModelFileError(f"node {i} has an unknown kind or fields: {fields}")
        return kinds[0]

    def _check(self, i, node):
        kind = self.kinds[i]
        self._at, self._depth = i, 0
        getattr(self, f"_check_{kind}")(node[kind], node)
        if self._depth > _MOST_DEPTH:
            raise ModelFileError(f"nested more than {_MOST_DEPTH} deep")
        self._depths.append(self._depth + 1)

    # --------------------------------------------------------------------------- values
    def _value(self, value):
        if value is None or isinstance(value, (bool, int, str)):
            return
        if isinstance(value, float):
            if not math.isfinite(value):
                raise ModelFileError("a number is too large")
            return
        if not (isinstance(value, list) and len(value) == 1 and type(value[0]) is int):
            raise ModelFileError(f"{value!r:.60} is neither a value nor a reference")
        target = value[0]
        if not 0 <= target < len(self.nodes):
            raise ModelFileError(f"it refers to node {target}, of {len(self.nodes)}")
        if target >= self._at:
            if not may_be_circular(self.nodes[target]):
                raise ModelFileError(f"it refers to node {target}, which is not made before it")
            return
        self._depth = max(self._depth, self._depths[target])

    def _values(self, values, length=None):
        if not isinstance(values, list) or (length is not None and len(values) != length):
            raise ModelFileError("its items are no list, or too few or many")
        for each in values:
            self._value(each)

    def _named(self, values):
        if not isinstance(values, dict):
            raise ModelFileError("its entries have no names")
        for each in values.values():
            self._value(each)

    def _mapping(self, entries):
        if isinstance(entries, dict):
            self._named(entries)
            return
        for pair in entries if isinstance(entries, list) else [None]:
            self._values(pair, 2)

    def _node_of(self, value, *kinds):
        """A reference to an earlier node of one of some kinds."""
        self._value(value)
        if not isinstance(value, list) or self.kinds[value[0]] not in kinds:
            raise ModelFileError(f"it needs a reference to {' or '.join(kinds)}")

    @staticmethod
    def _text(value):
        if not isinstance(value, str):
            raise ModelFileError(f"{value!r:.60} is no text")

    # ----------------------------------------------------------------------- containers
    def _check_list(self, values, node):
        self._values(values)

    _check_tuple = _check_set = _check_frozenset = _check_list

    def _check_dict(self, entries, node):
        self._mapping(entries)

    def _check_slice(self, values, node):
        self._values(values, 3)

    def _check_range(self, values, node):
        self._values(values, 3)

    def _check_ellipsis(self, value, node):
        """Nothing more to say."""

    # -------------------------------------------------------------------------- numbers
    def _check_int(self, text, node):
        if not isinstance(text, str) or not _BIG_INT.fullmatch(text):
            raise ModelFileError("no hexadecimal integer")

    def _check_float(self, text, node):
        if text not in ("nan", "inf", "-inf"):
            raise ModelFileError(f"no special number: {text!r:.60}")

    def _check_complex(self, values, node):
        self._values(values, 2)

    def _check_bytes(self, text, node):
        self._text(text)

    def _check_scalar(self, dtype, node):
        self._dtype(dtype)
        self._text(node["data"])

    def _check_dtype(self, dtype, node):
        self._dtype(dtype, objects=True)

    @staticmethod
    def _dtype(text, objects=False):
        known = isinstance(text, str) and _DTYPE.fullmatch(text)
        if not known or (text == "|O" and not objects):
            raise ModelFileError(f"{text!r:.60} is no type of numbers or text")

    # --------------------------------------------------------------------------- arrays
    @staticmethod
    def _shape(shape):
        lengths = shape if isinstance(shape, list) and len(shape) <= _MOST_NDIM else [None]
        if not all(type(length) is int and 0 <= length < 1 << 62 for length in lengths):
            raise ModelFileError(f"{shape!r:.60} is no shape")

    def _check_array(self, name, node):
        if name not in self.members:
            raise ModelFileError(f"the array {name!r:.60} is not among the members")
        self.arrays.append(name)

    def _check_numbers(self, dtype, node):
        self._dtype(dtype)
        self._shape(node["shape"])
        self._text(node["data"])
        if node["order"] not in ("C", "F"):
            raise ModelFileError("its order is neither C nor F")

    def _check_objects(self, shape, node):
        self._shape(shape)
        self._values(node["items"], math.prod(shape))

    def _check_masked(self, data, node):
        self._node_of(data, *_ARRAYS)
        self._node_of(node["mask"], *_ARRAYS)
        self._value(node["fill"])

    def _check_sparse(self, name, node):
        parts = SPARSE_PARTS.get(str(name)[:3])
        if name not in SPARSE_CLASSES or set(node["parts"]) != set(parts):
            raise ModelFileError(f"no sparse matrix: {name!r:.60}")
        self._shape(node["shape"])
        self._named(node["parts"])

    # ----------------------------------------------------------------------- randomness
    def _check_random_state(self, state, node):
        self._node_of(state, "dict")

    def _check_seed_sequence(self, state, node):
        self._node_of(state, "dict")

    def _check_generator(self, state, node):
        self._node_of(state, "dict")
        if node["seed"] is not None:
            self._node_of(node["seed"], "seed_sequence")

    # ----------------------------------------------------------------------------- names
    def _check_type(self, name, node):
        self._text(name)
        find_type(name)

    def _check_function(self, name, node):
        self._text(name)
        find_function(name)
        self.functions[name] = self.functions.get(name, 0) + 1

    def _check_distribution(self, name, node):
        self._text(name)
        find_distribution(name)
        self._values(node["args"])
        self._mapping(node["kwds"])

    def _check_object(self, name, node):
        self._text(name)
        kind = find_class(name)
        self.classes[name] = self.classes.get(name, 0) + 1
        if ("items" in node) != issubclass(kind, tuple):
            raise ModelFileError(f"{name} is not stored as that class is")
        if ("mapping" in node) != issubclass(kind, dict):
            raise ModelFileError(f"{name} is not stored as that class is")
        self._values(node.get("items", []))
        self._mapping(node.get("mapping", {}))
        self._named(node.get("state", {}))


def may_be_circular(node):
    """Whether a node stands for what can be made empty and filled later."""
    return "list" in node or "dict" in node or ("object" in node and "items" not in node)


SPARSE_PARTS = {
    "csr": ("data", "indices", "indptr"),
    "csc": ("data", "indices", "indptr"),
    "bsr": ("data", "indices", "indptr"),
    "dia": ("data", "offsets"),
    "coo": ("data", "coords"),
    "lil": ("data", "coords"),
    "dok": ("data", "coords"),
}
SPARSE_CLASSES = {f"{name}_{form}" for name in SPARSE_PARTS for form in ("array", "matrix")}
_ARRAYS = ("array", "numbers", "objects")
_FIELDS = {
    **{
        kind: [{kind}]
        for kind in ("list", "tuple", "set", "frozenset", "dict", "slice", "range", "ellipsis")
    },
    **{kind: [{kind}] for kind in ("int", "float", "complex", "bytes", "dtype", "array")},
    **{kind: [{kind}] for kind in ("random_state", "seed_sequence", "type", "function")},
    "scalar": [{"scalar", "data"}],
    "numbers": [{"numbers", "shape", "order", "data"}],
    "objects": [{"objects", "items"}],
    "masked": [{"masked", "mask", "fill"}],
    "sparse": [{"sparse", "shape", "parts"}],
    "generator": [{"generator", "seed"}],
    "distribution": [{"distribution", "args", "kwds"}],
    "object": [{"object", "state"}, {"object", "items"}, {"object", "state", "mapping"}],
}
