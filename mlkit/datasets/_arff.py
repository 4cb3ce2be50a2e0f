"""Weka's attribute-relation file format (ARFF): a header of typed attributes, then rows.

A row is values with commas between, or, in braces, pairs of a position and a value, whose other
values are 0 (of a nominal attribute: its first value). Values may be quoted; ``?`` is missing.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC

import numpy as np

# A quoted value, in which a backslash takes what follows as it is; or anything without these.
_QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_VALUE = re.compile(rf"\s*({_QUOTED}|[^,]*?)\s*(,|$)", re.DOTALL)
_PAIR = re.compile(rf"\s*(\d+)\s+({_QUOTED}|[^,]*?)\s*(,|$)", re.DOTALL)
_NAME = re.compile(rf"\s*({_QUOTED}|[^\s{{]+)\s*(.*)$", re.DOTALL)
_WEIGHT = re.compile(r",\s*\{\s*([^{}]*?)\s*\}\s*$")
_ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_MEANT = {"n": "\n", "t": "\t", "r": "\r"}

# Letters of Java's date patterns, as `datetime.strptime` writes them.
_DATE_LETTERS = {
    "yyyy": "%Y",
    "yy": "%y",
    "MM": "%m",
    "MMM": "%b",
    "MMMM": "%B",
    "M": "%m",
    "dd": "%d",
    "d": "%d",
    "HH": "%H",
    "H": "%H",
    "hh": "%I",
    "h": "%I",
    "mm": "%M",
    "m": "%M",
    "ss": "%S",
    "s": "%S",
    "SSS": "%f",
    "S": "%f",
    "a": "%p",
    "EEE": "%a",
    "EEEE": "%A",
    "Z": "%z",
    "XXX": "%z",
}
_DEFAULT_DATE = "yyyy-MM-dd'T'HH:mm:ss"


class ArffError(ValueError):
    """A file that is no ARFF; says at which line."""


@dataclass
class Attribute:
    """A column: its name, its kind, and what it may be.

    Parameters
    ----------
    name : str
    kind : {"numeric", "integer", "nominal", "string", "date"}
    values : list of str
        Of a nominal attribute.
    pattern : str
        Of a date, as `datetime.strptime` understands it.
    """

    name: str
    kind: str
    values: list = field(default_factory=list)
    pattern: str = ""


@dataclass
class Relation:
    """A table: its attributes, and their values.

    Parameters
    ----------
    name : str
    attributes : list of Attribute
    columns : list of ndarray
        float64 for numbers (NaN for missing), int64 codes for nominal ones (-1 for missing),
        objects for strings (None for missing), datetime64[us] for dates. Empty if `entries`.
    entries : tuple of (rows, columns, values) or None
        Of a table written in pairs: the values given; nominal ones by their codes, NaN for
        missing. A table of such rows that has strings or dates comes as `columns`.
    n_rows : int
    weights : ndarray or None
        Weights of rows, if some are given.
    """

    name: str
    attributes: list
    columns: list
    entries: object
    n_rows: int
    weights: object = None


def unquoted(text):
    """A value without its quotes and backslashes."""
    if len(text) >= 2 and text[0] in "'\"" and text[-1] == text[0]:
        text = text[1:-1]
    elif "\\" not in text:
        return text
    return _ESCAPED.sub(_meaning, text)


def _meaning(match):
    letter = match[1]
    return chr(int(letter[1:], 16)) if len(letter) == 5 else _MEANT.get(letter, letter)


def _split(line, number, pattern=_VALUE):
    """The matches of the values of a line, which must be all of it."""
    found, position = [], 0
    while True:
        match = pattern.match(line, position)
        if match is None or _opens(match[match.lastindex - 1]):
            raise ArffError(f"line {number}: a value is not closed or badly quoted: {line!r}")
        found.append(match)
        position = match.end()
        if match[match.lastindex] == "":
            return found


def _opens(text):
    """Whether a value starts with a quote that does not enclose all of it."""
    return text[:1] in ("'", '"') and re.fullmatch(_QUOTED, text, re.DOTALL) is None


def values_of(line, number=0):
    """The values of a line, None for missing ones."""
    if "'" not in line and '"' not in line and "\\" not in line:
        parts = [part.strip() for part in line.split(",")]
        return [None if part == "?" else part for part in parts]
    parts = [match[1] for match in _split(line, number)]
    return [None if part == "?" else unquoted(part) for part in parts]


def _date_pattern(java, number):
    """`strptime`'s pattern for one of Java's."""
    out = []
    for part in re.finditer(r"'([^']*)'|([A-Za-z])\2*|[^A-Za-z']+", java):
        text = part[0]
        if part[1] is not None:
            out.append(part[1].replace("%", "%%") or "'")
        elif part[2] is None:
            out.append(text.replace("%", "%%"))
        elif text in _DATE_LETTERS and _DATE_LETTERS[text] not in out:
            out.append(_DATE_LETTERS[text])
        else:
            why = "twice" if text in _DATE_LETTERS else "a part that is unknown"
            raise ArffError(f"line {number}: dates cannot be read: {java!r} has {text!r}, {why}")
    return "".join(out)


def _attribute(text, number):
    match = _NAME.match(text)
    if match is None or not match[2]:
        raise ArffError(f"line {number}: an attribute wants a name and a type, got {text!r}")
    name, kind = unquoted(match[1]), match[2].strip()
    if kind.startswith("{"):
        if not kind.endswith("}"):
            raise ArffError(f"line {number}: the values of {name!r} lack their closing brace")
        values = [unquoted(each[1]) for each in _split(kind[1:-1], number)]
        if values == [""]:
            values = []
        return Attribute(name, "nominal", values)
    word, _, rest = kind.partition(" ")
    word = word.lower()
    if word in ("numeric", "real"):
        return Attribute(name, "numeric")
    if word in ("integer", "string"):
        return Attribute(name, word)
    if word == "date":
        java = unquoted(rest.strip()) or _DEFAULT_DATE
        return Attribute(name, "date", pattern=_date_pattern(java, number))
    raise ArffError(
        f"line {number}: attribute {name!r} is of type {kind!r}; types are numeric, real, integer, "
        "string, date and {values}"
    )


def read_header(lines):
    """Read up to ``@data``: the relation's name, its attributes, lines read."""
    name, attributes, number = "", [], 0
    for line in lines:
        number += 1
        line = line.strip()
        if not line or line.startswith("%"):
            continue
        word, *rest = line.split(None, 1)
        word, rest = word.lower(), rest[0] if rest else ""
        if word == "@relation":
            name = unquoted(rest)
        elif word == "@attribute":
            attributes.append(_attribute(rest, number))
        elif word == "@data":
            if not attributes:
                raise ArffError(f"line {number}: @data before any @attribute")
            _check_names(attributes, number)
            return name, attributes, number
        else:
            raise ArffError(
                f"line {number}: {line[:60]!r} is not expected before @data; the header has "
                "@relation and @attribute"
            )
    raise ArffError(f"the file ends at line {number} without @data")


def _check_names(attributes, number):
    names = [each.name for each in attributes]
    if len(set(names)) < len(names):
        repeated = sorted({name for name in names if names.count(name) > 1})
        raise ArffError(f"line {number}: attributes {repeated} occur more than once")


def read_arff(lines):
    """Read a file.

    Parameters
    ----------
    lines : iterable of str

    Returns
    -------
    Relation

    Raises
    ------
    ArffError
        If the lines are no ARFF.
    """
    lines = iter(lines)
    name, attributes, number = read_header(lines)
    width = len(attributes)
    dense, pairs, weights, numbers = [], [], {}, []
    for line in lines:
        number += 1
        line = line.strip()
        if not line or line.startswith("%"):
            continue
        if line.endswith("}") and (match := _WEIGHT.search(line)):
            weights[len(numbers)] = _number(match[1], number, "a weight")
            line = line[: match.start()]
        numbers.append(number)
        if line.startswith("{"):
            pairs.append(_pairs(line, number, width))
            continue
        values = values_of(line, number)
        if len(values) != width:
            raise ArffError(f"line {number}: {len(values)} values for {width} attributes: {line!r}")
        dense.append(values)
    if dense and pairs:
        raise ArffError(f"line {number}: some rows are in braces and others are not")
    relation = Relation(name, attributes, [], None, len(numbers))
    if weights:
        relation.weights = np.ones(len(numbers))
        relation.weights[list(weights)] = list(weights.values())
    if pairs and all(each.kind not in ("string", "date") for each in attributes):
        relation.entries = _entries(pairs, attributes, numbers)
        return relation
    if pairs:
        dense = [_filled(row, attributes) for row in pairs]
    columns = zip(*dense, strict=True) if dense else ((),) * width
    relation.columns = [
        _column(list(values), each, numbers)
        for values, each in zip(columns, attributes, strict=True)
    ]
    return relation


def _pairs(line, number, width):
    """Positions and values of a row in braces."""
    if not line.endswith("}"):
        raise ArffError(f"line {number}: a row in braces is not closed: {line!r}")
    inside = line[1:-1]
    if not inside.strip():
        return {}
    row = {}
    for match in _split(inside, number, _PAIR):
        position = int(match[1])
        if position >= width or position in row:
            raise ArffError(f"line {number}: position {position} is out of range or repeated")
        row[position] = None if match[2] == "?" else unquoted(match[2])
    return row


def _filled(row, attributes):
    """All values of a row in braces: what is not given is 0, or the first value."""
    zeros = {
        "nominal": lambda each: each.values[0],
        "string": lambda each: "",
        "date": lambda _: None,
    }
    return [
        row[j] if j in row else zeros.get(each.kind, lambda each: "0")(each)
        for j, each in enumerate(attributes)
    ]


def _entries(pairs, attributes, numbers):
    rows = np.repeat(np.arange(len(pairs)), [len(row) for row in pairs])
    columns = np.array([j for row in pairs for j in row], dtype=np.int64)
    texts = np.empty(len(columns), dtype=object)
    texts[:] = [value for row in pairs for value in row.values()]
    values = np.empty(len(columns))
    lines = np.asarray(numbers)[rows]
    for j in np.unique(columns):
        here = columns == j
        found = _column(texts[here].tolist(), attributes[j], lines[here]).astype(np.float64)
        found[[text is None for text in texts[here]]] = np.nan
        values[here] = found
    return rows, columns, values


def _column(texts, attribute, numbers):
    """The values of an attribute as an array."""
    if attribute.kind == "nominal":
        return _codes(texts, attribute, numbers)
    if attribute.kind == "string":
        column = np.empty(len(texts), dtype=object)
        column[:] = texts
        return column
    if attribute.kind == "date":
        return _dates(texts, attribute, numbers)
    try:
        return np.array(["nan" if text is None else text for text in texts], dtype=np.float64)
    except ValueError:
        for text, number in zip(texts, numbers, strict=True):
            if text is not None:
                _number(text, number, attribute.name)
        raise


def _number(text, number, name):
    try:
        return float(text)
    except ValueError:
        raise ArffError(f"line {number}: {text!r} of {name!r} is no number") from None


def _codes(texts, attribute, numbers):
    code = {value: i for i, value in enumerate(attribute.values)}
    code[None] = -1
    code.setdefault("?", -1)  # some files write the mark of a missing value in quotes
    try:
        return np.array([code[text] for text in texts], dtype=np.int64)
    except KeyError as error:
        text = error.args[0]
        number = numbers[texts.index(text)]
        raise ArffError(
            f"line {number}: {text!r} is none of the values of {attribute.name!r}: "
            f"{attribute.values[:10]}"
        ) from None


def _dates(texts, attribute, numbers):
    from datetime import datetime

    def parse(text):
        found = datetime.strptime(text, attribute.pattern)
        return found if found.tzinfo is None else found.astimezone(UTC).replace(tzinfo=None)

    column = np.full(len(texts), np.datetime64("NaT"), dtype="datetime64[us]")
    for i, text in enumerate(texts):
        if text is not None:
            try:
                column[i] = parse(text)
            except ValueError as error:
                raise ArffError(f"line {numbers[i]}: date of {attribute.name!r}: {error}") from None
    return column
