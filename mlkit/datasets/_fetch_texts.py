"""Texts from the web: messages of twenty newsgroups, and Reuters' news as weighted words."""

import gzip
import re
import tarfile
from pathlib import Path

import numpy as np

from .._core.bunch import Bunch
from .._core.domains import array_like, boolean, none, one_of, sequence
from .._core.domains import random_state as seed
from .._core.params import checked
from .._core.seeds import check_random_state
from .._core.sparse import as_interface
from .._engine.encode.vocabulary import TermCounts, Words, given_terms, weigh_rows
from ._download import DOWNLOADING, RemoteFile, cached, download
from ._files import load_files
from ._home import get_data_home
from ._svmlight import load_svmlight_files
from ._toy import _describe, _pandas

_HOST = "https://ndownloader.figshare.com/files/"

NEWS = RemoteFile(
    "20news-bydate.tar.gz",
    _HOST + "5975967",
    "8f1b2514ca22a5ade8fbb9cfa5727df95fa587f4c87b786e15c759fa66d95610",
)
REUTERS = [
    RemoteFile(f"lyrl2004_vectors_{part}.dat.gz", f"{_HOST}{number}", sha256)
    for part, number, sha256 in [
        ("train", 5976057, "5468f656d0ba7a83afc7ad44841cf9a53048a5c083eedc005dcdb5cc768924ae"),
        ("test_pt0", 5976069, "ed40f7e418d10484091b059703eeb95ae3199fe042891dcec4be6696b9968374"),
        ("test_pt1", 5976066, "87700668ae45d45d5ca1ef6ae9bd81ab0f5ec88cc95dcef9ae7838f727a13aa6"),
        ("test_pt2", 5976063, "48143ac703cbe33299f7ae9f4995db49a258690f60e5debbff8995c34841c7f5"),
        ("test_pt3", 5976060, "dfcb0d658311481523c6e6ca0c3f5a3e1d3d12cde5d7a8ce629a9006ec7dbb39"),
    ]
]
TOPICS = RemoteFile(
    "rcv1v2.topics.qrels.gz",
    _HOST + "5976048",
    "2a98e5e5d8b770bded93afc8930d88299474317fe14181aee1466cc754d0d1c1",
)

_PARTS = {"train": "20news-bydate-train", "test": "20news-bydate-test"}
_N_TRAIN = 23_149  # documents of the official training set of Reuters' news

# Lines that answer somebody: who wrote what, or what was written, behind a mark.
_ANSWERED = re.compile(r"writes in|writes:|wrote:|says:|said:|^In article|^Quoted from|^[|>]")


# --------------------------------------------------------------------------- newsgroups
def without_headers(text):
    """The text behind the first empty line."""
    return text.partition("\n\n")[2]


def without_quotes(text):
    """The text without the lines that quote another message."""
    return "\n".join(line for line in text.split("\n") if not _ANSWERED.search(line))


def without_footer(text):
    """The text up to the last line that is empty or of dashes alone, if there is one."""
    lines = text.strip().split("\n")
    for last in range(len(lines) - 1, 0, -1):
        if not lines[last].strip().strip("-"):
            return "\n".join(lines[:last])
    return text


_REMOVERS = {"headers": without_headers, "footers": without_footer, "quotes": without_quotes}


def _news_home(data_home, download_if_missing, n_retries, delay):
    """Folder with the messages, one folder a part and in it one a group."""
    home = Path(get_data_home(data_home)) / "20news_home"
    if not all((home / part).is_dir() for part in _PARTS.values()):
        if not download_if_missing:
            raise OSError(
                f"{home} lacks the messages: they have not been downloaded yet. Call with "
                "download_if_missing=True, or give the data_home in which they are"
            )
        archive = download(NEWS, home, n_retries=n_retries, delay=delay)
        with tarfile.open(archive) as tar:
            tar.extractall(home, filter="data")
        archive.unlink()
    return home


def _messages(home, subset):
    """Texts, groups' numbers and files of a part, or of both."""
    parts = _PARTS if subset == "all" else [subset]
    loaded = [load_files(home / _PARTS[part], encoding="latin1") for part in parts]
    texts = [text for each in loaded for text in each.data]
    target = np.concatenate([each.target for each in loaded])
    files = np.concatenate([each.filenames for each in loaded])
    return texts, target, files, loaded[0].target_names


_NEWS_PARAMETERS = {
    **DOWNLOADING,
    "subset": one_of("train", "test", "all"),
    "remove": sequence,
    "return_X_y": boolean,
}


def _check_remove(remove):
    for name in remove:
        if name not in _REMOVERS:
            raise ValueError(f"remove={remove!r}: {name!r} is none of {sorted(_REMOVERS)}")


@checked(**_NEWS_PARAMETERS, categories=array_like | none, shuffle=boolean, random_state=seed)
def fetch_20newsgroups(
    *,
    data_home=None,
    subset="train",
    categories=None,
    shuffle=True,
    random_state=42,
    remove=(),
    download_if_missing=True,
    return_X_y=False,
    n_retries=3,
    delay=1.0,
):
    """Load 18,846 messages to 20 newsgroups (classification of texts).

    Parameters
    ----------
    data_home : str, path-like or None, default=None
        Folder in which the data is kept; see `get_data_home`.
    subset : {"train", "test", "all"}, default="train"
        Messages before a day, after it, or all.
    categories : list of str or None, default=None
        Groups to load; None loads all.
    shuffle : bool, default=True
        Put the messages in random order.
    random_state : None, int, RandomState or Generator, default=42
        The order, with `shuffle`.
    remove : tuple of {"headers", "footers", "quotes"}, default=()
        Parts of messages to leave out, which give away more than a text should. Headers are told
        exactly, footers and quotes by their looks.
    download_if_missing : bool, default=True
        False raises OSError if the data is not there.
    return_X_y : bool, default=False
        Return ``(data, target)`` rather than a Bunch.
    n_retries : int, default=3
        How often to try again after an error of the network.
    delay : float, default=1.0
        Seconds between tries.

    Returns
    -------
    Bunch or tuple
        data (list of str), target (array of int), filenames, target_names (groups), DESCR.

    Raises
    ------
    OSError
        If the data is missing and cannot be downloaded.
    ValueError
        If a category or a part to remove is unknown.

    Examples
    --------
    >>> from mlkit.datasets import fetch_20newsgroups
    >>> space = fetch_20newsgroups(categories=["sci.space"])  # doctest: +SKIP
    """
    _check_remove(remove)
    home = _news_home(data_home, download_if_missing, n_retries, delay)
    texts, target, files, names = _messages(home, subset)
    for name in remove:
        texts = [_REMOVERS[name](text) for text in texts]
    if categories is not None:
        unknown = sorted(set(categories) - set(names))
        if unknown:
            raise ValueError(f"categories {unknown} are no newsgroups; those are {names}")
        numbers = sorted(names.index(name) for name in set(categories))
        kept = np.flatnonzero(np.isin(target, numbers))
        texts = [texts[i] for i in kept]
        target, files = np.searchsorted(numbers, target[kept]), files[kept]
        names = [names[number] for number in numbers]
    if shuffle:
        order = np.arange(len(texts))
        check_random_state(random_state).shuffle(order)
        texts, target, files = [texts[i] for i in order], target[order], files[order]
    if return_X_y:
        return texts, target
    return Bunch(
        data=texts,
        filenames=files,
        target=target,
        target_names=names,
        DESCR=_describe("twenty_newsgroups"),
    )


def _counted(home, remove, download_if_missing, n_retries, delay):
    """Word counts of both parts in the columns of the first's words; targets and words."""
    import scipy.sparse as sp

    folder = home if home.name == "20news_home" else home / "20news_home"
    name = "_".join(["vectorized", *sorted(set(remove))]) + ".npz"

    def make(path):
        plan, both, kept = Words(1, 1), [], {}
        for part in _PARTS:
            news = fetch_20newsgroups(
                data_home=home,
                subset=part,
                shuffle=True,
                random_state=12,
                remove=remove,
                download_if_missing=True,
                n_retries=n_retries,
                delay=delay,
            )
            both.append(news.data)
            kept[f"target_{part}"] = news.target
        learned = TermCounts(plan, given_terms(plan))
        learned.read(both[0])
        learned.finish()
        terms = list(learned.vocabulary())
        given = TermCounts(plan, given_terms(plan, {term: i for i, term in enumerate(terms)}))
        given.read(both[1])
        given.finish()
        counts = {
            "train": learned.matrix(None, len(terms), np.int64),
            "test": given.matrix(None, len(terms), np.int64),
        }
        for part, (indptr, indices, data) in counts.items():
            kept |= {f"data_{part}": data, f"indices_{part}": indices, f"indptr_{part}": indptr}
        np.savez_compressed(path, **kept, terms=np.array(terms), names=np.array(news.target_names))

    kept = np.load(cached(name, folder, download_if_missing, make))
    width = len(kept["terms"])
    matrices, targets = {}, {}
    for part in _PARTS:
        parts = tuple(kept[f"{key}_{part}"] for key in ("data", "indices", "indptr"))
        matrices[part] = sp.csr_array(parts, shape=(len(parts[2]) - 1, width))
        targets[part] = kept[f"target_{part}"]
    return matrices, targets, kept["terms"], kept["names"].tolist()


@checked(**_NEWS_PARAMETERS, normalize=boolean, as_frame=boolean)
def fetch_20newsgroups_vectorized(
    *,
    subset="train",
    remove=(),
    data_home=None,
    download_if_missing=True,
    return_X_y=False,
    normalize=True,
    as_frame=False,
    n_retries=3,
    delay=1.0,
):
    """Load the messages to 20 newsgroups as counts of words (classification).

    Words are those that `CountVectorizer` finds in the part "train".

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        Messages before a day, after it, or all.
    remove : tuple of {"headers", "footers", "quotes"}, default=()
        Parts of messages to leave out.
    data_home : str, path-like or None, default=None
        Folder in which the data is kept; see `get_data_home`.
    download_if_missing : bool, default=True
        False raises OSError if the data is not there.
    return_X_y : bool, default=False
        Return ``(data, target)`` rather than a Bunch.
    normalize : bool, default=True
        Scale each row to length 1.
    as_frame : bool, default=False
        Give data (with sparse columns) and target as a pandas DataFrame and Series.
    n_retries : int, default=3
        How often to try again after an error of the network.
    delay : float, default=1.0
        Seconds between tries.

    Returns
    -------
    Bunch or tuple
        data (n, 130107) CSR float64 (int64 if not normalized), target (n,) int, frame (both, or
        None), target_names, feature_names (words), DESCR.

    Raises
    ------
    OSError
        If the data is missing and cannot be downloaded.

    Examples
    --------
    >>> from mlkit.datasets import fetch_20newsgroups_vectorized
    >>> X, y = fetch_20newsgroups_vectorized(return_X_y=True)  # doctest: +SKIP
    """
    import scipy.sparse as sp

    _check_remove(remove)
    home = Path(get_data_home(data_home))
    matrices, targets, terms, names = _counted(home, remove, download_if_missing, n_retries, delay)
    if subset == "all":
        data = sp.vstack([matrices[part] for part in _PARTS], format="csr")
        target = np.concatenate([targets[part] for part in _PARTS])
    else:
        data, target = matrices[subset], targets[subset]
    if normalize:
        data = data.astype(np.float64)
        weigh_rows(data, None, "l2")
    data, frame = as_interface(data), None
    if as_frame:
        pandas = _pandas("fetch_20newsgroups_vectorized")
        data = pandas.DataFrame.sparse.from_spmatrix(data, columns=terms)
        target = pandas.Series(target, name="category_class")
        frame = pandas.concat([data, target], axis=1)
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        frame=frame,
        target_names=names,
        feature_names=terms,
        DESCR=_describe("twenty_newsgroups"),
    )


# ------------------------------------------------------------------------------ Reuters
def _topics(path, sample_id):
    """Topics' names in order, and for each document the numbers of its own, as CSR arrays."""
    names, pairs = {}, []
    with gzip.open(path, "rt", encoding="ascii") as file:
        for line in file:
            topic, document, _ = line.split(" ", 2)
            pairs.append((int(document), names.setdefault(topic, len(names))))
    ordered = sorted(names)
    place = np.empty(len(names), dtype=np.int64)
    for column, name in enumerate(ordered):
        place[names[name]] = column
    documents, topics = np.array(pairs, dtype=np.int64).T
    by_id = np.argsort(sample_id)
    rows = by_id[np.searchsorted(sample_id, documents, sorter=by_id)]
    return ordered, rows, place[topics]


@checked(
    **DOWNLOADING,
    subset=one_of("train", "test", "all"),
    random_state=seed,
    shuffle=boolean,
    return_X_y=boolean,
)
def fetch_rcv1(
    *,
    data_home=None,
    subset="all",
    download_if_missing=True,
    random_state=None,
    shuffle=False,
    return_X_y=False,
    n_retries=3,
    delay=1.0,
):
    """Load 804,414 news of Reuters as weighted words, with their topics (multilabel).

    Parameters
    ----------
    data_home : str, path-like or None, default=None
        Folder in which the data is kept; see `get_data_home`.
    subset : {"train", "test", "all"}, default="all"
        The first 23,149 documents, the others, or all.
    download_if_missing : bool, default=True
        False raises OSError if the data is not there.
    random_state : None, int, RandomState or Generator, default=None
        Order of the rows, with `shuffle`.
    shuffle : bool, default=False
        Put the rows in random order.
    return_X_y : bool, default=False
        Return ``(data, target)`` rather than a Bunch.
    n_retries : int, default=3
        How often to try again after an error of the network.
    delay : float, default=1.0
        Seconds between tries.

    Returns
    -------
    Bunch or tuple
        data (n, 47236) CSR float64, target (n, 103) CSR uint8, sample_id (n,) uint32,
        target_names (topics), DESCR.

    Raises
    ------
    OSError
        If the data is missing and cannot be downloaded.

    References
    ----------
    D. D. Lewis, Y. Yang, T. G. Rose, F. Li, "RCV1: a new benchmark collection for text
    categorization research", Journal of Machine Learning Research 5, 2004.

    Examples
    --------
    >>> from mlkit.datasets import fetch_rcv1
    >>> X, y = fetch_rcv1(subset="train", return_X_y=True)  # doctest: +SKIP
    """
    import scipy.sparse as sp

    folder = Path(get_data_home(data_home)) / "RCV1"

    def make(path):
        files = [download(each, folder, n_retries=n_retries, delay=delay) for each in REUTERS]
        loaded = load_svmlight_files(files, n_features=47_236)
        X = sp.csr_array(sp.vstack(loaded[::2], format="csr"))
        sample_id = np.concatenate(loaded[1::2]).astype(np.uint32)
        topics = download(TOPICS, folder, n_retries=n_retries, delay=delay)
        names, rows, columns = _topics(topics, sample_id)
        y = sp.csr_array((np.ones(len(rows), np.uint8), (rows, columns)), (X.shape[0], len(names)))
        np.savez_compressed(
            path,
            data=X.data,
            indices=X.indices,
            indptr=X.indptr,
            labels=y.indices,
            labels_end=y.indptr,
            sample_id=sample_id,
            names=np.array(names),
        )
        for file in (*files, topics):
            file.unlink()

    kept = np.load(cached("rcv1.npz", folder, download_if_missing, make))
    n_rows, names = len(kept["sample_id"]), kept["names"]
    X = sp.csr_array((kept["data"], kept["indices"], kept["indptr"]), (n_rows, 47_236))
    labels = kept["labels"]
    ones = np.ones(len(labels), np.uint8)
    y = sp.csr_array((ones, labels, kept["labels_end"]), (n_rows, len(names)))
    first, last = {"train": (0, _N_TRAIN), "test": (_N_TRAIN, n_rows), "all": (0, n_rows)}[subset]
    order = np.arange(first, min(last, n_rows))
    if shuffle:
        check_random_state(random_state).shuffle(order)
    if shuffle or subset != "all":
        X, y = X[order], y[order]
    X, y = as_interface(X), as_interface(y)
    if return_X_y:
        return X, y
    return Bunch(
        data=X,
        target=y,
        sample_id=kept["sample_id"][order],
        target_names=names.astype(object),
        DESCR=_describe("rcv1"),
    )
