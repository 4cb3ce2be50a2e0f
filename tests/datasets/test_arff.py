"""The reader of ARFF: the format's rules, written and read again, and bad files."""

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlkit.datasets._arff import ArffError, read_arff, values_of

HEADER = """% a comment
@RELATION 'two words'

@attribute size NUMERIC
@Attribute 'a colour' {red, 'dark, blue', "it's"}
@ATTRIBUTE note string
@attribute n	integer
@attribute day date "yyyy-MM-dd HH:mm"
@DATA
"""


def read(text):
    return read_arff(text.splitlines())


def test_a_file_of_all_kinds():
    table = read(
        HEADER
        + """% rows
1.5, red, 'a \\'quoted\\' note', 3, '2020-01-31 10:20'

?, 'dark, blue', "say \\"hi\\"", ?, ?
-2e3 ,"it's", ?, 7, "1999-12-31 23:59"
"""
    )
    assert table.name == "two words"
    assert [each.kind for each in table.attributes] == [
        "numeric",
        "nominal",
        "string",
        "integer",
        "date",
    ]
    size, colour, note, n, day = table.columns
    np.testing.assert_array_equal(size, [1.5, np.nan, -2000])
    assert colour.tolist() == [0, 1, 2]
    assert table.attributes[1].values == ["red", "dark, blue", "it's"]
    assert note.tolist() == ["a 'quoted' note", 'say "hi"', None]
    np.testing.assert_array_equal(n, [3, np.nan, 7])
    assert day[0] == np.datetime64("2020-01-31T10:20")
    assert np.isnat(day[1])
    assert table.n_rows == 3


def test_rows_in_braces_leave_out_zeros():
    table = read(
        "@relation r\n@attribute a numeric\n@attribute b {x, y, z}\n@attribute c real\n@data\n"
        "{0 2.5, 1 'z'}\n{}\n{ 2 -1 , 1 ? }\n"
    )
    rows, columns, values = table.entries
    dense = np.zeros((3, 3))
    dense[rows, columns] = values
    np.testing.assert_array_equal(dense, [[2.5, 2, 0], [0, 0, 0], [0, np.nan, -1]])


def test_rows_in_braces_with_strings():
    table = read(
        "@relation r\n@attribute a string\n@attribute b {x, y}\n@attribute c real\n@data\n"
        "{0 'some, text'}\n{1 y, 2 3}\n"
    )
    assert [column.tolist() for column in table.columns] == [["some, text", ""], [0, 1], [0, 3]]


def test_weights_of_rows():
    table = read("@relation r\n@attribute a numeric\n@data\n1, {2.5}\n2\n")
    assert table.weights.tolist() == [2.5, 1]
    assert table.columns[0].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("java", "text", "expected"),
    [
        (None, "2001-02-03T04:05:06", "2001-02-03T04:05:06"),
        ("dd.MM.yy", "31.12.99", "1999-12-31"),
        ("yyyy/M/d hh:mm a", "2001/2/3 01:05 PM", "2001-02-03T13:05"),
        ("HH:mm:ss.SSS 'on' yyyy-MM-dd", "01:02:03.250 on 2000-01-01", "2000-01-01T01:02:03.25"),
        ("yyyy-MM-dd HH:mmZ", "2000-01-01 10:00+0200", "2000-01-01T08:00"),
    ],
)
def test_dates(java, text, expected):
    kind = "date" if java is None else f'date "{java}"'
    table = read(f"@relation r\n@attribute d {kind}\n@data\n'{text}'\n")
    assert table.columns[0][0] == np.datetime64(expected)


BAD = {
    "no data": ("@relation r\n@attribute a numeric\n", "without @data"),
    "no attributes": ("@relation r\n@data\n1\n", "before any @attribute"),
    "strange line": ("@relation r\nhello\n@data\n", "line 2"),
    "strange type": ("@relation r\n@attribute a complex\n@data\n", "'complex'"),
    "no type": ("@relation r\n@attribute a\n@data\n", "a name and a type"),
    "open brace": ("@relation r\n@attribute a {x, y\n@data\n", "closing brace"),
    "same names": ("@relation r\n@attribute a real\n@attribute a real\n@data\n", "more than once"),
    "too few": (
        "@relation r\n@attribute a real\n@attribute b real\n@data\n1\n",
        "line 5: 1 values",
    ),
    "no number": ("@relation r\n@attribute a real\n@data\n1\nx\n", "line 5: 'x' of 'a'"),
    "unknown value": ("@relation r\n@attribute a {x}\n@data\nx\ny\n", "line 5: 'y' is none"),
    "open quote": ("@relation r\n@attribute a string\n@data\n'open\n", "badly quoted"),
    "closed early": ("@relation r\n@attribute a string\n@data\n'a' b'\n", "badly quoted"),
    "position": ("@relation r\n@attribute a real\n@data\n{3 1}\n", "position 3"),
    "twice": ("@relation r\n@attribute a real\n@data\n{0 1, 0 2}\n", "repeated"),
    "open row": ("@relation r\n@attribute a real\n@data\n{0 1\n", "not closed"),
    "mixed": ("@relation r\n@attribute a real\n@data\n{0 1}\n2\n", "in braces"),
    "a part of a date twice": (
        "@relation r\n@attribute a date yyyy-d-dd\n@data\n1\n",
        "'yyyy-d-dd' has 'dd', twice",
    ),
    "bad date": ("@relation r\n@attribute a date yyyy\n@data\nnever\n", "line 4: date of 'a'"),
    "date letters": ("@relation r\n@attribute a date 'ww'\n@data\n", "cannot be read"),
}


@pytest.mark.parametrize("case", sorted(BAD))
def test_bad_files_are_refused_by_line(case):
    text, message = BAD[case]
    with pytest.raises(ArffError, match=message):
        read(text)


# --------------------------------------------------------------------------------- fuzz
def quoted(text, mark):
    for plain, escaped in [("\\", "\\\\"), (mark, "\\" + mark), ("\n", "\\n"), ("\r", "\\r")]:
        text = text.replace(plain, escaped)
    return f"{mark}{text}{mark}"


TEXT = st.text(
    st.characters(
        blacklist_categories=("Cs",), blacklist_characters="\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(TEXT, min_size=3, max_size=3), max_size=5), st.sampled_from("'\""))
def test_what_was_written_is_read(rows, mark):
    lines = [
        "@relation r",
        *(f"@attribute {quoted(name, mark)} string" for name in ("a", "b c", "d'\"e")),
        "@data",
        *(", ".join(quoted(value, mark) for value in row) for row in rows),
    ]
    table = read_arff(lines)
    assert [each.name for each in table.attributes] == ["a", "b c", "d'\"e"]
    columns = [column.tolist() for column in table.columns]
    assert columns == [[row[j] for row in rows] for j in range(3)]


@settings(max_examples=150, deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=5, unique=True), st.data())
def test_categories_that_were_written_are_read(values, data):
    codes = data.draw(st.lists(st.integers(-1, len(values) - 1), max_size=6))
    listed = ",".join(quoted(value, "'") for value in values)
    rows = ["?" if code < 0 else quoted(values[code], '"') for code in codes]
    lines = ["@relation r", f"@attribute a {{{listed}}}", "@data", *rows]
    if values == [""]:  # the same as no values
        return
    table = read_arff(lines)
    assert table.attributes[0].values == values
    assert table.columns[0].tolist() == codes


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("ab,'\"\\?{} \t%1."), max_size=25))
def test_any_line_is_read_or_refused(line):
    try:
        values = values_of(line)
    except ArffError:
        return
    assert all(value is None or isinstance(value, str) for value in values)
    for tail in (line, f"{{{line}}}"):
        with contextlib.suppress(ArffError):
            read_arff(["@relation r", "@attribute a string", "@attribute b real", "@data", tail])
