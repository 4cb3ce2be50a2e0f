"""From an audited list of nodes to a fitted estimator; nothing in a file is ever run."""

import base64
import warnings
from dataclasses import dataclass

import numpy as np

from .._core.params import Parameters
from .._version import __version__
from .audit import SPARSE_PARTS, Audit, may_be_circular
from .errors import ModelFileError
from .format import reading
from .registry import find_class, find_distribution, find_function, find_type

_WORDS, _BUFFER = 624, 4  # of MT19937 and of Philox
_BIT_GENERATORS = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")


def load(path, *, max_bytes=None):
    """Load a model that `save` wrote.

    The whole file is checked first: checksums, sizes, shapes, and each name it contains against
    mlkit's own classes and functions. Then arrays and plain objects are made of it; code of the
    file's choice is never called. A file from a stranger cannot run anything when it is loaded; it
    can still be a wrong model.

    Parameters
    ----------
    path : str or path-like
    max_bytes : int, default=None
        The most bytes that the file may unpack to. None is 1 GiB or 64 times the size of the
        file, whichever is more.

    Returns
    -------
    The model that was saved.

    Raises
    ------
    ModelFileError
        If the file is damaged, cut, made by something else or by a later version, or names what
        no model holds.
    OSError
        If it cannot be read.

    Warns
    -----
    UserWarning
        If another version of mlkit saved it.

    See Also
    --------
    save : The way there, with an example.
    """
    with reading(path, max_bytes) as reader:
        document = reader.document()
        audit = Audit(document)
        reader.check_members(audit.members)
        with warnings.catch_warnings():
            # Damaged numbers may upset NumPy or SciPy on the way to their error.
            warnings.simplefilter("ignore", RuntimeWarning)
            model = Maker(audit, reader).value(audit.root)
    if document.get("mlkit") != __version__:
        warnings.warn(
            f"{path} was saved by mlkit {document.get('mlkit')!r}, this is {__version__}: results "
            "may differ; fit again or pin the version",
            stacklevel=2,
        )
    return model


@dataclass(frozen=True)
class Contents:
    """What is in a model file; `print` shows it as a table.

    Attributes
    ----------
    mlkit, numpy, python : str
        The versions that saved it.
    model : str
        Class of the model, or the kind of the container that holds several.
    classes, functions : dict of str to int
        How often each is named.
    arrays : dict of str to (dtype, shape)
        The arrays that are members of their own; small ones are part of the document.
    metadata : dict or None
        What was given to `save`.
    """

    mlkit: str
    numpy: str
    python: str
    model: str
    classes: dict
    functions: dict
    arrays: dict
    metadata: dict | None

    def __str__(self):
        lines = [f"{self.model}, saved by mlkit {self.mlkit} (NumPy {self.numpy})"]
        for title, counts in (("classes", self.classes), ("functions", self.functions)):
            lines += [f"  {title}:"] if counts else []
            lines += [f"    {count:5d} {name}" for name, count in sorted(counts.items())]
        lines += ["  arrays:"] if self.arrays else []
        lines += [f"    {name} {dtype} {shape}" for name, (dtype, shape) in self.arrays.items()]
        if self.metadata:
            lines.append(f"  metadata: {', '.join(self.metadata)}")
        return "\n".join(lines)


def inspect(path, *, max_bytes=None):
    """Say what is in a model file, without making any of it.

    Parameters
    ----------
    path : str or path-like
    max_bytes : int, default=None
        As in `load`.

    Returns
    -------
    Contents
        Versions, classes, functions, arrays and metadata.

    Raises
    ------
    ModelFileError
        If the file is no model or names what no model holds; arrays are not read.

    Examples
    --------
    >>> import os, tempfile
    >>> from mlkit.persist import inspect, save
    >>> from mlkit.preprocessing import StandardScaler
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "scaler.mlkit")
    ...     save(StandardScaler().fit([[1.0], [2.0]]), path, metadata={"unit": "cm"})
    ...     contents = inspect(path)
    >>> contents.model, contents.metadata
    ('preprocessing.StandardScaler', {'unit': 'cm'})
    """
    with reading(path, max_bytes) as reader:
        document = reader.document()
        audit = Audit(document)
        reader.check_members(audit.members)
        arrays = {name: reader.header(name) for name in audit.members}
    return Contents(
        *(str(document.get(name)) for name in ("mlkit", "numpy", "python")),
        model=_described(audit),
        classes=audit.classes,
        functions=audit.functions,
        arrays=arrays,
        metadata=document.get("metadata"),
    )


def _described(audit):
    root = audit.root
    if not isinstance(root, list):
        return repr(root)
    node = audit.nodes[root[0]]
    return node.get("object", audit.kinds[root[0]])


def _decoded(text):
    return base64.b64decode(text, validate=True)


class Maker:
    """Makes the objects of an audited document, in the order of its nodes.

    Parameters
    ----------
    audit : Audit
    reader : Reader
        Gives the arrays.
    """

    def __init__(self, audit, reader):
        self._audit = audit
        self._reader = reader
        # What may contain itself exists from the start and is filled in its turn.
        self._made = [self._shell(node) if may_be_circular(node) else None for node in audit.nodes]
        for i, (kind, node) in enumerate(zip(audit.kinds, audit.nodes, strict=True)):
            made = getattr(self, f"_make_{kind}")(node[kind], node, self._made[i])
            self._made[i] = made

    @staticmethod
    def _shell(node):
        if "object" not in node:
            return [] if "list" in node else {}
        cls = find_class(node["object"])
        return cls.__new__(cls)

    def value(self, value):
        """The object that a value of the document stands for."""
        return self._made[value[0]] if isinstance(value, list) else value

    def _values(self, values):
        return [self.value(each) for each in values]

    def _mapping(self, entries):
        if isinstance(entries, dict):
            return {key: self.value(each) for key, each in entries.items()}
        return {self.value(key): self.value(each) for key, each in entries}

    # ----------------------------------------------------------------------- containers
    def _make_list(self, values, node, made):
        made += self._values(values)
        return made

    def _make_tuple(self, values, node, made):
        return tuple(self._values(values))

    def _make_set(self, values, node, made):
        return set(self._values(values))

    def _make_frozenset(self, values, node, made):
        return frozenset(self._values(values))

    def _make_dict(self, entries, node, made):
        made.update(self._mapping(entries))
        return made

    def _make_slice(self, values, node, made):
        return slice(*self._values(values))

    def _make_range(self, values, node, made):
        return range(*self._values(values))

    def _make_ellipsis(self, value, node, made):
        return ...

    # -------------------------------------------------------------------------- numbers
    def _make_int(self, text, node, made):
        return int(text, 16)

    def _make_float(self, text, node, made):
        # Code may ask whether a parameter is np.nan itself.
        return np.nan if text == "nan" else float(text)

    def _make_complex(self, values, node, made):
        return complex(*self._values(values))

    def _make_bytes(self, text, node, made):
        return _decoded(text)

    def _make_scalar(self, dtype, node, made):
        return np.frombuffer(_decoded(node["data"]), dtype, count=1)[0]

    def _make_dtype(self, text, node, made):
        return np.dtype(text)

    # --------------------------------------------------------------------------- arrays
    def _make_array(self, name, node, made):
        return self._reader.array(name, self._audit.members[name])

    def _make_numbers(self, dtype, node, made):
        data = bytearray(_decoded(node["data"]))
        dtype = np.dtype(dtype)
        if dtype.itemsize == 0:
            return np.zeros(node["shape"], dtype)
        return np.frombuffer(data, dtype).reshape(node["shape"], order=node["order"])

    def _make_objects(self, shape, node, made):
        array = np.empty(len(node["items"]), dtype=object)
        for i, each in enumerate(node["items"]):
            array[i] = self.value(each)
        return array.reshape(shape)

    def _make_masked(self, data, node, made):
        mask = self.value(node["mask"])
        if mask.dtype != bool:
            raise ModelFileError("the mask of an array is not boolean")
        return np.ma.MaskedArray(self.value(data), mask, fill_value=self.value(node["fill"]))

    def _make_sparse(self, name, node, made):
        from scipy import sparse

        kind, shape = name[:3], tuple(node["shape"])
        parts = [self.value(node["parts"][part]) for part in SPARSE_PARTS[kind]]
        form = name[3:]
        if kind in ("lil", "dok"):
            coo = getattr(sparse, f"coo{form}")(tuple(parts), shape=shape)
            return coo.asformat(kind)
        matrix = getattr(sparse, name)(tuple(parts), shape=shape)
        if kind in ("csr", "csc", "bsr"):
            # Kernels trust the indices: one that points outside would read foreign memory.
            matrix.check_format(full_check=True)
        return matrix

    # ----------------------------------------------------------------------- randomness
    def _make_random_state(self, state, node, made):
        state = self.value(state)
        bits = self._bit_generator(state, None)
        random_state = np.random.RandomState(bits)
        random_state.set_state(state)
        return random_state

    def _make_generator(self, state, node, made):
        bits = self._bit_generator(self.value(state), self.value(node["seed"]))
        return np.random.Generator(bits)

    @staticmethod
    def _bit_generator(state, seed):
        name = state.get("bit_generator")
        if name not in _BIT_GENERATORS:
            raise ModelFileError(f"{name!r:.60} is no bit generator")
        inner = state.get("state")
        pos = inner.get("pos", 0) if isinstance(inner, dict) else 0
        # NumPy reads at these places of its buffers without asking whether they exist.
        if not (0 <= pos <= _WORDS and 0 <= state.get("buffer_pos", 0) <= _BUFFER):
            raise ModelFileError(f"the state of {name} points outside its buffer")
        bits = getattr(np.random, name)(0 if seed is None else seed)
        bits.state = {key: each for key, each in state.items() if key not in _GAUSSIAN}
        return bits

    def _make_seed_sequence(self, state, node, made):
        return np.random.SeedSequence(**self.value(state))

    # ----------------------------------------------------------------------------- names
    def _make_type(self, name, node, made):
        return find_type(name)

    def _make_function(self, name, node, made):
        return find_function(name)

    def _make_distribution(self, name, node, made):
        return find_distribution(name)(*self._values(node["args"]), **self._mapping(node["kwds"]))

    def _make_object(self, name, node, made):
        cls = find_class(name)
        if "items" in node:
            items = self._values(node["items"])
            if len(items) != len(getattr(cls, "_fields", items)):
                raise ModelFileError(f"{name} has {len(items)} items")
            return tuple.__new__(cls, items)
        if "mapping" in node:
            dict.update(made, self._mapping(node["mapping"]))
        state = self._mapping(node["state"])
        if issubclass(cls, Parameters):
            # Versions are told once, for the file.
            state["_mlkit_version"] = __version__
        if hasattr(cls, "__setstate__"):
            made.__setstate__(state)
        else:
            for key, each in state.items():
                # Also where the class is frozen or has slots.
                object.__setattr__(made, key, each)
        return made


_GAUSSIAN = ("has_gauss", "gauss")
