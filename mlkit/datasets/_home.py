"""The folder in which downloaded data sets are kept."""

import os
import shutil

from .._core.domains import instance_of, none, string
from .._core.params import checked

_path = string | instance_of(os.PathLike) | none


@checked(data_home=_path)
def get_data_home(data_home=None) -> str:
    """Return the folder for downloaded data, which is made if it is missing.

    Parameters
    ----------
    data_home : str, path-like or None, default=None
        None: the environment variable ``MLKIT_DATA``, else ``~/mlkit_data``. A leading ``~`` is the
        user's home.

    Returns
    -------
    str

    Raises
    ------
    InvalidParameterError
        If `data_home` is no path.

    Examples
    --------
    >>> import os, tempfile
    >>> from mlkit.datasets import get_data_home
    >>> folder = tempfile.mkdtemp()
    >>> get_data_home(os.path.join(folder, "data")) == os.path.join(folder, "data")
    True
    """
    if data_home is None:
        data_home = os.environ.get("MLKIT_DATA", os.path.join("~", "mlkit_data"))
    data_home = os.path.expanduser(data_home)
    os.makedirs(data_home, exist_ok=True)
    return data_home


@checked(data_home=_path)
def clear_data_home(data_home=None):
    """Delete the folder for downloaded data and all that is in it.

    Parameters
    ----------
    data_home : str, path-like or None, default=None
        As for `get_data_home`.

    Raises
    ------
    InvalidParameterError
        If `data_home` is no path.

    Examples
    --------
    >>> import os, tempfile
    >>> from mlkit.datasets import clear_data_home
    >>> folder = tempfile.mkdtemp()
    >>> clear_data_home(folder)
    >>> os.path.exists(folder)
    False
    """
    shutil.rmtree(get_data_home(data_home))
