"""Files from the web: kept in a folder, checked by their SHA-256, fetched again when that fails."""

import hashlib
import os
import time
import urllib.error
import urllib.request
import warnings
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlparse

from .._core.domains import at_least, boolean, instance_of, integer, none, string
from .._core.params import checked
from ._home import get_data_home

# Seconds without an answer after which a connection is given up.
_PATIENCE = 60
_CHUNK = 1 << 20

# Parameters that all downloads share.
DOWNLOADING = {
    "data_home": string | instance_of(os.PathLike) | none,
    "download_if_missing": boolean,
    "n_retries": integer(1),
    "delay": at_least(0),
}


class RemoteFile(NamedTuple):
    """A file on the web: the name to keep it under, where it is, and what it is to contain."""

    filename: str
    url: str
    sha256: str


def open_url(request):
    """Open a URL or a request; the one place from which this package reaches the web."""
    return urllib.request.urlopen(request, timeout=_PATIENCE)


def sha256_of(path):
    """SHA-256 of a file, in hexadecimal digits."""
    found = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()


def retry(attempt, what, n_retries, delay, final=lambda error: False):
    """Return ``attempt()``; after an error of the network wait and try again, so many times.

    An error for which `final` is true is raised at once.
    """
    left = n_retries
    while True:
        try:
            return attempt()
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()  # it is the answer, too, and holds the connection
            if left == 0 or final(error):
                raise
            warnings.warn(
                f"{what}: {error}; trying again, {left} more time(s)", UserWarning, stacklevel=3
            )
            left -= 1
            time.sleep(delay)


def _transfer(url, path):
    """Copy a URL into a file, which appears under its name only when it is whole."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with open_url(url) as response, open(part, "wb") as file:
            while chunk := response.read(_CHUNK):
                file.write(chunk)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def download(remote, folder, *, n_retries=3, delay=1.0):
    """Return the path of a remote file in a folder, where it is put unless it is there.

    Parameters
    ----------
    remote : RemoteFile
        Its `sha256` may be None: then a file that is there is taken as it is.
    folder : path-like
        Made if it is missing.

    Raises
    ------
    OSError
        If the file cannot be had, or is not what it is to be.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / remote.filename
    if path.exists():
        if remote.sha256 is None or sha256_of(path) == remote.sha256:
            return path
        warnings.warn(
            f"{path} is not what its SHA-256 says it is to be: downloading it again from "
            f"{remote.url}",
            UserWarning,
            stacklevel=3,
        )
    try:
        retry(
            lambda: _transfer(remote.url, path),
            f"downloading {remote.url} failed",
            n_retries,
            delay,
        )
    except OSError as error:
        raise OSError(
            f"{remote.url} could not be downloaded: {error}. Without a network, fetch the file "
            f"elsewhere and put it here: {path}"
        ) from error
    if remote.sha256 is not None and (found := sha256_of(path)) != remote.sha256:
        raise OSError(
            f"{path} differs from what {remote.url} is to contain: its SHA-256 is {found}, "
            f"{remote.sha256} is expected. The file may have been replaced or cut off: delete it "
            "and try again"
        )
    return path


def cached(name, folder, download_if_missing, make):
    """Return the path of a data set in the form in which it is kept, made unless it is there.

    Parameters
    ----------
    name : str
        The file's name.
    folder : Path
    download_if_missing : bool
        Whether it may be made, which needs the network.
    make : callable
        Given a path, writes the file there.

    Raises
    ------
    OSError
        If the file is missing and may not be made.
    """
    path = folder / name
    if not path.exists():
        if not download_if_missing:
            raise OSError(
                f"{path} is missing: the data has not been downloaded yet. Call with "
                "download_if_missing=True, or give the data_home in which it is"
            )
        folder.mkdir(parents=True, exist_ok=True)
        # Under its ending, for NumPy would append it.
        part = folder / f"part-{os.getpid()}-{name}"
        try:
            make(part)
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
    return path


def _place(url):
    """Folder and file name for a URL: the host, the path's folders joined, and its last part."""
    parsed = urlparse(url)
    if not parsed.scheme:
        raise ValueError(f"fetch_file(url={url!r}) is no URL: it has no scheme such as https://")
    parts = [unquote(part) for part in parsed.path.split("/")]
    parts = [part.replace("/", "_").replace("\\", "_") for part in parts]
    parts = [part for part in parts if part not in ("", ".", "..")]
    host = (parsed.netloc or parsed.scheme).replace(":", "_").replace("@", "_")
    named = bool(parts) and not parsed.path.endswith("/")
    folders, filename = (parts[:-1], parts[-1]) if named else (parts, "downloaded_file")
    return Path(host, "_".join(folders)) if folders else Path(host), filename


@checked(
    url=string,
    folder=string | instance_of(os.PathLike) | none,
    local_filename=string | none,
    sha256=string | none,
    n_retries=integer(1),
    delay=at_least(0),
)
def fetch_file(url, folder=None, local_filename=None, sha256=None, n_retries=3, delay=1):
    """Download a file unless it is there already, and return its path.

    Parameters
    ----------
    url : str
    folder : str, path-like or None, default=None
        Where to put the file; None is a folder in `get_data_home` named after the host and the
        path of the URL.
    local_filename : str or None, default=None
        Name to give the file, without folders; None takes the URL's.
    sha256 : str or None, default=None
        Expected SHA-256 in hexadecimal digits. A file that is there and differs is downloaded
        again. None: a file that is there is taken as it is.
    n_retries : int, default=3
        How often to try again after an error of the network.
    delay : float, default=1
        Seconds between tries.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    ValueError
        If `local_filename` is no plain name, or the URL none.
    OSError
        If the file cannot be downloaded, or is not what `sha256` says.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from mlkit.datasets import fetch_file
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> (folder / "here.txt").write_text("content")
    7
    >>> fetch_file("https://example.com/here.txt", folder=folder).read_text()
    'content'
    """
    place, filename = _place(url)
    if local_filename is not None:
        plain = Path(local_filename).name == local_filename and "\\" not in local_filename
        if not plain or local_filename in ("", ".", ".."):
            raise ValueError(
                f"fetch_file(local_filename={local_filename!r}) must be a plain file name: give "
                "the folder as `folder`"
            )
        filename = local_filename
    if folder is None:
        folder = Path(get_data_home()) / place
    remote = RemoteFile(filename, url, sha256)
    return download(remote, folder, n_retries=n_retries, delay=delay)
