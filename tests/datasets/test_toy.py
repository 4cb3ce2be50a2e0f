"""Bundled data: the same numbers as scikit-learn's copies, in the form asked for."""

import subprocess
import sys
from importlib import resources

import numpy as np
import pandas as pd
import pytest
import sklearn.datasets as theirs
from numpy.testing import assert_array_equal

import mlkit.datasets as ours

NAMES = ["load_breast_cancer", "load_diabetes", "load_digits", "load_iris", "load_linnerud"]
NAMES += ["load_wine"]
CASES = [(name, {}) for name in NAMES]
CASES += [("load_digits", {"n_class": 3}), ("load_diabetes", {"scaled": False})]


def assert_same(mine, reference):
    assert type(mine) is type(reference)
    if isinstance(reference, pd.DataFrame):
        pd.testing.assert_frame_equal(mine, reference)
    elif isinstance(reference, pd.Series):
        pd.testing.assert_series_equal(mine, reference)
    elif isinstance(reference, np.ndarray):
        assert mine.dtype == reference.dtype
        assert_array_equal(mine, reference)
    else:
        assert mine == reference


@pytest.mark.parametrize("as_frame", [False, True])
@pytest.mark.parametrize(("name", "options"), CASES)
def test_same_as_scikit_learn(name, options, as_frame):
    mine = getattr(ours, name)(**options, as_frame=as_frame)
    reference = getattr(theirs, name)(**options, as_frame=as_frame)
    assert set(mine) == set(reference)
    own = {"DESCR", "data_module", "filename", "data_filename", "target_filename"}
    for key in set(reference) - own:
        assert_same(mine[key], reference[key])


@pytest.mark.parametrize("as_frame", [False, True])
@pytest.mark.parametrize(("name", "options"), CASES)
def test_return_X_y(name, options, as_frame):
    bunch = getattr(ours, name)(**options, as_frame=as_frame)
    X, y = getattr(ours, name)(**options, as_frame=as_frame, return_X_y=True)
    assert_same(X, bunch.data)
    assert_same(y, bunch.target)


@pytest.mark.parametrize("name", NAMES)
def test_files_are_where_the_bunch_says(name):
    bunch = getattr(ours, name)()
    for key in [key for key in bunch if key.endswith("filename")]:
        assert (resources.files(bunch.data_module) / bunch[key]).is_file()


@pytest.mark.parametrize("name", NAMES)
def test_description_states_shape_origin_and_licence(name):
    bunch = getattr(ours, name)()
    for expected in (f":Rows: {len(bunch.data)}", "Source:", "Licence"):
        assert expected in bunch.DESCR


def test_loads_do_not_share_data():
    first = ours.load_iris()
    first.data[:] = 0
    assert ours.load_iris().data.min() > 0


def test_digits_images_are_the_rows_of_data():
    digits = ours.load_digits(n_class=4)
    assert_array_equal(digits.images.reshape(len(digits.target), 64), digits.data)
    assert set(digits.target) == {0, 1, 2, 3}


def test_missing_pandas_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    for name in NAMES:
        with pytest.raises(ImportError, match=f"{name} with as_frame=True requires pandas"):
            getattr(ours, name)(as_frame=True)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("load_digits", {"n_class": 11}),
        ("load_iris", {"as_frame": 1}),
        ("load_diabetes", {"scaled": ""}),
    ],
)
def test_bad_argument_is_refused(name, options):
    (parameter,) = options
    with pytest.raises(ValueError, match=parameter):
        getattr(ours, name)(**options)


def test_loading_imports_nothing_heavy():
    code = (
        "import sys, mlkit.datasets as d; d.load_digits(); d.make_classification()\n"
        "heavy = {'pandas', 'scipy.stats', 'scipy.optimize', 'sklearn'} & set(sys.modules)\n"
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_files_are_small():
    total = sum(
        len(file.read_bytes())
        for file in resources.files("mlkit.datasets.data").iterdir()
        if file.is_file()
    )
    assert total < 200_000
