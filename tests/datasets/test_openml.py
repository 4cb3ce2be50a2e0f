"""OpenML: scikit-learn's recorded answers, from a server that is not there."""

import glob
import gzip
import io
import os
import re
import warnings
from urllib.error import HTTPError

import numpy as np
import pandas as pd
import pytest
import sklearn.datasets

import mlkit.datasets._download as download
import mlkit.datasets._openml as openml
from mlkit.datasets import fetch_openml
from mlkit.datasets._openml import OpenMLError

ANSWERS = os.path.join(os.path.dirname(sklearn.datasets.__file__), "tests", "data", "openml")
SHORT = [
    ("-json-data-list", "-jdl"),
    ("-json-data-features", "-jdf"),
    ("-json-data", "-jd"),
    ("-data_name", "-dn"),
    ("-download", "-dl"),
    ("-limit", "-l"),
    ("-data_version", "-dv"),
    ("-status", "-s"),
    ("-deactivated", "-dact"),
    ("-active", "-act"),
]


def answer(url):
    """Content of the file in which the answer to a URL is recorded."""
    name = re.sub(r"\W", "-", url[len("https://api.openml.org/") :])
    for long, short in SHORT:
        name = name.replace(long, short)
    data = re.match(r".*-dl-\d+", name) if "/download/" in url else None
    name = f"{data[0]}.arff.gz" if data else f"{name}.json.gz"
    found = glob.glob(os.path.join(ANSWERS, "id_*", name))
    if not found:
        raise HTTPError(url, 412, "not recorded", {}, io.BytesIO())
    with gzip.open(found[0]) as file:
        return file.read()


@pytest.fixture
def asked(monkeypatch):
    """The URLs that were asked for."""
    seen = []

    def opened(request):
        seen.append(request.full_url)
        return io.BytesIO(answer(request.full_url))

    monkeypatch.setattr(openml, "open_url", opened)
    return seen


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "(?s).*(active versions|status|version .* of the data).*")
        yield


def test_iris(asked):
    iris = fetch_openml("iris", cache=False)
    assert list(iris.data) == ["sepallength", "sepalwidth", "petallength", "petalwidth"]
    assert iris.target.name == "class"
    assert list(iris.frame) == [*iris.data, "class"]
    reference = sklearn.datasets.load_iris()
    np.testing.assert_allclose(iris.data.mean(), reference.data.mean(axis=0), atol=0.01)
    assert iris.target.value_counts().tolist() == [50, 50, 50]
    assert iris.url == "https://www.openml.org/d/61"
    assert "Fisher" in iris.DESCR
    X, y = fetch_openml(data_id=61, cache=False, return_X_y=True)
    pd.testing.assert_frame_equal(X, iris.data)
    pd.testing.assert_series_equal(y, iris.target)


@pytest.mark.parametrize("number", [1, 3, 61, 62, 561, 1119, 40589, 40675, 42585])
def test_both_readers_give_the_same_values(number, asked):
    pandas = fetch_openml(data_id=number, cache=False, parser="pandas").frame
    own = fetch_openml(data_id=number, cache=False, parser="liac-arff").frame
    assert list(pandas) == list(own)
    for name in own:
        if own[name].dtype == "category":
            # pandas reads whole numbers and truth values among categories as such.
            met, declared = (
                ["" if pd.isna(value) else str(value).lower() for value in frame[name]]
                for frame in (pandas, own)
            )
            assert met == declared
        else:
            np.testing.assert_array_equal(pandas[name].to_numpy(float), own[name].to_numpy(float))


def test_arrays_have_numbers_for_categories(asked):
    frame = fetch_openml(data_id=1119, cache=False, parser="liac-arff").data
    found = fetch_openml(data_id=1119, cache=False, parser="liac-arff", as_frame=False)
    assert found.data.dtype == np.float64
    assert set(found.categories) == set(frame.select_dtypes("category"))
    for j, name in enumerate(found.feature_names):
        if name in found.categories:
            values = [found.categories[name][int(code)] for code in found.data[:, j]]
            assert values == frame[name].tolist()
        else:
            np.testing.assert_array_equal(found.data[:, j], frame[name])
    assert found.target.dtype == object
    assert found.frame is None


def test_missing_values(asked):
    penguins = fetch_openml(data_id=42585, cache=False, parser="liac-arff", as_frame=False)
    sex = penguins.feature_names.index("sex")
    frame = fetch_openml(data_id=42585, cache=False).frame
    np.testing.assert_array_equal(np.isnan(penguins.data[:, sex]), frame["sex"].isna())
    assert frame["sex"].isna().any()


def test_sparse_data(asked):
    found = fetch_openml(data_id=292, cache=False)
    assert found.data.format == "csr"
    assert found.data.shape == (85, 14)
    assert set(found.target) == {"-1", "1"}
    with pytest.raises(ValueError, match="as_frame"):
        fetch_openml(data_id=292, cache=False, as_frame=True)
    with pytest.raises(ValueError, match="liac-arff"):
        fetch_openml(data_id=292, cache=False, parser="pandas")


def test_targets(asked):
    none = fetch_openml(data_id=61, cache=False, target_column=None)
    assert none.target is None
    assert none.data.shape == (150, 5)
    two = fetch_openml(data_id=61, cache=False, target_column=["sepalwidth", "petalwidth"])
    assert list(two.target) == ["sepalwidth", "petalwidth"]
    assert list(two.data) == ["sepallength", "petallength", "class"]
    array = fetch_openml(
        data_id=61, cache=False, target_column=["sepalwidth", "petalwidth"], as_frame=False
    )
    np.testing.assert_array_equal(array.target, two.target)
    with pytest.raises(KeyError, match="no such column"):
        fetch_openml(data_id=61, cache=False, target_column="nothing")
    with pytest.raises(ValueError, match="homogeneous"):
        fetch_openml(data_id=61, cache=False, target_column=["sepalwidth", "class"], as_frame=False)
    with pytest.raises(ValueError, match="strings"):
        fetch_openml(data_id=42074, cache=False, as_frame=False)


def test_a_version_out_of_use_is_found(asked):
    with pytest.warns(UserWarning, match="another version may be better"):
        found = fetch_openml("Australian", version=1, cache=False)
    assert found.details["id"] == "292"


def test_what_is_not_there(asked):
    with pytest.raises(OpenMLError, match="no active data set"):
        fetch_openml("does-not-exist", cache=False)
    with pytest.raises(ValueError, match="either a name"):
        fetch_openml("iris", data_id=61)
    with pytest.raises(ValueError, match="either a name"):
        fetch_openml()


def test_it_is_asked_once_and_then_read_from_the_folder(asked, tmp_path, monkeypatch):
    first = fetch_openml(data_id=61, data_home=tmp_path)
    n_asked = len(asked)
    assert n_asked == 3
    monkeypatch.setattr(openml, "open_url", None)
    pd.testing.assert_frame_equal(fetch_openml(data_id=61, data_home=tmp_path).frame, first.frame)
    with open(glob.glob(str(tmp_path / "openml" / "**" / "*.arff.gz"), recursive=True)[0], "wb"):
        pass  # it is empty now, and so is what is read
    with pytest.raises(ValueError, match="md5 checksum"):
        fetch_openml(data_id=61, data_home=tmp_path)


def test_without_a_network(monkeypatch, tmp_path):
    def refused(request):
        raise download.urllib.error.URLError("no route")

    monkeypatch.setattr(openml, "open_url", refused)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(OSError, match="were fetched before"):
            fetch_openml(data_id=61, data_home=tmp_path, n_retries=1, delay=0)
