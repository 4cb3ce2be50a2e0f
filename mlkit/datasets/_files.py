"""Text files in one folder a category."""

import os
from pathlib import Path

import numpy as np

from .._core import domains
from .._core.bunch import Bunch
from .._core.domains import boolean, instance_of, none, one_of, string
from .._core.params import checked
from .._core.seeds import check_random_state


@checked(
    container_path=string | instance_of(os.PathLike),
    description=string | none,
    categories=instance_of(list) | none,
    load_content=boolean,
    shuffle=boolean,
    encoding=string | none,
    decode_error=one_of("strict", "ignore", "replace"),
    random_state=domains.random_state,
    allowed_extensions=instance_of(list) | none,
)
def load_files(
    container_path,
    *,
    description=None,
    categories=None,
    load_content=True,
    shuffle=True,
    encoding=None,
    decode_error="strict",
    random_state=0,
    allowed_extensions=None,
):
    """Load files as documents whose class is the folder they lie in.

    Parameters
    ----------
    container_path : str or path-like
        Folder with one folder a category.
    description : str or None, default=None
        Becomes ``DESCR``.
    categories : list of str or None, default=None
        Folders to load; None: all.
    load_content : bool, default=True
        Read the files; otherwise give their names alone.
    shuffle : bool, default=True
        Put the files in random order, as methods want that take rows to be independent.
    encoding : str or None, default=None
        Decode the content; None keeps bytes.
    decode_error : {"strict", "ignore", "replace"}, default="strict"
        What to do about bytes that are not of `encoding`.
    random_state : None, int, RandomState or Generator, default=0
    allowed_extensions : list of str or None, default=None
        Load files with these endings (``".txt"``); None: all.

    Returns
    -------
    Bunch
        data (list of bytes or str, if loaded), filenames (array), target (array of int: the
        folder's number), target_names (list of folders), DESCR.

    Raises
    ------
    InvalidParameterError
        If a parameter is outside its domain.
    UnicodeDecodeError
        If a file is not of `encoding` and `decode_error` is "strict".

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from mlkit.datasets import load_files
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> (folder / "letters").mkdir()
    >>> _ = (folder / "letters" / "a.txt").write_text("alpha")
    >>> load_files(folder, encoding="utf-8").data
    ['alpha']
    """
    container_path = os.fspath(container_path)
    names = sorted(
        name
        for name in os.listdir(container_path)
        if os.path.isdir(os.path.join(container_path, name))
        and (categories is None or name in categories)
    )
    files, target = [], []
    for label, name in enumerate(names):
        folder = os.path.join(container_path, name)
        for file in sorted(os.listdir(folder)):
            if allowed_extensions is None or os.path.splitext(file)[1] in allowed_extensions:
                files.append(os.path.join(folder, file))
                target.append(label)
    order = np.arange(len(files))
    if shuffle:
        check_random_state(random_state).shuffle(order)
    filenames, target = np.array(files, dtype=str)[order], np.array(target, dtype=int)[order]
    loaded = {}
    if load_content:
        loaded["data"] = [Path(name).read_bytes() for name in filenames]
        if encoding is not None:
            loaded["data"] = [text.decode(encoding, decode_error) for text in loaded["data"]]
    return Bunch(
        **loaded, filenames=filenames, target_names=names, target=target, DESCR=description
    )
