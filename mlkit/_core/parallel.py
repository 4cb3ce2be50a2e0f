"""The one place that turns ``n_jobs`` into processes, OpenMP threads and BLAS threads.

Three rules hold everywhere:

- a request is never exceeded, and neither are the processors that this process may use (its
  affinity and its control group's quota), ``OMP_NUM_THREADS`` and threadpoolctl's limits;
- what runs inside a worker of joblib runs on one thread: an outer ``n_jobs`` has the machine;
- a child made by ``fork`` after its parent used OpenMP runs serially, for GNU's runtime waits
  for ever on threads that did not survive the fork.

joblib is not imported here: it is asked if it is loaded, and until then nothing can be nested.
"""

import contextlib
import math
import os
import sys
import threading
from functools import cache
from pathlib import Path

from .openmp import openmp_threads


class _Process:
    """What must be known about this process, and forgotten in a forked child."""

    def __init__(self, serial=False):
        self.serial = serial
        self.used_openmp = False
        self.lock = threading.Lock()
        self.blas = {}


_process = _Process()


def _after_fork():
    global _process
    _process = _Process(serial=_process.serial or _process.used_openmp)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def cpu_count():
    """Number of processors that this process may use, at least 1.

    The least of the machine's processors, the affinity of this process and its control group's
    quota, rounded up.

    Examples
    --------
    >>> from mlkit._core.parallel import cpu_count
    >>> cpu_count() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    return max(1, min(count, _quota()))


@cache
def _quota():
    """Processors that the control group grants; infinity without a limit."""
    return min(_quota_v2(), _quota_v1())


def _quota_v2(root="/sys/fs/cgroup", own="/proc/self/cgroup"):
    """The strictest ``cpu.max`` from this process's group up to the root."""
    try:
        lines = Path(own).read_text().splitlines()
    except OSError:
        return math.inf
    inside = next((line[3:] for line in lines if line.startswith("0::")), "/")
    folder = Path(root, inside.lstrip("/"))
    quotas = [math.inf]
    while folder.is_relative_to(root):
        with contextlib.suppress(OSError, ValueError):
            quota, period = (folder / "cpu.max").read_text().split()
            if quota != "max":
                quotas.append(math.ceil(int(quota) / int(period)))
        folder = folder.parent
    return min(quotas)


def _quota_v1(folder="/sys/fs/cgroup/cpu"):
    with contextlib.suppress(OSError, ValueError):
        quota = int(Path(folder, "cpu.cfs_quota_us").read_text())
        period = int(Path(folder, "cpu.cfs_period_us").read_text())
        if quota > 0 and period > 0:
            return math.ceil(quota / period)
    return math.inf


def in_worker():
    """True inside a task that joblib runs beside others, in a thread or in a process."""
    joblib = sys.modules.get("joblib.parallel")
    get_active_backend = getattr(joblib, "get_active_backend", None)
    return get_active_backend is not None and (get_active_backend()[0].nesting_level or 0) > 0


def effective_n_jobs(n_jobs=-1):
    """Return the number of workers that a request means here.

    Parameters
    ----------
    n_jobs : int or None, default -1
        None is 1, or what ``joblib.parallel_config`` says around the call; −1 is every processor,
        −2 all but one.

    Returns
    -------
    int
        At least 1. It is 1 inside a worker, since the outer call has the machine already.

    Raises
    ------
    ValueError
        For 0.

    Examples
    --------
    >>> from mlkit._core.parallel import effective_n_jobs
    >>> effective_n_jobs(None), effective_n_jobs(3)
    (1, 3)
    """
    if n_jobs == 0:
        raise ValueError("n_jobs == 0 has no meaning: pass None, 1, or -1 for all processors")
    if in_worker():
        return 1
    joblib = sys.modules.get("joblib.parallel")
    if joblib is not None:
        return joblib.effective_n_jobs(n_jobs)
    return _resolve(1 if n_jobs is None else n_jobs, cpu_count())


def _resolve(n_jobs, available):
    """A request that may be negative, counted from `available`."""
    return n_jobs if n_jobs > 0 else max(1, available + 1 + n_jobs)


def n_threads(n_jobs=None):
    """Return the number of OpenMP threads that a kernel should start.

    Parameters
    ----------
    n_jobs : int or None, default None
        None is as many as there are; −1 too, −2 one less.

    Returns
    -------
    int
        At least 1 and at most the request, the processors of this process, and what
        ``OMP_NUM_THREADS`` or threadpoolctl allow. It is 1 inside a worker of joblib, in a child
        forked after OpenMP was used, and in a build without OpenMP.

    Raises
    ------
    ValueError
        For 0.

    Examples
    --------
    >>> from mlkit._core.parallel import n_threads
    >>> n_threads(1)
    1
    >>> 1 <= n_threads(2) <= 2
    True
    """
    if n_jobs == 0:
        raise ValueError("n_jobs == 0 has no meaning: pass None, 1, or -1 for all processors")
    if n_jobs == 1 or _process.serial or in_worker():
        return 1
    available = min(cpu_count(), openmp_threads())
    count = available if n_jobs is None else min(available, _resolve(n_jobs, available))
    if count > 1:
        _process.used_openmp = True
    return count


@contextlib.contextmanager
def blas_threads(limit):
    """Hold the BLAS libraries of this process at no more than `limit` threads.

    Where blocks overlap, in one thread or several, the strictest limit holds until it ends; the
    last block to end restores what was there before the first.

    Parameters
    ----------
    limit : int or None
        At least 1; None changes nothing.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit._core.parallel import blas_threads
    >>> with blas_threads(1):
    ...     product = np.ones((2, 2)) @ np.ones((2, 2))
    """
    if limit is None:
        yield
        return
    if limit < 1:
        raise ValueError(f"blas_threads({limit}): the limit must be at least 1")
    here = _process
    with here.lock:
        entered = [(handle, *_enter_limit(here.blas, handle, limit)) for handle in _blas_handles()]
    try:
        yield
    finally:
        # A child forked inside the block has a state of its own and nothing to undo.
        if here is _process:
            with here.lock:
                for handle, scope, held in entered:
                    _leave_limit(here.blas, handle, limit, scope, held)


class _Held:
    """The limits in force on one library, and the number of threads that it had before them."""

    def __init__(self, before):
        self.before = before
        self.limits = []

    def apply(self, handle):
        # threadpoolctl lets one thread alone set what a process shares, lest threads fight; here
        # they agree, and whichever is last must be able to restore.
        set_threads = getattr(handle, "_real_set_num_threads", handle.set_num_threads)
        set_threads(min([self.before, *self.limits]))


def _enter_limit(blas, handle, limit):
    """Add a limit to a library; return the scope of the library's setting, and what is held."""
    per_thread = handle.internal_api == "mkl" or handle.threading_layer == "openmp"
    scope = (handle.filepath, threading.get_ident() if per_thread else None)
    if scope not in blas:
        blas[scope] = _Held(handle.get_num_threads())
    held = blas[scope]
    held.limits.append(limit)
    held.apply(handle)
    return scope, held


def _leave_limit(blas, handle, limit, scope, held):
    held.limits.remove(limit)
    held.apply(handle)
    if not held.limits:
        del blas[scope]


def _blas_handles():
    """Handles of the BLAS libraries in this process.

    Looking for libraries costs milliseconds, setting a limit through a handle a microsecond: they
    are looked for once, and again when SciPy has added its own.
    """
    return _find_blas("scipy.linalg" in sys.modules)


@cache
def _find_blas(with_scipy):
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas").lib_controllers
