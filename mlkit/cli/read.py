"""Tables from files: CSV with any delimiter, plain or gzipped, and Parquet."""

import contextlib
import csv
import difflib
import gzip
import io
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .._core.errors import import_optional
from .errors import CommandError

_DELIMITERS = ",;\t|"
_SNIFFED = 50  # records by which the delimiter is told
_TEXT = (".csv", ".tsv", ".tab", ".txt")
_PARQUET = (".parquet", ".pq")
# What spreadsheets and statistics packages write for a missing entry.
MISSING = frozenset(
    ("", "?", "#n/a", "<na>", "-nan", "n/a", "na", "nan", "nat", "none", "null", "#null!")
)
# By the first bytes: what spreadsheets save as "Unicode text" is UTF-16.
_BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


@dataclass(frozen=True)
class Table:
    """Columns by name.

    Attributes
    ----------
    source : str
        The file.
    columns : dict of str to ndarray
        Text (objects: str, or None where missing), floats (NaN), datetime64 or timedelta64 (NaT).
    n_rows : int
    """

    source: str
    columns: dict
    n_rows: int


def read_table(path, drop=()):
    """Read a table from a file.

    Parameters
    ----------
    path : str
        A name ending in .csv, .tsv, .tab, .txt (these also with .gz), .parquet or .pq.
    drop : collection of str
        Columns to leave out.

    Returns
    -------
    Table

    Raises
    ------
    CommandError
        For a file that is missing, empty, of another kind, or has unreadable rows: with the
        number of the line.
    """
    name = path.lower().removesuffix(".gz")
    if not name.endswith(_TEXT) and not path.lower().endswith(_PARQUET):
        raise CommandError(
            f"{path}: cannot tell the format by the name; it must end in "
            f"{', '.join(_TEXT)} (also with .gz) or {', '.join(_PARQUET)}"
        )
    try:
        names, load, n_rows = (_open_parquet if name.endswith(_PARQUET) else _open_text)(path)
    except FileNotFoundError:
        raise CommandError(f"{path}: there is no such file") from None
    except OSError as error:
        raise CommandError(f"{path}: cannot be read: {error.strerror or error}") from None
    if not n_rows:
        raise CommandError(f"{path}: the file has column names but no rows")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CommandError(f"{path}: several columns are named {twice[0]!r}: rename all but one")
    unknown = sorted(set(drop) - set(names))
    if unknown:
        raise CommandError(f"{path}: --drop {unknown[0]}: {no_column(unknown[0], names)}")
    return Table(path, {each: load(each) for each in names if each not in drop}, n_rows)


def no_column(name, names):
    """Words for a column that is not there, with those that are."""
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"there is no column {name!r}; did you mean {near[0]!r}?"
    return f"there is no column {name!r}; there are {shown(names)}"


def shown(names, most=8):
    """A list of names, the first ones only if it is long."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(repr, list(names)[:most])) + more


# -------------------------------------------------------------------------------- text
def _open_text(path):
    data = Path(path).read_bytes()
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise CommandError(f"{path}: the compressed file is damaged: {error}") from None
    text = _decoded(path, data)
    if not text.strip():
        raise CommandError(f"{path}: the file is empty")
    delimiter = _delimiter(text)
    rows = _rows(path, text, delimiter)
    names = _names(path, next(rows)[1])
    body = list(_whole(path, rows, len(names)))
    return names, lambda name: _texts([row[names.index(name)] for row in body]), len(body)


def _decoded(path, data):
    encoding = next((e for mark, e in _BYTE_ORDER_MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CommandError(
            f"{path}: line {line} is no {encoding.removesuffix('-sig').upper()} text (byte "
            f"{data[error.start]:#04x}): convert the file, for instance by "
            "iconv -f WINDOWS-1252 -t UTF-8"
        ) from None


def _reader(text, delimiter):
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _delimiter(text):
    """The character that cuts the first records into the most fields, as many in each."""
    best, most = ",", 1
    for delimiter in _DELIMITERS:
        widths = []
        with contextlib.suppress(csv.Error):
            for row in _reader(text, delimiter):
                widths += [len(row)] if row else []
                if len(widths) == _SNIFFED:
                    break
        # One bad row among the first is an error to be told, not another delimiter.
        even = widths and widths.count(widths[0]) >= 0.9 * len(widths)
        if even and widths[0] > most:
            best, most = delimiter, widths[0]
    return best


def _rows(path, text, delimiter):
    """Line number and fields of each record that is not blank."""
    reader = _reader(text, delimiter)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            reason = "a quoted field does not end" if "unexpected end" in str(error) else error
            raise CommandError(f"{path}: line {line} cannot be read: {reason}") from None
        if row is None:
            return
        if any(field.strip() for field in row) or len(row) > 1:
            yield line, row


def _names(path, row):
    """Names of columns from the first record."""
    names = [name.strip() or f"unnamed {i}" for i, name in enumerate(row, 1)]
    if all(_is_number(name) for name in names):
        raise CommandError(
            f"{path}: the first line holds numbers ({', '.join(names[:3])}...), not the names of "
            "the columns: add a line with names"
        )
    return names


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def _whole(path, rows, width):
    for line, row in rows:
        if len(row) != width:
            raise CommandError(
                f"{path}: line {line} has {len(row)} fields where the first line has {width}"
            )
        yield row


def _texts(values):
    """A column of text, None for what is missing."""
    column = np.empty(len(values), dtype=object)
    kept = {}
    for i, value in enumerate(values):
        text = kept.get(value)
        if text is None and value not in kept:
            text = value.strip()
            text = kept[value] = None if text.lower() in MISSING else text
        column[i] = text
    return column


# ----------------------------------------------------------------------------- Parquet
def _open_parquet(path):
    if not Path(path).stat().st_size:
        raise CommandError(f"{path}: the file is empty")
    try:
        parquet = import_optional("pyarrow.parquet", "parquet", "reading a Parquet file")
    except ImportError as error:
        raise CommandError(f"{path}: {error}") from None
    import pyarrow

    try:
        table = parquet.read_table(path)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError) as error:
        raise CommandError(f"{path}: no sound Parquet file: {_first_line(error)}") from None
    return (
        table.column_names,
        lambda name: _from_arrow(path, name, table.column(name), pyarrow),
        table.num_rows,
    )


def _first_line(error):
    return str(error).splitlines()[0]


def _from_arrow(path, name, column, pyarrow):
    """An Arrow column as floats, times or text."""
    types = pyarrow.types
    if types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    if types.is_boolean(kind):
        return _texts(["" if value is None else str(value) for value in column.to_pylist()])
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        return column.cast(pyarrow.float64(), safe=False).to_numpy().astype(float)
    if types.is_date(kind) or types.is_timestamp(kind):
        return column.cast(pyarrow.timestamp("us"), safe=False).to_numpy().astype("M8[us]")
    if types.is_duration(kind):
        return column.cast(pyarrow.duration("us"), safe=False).to_numpy().astype("m8[us]")
    if types.is_string(kind) or types.is_large_string(kind) or types.is_null(kind):
        return _texts(["" if text is None else text for text in column.to_pylist()])
    raise CommandError(
        f"{path}: column {name!r} holds {kind}, neither numbers, text, dates nor durations: leave "
        f"it out with --drop {name}"
    )
