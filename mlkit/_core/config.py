"""Global settings: one immutable mapping a context, so that threads do not disturb one another."""

import contextlib
import os
from contextvars import ContextVar

_DEFAULTS = {
    "assume_finite": os.environ.get("MLKIT_ASSUME_FINITE", "") not in ("", "0"),
    "working_memory": int(os.environ.get("MLKIT_WORKING_MEMORY", 1024)),
    "print_changed_only": True,
    "display": "diagram",
    "pairwise_dist_chunk_size": 256,
    "enable_cython_pairwise_dist": True,
    "array_api_dispatch": False,
    "transform_output": "default",
    "enable_metadata_routing": False,
    "skip_parameter_validation": False,
    "sparse_interface": "spmatrix",
}
_current = ContextVar("mlkit_config", default=_DEFAULTS)
_CHOICES = {
    "display": ("diagram", "text"),
    "transform_output": ("default", "pandas", "polars"),
    "sparse_interface": ("spmatrix", "sparray"),
}


def current():
    """The settings in force, as a mapping that must not be changed (no copy)."""
    return _current.get()


def get_config():
    """Return the settings in force.

    Returns
    -------
    dict
        A copy; see `set_config` for the keys.

    Examples
    --------
    >>> import mlkit
    >>> mlkit.get_config()["transform_output"]
    'default'
    """
    return dict(_current.get())


def set_config(
    assume_finite=None,
    working_memory=None,
    print_changed_only=None,
    display=None,
    pairwise_dist_chunk_size=None,
    enable_cython_pairwise_dist=None,
    array_api_dispatch=None,
    transform_output=None,
    enable_metadata_routing=None,
    skip_parameter_validation=None,
    sparse_interface=None,
):
    """Change settings for the current context; None leaves a setting as it is.

    Parameters
    ----------
    assume_finite : bool
        Skip the search for NaN and infinity in input. Default False.
    working_memory : int
        MiB that a chunked computation may take. Default 1024.
    print_changed_only : bool
        ``repr`` shows only parameters that differ from their default. Default True.
    display : {"diagram", "text"}
        What a notebook shows of an estimator. Default "diagram".
    pairwise_dist_chunk_size : int
        Rows in a tile of a distance computation. Default 256.
    enable_cython_pairwise_dist : bool
        Use the compiled distance tiles. Default True.
    array_api_dispatch : bool
        Let arrays of other libraries (CuPy) stay what they are. Default False.
    transform_output : {"default", "pandas", "polars"}
        What ``transform`` returns. Default "default".
    enable_metadata_routing : bool
        Route metadata through meta-estimators by request. Default False.
    skip_parameter_validation : bool
        Trust parameters without looking. Default False.
    sparse_interface : {"spmatrix", "sparray"}
        The kind of sparse object that is returned. Default "spmatrix".

    Raises
    ------
    ValueError
        For a value that a setting does not know.

    Examples
    --------
    >>> from mlkit import set_config
    >>> set_config(display="diagram")
    """
    changes = {name: value for name, value in locals().items() if value is not None}
    for name, choices in _CHOICES.items():
        if name in changes and changes[name] not in choices:
            raise ValueError(f"set_config({name}={changes[name]!r}): must be one of {choices}")
    if changes.get("array_api_dispatch") and os.environ.get("SCIPY_ARRAY_API") != "1":
        raise RuntimeError(
            "set_config(array_api_dispatch=True) needs SciPy's array API support: set the "
            "environment variable SCIPY_ARRAY_API=1 before scipy is imported"
        )
    _current.set({**_current.get(), **changes})


@contextlib.contextmanager
def config_context(
    *,
    assume_finite=None,
    working_memory=None,
    print_changed_only=None,
    display=None,
    pairwise_dist_chunk_size=None,
    enable_cython_pairwise_dist=None,
    array_api_dispatch=None,
    transform_output=None,
    enable_metadata_routing=None,
    skip_parameter_validation=None,
    sparse_interface=None,
):
    """Change settings inside a ``with`` block; the parameters are those of `set_config`.

    Examples
    --------
    >>> import mlkit
    >>> with mlkit.config_context(assume_finite=True):
    ...     mlkit.get_config()["assume_finite"]
    True
    """
    changes = dict(locals())
    before = _current.get()
    set_config(**changes)
    try:
        yield
    finally:
        _current.set(before)
