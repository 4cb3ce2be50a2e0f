"""Sparse matrices: recognition without import, interface, index width, canonical form."""

import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_array_equal

from mlkit._core import sparse
from mlkit._core.config import config_context

DENSE = np.array([[0.0, 1.0, 0.0], [2.0, 0.0, 3.0]])
FORMATS = ["csr", "csc", "coo", "bsr", "lil", "dok", "dia"]


def test_asking_does_not_import_scipy():
    code = (
        "import sys; from mlkit._core.sparse import issparse; from mlkit._core.arrays import "
        "check_array; assert not issparse(1); check_array([[1.0]]); "
        "sys.exit('scipy.sparse' in sys.modules or 'pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("interface, base", [("spmatrix", sp.spmatrix), ("sparray", sp.sparray)])
def test_interface_follows_the_setting(format, interface, base):
    for X in (sp.csr_array(DENSE).asformat(format), sp.csr_matrix(DENSE).asformat(format)):
        with config_context(sparse_interface=interface):
            made = sparse.as_interface(X)
        assert isinstance(made, base)
        assert made.format == format
        assert_array_equal(made.toarray(), DENSE)
        if isinstance(X, base):
            assert made is X


def wide(format):
    X = sp.csr_array(DENSE).asformat(format)
    X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    return X


@pytest.mark.parametrize("format", ["csr", "csc"])
def test_narrow_index(format):
    X = wide(format)
    assert sparse.has_wide_index(X)
    narrow = sparse.narrow_index(X)
    assert not sparse.has_wide_index(narrow)
    assert np.shares_memory(narrow.data, X.data)
    assert_array_equal(narrow.toarray(), DENSE)
    assert sparse.narrow_index(narrow) is narrow


def test_index_stays_wide_where_the_shape_needs_it():
    X = sp.csr_array((1, 2**33))
    X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    assert sparse.narrow_index(X) is X


def test_canonical_sums_duplicates_and_sorts():
    X = sp.csr_array(
        (np.array([1.0, 2.0, 4.0]), np.array([2, 0, 2]), np.array([0, 3])), shape=(1, 3)
    )
    made = sparse.canonical(X)
    assert made.indices.tolist() == [0, 2]
    assert made.data.tolist() == [2.0, 5.0]
    assert X.nnz == 3
    assert sparse.canonical(made) is made


@pytest.mark.parametrize("source", FORMATS)
@pytest.mark.parametrize("target", ["csr", "csc", "coo"])
def test_conversion_keeps_values_and_index_width(source, target):
    X = sp.csr_array(DENSE).asformat(source)
    made = sparse.to_format(X, (target,))
    assert made.format == target
    assert_array_equal(made.toarray(), DENSE)
    if not sparse.has_wide_index(X):
        assert not sparse.has_wide_index(made)
    assert sparse.to_format(X, True) is X


@pytest.mark.parametrize("bad, error", [([], ValueError), (3, ValueError), ([3], TypeError)])
def test_formats_are_checked(bad, error):
    with pytest.raises(error):
        sparse.accepted_formats(bad)
    with pytest.raises(ValueError, match="SciPy knows"):
        sparse.to_format(sp.csr_array(DENSE), ("wrong",))
