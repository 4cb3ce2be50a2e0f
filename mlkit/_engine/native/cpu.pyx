"""Levels of the processor for which kernels are compiled, and the one in use."""

import os

cdef extern from "dispatch.hpp":
    int mlkit_level() nogil
    int mlkit_detected_level() nogil
    int mlkit_requested_level() nogil
    int mlkit_built_level() nogil

LEVELS = ("baseline", "avx2", "avx512")

if mlkit_requested_level() < 0:
    raise ValueError(
        f"environment variable MLKIT_CPU={os.environ.get('MLKIT_CPU')!r}: must be one of {LEVELS}"
    )


def level():
    """Name of the level whose kernels run in this process.

    It is the highest that the processor has and the build contains, or the one that the
    environment variable ``MLKIT_CPU`` named when the process started, where that is lower.

    Returns
    -------
    {"baseline", "avx2", "avx512"}
        "baseline" is SSE2 on x86-64 and NEON on aarch64.

    Examples
    --------
    >>> from mlkit._engine.native.cpu import available, level
    >>> level() in available()
    True
    """
    return LEVELS[mlkit_level()]


def available():
    """Names of the levels that this build can run on this processor, lowest first."""
    return LEVELS[: min(mlkit_built_level(), mlkit_detected_level()) + 1]
