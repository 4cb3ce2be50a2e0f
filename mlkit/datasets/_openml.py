"""Data sets of OpenML: found by name or number, kept in a folder, read from ARFF."""

import gzip
import hashlib
import io
import json
import os
import urllib.error
import urllib.request
import warnings
from pathlib import Path
from urllib.parse import quote, urlparse

import numpy as np

from .._core.bunch import Bunch
from .._core.domains import (
    array_like,
    at_least,
    boolean,
    instance_of,
    integer,
    mapping,
    none,
    one_of,
    string,
)
from .._core.params import checked
from .._core.sparse import as_interface
from ._arff import read_arff, read_header
from ._download import open_url, retry
from ._home import get_data_home
from ._toy import _pandas

_API = "https://www.openml.org/api/v1/json/data"
_REFUSED = 412  # how OpenML says that it has no such thing; trying again does not help


class OpenMLError(ValueError):
    """What OpenML answers when it has no such data set."""


class _Server:
    """Answers of OpenML, kept in a folder unless it is None.

    Parameters
    ----------
    home : Path or None
    n_retries, delay
        After errors of the network.
    """

    def __init__(self, home, n_retries, delay):
        self.home, self.n_retries, self.delay = home, n_retries, delay

    def _kept(self, url):
        if self.home is None:
            return None
        parsed = urlparse(url)
        path = quote(parsed.path.strip("/"), safe="/._-")
        return self.home / parsed.netloc.replace(":", "_") / f"{path}.gz"

    def _ask(self, url):
        request = urllib.request.Request(url)
        request.add_header("Accept-encoding", "gzip")
        try:
            with retry(
                lambda: open_url(request),
                f"asking {url} failed",
                self.n_retries,
                self.delay,
                final=lambda error: getattr(error, "code", None) == _REFUSED,
            ) as answer:
                content = answer.read()
        except urllib.error.HTTPError as error:
            if error.code != _REFUSED:
                raise
            raise OpenMLError(f"OpenML has nothing at {url}: {error.msg}") from error
        except OSError as error:
            raise OSError(
                f"{url} could not be read: {error}. Without a network only data sets can be loaded "
                f"that were fetched before with cache=True and the same data_home ({self.home})"
            ) from error
        return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content

    def bytes(self, url):
        """The content at a URL."""
        path = self._kept(url)
        if path is None:
            return self._ask(url)
        if path.exists():
            try:
                with gzip.open(path) as file:
                    return file.read()
            except (OSError, EOFError):
                warnings.warn(f"{path} is damaged; downloading it again", UserWarning, stacklevel=5)
                path.unlink()
        content = self._ask(url)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        part.write_bytes(gzip.compress(content, 6))
        os.replace(part, path)
        return content

    def json(self, url):
        """The object at a URL."""
        found = json.loads(self.bytes(url))
        if "error" in found:
            raise OpenMLError(f"OpenML has nothing at {url}: {found['error'].get('message')}")
        return found

    def forget(self, url):
        """Drop what is kept of a URL."""
        path = self._kept(url)
        if path is not None:
            path.unlink(missing_ok=True)


# ----------------------------------------------------------------------- which data set
def _find(server, name, version):
    """Number of the data set of a name: of a version, or the oldest that is active."""
    base = f"{_API}/list/data_name/{quote(name.lower())}/limit/2"
    if version == "active":
        try:
            found = server.json(f"{base}/status/active/")["data"]["dataset"]
        except OpenMLError as error:
            raise OpenMLError(f"OpenML has no active data set of the name {name!r}") from error
        if len(found) > 1:
            told = ", ".join(f"{each['version']} (data_id={each['did']})" for each in found)
            warnings.warn(
                f"Multiple active versions of the dataset matching the name {name} exist: {told}; "
                "taking the first. Give version= or data_id= to be sure",
                UserWarning,
                stacklevel=4,
            )
    else:
        base = f"{base}/data_version/{version}"
        try:
            found = server.json(base)["data"]["dataset"]
        except OpenMLError:  # it is listed with those in use only
            try:
                found = server.json(f"{base}/status/deactivated")["data"]["dataset"]
            except OpenMLError as error:
                raise OpenMLError(f"OpenML has no version {version} of {name!r}") from error
    return int(found[0]["did"])


def _described(server, data_id):
    """What OpenML says of a data set; warns of what is wrong with it."""
    about = server.json(f"{_API}/{data_id}")["data_set_description"]
    version, name = about.get("version"), about.get("name")
    told = {
        "status": f"is {about.get('status')}; another version may be better"
        if about.get("status", "active") != "active"
        else None,
        "error": about.get("error") and f"could not be analysed: {about['error']}",
        "warning": about.get("warning") and f"comes with a warning: {about['warning']}",
    }
    for message in filter(None, told.values()):
        warnings.warn(
            f"OpenML's version {version} of the data set {name} {message}",
            UserWarning,
            stacklevel=4,
        )
    if about["format"].lower() not in ("arff", "sparse_arff"):
        raise ValueError(
            f"OpenML's data set {name} is in the format {about['format']}; fetch_openml reads ARFF"
        )
    return about


def _true(feature, flag):
    return feature.get(flag) == "true"


def _columns(features, target_column):
    """Names of the columns of data and target."""
    by_name = {each["name"]: each for each in features}
    if target_column == "default-target":
        target = [name for name, each in by_name.items() if _true(each, "is_target")]
    elif target_column is None:
        target = []
    else:
        target = [target_column] if isinstance(target_column, str) else list(target_column)
    for name in target:
        if name not in by_name:
            raise KeyError(
                f"fetch_openml(target_column={name!r}): there is no such column; columns are "
                f"{list(by_name)}"
            )
        for flag in ("is_row_identifier", "is_ignore"):
            if _true(by_name[name], flag):
                warnings.warn(f"target_column={name!r} has flag {flag}.", UserWarning, stacklevel=4)
    left_out = {
        name
        for name, each in by_name.items()
        if _true(each, "is_ignore") or _true(each, "is_row_identifier")
    }
    data = [name for name in by_name if name not in target and name not in left_out]
    return data, target


def _check_arrays(features, data, target):
    """Refuse what arrays of numbers cannot hold."""
    kinds = {each["name"]: each["data_type"] for each in features}
    texts = [name for name in (*data, *target) if kinds[name] == "string"]
    if texts:
        raise ValueError(
            f"fetch_openml: columns {texts} are strings. STRING attributes are not supported for "
            "array representation. Try as_frame=True"
        )
    if len({kinds[name] == "nominal" for name in target}) > 1:
        raise ValueError(
            "Can only handle homogeneous multi-target datasets: the targets "
            f"{target} are numbers and categories; give target_column="
        )


# ---------------------------------------------------------------------- what is read
def _own_frame(relation, names):
    """Columns of a relation as a pandas DataFrame."""
    pandas = _pandas("fetch_openml")
    columns = {}
    for attribute, column in zip(relation.attributes, relation.columns, strict=True):
        if attribute.name not in names:
            continue
        if attribute.kind == "nominal":
            column = pandas.Categorical.from_codes(column, _unique(attribute.values))
        elif attribute.kind == "string":
            column = pandas.Series(column.tolist())
        columns[attribute.name] = column
    return pandas.DataFrame(columns)


def _unique(values):
    """The values without repeated ones, of which codes count the last."""
    return values if len(set(values)) == len(values) else list(dict.fromkeys(values))


def _numbers(column, attribute):
    """A column as float64: codes as they are, what is missing as NaN."""
    if attribute.kind == "nominal":
        return np.where(column < 0, np.nan, column)
    return column.astype(np.float64)


def _labels(column, attribute):
    """A target's column: categories as objects, None where missing."""
    if attribute.kind != "nominal":
        return column
    table = np.array([*attribute.values, None], dtype=object)
    return table[column.astype(np.int64)]


def _own_arrays(relation, data, target):
    """Arrays of data and target, and the categories of the columns that have some."""
    places = {each.name: j for j, each in enumerate(relation.attributes)}
    attributes = relation.attributes
    if relation.entries is not None:
        X, column_of = _sparse(relation, [places[name] for name in data])
        targets = [column_of(places[name]) for name in target]
    else:
        wanted = [places[name] for name in data]
        X = np.empty((relation.n_rows, len(data)))
        for j, place in enumerate(wanted):
            X[:, j] = _numbers(relation.columns[place], attributes[place])
        targets = [relation.columns[places[name]] for name in target]
    targets = [
        _labels(column, attributes[places[name]])
        for name, column in zip(target, targets, strict=True)
    ]
    y = None if not targets else targets[0] if len(targets) == 1 else np.column_stack(targets)
    categories = {
        name: attributes[places[name]].values
        for name in data
        if attributes[places[name]].kind == "nominal"
    }
    return X, y, categories


def _sparse(relation, wanted):
    """The entries of some columns as CSR, and a function that gives any column."""
    import scipy.sparse as sp

    rows, columns, values = relation.entries
    place = np.full(len(relation.attributes), -1)
    place[wanted] = np.arange(len(wanted))
    kept = place[columns] >= 0
    entries = values[kept], (rows[kept], place[columns[kept]])
    X = sp.csr_array(entries, shape=(relation.n_rows, len(wanted)))

    def column_of(position):
        column = np.zeros(relation.n_rows)
        here = columns == position
        column[rows[here]] = np.where(np.isnan(values[here]), -1, values[here])
        return column

    return as_interface(X), column_of


def _pandas_frame(text, names, options):
    """The rows of a file as pandas reads them: whole numbers as such, categories as met."""
    pandas = _pandas("fetch_openml(parser='pandas')")
    stream = io.StringIO(text)
    _, attributes, _ = read_header(iter(stream.readline, ""))
    nominal = [each.name for each in attributes if each.kind == "nominal"]
    settings = {
        "header": None,
        "names": [each.name for each in attributes],
        "index_col": False,
        "na_values": ["?"],
        "keep_default_na": False,
        "comment": "%",
        "quotechar": '"',
        "skipinitialspace": True,
        "escapechar": "\\",
        "dtype": dict.fromkeys(nominal, "category"),
    }
    begin = stream.tell()
    try:
        frame = pandas.read_csv(stream, **settings | (options or {}))
    except pandas.errors.ParserError:
        # Values are quoted the other way, and have commas.
        stream.seek(begin)
        frame = pandas.read_csv(stream, **settings | {"quotechar": "'"} | (options or {}))
    whole = {
        each.name: "Int64"
        for each in attributes
        if each.kind == "integer" and frame[each.name].isna().any()
    }
    frame = frame.astype(whole)
    for name in nominal:
        categories = frame[name].cat.categories
        bare = [each.strip("'") if isinstance(each, str) else each for each in categories]
        if list(categories) != bare and len(set(bare)) == len(bare):
            frame[name] = frame[name].cat.rename_categories(bare)
    return frame[[each.name for each in attributes if each.name in names]]


def _split_frame(frame, data, target):
    """Data and target of a frame; one target as a Series."""
    X = frame[data]
    y = None if not target else frame[target[0]] if len(target) == 1 else frame[target]
    return X, y


def _content(server, about):
    """The file of a data set, checked by its MD5."""
    url = about["url"]
    content = server.bytes(url)
    expected = about.get("md5_checksum")
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if expected and found != expected:
        server.forget(url)
        raise ValueError(
            f"md5 checksum of the file at {url} is {found}, OpenML says {expected}: it was changed "
            "or cut off on the way; try again"
        )
    return content.decode("utf-8")


def _read(text, data, target, as_frame, parser, options):
    """Data, target, frame and categories, as `fetch_openml` returns them."""
    if parser == "pandas":
        frame = _pandas_frame(text, [*data, *target], options)
        X, y = _split_frame(frame, data, target)
        if as_frame:
            return X, y, frame, None
        categories = {
            name: frame[name].cat.categories.tolist()
            for name in frame
            if frame[name].dtype.name == "category"
        }
        return X.to_numpy(), None if y is None else y.to_numpy(), None, categories
    relation = read_arff(text.splitlines())
    if as_frame:
        frame = _own_frame(relation, [*data, *target])
        return *_split_frame(frame, data, target), frame, None
    X, y, categories = _own_arrays(relation, data, target)
    return X, y, None, categories


def _choose(as_frame, parser, sparse):
    """Whether to return frames and who reads, where "auto" leaves it open."""
    if as_frame == "auto":
        as_frame = not sparse
    if sparse and as_frame:
        raise ValueError(
            "fetch_openml(as_frame=True): sparse data comes as a sparse matrix; set as_frame=False "
            'or "auto"'
        )
    if parser == "auto":
        parser = "liac-arff" if sparse else "pandas"
        if parser == "pandas" and not as_frame:
            try:
                import pandas  # noqa: F401
            except ImportError:
                parser = "liac-arff"
    if sparse and parser == "pandas":
        raise ValueError(
            "fetch_openml(parser='pandas'): sparse ARFF is read by parser='liac-arff' or 'auto'"
        )
    return as_frame, parser


@checked(
    name=string | none,
    version=one_of("active") | integer(1),
    data_id=integer(1) | none,
    data_home=string | instance_of(os.PathLike) | none,
    target_column=string | array_like | none,
    cache=boolean,
    return_X_y=boolean,
    as_frame=boolean | one_of("auto"),
    n_retries=integer(1),
    delay=at_least(0),
    parser=one_of("auto", "pandas", "liac-arff"),
    read_csv_kwargs=mapping | none,
)
def fetch_openml(
    name=None,
    *,
    version="active",
    data_id=None,
    data_home=None,
    target_column="default-target",
    cache=True,
    return_X_y=False,
    as_frame="auto",
    n_retries=3,
    delay=1.0,
    parser="auto",
    read_csv_kwargs=None,
):
    """Load a data set of OpenML by its name or number.

    Parameters
    ----------
    name : str or None, default=None
        Its name; of those with the same name the oldest active one, or `version`.
    version : int or "active", default="active"
        With `name`.
    data_id : int or None, default=None
        Its number, in place of `name`: the surest way.
    data_home : str, path-like or None, default=None
        Folder in which data is kept; see `get_data_home`.
    target_column : str, list of str or None, default="default-target"
        Columns that are the target; None leaves all with the data.
    cache : bool, default=True
        Keep what was downloaded in `data_home`.
    return_X_y : bool, default=False
        Return ``(data, target)`` rather than a Bunch.
    as_frame : bool or "auto", default="auto"
        Give data and target as pandas objects; "auto" does unless the data is sparse.
    n_retries : int, default=3
        How often to try again after an error of the network.
    delay : float, default=1.0
        Seconds between tries.
    parser : {"auto", "pandas", "liac-arff"}, default="auto"
        "pandas" reads dense data with `pandas.read_csv`: whole numbers become integers, and
        categories are those met. "liac-arff" is mlkit's own reader, which gives numbers as
        float64 and categories as the file declares them. "auto" is "pandas" where it can be.
    read_csv_kwargs : dict or None, default=None
        Further arguments of `pandas.read_csv`.

    Returns
    -------
    Bunch or tuple
        data: DataFrame, CSR matrix, or array in which categories are numbered ("liac-arff");
        target: Series, DataFrame, array or None; feature_names, target_names, frame (both as one,
        or None), categories (of the numbered columns, None for frames), DESCR, details, url.

    Raises
    ------
    OpenMLError (a ValueError)
        If there is no such data set.
    ValueError
        If the file differs from its checksum, or cannot be had as an array.
    KeyError
        If a target column does not exist.
    OSError
        If OpenML cannot be reached.

    Warns
    -----
    UserWarning
        If several active versions exist, or OpenML itself warns of the data.

    References
    ----------
    J. Vanschoren, J. N. van Rijn, B. Bischl, L. Torgo, "OpenML: networked science in machine
    learning", SIGKDD Explorations 15(2), 2013.

    Examples
    --------
    >>> from mlkit.datasets import fetch_openml
    >>> adult = fetch_openml("adult", version=2)  # doctest: +SKIP
    """
    if (name is None) == (data_id is None) or (data_id is not None and version != "active"):
        raise ValueError(
            f"fetch_openml: give either a name (and a version) or a data_id, got name={name!r}, "
            f"version={version!r}, data_id={data_id!r}"
        )
    home = Path(get_data_home(data_home)) / "openml" if cache else None
    server = _Server(home, n_retries, delay)
    if data_id is None:
        data_id = _find(server, name, version)
    about = _described(server, data_id)
    sparse = about["format"].lower() == "sparse_arff"
    as_frame, parser = _choose(as_frame, parser, sparse)
    features = server.json(f"{_API}/features/{data_id}")["data_features"]["feature"]
    data, target = _columns(features, target_column)
    if not as_frame:
        _check_arrays(features, data, target)
    text = _content(server, about)
    X, y, frame, categories = _read(text, data, target, as_frame, parser, read_csv_kwargs)
    if return_X_y:
        return X, y
    description = f"{about.get('description', '')}\n\nDownloaded from openml.org."
    return Bunch(
        data=X,
        target=y,
        frame=frame,
        categories=categories,
        feature_names=data,
        target_names=target,
        DESCR=description,
        details=about,
        url=f"https://www.openml.org/d/{data_id}",
    )
