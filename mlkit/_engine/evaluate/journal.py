"""A journal of a search: one file to which the result of each fit is appended as it is there.

A line is the CRC-32 of what follows, a blank, and JSON. The first line names the search: data,
estimator, scoring, folds. A line is written by one call of the system, at the end of the file,
so a process that is killed loses the fits that are running and no other, and several processes
may write. What does not match its checksum, such as a line that was cut short, is not read.
"""

import contextlib
import json
import os
import re
import zlib

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
# A place behind any file's end: the lock is one on a name, and no byte is kept from anyone.
_LOCKED = 1 << 62


def fingerprint(value):
    """A short name of any value's content, the same in each process."""
    import joblib

    try:
        return joblib.hash(value)
    except Exception:  # what cannot be pickled, such as a lambda, is known by what it prints
        return joblib.hash(_ADDRESS.sub("", repr(value)))


def _line(record):
    text = json.dumps(record, separators=(",", ":"), default=float).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _records(content):
    for line in content.split(b"\n"):
        checksum, _, text = line.partition(b" ")
        if len(checksum) == 8 and b"%08x" % zlib.crc32(text) == checksum:
            yield json.loads(text)


class Journal:
    """The results of a search in a file, those of earlier runs included.

    Parameters
    ----------
    path : str or path-like
        Made if it is not there.
    identity : dict of str to str
        `fingerprint` of whatever results depend on, by what the user calls it.
    owner : str
        Whose journal it is, for messages.

    Raises
    ------
    ValueError
        If the file belongs to another search, or is no journal.
    RuntimeError
        If another process is writing it.
    """

    def __init__(self, path, identity, owner):
        self.path = os.fspath(path)
        self.known = {}
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            self._lock(owner)
            self._read(identity, owner)
        except BaseException:
            self.close()
            raise

    def _lock(self, owner):
        with contextlib.suppress(ImportError):  # Windows has no such locks
            import fcntl

            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _LOCKED)
            except OSError as error:
                raise RuntimeError(
                    f"{owner}(journal={self.path!r}): another process is writing this journal; "
                    "wait for it, or use another file"
                ) from error

    def _read(self, identity, owner):
        content = self._content()
        records = list(_records(content))
        if content and not records and b"\n" in content:
            raise ValueError(f"{owner}(journal={self.path!r}): the file is no journal")
        if not records:
            self._append({"search": identity})
            return
        self._check(records[0].get("search"), identity, owner)
        self.known = {each["fit"]: each["result"] for each in records if "fit" in each}
        if not content.endswith(b"\n"):
            self._write(b"\n")  # ends a line that was cut short

    def _content(self):
        """All bytes; not by a file object, whose closing would end the lock of this process."""
        size = os.fstat(self._file).st_size
        os.lseek(self._file, 0, os.SEEK_SET)
        parts = []
        while size > 0 and (part := os.read(self._file, size)):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _check(self, stored, identity, owner):
        if stored is None:
            raise ValueError(f"{owner}(journal={self.path!r}): the file has lost its first line")
        changed = [name for name in identity if stored.get(name) != identity[name]]
        if changed:
            raise ValueError(
                f"{owner}(journal={self.path!r}): the file is the journal of another search, which "
                f"differs in {', '.join(changed)}; continue that one, or use another file"
            )

    def write(self, key, result):
        """Append the result of a fit.

        Parameters
        ----------
        key : str
        result : dict
            As `fit_and_score` returns.
        """
        result = {name: value for name, value in result.items() if name != "estimator"}
        self._append({"fit": key, "result": result})

    def _append(self, record):
        self._write(_line(record))

    def _write(self, line):
        if self._file is None:  # a copy in a worker process
            self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND)
        written = os.write(self._file, line)
        if written != len(line):
            raise OSError(f"journal {self.path!r}: {written} of {len(line)} bytes were written")

    def close(self):
        """Bring all lines to the disk, and let others write."""
        file, self._file = self._file, None
        if file is not None:
            os.fsync(file)
            os.close(file)

    def __getstate__(self):
        return {"path": self.path, "known": {}, "_file": None}
