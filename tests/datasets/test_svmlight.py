"""The svmlight format: what is written is read again, in parts too; scikit-learn reads the same."""

import bz2
import gzip
import io
import os

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.datasets as theirs
from numpy.testing import assert_allclose, assert_array_equal

from mlkit import config_context
from mlkit.datasets import _svmlight as svmlight
from mlkit.datasets import dump_svmlight_file, load_svmlight_file, load_svmlight_files


@pytest.fixture
def problem():
    rng = np.random.RandomState(0)
    X = sp.random_array((37, 11), density=0.2, rng=rng, format="csr") * 100
    return sp.csr_matrix(X), rng.standard_normal(37), rng.randint(-(2**62), 2**62, 37)


def dumped(*args, **options):
    file = io.BytesIO()
    dump_svmlight_file(*args, file, **options)
    return file.getvalue()


@pytest.mark.parametrize("zero_based", [True, False])
@pytest.mark.parametrize("form", [sp.csr_matrix, sp.csr_array, sp.csc_matrix, np.asarray])
def test_round_trip(problem, form, zero_based):
    X, y, query = problem
    text = dumped(form(X.toarray()), y, zero_based=zero_based, query_id=query)
    back = load_svmlight_file(io.BytesIO(text), n_features=11, zero_based=zero_based, query_id=True)
    # 16 digits leave a relative error of half a unit in the 16th.
    assert_allclose(back[0].toarray(), X.toarray(), rtol=5e-16)
    assert_allclose(back[1], y, rtol=5e-16)
    assert_array_equal(back[2], query)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.int64])
def test_same_bytes_as_scikit_learn(problem, dtype):
    X, y, query = problem
    for each in (X.astype(dtype), X.toarray().astype(dtype)):
        for labels in (y, y.round().astype(int), sp.csr_matrix(y.reshape(-1, 1))):
            for options in ({}, {"query_id": query}, {"zero_based": False}):
                file = io.BytesIO()
                theirs.dump_svmlight_file(each, labels, file, **options)
                assert dumped(each, labels, **options) == file.getvalue()


def test_zeros_of_a_sparse_y_and_bools_are_written():
    y = np.array([1, 0, 2])
    assert dumped(np.eye(3), sp.csr_matrix(y[:, None])) == dumped(np.eye(3), y)
    assert dumped(np.eye(3, dtype=bool), y > 0) == b"1 0:1\n0 1:1\n1 2:1\n"


@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix, sp.csr_array])
def test_multilabel(form):
    X = [[1, 0, 3.5], [0, 0, 0], [0, 5, 0]]
    Y = form(np.array([[0, 1, 1], [1, 0, 0], [0, 0, 0]]))
    text = dumped(X, Y, multilabel=True)
    assert text == b"1,2 0:1 2:3.5\n0 \n 1:5\n"
    X_back, labels = load_svmlight_file(io.BytesIO(text), multilabel=True)
    assert labels == [(1.0, 2.0), (0.0,), ()]
    assert_array_equal(X_back.toarray(), X)


def test_explicit_zeros_are_kept_in_X_and_no_labels_in_y():
    X = sp.csr_matrix((np.array([0.0, 1.0]), np.array([0, 2]), np.array([0, 2])), shape=(1, 3))
    Y = sp.csr_matrix((np.array([0, 1]), np.array([0, 2]), np.array([0, 2])), shape=(1, 3))
    assert dumped(X, Y, multilabel=True) == b"2 0:0 2:1\n"
    assert Y.nnz == 2


def test_unsorted_rows_are_written_in_order_and_left_alone():
    X = sp.csr_matrix((np.array([1.0, 2.0]), np.array([2, 0]), np.array([0, 2])), shape=(1, 3))
    assert dumped(X, [1]) == b"1 0:2 2:1\n"
    assert_array_equal(X.indices, [2, 0])


def test_every_split_gives_each_row_once(problem):
    X, y, query = problem
    text = dumped(X[:7], y[:7], query_id=query[:7])
    options = {"n_features": 11, "query_id": True}
    for first in range(1, len(text), 3):
        for second in range(first + 1, len(text), 17):
            ranges = [(0, first), (first, second - first), (second, -1)]
            parts = [
                load_svmlight_file(io.BytesIO(text), offset=offset, length=length, **options)
                for offset, length in ranges
            ]
            assert_array_equal(np.concatenate([part[2] for part in parts]), query[:7])
            joined = sp.vstack([part[0] for part in parts]).toarray()
            assert_allclose(joined, X[:7].toarray(), rtol=5e-16)


def test_blocks_do_not_show(problem, monkeypatch):
    """However much is read or written at a time, the rows are the same."""
    X, y, query = problem
    text = dumped(X, y, query_id=query)
    whole = load_svmlight_file(io.BytesIO(text), query_id=True)
    monkeypatch.setattr(svmlight, "_ROWS", 3)
    monkeypatch.setattr(svmlight, "_BLOCK", 50)
    assert dumped(X, y, query_id=query) == text
    parts = load_svmlight_file(io.BytesIO(text), query_id=True)
    assert_array_equal(parts[0].toarray(), whole[0].toarray())
    assert_array_equal(parts[2], whole[2])
    half = load_svmlight_file(io.BytesIO(text), n_features=11, length=len(text) // 2)
    rest = load_svmlight_file(io.BytesIO(text), n_features=11, offset=len(text) // 2)
    assert_array_equal(np.concatenate([half[1], rest[1]]), whole[1])


@pytest.mark.parametrize(
    "text",
    [
        b"1 1:2\n2 2:3\n",
        b"1 0:2\n2 2:3\n",
        b"# all comment\n\n1 3:2.5 \t 11:-5.2 # and more\r\n2",
        b"1\n2\n",
        b"",
        b"1 2:inf 3:1e400 4:nan\n",
        b"-1e3 qid:7 1:0\n1 qid:8\n",
    ],
)
@pytest.mark.parametrize("zero_based", ["auto", True])
def test_reads_as_scikit_learn_does(text, zero_based):
    for dtype in (np.float64, np.float32):
        options = {"zero_based": zero_based, "query_id": True, "dtype": dtype}
        mine = load_svmlight_file(io.BytesIO(text), **options)
        reference = theirs.load_svmlight_file(io.BytesIO(text), **options)
        assert mine[0].dtype == dtype
        assert mine[0].indices.dtype == np.int32
        assert_array_equal(mine[0].toarray(), reference[0].toarray())
        assert_array_equal(mine[1], reference[1])
        assert_array_equal(mine[2], reference[2])


def test_integers_of_the_wanted_dtype():
    X, _ = load_svmlight_file(io.BytesIO(b"1 1:3 2:-4\n"), dtype=np.int32)
    assert X.dtype == np.int32
    assert_array_equal(X.toarray(), [[3, -4]])


def test_files_share_columns_and_their_base():
    texts = b"-1 1:1 2:2 3:3\n", b"-1 0:0 1:1\n"
    X1, _, X2, _ = load_svmlight_files([io.BytesIO(text) for text in texts])
    assert X1.shape == X2.shape == (1, 4)
    X1, _, X2, _ = load_svmlight_files([io.BytesIO(texts[0]) for _ in range(2)])
    assert_array_equal(X1.toarray(), [[1, 2, 3]])


@pytest.mark.parametrize(("suffix", "opener"), [("", open), (".gz", gzip.open), (".bz2", bz2.open)])
def test_paths_and_descriptors(tmp_path, problem, suffix, opener):
    X, y, _ = problem
    path = tmp_path / f"data{suffix}"
    dump_svmlight_file(X, y, path)
    with opener(path, "rb") as file:
        assert file.read() == dumped(X, y)
    for each in (path, str(path)):
        assert_allclose(load_svmlight_file(each, n_features=11)[0].toarray(), X.toarray())
    if not suffix:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            assert_allclose(load_svmlight_file(descriptor)[1], y)
            os.lseek(descriptor, 0, os.SEEK_SET)  # still open
        finally:
            os.close(descriptor)


def test_comment():
    text = dumped([[1]], [1], comment="two\nlines ½", zero_based=False).decode()
    assert "one-based" in text
    assert text.endswith("#\n# two\n# lines ½\n1 1:1\n")
    X, _ = load_svmlight_file(io.BytesIO(text.encode()))
    assert X.shape == (1, 1)
    with pytest.raises(UnicodeDecodeError):
        dumped([[1]], [1], comment="½".encode())
    with pytest.raises(ValueError, match="NUL"):
        dumped([[1]], [1], comment="\0")


def test_query_ids_that_are_not_asked_for_do_not_matter():
    X, y = load_svmlight_file(io.BytesIO(b"1 qid:1 1:1\n2 1:3\n"))
    assert_array_equal(X.toarray(), [[1], [3]])
    assert_array_equal(y, [1, 2])


def test_sparse_interface():
    with config_context(sparse_interface="sparray"):
        assert isinstance(load_svmlight_file(io.BytesIO(b"1 1:1\n"))[0], sp.csr_array)
    assert isinstance(load_svmlight_file(io.BytesIO(b"1 1:1\n"))[0], sp.csr_matrix)


@pytest.mark.parametrize(
    ("text", "options", "complaint"),
    [
        (b"one 1:1\n", {}, "label.*one"),
        (b"1,2 1:1\n", {}, "label.*1,2"),
        (b" 1:1\n", {}, "b'1:1' where a label"),
        (b"1,x 1:1\n", {"multilabel": True}, "label.*x"),
        (b"1 1:1 a:2\n", {}, "index.*a"),
        (b"1 1:1 1.5:2\n", {}, "index.*1.5"),
        (b"1 1:1 123456789012345678901:2\n", {}, "index"),
        (b"1 1:1 2\n", {}, "b'2' where index:value"),
        (b"1 1: 2\n", {}, "b'1:' where index:value"),
        (b"1 :1\n", {}, "b':1' where index:value"),
        (b"1 1:2:3 4\n", {}, "b'1:2:3' where index:value"),
        (b"1 1:x\n", {}, "value.*x"),
        (b"1 1:1 qid:3\n", {"query_id": True}, "index.*qid"),
        (b"1 quid:1 1:1\n", {"query_id": True}, "not qid"),
        (b"1 qid:x 1:1\n", {"query_id": True}, "query id.*x"),
        (b"1 -1:1\n", {}, "-1"),
        (b"1 1:1\n1 2:1 2:1\n", {}, "row 1 .*sorted and unique"),
        (b"1\n2\n1 2:1 1:1\n", {}, "row 2 .*sorted and unique"),
        (b"1 0:1\n", {"zero_based": False}, "index 0"),
        (b"1 1:1 3:1\n", {"n_features": 2}, "3 features"),
        (b"1 1:1\n", {"length": 3}, "n_features is required"),
        (b"1 qid:1 1:1\n2 1:1\n", {"query_id": True}, "1 of 2 rows"),
    ],
)
def test_bad_files(text, options, complaint):
    with pytest.raises(ValueError, match=complaint):
        load_svmlight_file(io.BytesIO(text), **options)


@pytest.mark.parametrize(
    ("X", "y", "options", "complaint"),
    [
        ([[1], [2]], [1], {}, "2 rows and y 1"),
        ([[1], [2]], [[1], [2]], {}, "shape"),
        ([[1], [2]], sp.csr_matrix([[1, 0], [2, 0]]), {}, "shape"),
        ([[1], [2]], [1, 2], {"multilabel": True}, "shape"),
        ([[1], [2]], [1, 2], {"query_id": [1]}, "query_id"),
        ([[1], [2]], [1, 2], {"query_id": [1.5, 2]}, "whole"),
        ([[1], [np.nan]], [1, 2], {}, "NaN"),
    ],
)
def test_bad_arguments_of_dump(X, y, options, complaint):
    with pytest.raises(ValueError, match=complaint):
        dumped(X, y, **options)


def test_bad_file_arguments():
    with pytest.raises(TypeError):
        load_svmlight_file(0.42)
    with pytest.raises(OSError, match="no such place"):
        load_svmlight_file("no such place")
