"""joblib's ``Parallel`` and ``delayed``, with the settings of the caller in every worker."""

import contextlib
import functools
import os
import sys
import warnings

import joblib

from . import config
from .parallel import blas_threads, in_worker


def _sklearn_attribute(name):
    """A function of scikit-learn's, or None while it is not loaded."""
    return getattr(sys.modules.get("sklearn"), name, None)


def _warning_filters():
    """The filters in force: the context's own where Python keeps them so, else the process's."""
    own = getattr(warnings, "_get_filters", None)
    return warnings.filters if own is None else own()


class _Settings:
    """Settings of the thread that called `Parallel`, to be entered in a worker."""

    def __init__(self):
        get_config = _sklearn_attribute("get_config")
        self.ours = dict(config.current())
        self.sklearn = None if get_config is None else get_config()
        self.filters = list(_warning_filters())
        self.process = os.getpid()

    @contextlib.contextmanager
    def entered(self):
        with contextlib.ExitStack() as stack:
            # Threads of one process share the filters, unless Python keeps them by context, and
            # changing what is shared would race.
            if os.getpid() != self.process or getattr(sys.flags, "context_aware_warnings", False):
                stack.enter_context(warnings.catch_warnings())
                warnings.resetwarnings()
                _warning_filters().extend(self.filters)
            if config.current() != self.ours:
                stack.enter_context(config.config_context(**self.ours))
            sklearn_context = _sklearn_attribute("config_context")
            if self.sklearn is not None and sklearn_context is not None:
                stack.enter_context(sklearn_context(**self.sklearn))
            if in_worker() and os.getpid() == self.process:
                stack.enter_context(blas_threads(1))  # MKL keeps the limit by thread
            yield


class _Task:
    """A function whose call was delayed; `Parallel` adds the settings under which it runs."""

    def __init__(self, function, settings=None):
        self.function = function
        self.settings = settings
        functools.update_wrapper(self, function)

    def __call__(self, *args, **kwargs):
        if self.settings is None:
            warnings.warn(
                "a task of mlkit.utils.parallel.delayed was not run by mlkit.utils.parallel."
                "Parallel: it runs under the default configuration in its worker",
                UserWarning,
                stacklevel=2,
            )
            return self.function(*args, **kwargs)
        with self.settings.entered():
            return self.function(*args, **kwargs)


def delayed(function):
    """Delay the calls of a function, for `Parallel` to run.

    Parameters
    ----------
    function : callable

    Returns
    -------
    callable
        A call returns the function and the arguments, instead of its result.

    Examples
    --------
    >>> from mlkit.utils.parallel import Parallel, delayed
    >>> Parallel(n_jobs=1)(delayed(abs)(x) for x in [-1, 2, -3])
    [1, 2, 3]
    """

    @functools.wraps(function)
    def delayed_function(*args, **kwargs):
        return _Task(function), args, kwargs

    return delayed_function


def _with_settings(function, settings):
    if isinstance(function, _Task):
        return _Task(function.function, settings)
    warnings.warn(
        "a task of mlkit.utils.parallel.Parallel was not made with mlkit.utils.parallel.delayed: "
        "it runs under the default configuration in its worker",
        UserWarning,
        stacklevel=3,
    )
    return function


class Parallel(joblib.Parallel):
    """`joblib.Parallel` whose workers run under the configuration of the caller.

    Workers see mlkit's configuration, scikit-learn's where it is loaded, and the warning filters,
    as they are when the object is called. An outer call with more than one job has the machine:
    inside its workers every other `Parallel` runs its tasks in turn, and while the workers are
    threads BLAS runs on one thread.

    The parameters are those of `joblib.Parallel`.

    Examples
    --------
    >>> from mlkit.utils.parallel import Parallel, delayed
    >>> Parallel(n_jobs=2, prefer="threads")(delayed(pow)(x, 2) for x in range(4))
    [0, 1, 4, 9]
    """

    def __call__(self, iterable):
        """Run the tasks and return their results in the order of the tasks.

        Parameters
        ----------
        iterable : iterable of (function, args, kwargs)
            Made with `delayed`.

        Returns
        -------
        list, or generator where `return_as` asks for one
        """
        if in_worker():
            self.n_jobs = 1
        settings = _Settings()
        tasks = ((_with_settings(f, settings), args, kwargs) for f, args, kwargs in iterable)
        if not self._runs_threads():
            return super().__call__(tasks)
        if self.return_generator:
            return self._generate_beside_one_blas_thread(super().__call__(tasks))
        with blas_threads(1):
            return super().__call__(tasks)

    def _runs_threads(self):
        """Whether tasks run in several threads of this process."""
        shares_memory = getattr(self._backend, "supports_sharedmem", False)
        return shares_memory and self._backend.effective_n_jobs(self.n_jobs) > 1

    @staticmethod
    def _generate_beside_one_blas_thread(results):
        with blas_threads(1):
            yield from results
