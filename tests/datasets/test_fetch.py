"""Data sets from the web: archives of the same make, small, from a folder in place of the web."""

import gzip
import hashlib
import io
import tarfile
import zipfile

import numpy as np
import pytest
import scipy.io
import sklearn.datasets as reference
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

import mlkit.datasets as datasets
from mlkit.datasets import _download, _fetch_faces, _fetch_tables, _fetch_texts
from mlkit.datasets._download import RemoteFile

FETCHERS = [name for name in datasets.__all__ if name.startswith("fetch_")]


@pytest.fixture
def served(monkeypatch):
    """Puts content in the place of remote files; returns the names asked for."""
    contents, asked = {}, []

    def opened(url):
        asked.append(url)
        return io.BytesIO(contents[url])

    monkeypatch.setattr(_download, "open_url", opened)

    def serve(module, name, content):
        remote = getattr(module, name)
        url = f"test://{remote.filename}"
        contents[url] = content
        made = RemoteFile(remote.filename, url, hashlib.sha256(content).hexdigest())
        monkeypatch.setattr(module, name, made)

    serve.asked, serve.contents = asked, contents
    return serve


def tar(files, mode="w:gz"):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def zipped(files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize("name", sorted(set(FETCHERS) - {"fetch_file", "fetch_openml"}))
def test_data_that_is_not_there_and_may_not_be_fetched(name, tmp_path):
    with pytest.raises(OSError, match="download_if_missing=True"):
        getattr(datasets, name)(data_home=tmp_path, download_if_missing=False)


# ------------------------------------------------------------------------------- tables
def test_california_housing(served, tmp_path):
    rows = np.random.default_rng(0).uniform(1, 50, size=(30, 9)).round(3)
    text = "\n".join(",".join(map(str, row)) for row in rows).encode()
    served(_fetch_tables, "HOUSES", tar({"CaliforniaHousing/cal_housing.data": text}))
    found = datasets.fetch_california_housing(data_home=tmp_path)
    longitude, latitude, age, rooms, bedrooms, people, households, income, value = rows.T
    np.testing.assert_allclose(found.target, value / 1e5)
    by_name = dict(zip(found.feature_names, found.data.T, strict=True))
    np.testing.assert_array_equal(by_name["MedInc"], income)
    np.testing.assert_array_equal(by_name["HouseAge"], age)
    np.testing.assert_allclose(by_name["AveBedrms"] * households, bedrooms)
    np.testing.assert_allclose(by_name["AveRooms"] * households, rooms)
    np.testing.assert_allclose(by_name["AveOccup"] * households, people)
    np.testing.assert_array_equal(by_name["Latitude"], latitude)
    np.testing.assert_array_equal(by_name["Longitude"], longitude)
    frame = datasets.fetch_california_housing(data_home=tmp_path, as_frame=True)
    assert list(frame.frame) == [*found.feature_names, "MedHouseVal"]
    assert frame.target.name == "MedHouseVal"
    assert len(served.asked) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["california_housing.npz"]


def test_covtype(served, tmp_path):
    table = np.random.default_rng(0).integers(0, 9, size=(20, 55))
    text = "\n".join(",".join(map(str, row)) for row in table).encode()
    served(_fetch_tables, "COVER", gzip.compress(text))
    found = datasets.fetch_covtype(data_home=tmp_path)
    np.testing.assert_array_equal(found.data, table[:, :-1])
    np.testing.assert_array_equal(found.target, table[:, -1])
    assert found.data.dtype == np.float64
    assert found.target.dtype == np.int32
    X, y = datasets.fetch_covtype(
        data_home=tmp_path, shuffle=True, random_state=0, return_X_y=True, as_frame=True
    )
    order = np.arange(20)
    np.random.RandomState(0).shuffle(order)
    np.testing.assert_array_equal(X, table[order, :-1])
    assert y.name == "Cover_Type"


def connections():
    rng = np.random.default_rng(0)
    rows = []
    for i in range(60):
        row = rng.integers(0, 9, size=42).astype(str).tolist()
        row[1:4] = "tcp", ["http", "smtp", "ftp"][i % 3], "SF"
        row[11] = str(int(i % 4 > 0))
        row[24] = "0.25"
        row[41] = "normal." if i % 5 else "smurf."
        rows.append(row)
    return rows


def test_kddcup99(served, tmp_path):
    rows = connections()
    text = "\n".join(",".join(row) for row in rows).encode()
    served(_fetch_tables, "TENTH_OF_CONNECTIONS", gzip.compress(text))
    found = datasets.fetch_kddcup99(data_home=tmp_path)
    assert found.data.shape == (60, 41)
    assert found.data[0, :4].tolist() == [int(rows[0][0]), b"tcp", b"http", b"SF"]
    assert found.data[0, 24] == 0.25
    assert found.target[0] == b"smurf."
    logged_in = [row for row in rows if row[11] == "1"]
    sf = datasets.fetch_kddcup99(data_home=tmp_path, subset="SF")
    assert sf.data.shape == (len(logged_in), 4)
    assert sf.feature_names == ["duration", "service", "src_bytes", "dst_bytes"]
    assert sf.data[0, 2] == np.log(int(logged_in[0][4]) + 0.1)
    http = datasets.fetch_kddcup99(data_home=tmp_path, subset="http")
    assert len(http.data) == sum(row[2] == "http" for row in logged_in)
    sa = datasets.fetch_kddcup99(data_home=tmp_path, subset="SA", random_state=0, shuffle=True)
    n_normal = sum(row[41] == "normal." for row in rows)
    assert np.sum(sa.target == b"normal.") == n_normal
    assert len(sa.target) == n_normal + 3377
    frame = datasets.fetch_kddcup99(data_home=tmp_path, as_frame=True).frame
    assert frame.shape == (60, 42)


def test_species_distributions(served, tmp_path):
    grid = (
        "ncols 3\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 1\nNODATA_value -99\n1 2 3\n-99 5 6"
    )
    maps = {f"coverages/{name}.asc": grid.replace("5", str(n)) for n, name in enumerate("ba")}
    served(_fetch_tables, "COVERAGES", zipped(maps))
    seen = "species,dd long,dd lat\nbradypus,-65.4,-10.3833\nmicroryzomys,-64.7,-17.85\n"
    served(_fetch_tables, "SAMPLES", zipped({"alltrain.csv": seen, "alltest.csv": seen}))
    found = datasets.fetch_species_distributions(data_home=tmp_path)
    np.testing.assert_array_equal(
        found.coverages, [[[1, 2, 3], [-9999, 1, 6]], [[1, 2, 3], [-9999, 0, 6]]]
    )
    assert found.train["species"].tolist() == [b"bradypus", b"microryzomys"]
    np.testing.assert_allclose(found.test["dd lat"], [-10.3833, -17.85], rtol=1e-6)


# -------------------------------------------------------------------------------- faces
def test_olivetti_faces(served, tmp_path):
    pictures = np.random.default_rng(0).integers(0, 255, size=(20, 64, 64)).astype(np.uint8)
    stream = io.BytesIO()
    scipy.io.savemat(stream, {"faces": pictures.transpose(0, 2, 1).reshape(20, -1).T})
    served(_fetch_faces, "OLIVETTI", stream.getvalue())
    found = datasets.fetch_olivetti_faces(data_home=tmp_path)
    low, high = float(pictures.min()), float(pictures.max())
    np.testing.assert_allclose(found.images, (pictures - low) / (high - low), rtol=1e-6)
    np.testing.assert_array_equal(found.data.reshape(-1, 64, 64), found.images)
    np.testing.assert_array_equal(found.target, np.repeat([0, 1], 10))
    X, _ = datasets.fetch_olivetti_faces(data_home=tmp_path, shuffle=True, return_X_y=True)
    order = np.random.RandomState(0).permutation(20)
    np.testing.assert_array_equal(X, found.data[order])


def test_faces_in_the_wild(served, tmp_path):
    image = pytest.importorskip("PIL.Image", reason="Pillow reads the pictures")
    rng, files = np.random.default_rng(0), {}
    for name, count in [("Ann_Bee", 3), ("Cy_Dee", 1), ("Eve_Fox", 2)]:
        for i in range(1, count + 1):
            stream = io.BytesIO()
            pixels = rng.integers(0, 255, size=(250, 250, 3)).astype(np.uint8)
            image.fromarray(pixels).save(stream, "JPEG")
            files[f"lfw_funneled/{name}/{name}_{i:04}.jpg"] = stream.getvalue()
    served(_fetch_faces, "FUNNELED", tar(files))
    pairs = b"1\nAnn_Bee\t1\t3\nAnn_Bee\t2\tCy_Dee\t1\n"
    for remote in _fetch_faces.PAIRS.values():
        folder = tmp_path / "lfw_home"
        folder.mkdir(exist_ok=True)
        (folder / remote.filename).write_bytes(pairs)
    ours = datasets.fetch_lfw_people(data_home=tmp_path)
    theirs = reference.fetch_lfw_people(data_home=tmp_path, download_if_missing=False)
    np.testing.assert_array_equal(ours.target, theirs.target)
    np.testing.assert_array_equal(ours.target_names, theirs.target_names)
    np.testing.assert_allclose(ours.images, theirs.images, atol=1e-6)
    some = datasets.fetch_lfw_people(
        data_home=tmp_path, min_faces_per_person=2, color=True, resize=None, slice_=None
    )
    assert some.images.shape == (5, 250, 250, 3)
    ours = datasets.fetch_lfw_pairs(data_home=tmp_path)
    theirs = reference.fetch_lfw_pairs(data_home=tmp_path, download_if_missing=False)
    np.testing.assert_array_equal(ours.target, [1, 0])
    np.testing.assert_allclose(ours.pairs, theirs.pairs, atol=1e-6)
    np.testing.assert_array_equal(ours.target_names, theirs.target_names)
    with pytest.raises(ValueError, match="too restrictive"):
        datasets.fetch_lfw_people(data_home=tmp_path, min_faces_per_person=9)


# -------------------------------------------------------------------------------- texts
MESSAGE = """From: someone@here
Subject: words number{i}

On Monday x wrote:
> the old line
the new line of {group} {i}

--
a signature
"""


@pytest.fixture
def news(served):
    files = {}
    for part, count in [("train", 6), ("test", 3)]:
        for group in ("alt.a", "sci.b"):
            for i in range(count):
                text = MESSAGE.format(group=group, i=i + 100 * (part == "test"))
                files[f"20news-bydate-{part}/{group}/{i}"] = text.encode()
    served(_fetch_texts, "NEWS", tar(files))
    return served


def test_newsgroups(news, tmp_path):
    train = datasets.fetch_20newsgroups(data_home=tmp_path)
    assert len(train.data) == len(train.target) == len(train.filenames) == 12
    assert train.target_names == ["alt.a", "sci.b"]
    for text, label in zip(train.data, train.target, strict=True):
        assert train.target_names[label] in text
    every = datasets.fetch_20newsgroups(data_home=tmp_path, subset="all", shuffle=False)
    assert len(every.data) == 18
    one = datasets.fetch_20newsgroups(data_home=tmp_path, categories=["sci.b"])
    assert one.target_names == ["sci.b"]
    assert set(one.target) == {0}
    assert all("sci.b" in text for text in one.data)
    with pytest.raises(ValueError, match="no newsgroups"):
        datasets.fetch_20newsgroups(data_home=tmp_path, categories=["sci.c"])
    with pytest.raises(ValueError, match="'tails' is none of"):
        datasets.fetch_20newsgroups(data_home=tmp_path, remove=("tails",))
    assert len(news.asked) == 1


def test_parts_of_messages_are_left_out(news, tmp_path):
    def first(*remove):
        return datasets.fetch_20newsgroups(data_home=tmp_path, remove=remove).data[0]

    assert "Subject" not in first("headers")
    assert "old line" not in first("quotes")
    assert "wrote" not in first("quotes")
    assert "signature" not in first("footers")
    assert first("headers", "footers", "quotes").startswith("the new line of")


def test_counted_newsgroups(news, tmp_path):
    train = datasets.fetch_20newsgroups(data_home=tmp_path, shuffle=True, random_state=12)
    test = datasets.fetch_20newsgroups(
        data_home=tmp_path, subset="test", shuffle=True, random_state=12
    )
    counter = CountVectorizer().fit(train.data)
    for part, texts in [("train", train), ("test", test)]:
        expected = counter.transform(texts.data)
        counts = datasets.fetch_20newsgroups_vectorized(
            data_home=tmp_path, subset=part, normalize=False
        )
        np.testing.assert_array_equal(counts.data.toarray(), expected.toarray())
        np.testing.assert_array_equal(counts.target, texts.target)
        np.testing.assert_array_equal(counts.feature_names, counter.get_feature_names_out())
        X, _ = datasets.fetch_20newsgroups_vectorized(
            data_home=tmp_path, subset=part, return_X_y=True
        )
        np.testing.assert_allclose(X.toarray(), normalize(expected).toarray(), atol=1e-12)
    every = datasets.fetch_20newsgroups_vectorized(data_home=tmp_path, subset="all", as_frame=True)
    assert every.frame.shape == (18, len(counter.vocabulary_) + 1)


def test_rcv1(served, tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    files, rows, ids = [], [], iter(range(2286, 2400))
    for remote in _fetch_texts.REUTERS:
        lines = []
        for _ in range(4):
            columns = np.sort(rng.choice(47236, size=3, replace=False)) + 1
            values = rng.random(3).round(4)
            pairs = " ".join(f"{c}:{v}" for c, v in zip(columns, values, strict=True))
            lines.append(f"{next(ids)}  {pairs}")
            rows.append(dict(zip((columns - 1).tolist(), values.tolist(), strict=True)))
        content = gzip.compress("\n".join(lines).encode())
        url = f"test://{remote.filename}"
        served.contents[url] = content
        files.append(RemoteFile(remote.filename, url, hashlib.sha256(content).hexdigest()))
    monkeypatch.setattr(_fetch_texts, "REUTERS", files)
    monkeypatch.setattr(_fetch_texts, "_N_TRAIN", 4)
    topics = [(["E11", "CCAT"][i % 2], 2286 + i) for i in range(20)] + [("ABC", 2289)]
    text = "".join(f"{topic} {number} 1\n" for topic, number in topics)
    served(_fetch_texts, "TOPICS", gzip.compress(text.encode()))
    found = datasets.fetch_rcv1(data_home=tmp_path)
    assert found.data.shape == (20, 47236)
    for i, row in enumerate(rows):
        assert dict(zip(found.data[[i]].indices, found.data[[i]].data, strict=True)) == row
    assert found.target_names.tolist() == ["ABC", "CCAT", "E11"]
    np.testing.assert_array_equal(found.sample_id, np.arange(2286, 2306))
    labels = found.target.toarray()
    np.testing.assert_array_equal(labels[3], [1, 1, 0])
    np.testing.assert_array_equal(labels[:, 2], np.arange(20) % 2 == 0)
    train = datasets.fetch_rcv1(data_home=tmp_path, subset="train")
    test = datasets.fetch_rcv1(data_home=tmp_path, subset="test", shuffle=True, random_state=0)
    assert train.data.shape[0] == 4
    assert sorted(test.sample_id) == list(range(2290, 2306))
    place = int(np.flatnonzero(test.sample_id == 2299)[0])
    assert (test.data[[place]] != found.data[[13]]).nnz == 0
