"""Calls run one after the other, or by joblib where `n_jobs` asks for it."""

from .parallel import effective_n_jobs


def run_jobs(function, calls, *, n_jobs=None, verbose=0, pre_dispatch="2*n_jobs"):
    """Return ``[function(*args, **kwargs) for args, kwargs in calls]``, by `n_jobs` workers.

    With one worker joblib, whose import and queues cost milliseconds, is not touched.
    """
    if effective_n_jobs(n_jobs) == 1:
        return [function(*args, **kwargs) for args, kwargs in calls]
    from .workers import Parallel, delayed

    parallel = Parallel(n_jobs=n_jobs, verbose=verbose, pre_dispatch=pre_dispatch)
    return parallel(delayed(function)(*args, **kwargs) for args, kwargs in calls)
