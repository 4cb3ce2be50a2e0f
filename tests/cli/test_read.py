"""Tables are read whole or refused with the line that is wrong."""

import gzip

import numpy as np
import pytest

from mlkit.cli.errors import CommandError
from mlkit.cli.read import read_table


@pytest.fixture
def write(tmp_path):
    def to_file(content, name="data.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return to_file


def columns(path):
    return {name: values.tolist() for name, values in read_table(path).columns.items()}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(write, delimiter, end):
    lines = ["a,b,c", '1,"x, y; z|w",3', '4,"say ""hi""",', ""]
    rows = [["a", "b", "c"], ["1", '"x, y; z|w"', "3"], ["4", '"say ""hi"""', ""]]
    assert len(lines) - 1 == len(rows)
    path = write(end.join(delimiter.join(row) for row in rows) + end)
    assert columns(path) == {"a": ["1", "4"], "b": ["x, y; z|w", 'say "hi"'], "c": ["3", None]}


def test_lines_within_quotes(write):
    assert columns(write('a,b\n"two\nlines",1\n')) == {"a": ["two\nlines"], "b": ["1"]}


def test_one_column(write):
    assert columns(write("a\n1\n\n2\n")) == {"a": ["1", "2"]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(write, encoding):
    assert columns(write("größe,b\nß,1\n".encode(encoding))) == {"größe": ["ß"], "b": ["1"]}


def test_compressed(write):
    content = gzip.compress(b"a,b\n1,2\n")
    assert columns(write(content, "data.csv.gz")) == {"a": ["1"], "b": ["2"]}
    with pytest.raises(CommandError, match="damaged"):
        read_table(write(content[:-9], "cut.csv.gz"))


@pytest.mark.parametrize("text", ["", " ", "NA", "n/a", "NaN", "null", "None", "?", "<NA>"])
def test_missing_entries(write, text):
    assert columns(write(f"a,b\n{text},1\n")) == {"a": [None], "b": ["1"]}


def test_columns_without_a_name(write):
    assert list(columns(write(",b\n1,2\n"))) == ["unnamed 1", "b"]


def test_columns_left_out(write):
    assert list(read_table(write("a,b\n1,2\n"), ["a"]).columns) == ["b"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b" \n\n", "the file is empty"),
        (b"a,b\n", "no rows"),
        (b"a,b\n1,2\n3\n", "line 3 has 1 fields? where the first line has 2"),
        (b"a,b\n1,2\n\n\n3,4,5\n", "line 5 has 3 fields"),
        (b'a,b\n"1\n2",3\n4,5,6\n', "line 4 has 3 fields"),
        (b'a,b\n1,2\n"3,4\n5,6\n', "line 3 cannot be read: a quoted field does not end"),
        (b'a,b\n1,"2"x\n', "line 2 cannot be read"),
        (b"a,b\n1,\xe9\n", "line 2 is no UTF-8 text .byte 0xe9"),
        (b"a,a\n1,2\n", "several columns are named 'a'"),
        (b"1,2\n3,4\n", "the first line holds numbers"),
    ],
)
def test_what_cannot_be_read(write, content, message):
    path = write(content)
    with pytest.raises(CommandError, match=message) as error:
        read_table(path)
    assert str(error.value).startswith(path)
    assert "\n" not in str(error.value)


def test_names_of_files(tmp_path, write):
    with pytest.raises(CommandError, match="no such file"):
        read_table(str(tmp_path / "none.csv"))
    with pytest.raises(CommandError, match="cannot tell the format"):
        read_table(write("a\n1\n", "data.xlsx"))
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(CommandError, match="cannot be read"):
        read_table(str(tmp_path / "folder.csv"))


# ----------------------------------------------------------------------------- Parquet
def test_parquet(tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as parquet

    table = pa.table(
        {
            "i": pa.array([1, None, 3], pa.int32()),
            "f": pa.array([0.5, 1.5, None], pa.float32()),
            "s": ["a", None, "NA"],
            "c": pa.array(["x", "y", "x"]).dictionary_encode(),
            "b": [True, None, False],
            "d": pa.array([0, None, 365], pa.date32()),
            "z": pa.nulls(3),
            "l": [[1], [2], [3]],
        }
    )
    path = str(tmp_path / "t.parquet")
    parquet.write_table(table, path)
    with pytest.raises(CommandError, match="column 'l' holds list.*--drop l"):
        read_table(path)
    found = read_table(path, ["l"]).columns
    np.testing.assert_array_equal(found["i"], [1.0, np.nan, 3.0])
    np.testing.assert_array_equal(found["f"], [0.5, 1.5, np.nan])
    assert found["s"].tolist() == ["a", None, None]
    assert found["c"].tolist() == ["x", "y", "x"]
    assert found["b"].tolist() == ["True", None, "False"]
    assert found["d"].astype("M8[D]").astype(str).tolist() == ["1970-01-01", "NaT", "1971-01-01"]
    assert found["z"].tolist() == [None] * 3


def test_what_is_no_parquet(write):
    pytest.importorskip("pyarrow")
    with pytest.raises(CommandError, match="no sound Parquet file"):
        read_table(write(b"PAR1 and nothing more", "t.parquet"))
    with pytest.raises(CommandError, match="empty"):
        read_table(write(b"", "t.parquet"))
