"""Tables from the web: houses of California, forest cover, network connections, species."""

import csv
import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np

from .._core.bunch import Bunch
from .._core.domains import boolean, none, one_of
from .._core.domains import random_state as seed
from .._core.params import checked
from .._core.seeds import check_random_state
from ._download import DOWNLOADING, RemoteFile, cached, download
from ._home import get_data_home
from ._toy import _deliver, _describe

_HOST = "https://ndownloader.figshare.com/files/"

HOUSES = RemoteFile(
    "cal_housing.tgz",
    _HOST + "5976036",
    "aaa5c9a6afe2225cc2aed2723682ae403280c4a3695a2ddda4ffb5d8215ea681",
)
COVER = RemoteFile(
    "covtype.data.gz",
    _HOST + "5976039",
    "614360d0257557dd1792834a85a1cdebfadc3c4f30b011d56afee7ffb5b15771",
)
CONNECTIONS = RemoteFile(
    "kddcup99_data",
    _HOST + "5976045",
    "3b6c942aa0356c0ca35b7b595a26c89d343652c9db428893e7494f837b274292",
)
TENTH_OF_CONNECTIONS = RemoteFile(
    "kddcup99_10_data",
    _HOST + "5976042",
    "8045aca0d84e70e622d1148d7df782496f6333bf6eb979a1b0837c42a9fd9561",
)
SAMPLES = RemoteFile(
    "samples.zip",
    _HOST + "5976075",
    "abb07ad284ac50d9e6d20f1c4211e0fd3c098f7f85955e89d321ee8efe37ac28",
)
COVERAGES = RemoteFile(
    "coverages.zip",
    _HOST + "5976078",
    "4d862674d72e79d6cee77e63b98651ec7926043ba7d39dcb31329cf3f6073807",
)


def _home(data_home, name=None):
    home = Path(get_data_home(data_home))
    return home if name is None else home / name


# ------------------------------------------------------------------------------ houses
_HOUSE_FEATURES = [
    "MedInc",
    "HouseAge",
    "AveRooms",
    "AveBedrms",
    "Population",
    "AveOccup",
    "Latitude",
    "Longitude",
]


def _houses(archive):
    """Features and target from the archive, whose columns are totals of a block of houses."""
    with tarfile.open(archive) as tar:
        (member,) = (each for each in tar if each.name.endswith("cal_housing.data"))
        table = np.loadtxt(tar.extractfile(member), delimiter=",")
    longitude, latitude, age, rooms, bedrooms, people, households, income, value = table.T
    columns = (
        income,
        age,
        rooms / households,
        bedrooms / households,
        people,
        people / households,
        latitude,
        longitude,
    )
    return np.column_stack(columns), value / 100_000


@checked(**DOWNLOADING, return_X_y=boolean, as_frame=boolean)
def fetch_california_housing(
    *,
    data_home=None,
    download_if_missing=True,
    return_X_y=False,
    as_frame=False,
    n_retries=3,
    delay=1.0,
):
    """Load house values of 20,640 blocks of California in 1990 (regression).

    Parameters
    ----------
    data_home : str, path-like or None, default=None
        Folder in which the data is kept; see `get_data_home`.
    download_if_missing : bool, default=True
        False raises OSError if the data is not there.
    return_X_y : bool, default=False
        Return ``(data, target)`` rather than a Bunch.
    as_frame : bool, default=False
        Give data and target as a pandas DataFrame and Series.
    n_retries : int, default=3
        How often to try again after an error of the network.
    delay : float, default=1.0
        Seconds between tries.

    Returns
    -------
    Bunch or tuple
        data (20640, 8) float64, target (20640,) float64: median value in 100,000 dollars, frame
        (both, or None), target_names, feature_names, DESCR.

    Raises
    ------
    OSError
        If the data is missing and cannot be downloaded.

    References
    ----------
    R. K. Pace, R. Barry, "Sparse spatial autoregressions", Statistics and Probability Letters
    33(3), 1997.

    Examples
    --------
    >>> from mlkit.datasets import fetch_california_housing
    >>> X, y = fetch_california_housing(return_X_y=True)  # doctest: +SKIP
    """
    folder = _home(data_home)

    def make(path):
        archive = download(HOUSES, folder, n_retries=n_retries, delay=delay)
        data, target = _houses(archive)
        np.savez_compressed(path, data=data, target=target)
        archive.unlink()

    kept = np.load(cached("california_housing.npz", folder, download_if_missing, make))
    content = {
        "data": kept["data"],
        "target": kept["target"],
        "frame": None,
        "target_names": ["MedHouseVal"],
        "feature_names": list(_HOUSE_FEATURES),
        "DESCR": _describe("california_housing"),
    }
    return _framed("fetch_california_housing", content, return_X_y, as_frame)


def _framed(caller, content, return_X_y, as_frame):
    """As `_deliver`, the target's column under its own name."""
    if not as_frame:
        return _deliver(caller, content, return_X_y, False)
    (name,) = content["target_names"]
    content = _deliver(caller, content, False, True)
    content["frame"] = content["frame"].rename(columns={"target": name})
    content["target"] = content["frame"][name]
    return (content["data"], content["target"]) if return_X_y else content


# ------------------------------------------------------------------------------ forests
_COVER_FEATURES = [
    "Elevation",
    "Aspect",
    "Slope",
    "Horizontal_Distance_To_Hydrology",
    "Vertical_Distance_To_Hydrology",
    "Horizontal_Distance_To_Roadways",
    "Hillshade_9am",
    "Hillshade_Noon",
    "Hillshade_3pm",
    "Horizontal_Distance_To_Fire_Points",
    *(f"Wilderness_Area_{i}" for i in range(4)),
    *(f"Soil_Type_{i}" for i in range(40)),
]


@checked(**DOWNLOADING, random_state=seed, shuffle=boolean, return_X_y=boolean, as_frame=boolean)
def fetch_covtype(
    *,
    data_home=None,
    download_if_missing=True,
    random_state=None,
    shuffle=False,
    return_X_y=False,
    as_frame=False,
    n_retries=3,
    delay=1.0,
):
    """Load the kind of forest on 581,012 patches of land (classification).

    Parameters
    ----------
    data_home : str, path-like or None, default=None
        Folder in which the data is kept; see `get_data_home`.
    download_if_missing : bool, default=True
        False raises OSError if the data is not there.
    random_state : None, int, RandomState or Generator, default=None
        Order of the rows, with `shuffle`.
    shuffle : bool, default=False
        Put the rows in random order.
    return_X_y : bool, default=False
        Return ``(data, target)`` rather than a Bunch.
    as_frame : bool, default=False
        Give data and target as a pandas DataFrame and Series.
    n_retries : int, default=3
        How often to try again after an error of the network.
    delay : float, default=1.0
        Seconds between tries.

    Returns
    -------
    Bunch or tuple
        data (581012, 54) float64, target (581012,) int32 from 1 to 7, frame (both, or None),
        target_names, feature_names, DESCR.

    Raises
    ------
    OSError
        If the data is missing and cannot be downloaded.

    References
    ----------
    J. A. Blackard, D. J. Dean, "Comparative accuracies of artificial neural networks and
    discriminant analysis in predicting forest cover types", Computers and Electronics in
    Agriculture 24(3), 1999.

    Examples
    --------
    >>> from mlkit.datasets import fetch_covtype
    >>> X, y = fetch_covtype(return_X_y=True)  # doctest: +SKIP
    """
    folder = _home(data_home, "covertype")

    def make(path):
        archive = download(COVER, folder, n_retries=n_retries, delay=delay)
        with gzip.open(archive) as file:
            table = np.loadtxt(file, delimiter=",", dtype=np.int32)
        np.savez_compressed(path, data=table[:, :-1], target=table[:, -1])
        archive.unlink()

    kept = np.load(cached("covertype.npz", folder, download_if_missing, make))
    data, target = kept["data"].astype(np.float64), kept["target"]
    if shuffle:
        order = np.arange(len(data))
        check_random_state(random_state).shuffle(order)
        data, target = data[order], target[order]
    content = {
        "data": data,
        "target": target,
        "frame": None,
        "target_names": ["Cover_Type"],
        "feature_names": list(_COVER_FEATURES),
        "DESCR": _describe("covtype"),
    }
    return _framed("fetch_covtype", content, return_X_y, as_frame)


# -------------------------------------------------------------------------- connections
# Names of the columns, with the kind of each: whole number, text or share.
_CONNECTION_COLUMNS = (
    "duration:i protocol_type:s service:s flag:s src_bytes:i dst_bytes:i land:i wrong_fragment:i "
    "urgent:i hot:i num_failed_logins:i logged_in:i num_compromised:i root_shell:i su_attempted:i "
    "num_root:i num_file_creations:i num_shells:i num_access_files:i num_outbound_cmds:i "
    "is_host_login:i is_guest_login:i count:i srv_count:i serror_rate:f srv_serror_rate:f "
    "rerror_rate:f srv_rerror_rate:f same_srv_rate:f diff_srv_rate:f srv_diff_host_rate:f "
    "dst_host_count:i dst_host_srv_count:i dst_host_same_srv_rate:f dst_host_diff_srv_rate:f "
    "dst_host_same_src_port_rate:f dst_host_srv_diff_host_rate:f dst_host_serror_rate:f "
    "dst_host_srv_serror_rate:f dst_host_rerror_rate:f dst_host_srv_rerror_rate:f"
)
_NAMES, _KINDS = zip(*(each.split(":") for each in _CONNECTION_COLUMNS.split()), strict=True)
_DTYPES = {"i": np.int64, "f": np.float64, "s": object}

# Attacks among the connections of the subset SA, for about 3.4 % of all.
_N_ATTACKS = 3377


def _connections(archive):
    """The columns of the file: numbers as such, text as bytes; and the labels."""
    with gzip.open(archive, "rt", encoding="ascii", newline="") as file:
        columns = list(zip(*csv.reader(file), strict=True))
    return [
        np.array(column, dtype="S") if kind == "s" else np.array(column, _DTYPES[kind])
        for column, kind in zip(columns, (*_KINDS, "s"), strict=True)
    ]


def _select(columns, names, subset, random):
    """Columns and their names of one of the classical subsets; the labels are the last."""
    column = dict(zip(names, columns, strict=True))
    labels = columns[-1]
    if subset == "SA":
        normal = labels == b"normal."
        attacks = np.flatnonzero(~normal)
        drawn = attacks[random.randint(0, len(attacks), _N_ATTACKS)]
        rows = np.concatenate([np.flatnonzero(normal), drawn])
        return [each[rows] for each in columns], names
    wanted = ["duration", "service", "src_bytes", "dst_bytes"]
    rows = column["logged_in"] == 1
    if subset != "SF":
        wanted.remove("service")
        rows &= column["service"] == subset.encode()
    chosen = [
        column[name][rows]
        if name == "service"
        else np.log(column[name][rows] + 0.1)  # of counts that may be 0
        for name in wanted
    ]
    return [*chosen, labels[rows]], [*wanted, names[-1]]


@checked(
    **DOWNLOADING,
    subset=one_of("SA", "SF", "http", "smtp") | none,
    shuffle=boolean,
    random_state=seed,
    percent10=boolean,
    return_X_y=boolean,
    as_frame=boolean,
)
def fetch_kddcup99(
    *,
    subset=None,
    data_home=None,
    shuffle=False,
    random_state=None,
    percent10=True,
    download_if_missing=True,
    return_X_y=False,
    as_frame=False,
    n_retries=3,
    delay=1.0,
):
    """Load connections of a network, most of them attacks (classification, anomalies).

    Parameters
    ----------
    subset : {"SA", "SF", "http", "smtp"} or None, default=None
        "SA": all normal connections and a few attacks. "SF": those that logged in, with the
        logarithms of three counts and the service. "http" and "smtp": of these the ones to that
        service. None: all.
    data_home : str, path-like or None, default=None
        Folder in which the data is kept; see `get_data_home`.
    shuffle : bool, default=False
        Put the rows in random order.
    random_state : None, int, RandomState or Generator, default=None
        Order of the rows, and the attacks of "SA".
    percent10 : bool, default=True
        A tenth of the data, 494,021 of 4,898,431 rows.
    download_if_missing : bool, default=True
        False raises OSError if the data is not there.
    return_X_y : bool, default=False
        Return ``(data, target)`` rather than a Bunch.
    as_frame : bool, default=False
        Give data and target as a pandas DataFrame and Series.
    n_retries : int, default=3
        How often to try again after an error of the network.
    delay : float, default=1.0
        Seconds between tries.

    Returns
    -------
    Bunch or tuple
        data (n, 41) of objects, target (n,) of bytes such as ``b"normal."``, frame (both, or None),
        target_names, feature_names, DESCR.

    Raises
    ------
    OSError
        If the data is missing and cannot be downloaded.

    Examples
    --------
    >>> from mlkit.datasets import fetch_kddcup99
    >>> kdd = fetch_kddcup99(subset="http")  # doctest: +SKIP
    """
    folder = _home(data_home, "kddcup99")
    remote = TENTH_OF_CONNECTIONS if percent10 else CONNECTIONS

    def make(path):
        archive = download(remote, folder, n_retries=n_retries, delay=delay)
        np.savez_compressed(path, *_connections(archive))
        archive.unlink()

    kept = np.load(cached(f"{remote.filename}.npz", folder, download_if_missing, make))
    columns, names = [kept[key] for key in kept.files], [*_NAMES, "labels"]
    random = check_random_state(random_state)
    if subset is not None:
        columns, names = _select(columns, names, subset, random)
    if shuffle:
        order = np.arange(len(columns[0]))
        random.shuffle(order)
        columns = [column[order] for column in columns]
    data = np.empty((len(columns[0]), len(columns) - 1), dtype=object)
    for j, column in enumerate(columns[:-1]):
        data[:, j] = column.tolist()
    content = {
        "data": data,
        "target": columns[-1].astype(object),
        "frame": None,
        "target_names": [names[-1]],
        "feature_names": list(names[:-1]),
        "DESCR": _describe("kddcup99"),
    }
    return _framed("fetch_kddcup99", content, return_X_y, as_frame)


# ------------------------------------------------------------------------------ species
def _coverages(archive):
    """Grids of an archive in the order of their names: six lines of header, then numbers."""
    grids = []
    with zipfile.ZipFile(archive) as bundle:
        for name in sorted(bundle.namelist()):
            if name.endswith("/"):
                continue
            lines = bundle.read(name).decode("ascii").splitlines()
            header = dict(line.split()[:2] for line in lines[:6])
            grid = np.loadtxt(lines[6:], dtype=np.int16)
            missing = np.int16(float(header["NODATA_value"]))
            grids.append(np.where(grid == missing, np.int16(-9999), grid))
    return np.stack(grids)


def _samples(archive, part):
    """Where species were seen, of the file of an archive whose name has `part` in it."""
    with zipfile.ZipFile(archive) as bundle:
        (name,) = (each for each in bundle.namelist() if part in each)
        text = io.StringIO(bundle.read(name).decode("ascii"))
    names = text.readline().strip().split(",")
    dtype = [(names[0], "S22"), *((name, np.float32) for name in names[1:])]
    return np.loadtxt(text, delimiter=",", dtype=dtype)


@checked(**DOWNLOADING)
def fetch_species_distributions(
    *, data_home=None, download_if_missing=True, n_retries=3, delay=1.0
):
    """Load where two mammals of South America were seen, and maps of its climate.

    Parameters
    ----------
    data_home : str, path-like or None, default=None
        Folder in which the data is kept; see `get_data_home`.
    download_if_missing : bool, default=True
        False raises OSError if the data is not there.
    n_retries : int, default=3
        How often to try again after an error of the network.
    delay : float, default=1.0
        Seconds between tries.

    Returns
    -------
    Bunch
        coverages (14, 1592, 1212) int16, -9999 where there is no land; train and test, arrays
        with the fields species, "dd long" and "dd lat" in degrees; Nx, Ny, grid_size,
        x_left_lower_corner, y_left_lower_corner: the grid of the maps.

    Raises
    ------
    OSError
        If the data is missing and cannot be downloaded.

    References
    ----------
    S. J. Phillips, R. P. Anderson, R. E. Schapire, "Maximum entropy modeling of species geographic
    distributions", Ecological Modelling 190, 2006.

    Examples
    --------
    >>> from mlkit.datasets import fetch_species_distributions
    >>> species = fetch_species_distributions()  # doctest: +SKIP
    """
    folder = _home(data_home)

    def make(path):
        samples = download(SAMPLES, folder, n_retries=n_retries, delay=delay)
        maps = download(COVERAGES, folder, n_retries=n_retries, delay=delay)
        np.savez_compressed(
            path,
            coverages=_coverages(maps),
            train=_samples(samples, "train"),
            test=_samples(samples, "test"),
        )
        samples.unlink()
        maps.unlink()

    kept = np.load(cached("species_distributions.npz", folder, download_if_missing, make))
    return Bunch(
        coverages=kept["coverages"],
        train=kept["train"],
        test=kept["test"],
        x_left_lower_corner=-94.8,
        Nx=1212,
        y_left_lower_corner=-56.05,
        Ny=1592,
        grid_size=0.05,
    )
