import math
import os
import subprocess
import sys
import textwrap
import threading
import warnings

import joblib
import numpy as np
import pytest
from joblib import parallel_config

from mlkit import config_context, get_config
from mlkit._core import parallel
from mlkit._core.parallel import (
    blas_threads,
    cpu_count,
    effective_n_jobs,
    in_worker,
    n_threads,
)
from mlkit._core.workers import Parallel, delayed


def run(code, **environment):
    """Standard output of a fresh interpreter."""
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def blas_thread_counts():
    return [lib.num_threads for lib in parallel._blas_handles()]


@pytest.mark.parametrize("n_jobs", [None, 1, 2, 7, -1, -2, -100])
def test_jobs_mean_what_they_mean_in_joblib(n_jobs):
    assert effective_n_jobs(n_jobs) == joblib.effective_n_jobs(n_jobs)
    without_joblib = (
        "import sys; from mlkit._core.parallel import effective_n_jobs;"
        f"print(effective_n_jobs({n_jobs}), 'joblib' in sys.modules)"
    )
    assert run(without_joblib) == f"{effective_n_jobs(n_jobs)} False"


def test_jobs_of_the_surrounding_configuration():
    with parallel_config(backend="threading", n_jobs=3):
        assert effective_n_jobs(None) == 3
        assert effective_n_jobs(2) == 2


@pytest.mark.parametrize("function", [effective_n_jobs, n_threads])
def test_zero_jobs_are_refused(function):
    with pytest.raises(ValueError, match="n_jobs == 0 has no meaning"):
        function(0)


def test_threads_never_exceed_what_there_is():
    available = n_threads()
    assert 1 <= available <= cpu_count()
    assert n_threads(1) == 1
    assert n_threads(-1) == available
    assert n_threads(10_000) == available
    assert n_threads(-10_000) == 1


@pytest.mark.parametrize("limit, wanted", [("1", 1), ("2", min(2, cpu_count()))])
def test_the_environment_limits_threads(limit, wanted):
    code = "from mlkit._core.parallel import n_threads; print(n_threads())"
    assert run(code, OMP_NUM_THREADS=limit) == str(wanted if n_threads() > 1 else 1)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_affinity_limits_threads_and_jobs():
    code = """
        import os
        from mlkit._core.parallel import cpu_count, effective_n_jobs, n_threads
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        print(cpu_count(), n_threads(), effective_n_jobs(-1))
    """
    assert run(code) == "1 1 1"


@pytest.mark.parametrize(
    "text, wanted", [("max 100000", math.inf), ("150000 100000", 2), ("100000 100000", 1)]
)
def test_quota_of_the_control_group(tmp_path, text, wanted):
    (tmp_path / "outer" / "inner").mkdir(parents=True)
    (tmp_path / "outer" / "cpu.max").write_text(text)
    (tmp_path / "outer" / "inner" / "cpu.max").write_text("max 100000")
    own = tmp_path / "cgroup"
    own.write_text("4:memory:/x\n0::/outer/inner\n")
    assert parallel._quota_v2(str(tmp_path), str(own)) == wanted
    assert parallel._quota_v2(str(tmp_path), str(tmp_path / "missing")) == math.inf


@pytest.mark.parametrize("quota, wanted", [("-1", math.inf), ("250000", 3)])
def test_quota_of_the_first_version(tmp_path, quota, wanted):
    (tmp_path / "cpu.cfs_quota_us").write_text(quota)
    (tmp_path / "cpu.cfs_period_us").write_text("100000")
    assert parallel._quota_v1(str(tmp_path)) == wanted


def seen_by_a_worker():
    """What a task is told: nested or not, jobs, threads, jobs of a Parallel inside, where."""
    inner = Parallel(n_jobs=2, prefer="threads")(delayed(threading.get_ident)() for _ in range(4))
    return in_worker(), effective_n_jobs(2), n_threads(2), len(set(inner)), os.getpid()


@pytest.mark.parametrize("backend", ["threading", "loky", "multiprocessing"])
def test_an_outer_parallel_leaves_one_thread_to_its_workers(backend):
    with parallel_config(backend=backend):
        seen = Parallel(n_jobs=2)(delayed(seen_by_a_worker)() for _ in range(4))
    assert {s[:4] for s in seen} == {(True, 1, 1, 1)}
    assert (os.getpid() in {s[4] for s in seen}) == (backend == "threading")
    assert not in_worker()


def test_one_job_leaves_the_machine_to_its_task():
    (seen,) = Parallel(n_jobs=1)([delayed(seen_by_a_worker)()])
    assert seen[0] is False
    assert seen[1] == 2
    assert seen[2] == n_threads(2)


def test_worker_threads_find_blas_on_one_thread():
    before = blas_thread_counts()
    during = Parallel(n_jobs=2, prefer="threads")(delayed(blas_thread_counts)() for _ in range(4))
    assert {count for counts in during for count in counts} == {1}
    assert blas_thread_counts() == before


def test_blas_limits_overlap_and_end():
    np.linalg.norm(np.ones((2, 2)), 2)
    before = blas_thread_counts()
    assert before, "NumPy has a BLAS library"
    with blas_threads(2):
        assert blas_thread_counts() == [min(2, n) for n in before]
        with blas_threads(1):
            assert set(blas_thread_counts()) == {1}
            with blas_threads(2):
                assert set(blas_thread_counts()) == {1}
        assert blas_thread_counts() == [min(2, n) for n in before]
    assert blas_thread_counts() == before
    with blas_threads(None):
        assert blas_thread_counts() == before
    with pytest.raises(ValueError, match="at least 1"), blas_threads(0):
        pass


def test_blas_limits_of_two_threads_end_in_any_order():
    before = blas_thread_counts()
    entered, leave = threading.Event(), threading.Event()

    def hold():
        with blas_threads(1):
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=hold)
    with blas_threads(1):
        thread.start()
        assert entered.wait(10)
    assert set(blas_thread_counts()) == {1}
    leave.set()
    thread.join()
    assert blas_thread_counts() == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_of_an_openmp_parent_runs_serially():
    """GNU's runtime would hang here: the child starts a team whose threads are not there."""
    code = """
        import os, warnings
        import numpy as np
        from mlkit._core.parallel import blas_threads, n_threads
        from mlkit._engine.native.scan import column_moments
        warnings.simplefilter("ignore")     # Python warns of forks with threads
        X = np.ones((400_000, 4))
        several = n_threads(2)
        column_moments(X, n_threads=several)
        with blas_threads(1):
            child = os.fork()
            if child == 0:
                fine = n_threads(2) == 1
                column_moments(X, n_threads=n_threads(2))
                with blas_threads(1):
                    X[:4] @ X[:4].T
                os._exit(0 if fine else 1)
            status = os.waitpid(child, 0)[1]
        print(status, n_threads(2) == several)
    """
    if n_threads(2) == 1:
        pytest.skip("one processor, or a build without OpenMP")
    assert run(code) == "0 True"


def warn_and_tell():
    warnings.warn("asked for", UserWarning, stacklevel=1)
    return get_config()["working_memory"]


@pytest.mark.parametrize("backend", ["threading", "loky"])
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_workers_see_the_configuration_and_the_filters(backend, n_jobs):
    with (
        parallel_config(backend=backend),
        config_context(working_memory=77),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", UserWarning)
        assert Parallel(n_jobs=n_jobs)(delayed(warn_and_tell)() for _ in range(3)) == [77] * 3
        warnings.simplefilter("error", UserWarning)
        with pytest.raises(UserWarning, match="asked for"):
            Parallel(n_jobs=n_jobs)(delayed(warn_and_tell)() for _ in range(3))
    assert get_config()["working_memory"] != 77


def sklearn_display():
    import sklearn

    return sklearn.get_config()["display"]


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_workers_see_the_configuration_of_scikit_learn(backend):
    import sklearn

    with parallel_config(backend=backend), sklearn.config_context(display="text"):
        # A worker that has not loaded scikit-learn cannot be told: its first task loads it.
        seen = Parallel(n_jobs=2)(delayed(sklearn_display)() for _ in range(8))
    assert "text" in seen
    assert backend == "loky" or set(seen) == {"text"}


def test_results_may_come_as_a_generator():
    before = blas_thread_counts()
    results = Parallel(n_jobs=2, prefer="threads", return_as="generator")(
        delayed(pow)(x, 2) for x in range(5)
    )
    assert list(results) == [0, 1, 4, 9, 16]
    assert blas_thread_counts() == before


def test_delayed_of_joblib_is_warned_of():
    with pytest.warns(UserWarning, match="not made with mlkit"):
        assert Parallel(n_jobs=1)([joblib.delayed(abs)(-1)]) == [1]


def test_delayed_keeps_the_name_and_runs_alone():
    function, args, kwargs = delayed(math.floor)(1.5)
    with pytest.warns(UserWarning, match="not run by"):
        assert function(*args, **kwargs) == 1
    assert delayed(math.floor).__name__ == function.__name__ == "floor"


def test_tasks_that_lose_the_configuration_say_so():
    import joblib

    from mlkit.utils.parallel import Parallel, delayed

    with pytest.warns(UserWarning, match="not made with"):
        Parallel()(joblib.delayed(abs)(x) for x in [-1])
    with pytest.warns(UserWarning, match="not run by"):
        joblib.Parallel()(delayed(abs)(x) for x in [-1])
