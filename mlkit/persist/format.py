"""The container: a zip of ``model.json`` and ``.npy`` members, each with its checksum.

``model.json`` lists the checksums (SHA-256) of the arrays; its own stands in the archive's comment.
A file is written beside its final place, flushed to disk and renamed: readers see the old file or
the new one, whatever happens in between.
"""

import contextlib
import hashlib
import io
import json
import os
import re
import secrets
import zipfile
import zlib
from pathlib import Path

import numpy as np

from .errors import ModelFileError

FORMAT = "mlkit-model"
SCHEMA = 1
DOCUMENT = "model.json"
_COMMENT = re.compile(rb"mlkit-model sha256=([0-9a-f]{64})")
_MEMBER = re.compile(r"[0-9]{1,9}\.npy")
_OLDEST = (1980, 1, 1, 0, 0, 0)  # a fixed time: the same model gives the same bytes
_SAMPLE = 1 << 16
_WORTH = 0.9  # share of its size at which a compressed sample says that all be compressed
_CHUNK = 1 << 20
# model.json becomes Python objects some ten times its size.
_MOST_DOCUMENT = 1 << 28
_MOST_HEADER = 10_000
# An honest file may hold arrays of zeros, so that a ratio alone says nothing below this size.
_FREE = 1 << 30
_RATIO = 64


# ---------------------------------------------------------------------------- writing
class Writer:
    """Puts arrays and the document into an open zip file."""

    def __init__(self, archive):
        self._archive = archive
        self._names = {}
        self.checksums = {}

    def add(self, array):
        """Store an array, once if the same bytes are there; return the name of its member."""
        buffer = _Hashing(None)
        np.lib.format.write_array(buffer, array, allow_pickle=False)
        digest = buffer.digest()
        if digest not in self._names:
            name = f"{len(self._names)}.npy"
            info = zipfile.ZipInfo(name, _OLDEST)
            info.compress_type = _compression(array)
            with self._archive.open(info, "w", force_zip64=array.nbytes >= 1 << 31) as member:
                np.lib.format.write_array(_Hashing(member), array, allow_pickle=False)
            self._names[digest] = name
            self.checksums[name] = digest
        return self._names[digest]

    def finish(self, document):
        """Store the document and its checksum."""
        text = json.dumps(document, separators=(",", ":"), allow_nan=False).encode("ascii")
        if len(text) > _MOST_DOCUMENT:
            raise ModelFileError(
                f"the model has {len(text):,} bytes of Python objects, a model file takes "
                f"{_MOST_DOCUMENT:,}: arrays of numbers have no such limit"
            )
        info = zipfile.ZipInfo(DOCUMENT, _OLDEST)
        info.compress_type = zipfile.ZIP_DEFLATED
        self._archive.writestr(info, text, compresslevel=9)
        digest = hashlib.sha256(text).hexdigest()
        self._archive.comment = f"{FORMAT} sha256={digest}".encode()


class _Hashing:
    """A stream that hashes what it passes on."""

    def __init__(self, stream):
        self._stream = stream
        self._hash = hashlib.sha256()

    def write(self, data):
        self._hash.update(data)
        if self._stream is not None:
            self._stream.write(data)

    def digest(self):
        return self._hash.hexdigest()


def _compression(array):
    """Deflate what a sample shows to shrink; numbers without a pattern are kept as they are."""
    sample = array.ravel("K")[: max(1, _SAMPLE // max(1, array.itemsize))].tobytes()
    shrinks = len(zlib.compress(sample, 1)) < _WORTH * len(sample)
    return zipfile.ZIP_DEFLATED if shrinks else zipfile.ZIP_STORED


@contextlib.contextmanager
def writing(path):
    """A `Writer` of a file that takes its place only when the block ends without an error."""
    target = Path(os.path.realpath(os.fspath(path)))
    scratch = target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")
    descriptor = os.open(scratch, os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)
    try:
        with os.fdopen(descriptor, "w+b") as stream:
            with zipfile.ZipFile(stream, "w") as archive:
                yield Writer(archive)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(scratch, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(scratch)
        raise
    _sync_folder(target.parent)


_BINARY = getattr(os, "O_BINARY", 0)


def _sync_folder(folder):
    """Make the new name last through a power cut, where folders can be flushed at all."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# ---------------------------------------------------------------------------- reading
class Reader:
    """Gives the checked members of an open model file."""

    def __init__(self, archive, size, max_bytes):
        self._archive = archive
        self._members = _members(archive, size, max_bytes)

    def document(self):
        """The content of ``model.json``, its checksum verified."""
        comment = _COMMENT.fullmatch(self._archive.comment)
        if comment is None or DOCUMENT not in self._members:
            raise ModelFileError("it is a zip file, but no model that mlkit saved")
        data = self._read(DOCUMENT)
        if hashlib.sha256(data).hexdigest() != comment[1].decode():
            raise ModelFileError(f"{DOCUMENT} does not match its checksum: the file is damaged")
        document = json.loads(data.decode("ascii"), parse_constant=_refuse_constant)
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise ModelFileError(f"{DOCUMENT} is not that of a model")
        schema = document.get("schema")
        if schema != SCHEMA:
            raise ModelFileError(
                f"its schema version is {schema!r}, this mlkit reads {SCHEMA}: load it with the "
                f"mlkit that saved it ({document.get('mlkit')!r}) or a later one"
            )
        return document

    def check_members(self, checksums):
        """Every array that the document lists is there, and nothing else."""
        there = set(self._members) - {DOCUMENT}
        if not isinstance(checksums, dict) or there != set(checksums):
            listed = set(checksums) if isinstance(checksums, dict) else set()
            raise ModelFileError(
                f"its members differ from those that {DOCUMENT} lists: "
                f"{sorted(map(str, there ^ listed))[:5]}"
            )

    def size(self, name):
        """Bytes of a member when unpacked."""
        return self._members[name].file_size

    def array(self, name, checksum):
        """An array, its checksum verified, its header held against the bytes that are there."""
        data = self._read(name)
        if hashlib.sha256(data).hexdigest() != checksum:
            raise ModelFileError(f"{name} does not match its checksum: the file is damaged")
        dtype, shape, order, start = _header(io.BytesIO(data), name, len(data))
        return np.frombuffer(data, dtype, offset=start).reshape(shape, order=order)

    def header(self, name):
        """Type and shape of an array, read from its first bytes."""
        with self._archive.open(self._members[name]) as member:
            head = io.BytesIO(member.read(_MOST_HEADER + 12))
        return _header(head, name, self.size(name))[:2]

    def _read(self, name):
        """All of a member, in memory that may be written to."""
        info = self._members[name]
        data = bytearray(info.file_size)
        view, at = memoryview(data), 0
        with self._archive.open(info) as member:
            while at < len(data):
                count = member.readinto(view[at : at + _CHUNK])
                if not count:
                    raise ModelFileError(f"{name} ends after {at} of {len(data)} bytes")
                at += count
            if member.read(1):
                raise ModelFileError(f"{name} is longer than it says")
        return data


def _refuse_constant(name):
    raise ModelFileError(f"{DOCUMENT} holds {name}, which is no number of JSON")


def _members(archive, size, max_bytes):
    """The members by name; their names, kinds and sizes are checked before one is read."""
    found = {}
    for info in archive.infolist():
        name = info.filename
        if name != DOCUMENT and not _MEMBER.fullmatch(name):
            raise ModelFileError(f"it has a member {name[:80]!r}, which no model has")
        if name in found:
            raise ModelFileError(f"it has two members {name!r}")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ModelFileError(f"{name} is compressed by a method that no model uses")
        if info.flag_bits & 0x1:
            raise ModelFileError(f"{name} is encrypted")
        found[name] = info
    if DOCUMENT in found and found[DOCUMENT].file_size > _MOST_DOCUMENT:
        raise ModelFileError(f"{DOCUMENT} would unpack to more than {_MOST_DOCUMENT:,} bytes")
    total = sum(info.file_size for info in found.values())
    limit = max(_FREE, _RATIO * size) if max_bytes is None else max_bytes
    if total > limit:
        raise ModelFileError(
            f"its {size:,} bytes would unpack to {total:,}, more than the limit of {limit:,}: "
            "give max_bytes if you trust it"
        )
    return found


def _header(stream, name, size):
    """Type, shape, order and start of the numbers of an ``.npy`` member."""
    version = np.lib.format.read_magic(stream)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if read is None:
        raise ModelFileError(f"{name} has version {version} of the npy format, not 1.0 or 2.0")
    shape, fortran, dtype = read(stream, max_header_size=_MOST_HEADER)
    if dtype.hasobject:
        raise ModelFileError(f"{name} holds Python objects, which a model file never does")
    count = 1
    for length in shape:
        if type(length) is not int or length < 0:
            raise ModelFileError(f"{name} has the shape {shape}")
        count *= length
    start = stream.tell()
    if count * dtype.itemsize != size - start:
        raise ModelFileError(
            f"{name} has {size - start} bytes of numbers, {shape} of {dtype} need "
            f"{count * dtype.itemsize}"
        )
    return dtype, shape, "F" if fortran else "C", start


@contextlib.contextmanager
def reading(path, max_bytes=None):
    """A `Reader` of a file; whatever is wrong with the file becomes a `ModelFileError`."""
    with open(path, "rb") as stream:
        try:
            if stream.read(4) != b"PK\x03\x04":
                raise ModelFileError("it does not begin as a model file does")
            size = stream.seek(0, os.SEEK_END)
            with zipfile.ZipFile(stream) as archive:
                yield Reader(archive, size, max_bytes)
        except ModelFileError as error:
            raise ModelFileError(f"cannot load {os.fspath(path)}: {error}") from error.__cause__
        except Exception as error:
            # Damage shows in many ways: zipfile, zlib, NumPy and json each have their own errors.
            raise ModelFileError(
                f"cannot load {os.fspath(path)}: the file is damaged "
                f"({type(error).__name__}: {error})"
            ) from error
