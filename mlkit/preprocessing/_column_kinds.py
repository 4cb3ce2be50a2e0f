"""What each column of a table is, and the features that are made of it."""

import re
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np

from .._engine.encode.categories import Coded
from .._engine.encode.categories import is_missing as is_marker

# A text with more distinct values than this share of its rows names rows, not kinds of rows.
_IDENTIFIER_SHARE = 0.9
_IDENTIFIER_ROWS = 20  # below this many rows all values may differ by chance
# So many entries of a column of numbers may be something else ("unknown"): they count as missing.
_STRAY_SHARE = 0.02
_TRUE, _FALSE = ("true", "yes", "y", "t"), ("false", "no", "n", "f")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?|[+-]?\d+")
# Day before month, unless an entry shows that it cannot be.
_DATE_FORMATS = ("iso", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%d-%b-%Y")
_SECONDS_A_DAY = 86_400
# "5 days 03:04:05.6", "5 days, 3:04:05", "-1 days +23:00:00", "03:04", "5 days"; a time of day is
# the duration since midnight.
_CLOCK = re.compile(
    r"(?:(?P<days>[+-]?\d+) ?(?:d|days?)(?:,? |$))?"
    r"(?:(?P<sign>[+-]?)(?P<hours>\d+):(?P<minutes>[0-5]\d)(?::(?P<seconds>[0-5]\d(?:\.\d+)?))?)?"
)
# ISO 8601 without years and months, which have no length: "P5DT3H4M5.6S".
_ISO_SPAN = re.compile(
    r"(?P<sign>[+-]?)P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
_UNITS = {"weeks": 7 * _SECONDS_A_DAY, "hours": 3600, "minutes": 60, "seconds": 1}
DATE_PARTS = ("days", "month", "day", "weekday", "hour")
USED = ("number", "boolean", "category", "date", "duration")


@dataclass
class Column:
    """What was decided for a column.

    Attributes
    ----------
    name : str
    kind : str
        "number", "boolean", "category", "date", "duration"; or a reason to leave it out:
        "constant", "missing" (all of it), "identifier", "drop".
    format : str
        How numbers or dates are written: ``"."`` or ``","``, a format of ``strptime`` or "iso".
    missing : int
        Rows without an entry.
    note : str
        For the reader.
    values : list of str
        The two values of a boolean, that of 0 first.
    """

    name: str
    kind: str
    format: str = ""
    missing: int = 0
    note: str = ""
    values: list = field(default_factory=list)

    @property
    def used(self):
        """Whether features are made of the column."""
        return self.kind in USED

    def features(self, values):
        """The features made of the column's entries, by name, and the number of stray entries.

        Parameters
        ----------
        values : ndarray
            A column of a `Table`.

        Returns
        -------
        dict of str to ndarray
            Floats with NaN where an entry is missing; text or None for a category.
        int
            Entries that are not of the column's kind and count as missing.
        """
        if self.kind == "category":
            return {self.name: as_text(values)}, 0
        if self.kind == "date":
            times = _times(values, self.format)
            stray = int(np.count_nonzero(np.isnat(times) & ~is_missing(values)))
            parts = _date_parts(times)
            return {f"{self.name} ({part})": parts[part] for part in self.values}, stray
        if self.kind == "duration":
            return self._seconds(values)
        if self.kind == "boolean":
            numbers = _truths(values, self.values)
        else:
            numbers = as_numbers(values, self.format)
        stray = int(np.count_nonzero(np.isnan(numbers) & ~is_missing(values)))
        return {self.name: numbers}, stray

    def _seconds(self, values):
        seconds = _durations(values)
        stray = int(np.count_nonzero(np.isnan(seconds) & ~is_missing(values)))
        return {f"{self.name} (seconds)": seconds}, stray

    def as_dict(self):
        """What `Column` takes, as JSON can hold it."""
        return asdict(self)


def entries(column):
    """The entries of a column of any kind as one of few kinds, and what the column says it is.

    Parameters
    ----------
    column : ndarray or Coded

    Returns
    -------
    ndarray
        float64 with NaN, objects that are text or None, datetime64[us] or timedelta64[us].
    str
        "boolean" where the column's type says so, else "".
    """
    if isinstance(column, Coded):
        texts = as_text(entries(np.asarray(column.values))[0])
        return np.append(texts, None)[column.codes], ""
    kind = column.dtype.kind
    if kind == "b":
        return column.astype(np.float64), "boolean"
    if kind in "iuf":
        return column.astype(np.float64, copy=False), ""
    if kind in "mM":
        return column.astype(f"{kind}8[us]", copy=False), ""
    if kind != "O":
        column = column.astype(str).astype(object)
    return _of_objects(column)


def _of_objects(column):
    values = column.tolist()
    kinds = set(map(type, values))
    if kinds <= {str, type(None)}:
        return column, ""
    values = [None if value is None or is_marker(value) else value for value in values]
    kinds = {type(value) for value in values if value is not None}
    if all(issubclass(kind, (bool, np.bool_)) for kind in kinds) and kinds:
        return _floats(values), "boolean"
    if all(issubclass(kind, _NUMBERS) for kind in kinds):
        return _floats(values), ""
    if all(issubclass(kind, (date, np.datetime64)) for kind in kinds):
        return np.array([_local(value) for value in values], dtype="M8[us]"), ""
    if all(issubclass(kind, (timedelta, np.timedelta64)) for kind in kinds):
        return np.array(values, dtype="m8[us]"), ""
    texts = np.empty(len(values), dtype=object)
    texts[:] = [value if value is None or type(value) is str else str(value) for value in values]
    return texts, ""


_NUMBERS = (int, float, np.number, Decimal, np.bool_)


def _floats(values):
    return np.array([np.nan if value is None else float(value) for value in values])


def _local(time):
    """A time without its zone: the hour of the day is what may matter."""
    if time is None or isinstance(time, np.datetime64) or not isinstance(time, datetime):
        return time
    return time.replace(tzinfo=None)


def decide(name, values, hint="", kind=None):
    """Decide what a column is by its entries.

    Parameters
    ----------
    name : str
    values : ndarray
        Text (None where missing), floats, times or durations.
    hint : {"", "boolean", "category"}
        What the column's type says.
    kind : str, Column or None
        What the user says it is, or what was decided for other rows of it.

    Returns
    -------
    Column
    """
    absent = is_missing(values)
    missing = int(np.count_nonzero(absent))
    if isinstance(kind, Column):
        return replace(kind, missing=missing)
    there = values[~absent]
    if not len(there):
        return Column(name, "missing", missing=missing)
    if kind is not None:
        return _as_told(name, there, kind, missing)
    if (there[1:] == there[0]).all():
        return Column(name, "constant", missing=missing, note=f"always {str(there[0])[:20]!r}")
    if values.dtype.kind == "M":
        return _date_column(name, there, "iso", missing)
    if values.dtype.kind == "m":
        return _duration_column(name, there, missing)
    if hint == "category":
        return _category_column(name, there, missing)
    if hint == "boolean":
        return Column(name, "boolean", missing=missing, values=["false", "true"])
    if values.dtype.kind == "f":
        return _number_column(name, there, as_numbers(there, "."), ".", missing)
    return _of_text(name, there, missing)


def _as_told(name, there, kind, missing):
    """The column as the user wants it."""
    if kind == "drop":
        return Column(name, "drop", missing=missing, note="as told")
    if kind == "category":
        return _category_column(name, there, missing)
    if kind == "duration" and not np.isnan(_durations(there)).any():
        return _duration_column(name, there, missing)
    if kind == "date":
        layout = "iso" if there.dtype.kind == "M" else _date_format(there)
        if layout and there.dtype.kind in "MO":
            times = there if there.dtype.kind == "M" else _dates(there, layout)
            return _date_column(name, times, layout, missing)
    if kind == "boolean":
        pair = sorted(set(as_text(there).tolist()))
        pair = (_truth_words(pair) if there.dtype.kind == "O" else None) or pair
        if len(pair) == 2:
            return Column(name, "boolean", missing=missing, values=pair, note=" / ".join(pair))
    if kind == "number" and there.dtype.kind in "fO":
        decimal = _decimal(there) or "."
        return _number_column(name, there, as_numbers(there, decimal), decimal, missing, told=True)
    raise ValueError(
        f"column {name!r} cannot be used as a {kind}: its entries are like {str(there[0])[:20]!r}"
    )


def _decimal(there):
    """The decimal mark with which (nearly) all entries are numbers, None if there is none."""
    for decimal in (".", ","):
        numbers = as_numbers(there, decimal)
        if np.count_nonzero(np.isnan(numbers)) <= _STRAY_SHARE * len(there):
            return decimal
    return None


def _of_text(name, there, missing):
    truths = _two_truths(there)
    if truths:
        return Column(name, "boolean", missing=missing, values=truths, note=" / ".join(truths))
    decimal = _decimal(there)
    if decimal:
        return _number_column(name, there, as_numbers(there, decimal), decimal, missing)
    n_distinct = len(set(there.tolist()))
    layout = _date_format(there)
    if layout:
        return _date_column(name, _dates(there, layout), layout, missing)
    if not np.isnan(_duration(there[0])) and not np.isnan(_durations(there)).any():
        return _duration_column(name, there, missing)
    if len(there) >= _IDENTIFIER_ROWS and n_distinct > _IDENTIFIER_SHARE * len(there):
        note = f"{n_distinct} different texts in {len(there)} rows"
        return Column(name, "identifier", missing=missing, note=note)
    return _category_column(name, there, missing)


def _category_column(name, there, missing):
    n_distinct = len(set(there.tolist()))
    return Column(name, "category", missing=missing, note=f"{n_distinct} values")


def _duration_column(name, there, missing):
    seconds = _durations(there)
    note = f"{seconds.min():g} s to {seconds.max():g} s"
    return Column(name, "duration", missing=missing, note=note)


def is_missing(values):
    """Where entries are missing."""
    if values.dtype.kind == "O":
        return np.array([value is None for value in values], dtype=bool)
    return np.isnat(values) if values.dtype.kind in "mM" else np.isnan(values)


def as_text(values):
    """Entries of a category as text, whichever kind of file they came from."""
    if values.dtype.kind == "O":
        return values
    texts = np.empty(len(values), dtype=object)
    absent = is_missing(values)
    for i, value in enumerate(values.tolist()):
        if not absent[i]:
            whole = isinstance(value, float) and value % 1 == 0
            texts[i] = str(int(value)) if whole else str(value)
    return texts


# ---------------------------------------------------------------------------- numbers
def as_numbers(values, decimal):
    """Entries as floats, NaN for what is no finite number."""
    if values.dtype.kind == "f":
        numbers = values
    elif decimal == ".":
        numbers = np.array([_number(text) for text in values], dtype=float)
    else:
        numbers = np.array([_comma_number(text) for text in values], dtype=float)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _number(text):
    try:
        # Underscores are Python's, not a file's.
        return float(text) if "_" not in text else np.nan
    except (TypeError, ValueError):
        return np.nan


def _comma_number(text):
    if text is None or not _DECIMAL_COMMA.fullmatch(text):
        return np.nan
    return float(text.replace(",", "."))


def _number_column(name, there, numbers, decimal, missing, told=False):
    stray = [text for text, number in zip(there, numbers, strict=True) if number != number]
    finite = numbers[~np.isnan(numbers)]
    if not len(finite):
        return Column(name, "missing", missing=missing + len(stray), note="never finite")
    if not told and _is_counter(finite, len(there)):
        return Column(name, "identifier", missing=missing, note="counts the rows")
    note = f"{finite.min():g} to {finite.max():g}"
    if stray:
        note += f"; {len(stray)} entries like {str(stray[0])[:20]!r} count as missing"
    return Column(name, "number", decimal, missing + len(stray), note)


def _is_counter(numbers, n_rows):
    """Whether numbers are consecutive integers in order, as row numbers are."""
    return (
        len(numbers) == n_rows >= _IDENTIFIER_ROWS
        and bool(np.all(numbers % 1 == 0))
        and bool(np.all(np.diff(numbers) == 1))
    )


def _two_truths(there):
    """The values of a column of "yes" and "no" or the like, no first; else None."""
    found = {text.lower() for text in set(there.tolist())}
    return _truth_words(found) if len(found) == 2 else None


def _truth_words(found):
    """The pair of words for no and yes that some words belong to, None if there is none."""
    for true, false in zip(_TRUE, _FALSE, strict=True):
        if {text.lower() for text in found} <= {true, false}:
            return [false, true]
    return None


def _truths(values, pair):
    if values.dtype.kind == "f":
        return np.where(np.isin(values, (0.0, 1.0)), values, np.nan)
    if values.dtype.kind != "O":
        return np.full(len(values), np.nan)
    # A file may call the same two values 0 and 1.
    meaning = {pair[0]: 0.0, pair[1]: 1.0, "0": 0.0, "1": 1.0, "false": 0.0, "true": 1.0}
    return np.array([np.nan if t is None else meaning.get(t.lower(), np.nan) for t in values])


# ------------------------------------------------------------------------------ dates
def _date_format(there):
    """The one format in which all entries are dates, "iso" for those with a time; else ""."""
    distinct = np.array(list(dict.fromkeys(there.tolist())), dtype=object)
    for layout in _DATE_FORMATS:
        first = _dates(distinct[:1], layout)
        if not np.isnat(first[0]) and not np.isnat(_dates(distinct, layout)).any():
            return layout
    return ""


def _times(values, layout):
    """Entries of any kind as times, NaT for what is none."""
    if values.dtype.kind == "M":
        return values
    if values.dtype.kind != "O":
        return np.full(len(values), np.datetime64("NaT", "us"))
    return _dates(values, layout)


def _dates(values, layout):
    """Entries as times, NaT for what is none."""
    parsed = {}
    for text in set(values.tolist()):
        parsed[text] = np.datetime64("NaT") if text is None else _date(text, layout)
    return np.array([parsed[text] for text in values], dtype="M8[us]")


def _date(text, layout):
    try:
        if layout == "iso":
            if len(text) < 8 or not text[:4].isdigit() or text[4:5] not in "-T":
                return np.datetime64("NaT")
            time = datetime.fromisoformat(text)
        else:
            time = datetime.strptime(text, layout)
    except ValueError:
        return np.datetime64("NaT")
    # Local times stay local: the hour of the day is what may matter.
    return np.datetime64(time.replace(tzinfo=None), "us")


def _durations(values):
    """Entries of any kind as seconds, NaN for what is no duration."""
    if values.dtype.kind == "m":
        return values / np.timedelta64(1, "s")
    if values.dtype.kind != "O":
        return np.full(len(values), np.nan)
    parsed = {text: _duration(text) for text in set(values.tolist())}
    return np.array([parsed[text] for text in values], dtype=float)


def _duration(text):
    """The seconds of "5 days 03:04:05", "03:04" or "P5DT3H4M", NaN for another text."""
    found = text and (_CLOCK.fullmatch(text) or _ISO_SPAN.fullmatch(text))
    if not found:
        return np.nan
    parts = {name: part for name, part in found.groupdict().items() if part}
    if set(parts) <= {"sign"}:
        return np.nan
    sign = -1 if parts.pop("sign", "+") == "-" else 1
    days = float(parts.pop("days", 0)) * _SECONDS_A_DAY
    rest = sum(_UNITS[name] * float(part) for name, part in parts.items())
    # "-1 days +23:00:00" has the days' sign in the days; that of ISO is of the whole.
    return sign * (days + rest) if "P" in text else days + sign * rest


def _date_parts(times):
    """Numbers made of times: days since 1970, and the places in year, month, week and day."""
    days = times.astype("M8[D]")
    months = times.astype("M8[M]")
    seconds = (times - days).astype("m8[s]")
    parts = {
        "days": _float(days) + _float(seconds) / _SECONDS_A_DAY,
        "month": _float(months) % 12 + 1,
        "day": _float((days - months).astype("m8[D]")) + 1,
        "weekday": (_float(days) + 3) % 7,  # the first of January 1970 was a Thursday
        "hour": _float(seconds) / 3600,
    }
    return {part: np.where(np.isnat(times), np.nan, numbers) for part, numbers in parts.items()}


def _float(times):
    return times.astype(np.int64).astype(float)


def _date_column(name, times, layout, missing):
    """A column of dates, with the parts that differ between rows."""
    parts = _date_parts(times)
    differing = [part for part in DATE_PARTS if np.ptp(parts[part]) > 0]
    days = times.astype("M8[D]")
    note = f"{days.min()} to {days.max()}; {', '.join(differing)}"
    return Column(name, "date", layout, missing, note, differing)
