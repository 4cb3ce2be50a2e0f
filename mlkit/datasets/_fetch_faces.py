"""Faces from the web: Olivetti's, and Labeled Faces in the Wild."""

import os
import tarfile
from pathlib import Path

import numpy as np

from .._core.bunch import Bunch
from .._core.domains import above, boolean, integer, none, one_of, sequence
from .._core.domains import random_state as seed
from .._core.errors import import_optional
from .._core.params import checked
from .._core.seeds import check_random_state
from ._download import DOWNLOADING, RemoteFile, cached, download
from ._home import get_data_home
from ._toy import _describe

_HOST = "https://ndownloader.figshare.com/files/"

OLIVETTI = RemoteFile(
    "olivettifaces.mat",
    _HOST + "5976027",
    "b612fb967f2dc77c9c62d3e1266e0c73d5fca46a4b8906c18e454d41af987794",
)
WILD = RemoteFile(
    "lfw.tgz",
    _HOST + "5976018",
    "055f7d9c632d7370e6fb4afc7468d40f970c34a80d4c6f50ffec63f5a8d536c0",
)
FUNNELED = RemoteFile(
    "lfw-funneled.tgz",
    _HOST + "5976015",
    "b47c8422c8cded889dc5a13418c4bc2abbda121092b3533a83306f90d900100a",
)
PAIRS = {
    "train": RemoteFile(
        "pairsDevTrain.txt",
        _HOST + "5976012",
        "1d454dada7dfeca0e7eab6f65dc4e97a6312d44cf142207be28d688be92aabfa",
    ),
    "test": RemoteFile(
        "pairsDevTest.txt",
        _HOST + "5976009",
        "7cb06600ea8b2814ac26e946201cdb304296262aad67d046a16a7ec85d0ff87c",
    ),
    "10_folds": RemoteFile(
        "pairs.txt",
        _HOST + "5976006",
        "ea42330c62c92989f9d7c03237ed5d591365e89b3e649747777b70e692dc1592",
    ),
}

# Height and width of the pictures, and the part in which the face is.
_SIZE = (250, 250)
_FACE = (slice(70, 195), slice(78, 172))

# Rows of people are in this order, as scikit-learn has them.
_ORDER_SEED = 42


@checked(**DOWNLOADING, shuffle=boolean, random_state=seed, return_X_y=boolean)
def fetch_olivetti_faces(
    *,
    data_home=None,
    shuffle=False,
    random_state=0,
    download_if_missing=True,
    return_X_y=False,
    n_retries=3,
    delay=1.0,
):
    """Load ten pictures each of 40 people's faces (classification).

    Parameters
    ----------
    data_home : str, path-like or None, default=None
        Folder in which the data is kept; see `get_data_home`.
    shuffle : bool, default=False
        Put the rows in random order; else a person's are together.
    random_state : None, int, RandomState or Generator, default=0
        Order of the rows, with `shuffle`.
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
        data (400, 4096) float32 from 0 to 1, images (400, 64, 64), target (400,) int, DESCR.

    Raises
    ------
    OSError
        If the data is missing and cannot be downloaded.

    References
    ----------
    F. Samaria, A. Harter, "Parameterisation of a stochastic model for human face identification",
    IEEE Workshop on Applications of Computer Vision, 1994.

    Examples
    --------
    >>> from mlkit.datasets import fetch_olivetti_faces
    >>> faces = fetch_olivetti_faces()  # doctest: +SKIP
    """
    folder = Path(get_data_home(data_home))

    def make(path):
        from scipy.io import loadmat

        archive = download(OLIVETTI, folder, n_retries=n_retries, delay=delay)
        np.savez_compressed(path, faces=loadmat(archive)["faces"])
        archive.unlink()

    kept = np.load(cached("olivetti.npz", folder, download_if_missing, make))["faces"]
    faces = kept.T.astype(np.float32)  # a column a picture, written column by column
    faces -= faces.min()
    faces /= faces.max()
    faces = faces.reshape(-1, 64, 64).transpose(0, 2, 1)
    target = np.arange(len(faces)) // 10
    if shuffle:
        order = check_random_state(random_state).permutation(len(faces))
        faces, target = faces[order], target[order]
    data = faces.reshape(len(faces), -1)
    if return_X_y:
        return data, target
    return Bunch(data=data, images=faces.copy(), target=target, DESCR=_describe("olivetti_faces"))


# ---------------------------------------------------------------- faces in the wild
def _wild_home(data_home, funneled, download_if_missing, n_retries, delay):
    """The folder of the data set, and that of its pictures, one folder a person."""
    home = Path(get_data_home(data_home)) / "lfw_home"
    pictures = home / ("lfw_funneled" if funneled else "lfw")
    if not pictures.exists():
        if not download_if_missing:
            raise OSError(
                f"{pictures} is missing: the pictures have not been downloaded yet. Call with "
                "download_if_missing=True, or give the data_home in which they are"
            )
        remote = FUNNELED if funneled else WILD
        archive = download(remote, home, n_retries=n_retries, delay=delay)
        with tarfile.open(archive) as tar:
            tar.extractall(home, filter="data")
        archive.unlink()
    return home, pictures


def _pairs_file(home, subset, download_if_missing, n_retries, delay):
    remote = PAIRS[subset]
    path = home / remote.filename
    if path.exists():
        return path
    if not download_if_missing:
        raise OSError(f"{path} is missing: call with download_if_missing=True")
    return download(remote, home, n_retries=n_retries, delay=delay)


def _window(slice_):
    """The part of a picture that is kept, as two slices with ends."""
    if slice_ is None:
        return slice(0, _SIZE[0]), slice(0, _SIZE[1])
    return tuple(slice(*part.indices(size)[:2]) for part, size in zip(slice_, _SIZE, strict=True))


def load_pictures(paths, slice_, resize, color, caller):
    """Pictures as float32 from 0 to 1: cut out, resized, and grey unless `color`."""
    picture = import_optional("PIL.Image", "plot", f"{caller} (to read JPEG files)")
    rows, columns = _window(slice_)
    height, width = rows.stop - rows.start, columns.stop - columns.start
    if resize is not None:
        height, width = int(resize * height), int(resize * width)
    out = np.empty((len(paths), height, width, *([3] if color else [])), dtype=np.float32)
    for i, path in enumerate(paths):
        with picture.open(path) as opened:
            cut = opened.crop((columns.start, rows.start, columns.stop, rows.stop))
        if resize is not None:
            cut = cut.resize((width, height))
        face = np.asarray(cut, dtype=np.float32) / 255
        if face.ndim != 3:
            raise OSError(f"{path} is no picture in colour: it may be damaged; delete it")
        out[i] = face if color else face.mean(axis=2)
    return out


def _people(pictures, least):
    """Paths of the pictures of people of whom there are enough, and the people's names."""
    paths, names = [], []
    for person in sorted(each for each in pictures.iterdir() if each.is_dir()):
        found = sorted(each for each in person.iterdir() if each.suffix == ".jpg")
        if len(found) >= least:
            paths += found
            names += [person.name.replace("_", " ")] * len(found)
    if not paths:
        raise ValueError(
            f"fetch_lfw_people(min_faces_per_person={least}) is too restrictive: of nobody are "
            "there so many pictures"
        )
    return paths, names


_WILD_PARAMETERS = {
    **DOWNLOADING,
    "funneled": boolean,
    "resize": above(0) | none,
    "color": boolean,
    "slice_": sequence | none,
}


@checked(
    **_WILD_PARAMETERS,
    min_faces_per_person=integer(0) | none,
    return_X_y=boolean,
)
def fetch_lfw_people(
    *,
    data_home=None,
    funneled=True,
    resize=0.5,
    min_faces_per_person=0,
    color=False,
    slice_=_FACE,
    download_if_missing=True,
    return_X_y=False,
    n_retries=3,
    delay=1.0,
):
    """Load 13,233 pictures of 5,749 people from the news (classification).

    Pillow reads the pictures.

    Parameters
    ----------
    data_home : str, path-like or None, default=None
        Folder in which the data is kept; see `get_data_home`.
    funneled : bool, default=True
        Take the pictures in which faces were aligned.
    resize : float or None, default=0.5
        Factor by which pictures are resized; None leaves them.
    min_faces_per_person : int or None, default=0
        Leave out people of whom there are fewer pictures.
    color : bool, default=False
        Keep red, green and blue rather than their mean.
    slice_ : tuple of two slices or None, default=(slice(70, 195), slice(78, 172))
        Rows and columns to cut out; the default is the face. None keeps all.
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
        data (n, p) float32 from 0 to 1, images (n, h, w) or (n, h, w, 3), target (n,) int,
        target_names (people), DESCR.

    Raises
    ------
    OSError
        If the data is missing and cannot be downloaded.
    ValueError
        If of nobody there are enough pictures.
    ImportError
        If Pillow is missing.

    References
    ----------
    G. B. Huang et al., "Labeled faces in the wild: a database for studying face recognition in
    unconstrained environments", University of Massachusetts, Amherst, 07-49, 2007.

    Examples
    --------
    >>> from mlkit.datasets import fetch_lfw_people
    >>> people = fetch_lfw_people(min_faces_per_person=70)  # doctest: +SKIP
    """
    _, pictures = _wild_home(data_home, funneled, download_if_missing, n_retries, delay)
    paths, names = _people(pictures, min_faces_per_person or 0)
    target_names, target = np.unique(names, return_inverse=True)
    order = np.arange(len(paths))
    np.random.RandomState(_ORDER_SEED).shuffle(order)
    paths = [paths[i] for i in order]
    images, target = load_pictures(paths, slice_, resize, color, "fetch_lfw_people"), target[order]
    data = images.reshape(len(images), -1)
    if return_X_y:
        return data, target
    return Bunch(
        data=data, images=images, target=target, target_names=target_names, DESCR=_describe("lfw")
    )


def _read_pairs(path, pictures):
    """Paths of both pictures of each pair, and whether they show the same person.

    A line has a name and two numbers, or a name and a number twice; pictures count from 1.
    """
    listed = {}

    def picture(name, number):
        if name not in listed:
            listed[name] = sorted(os.listdir(pictures / name))
        return pictures / name / listed[name][int(number) - 1]

    both, same = [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        parts = line.strip().split("\t")
        if len(parts) == 3:
            name, first, second = parts
            both += [picture(name, first), picture(name, second)]
        elif len(parts) == 4:
            both += [picture(*parts[:2]), picture(*parts[2:])]
        else:  # the number of pairs
            continue
        same.append(len(parts) == 3)
    return both, np.array(same, dtype=int)


@checked(**_WILD_PARAMETERS, subset=one_of("train", "test", "10_folds"))
def fetch_lfw_pairs(
    *,
    subset="train",
    data_home=None,
    funneled=True,
    resize=0.5,
    color=False,
    slice_=_FACE,
    download_if_missing=True,
    n_retries=3,
    delay=1.0,
):
    """Load pairs of pictures of the same or of different people (classification).

    Parameters
    ----------
    subset : {"train", "test", "10_folds"}, default="train"
        Pairs for development, 2,200 and 1,000, or 6,000 for ten folds.
    data_home : str, path-like or None, default=None
        Folder in which the data is kept; see `get_data_home`.
    funneled : bool, default=True
        Take the pictures in which faces were aligned.
    resize : float or None, default=0.5
        Factor by which pictures are resized; None leaves them.
    color : bool, default=False
        Keep red, green and blue rather than their mean.
    slice_ : tuple of two slices or None, default=(slice(70, 195), slice(78, 172))
        Rows and columns to cut out; the default is the face. None keeps all.
    download_if_missing : bool, default=True
        False raises OSError if the data is not there.
    n_retries : int, default=3
        How often to try again after an error of the network.
    delay : float, default=1.0
        Seconds between tries.

    Returns
    -------
    Bunch
        data (n, 2p) float32 from 0 to 1, pairs (n, 2, h, w) or (n, 2, h, w, 3), target (n,) int:
        1 for the same person, target_names, DESCR.

    Raises
    ------
    OSError
        If the data is missing and cannot be downloaded.
    ImportError
        If Pillow is missing.

    Examples
    --------
    >>> from mlkit.datasets import fetch_lfw_pairs
    >>> pairs = fetch_lfw_pairs(subset="test")  # doctest: +SKIP
    """
    home, pictures = _wild_home(data_home, funneled, download_if_missing, n_retries, delay)
    path = _pairs_file(home, subset, download_if_missing, n_retries, delay)
    paths, target = _read_pairs(path, pictures)
    images = load_pictures(paths, slice_, resize, color, "fetch_lfw_pairs")
    pairs = images.reshape(len(target), 2, *images.shape[1:])
    return Bunch(
        data=pairs.reshape(len(pairs), -1),
        pairs=pairs,
        target=target,
        target_names=np.array(["Different persons", "Same person"]),
        DESCR=_describe("lfw"),
    )
