"""Searches that are stopped, killed, resumed and watched."""

import io
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from sklearn.datasets import load_diabetes

from mlkit.base import BaseEstimator, RegressorMixin, clone
from mlkit.linear_model import Ridge
from mlkit.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    KFold,
    RandomizedSearchCV,
)
from mlkit.model_selection._progress import SearchProgress
from mlkit.pipeline import make_pipeline
from mlkit.preprocessing import StandardScaler

X, Y = load_diabetes(return_X_y=True)
GRID = {"alpha": [0.01, 0.1, 1.0, 10.0]}
# A test that kills a search does so this often; the whole number takes minutes.
KILLS = 50 if os.environ.get("MLKIT_SLOW_TESTS") else 4


class Logged(RegressorMixin, BaseEstimator):
    """A ridge that writes down when it is fitted, and may fail, wait or interrupt."""

    log = []

    def __init__(self, alpha=1.0, wait=0.0, stop_at=None, path=None):
        self.alpha, self.wait, self.stop_at, self.path = alpha, wait, stop_at, path

    def fit(self, X, y):
        Logged.log.append(self.alpha)
        if self.path is not None:
            with open(self.path, "a") as file:
                file.write(f"{self.alpha} {y[0]} {len(y)}\n")
        if self.stop_at == len(Logged.log):
            raise KeyboardInterrupt
        time.sleep(self.wait)
        self.model_ = Ridge(alpha=self.alpha).fit(X, y)
        return self

    def predict(self, X):
        return self.model_.predict(X)


@pytest.fixture(autouse=True)
def fresh_log():
    Logged.log.clear()


def assert_same_results(found, expected):
    assert list(found) == list(expected)
    assert found["params"] == expected["params"]
    for key, column in expected.items():
        if "time" not in key and key != "params":
            np.testing.assert_array_equal(found[key], column, err_msg=key)


# --------------------------------------------------------------------------- stopped early
def test_a_time_budget_keeps_whole_candidates():
    with pytest.warns(UserWarning, match="time_budget"):
        search = GridSearchCV(Logged(wait=0.02), GRID, cv=3, time_budget=0.08).fit(X, Y)
    tried = len(search.cv_results_["params"])
    assert 1 <= tried < 4
    assert len(Logged.log) == 3 * tried + 1
    whole = GridSearchCV(Logged(), GRID, cv=3).fit(X, Y)
    for key in ("split0_test_score", "mean_test_score"):
        np.testing.assert_array_equal(search.cv_results_[key], whole.cv_results_[key][:tried])
    assert search.predict(X).shape == Y.shape


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_one_candidate_is_finished_whatever_the_budget(n_jobs):
    options = {"cv": 3, "time_budget": 1e-9, "n_jobs": n_jobs}
    for model, name in ((Ridge(), "alpha"), (make_pipeline(StandardScaler(), Ridge()), None)):
        grid = {name or "ridge__alpha": [0.1, 1, 10]}
        with pytest.warns(UserWarning, match="time_budget"):
            search = GridSearchCV(model, grid, **options).fit(X, Y)
        assert len(search.cv_results_["params"]) == 1


def test_a_budget_that_suffices_changes_nothing():
    model = make_pipeline(StandardScaler(), Ridge())
    grid = {"ridge__alpha": [0.1, 1, 10], "standardscaler__with_std": [True, False]}
    plain = GridSearchCV(model, grid).fit(X, Y).cv_results_
    assert_same_results(GridSearchCV(model, grid, time_budget=1e6).fit(X, Y).cv_results_, plain)


def test_ctrl_c_returns_what_there_is():
    with pytest.warns(UserWarning, match=r"Ctrl-C.*2 candidates"):
        search = GridSearchCV(Logged(stop_at=8), GRID, cv=3).fit(X, Y)
    assert search.cv_results_["params"] == [{"alpha": 0.01}, {"alpha": 0.1}]
    assert search.best_params_ in search.cv_results_["params"]
    assert search.best_estimator_.alpha == search.best_params_["alpha"]


def test_ctrl_c_before_the_first_result_is_an_interrupt():
    with pytest.raises(KeyboardInterrupt):
        GridSearchCV(Logged(stop_at=2), GRID, cv=3).fit(X, Y)


def test_halving_that_is_stopped():
    with pytest.warns(UserWarning, match="Ctrl-C"):
        search = HalvingGridSearchCV(
            Logged(stop_at=14), GRID, cv=3, factor=2, random_state=0, min_resources=50
        ).fit(X, Y)
    assert search.n_resources_ == [50, 100]
    # The second round had one candidate finished of two.
    assert search.cv_results_["iter"].tolist() == [0, 0, 0, 0]
    assert search.n_remaining_candidates_ == 2


# --------------------------------------------------------------------------- the journal
SEARCHES = {
    "grid": lambda model, **options: GridSearchCV(model, GRID, cv=3, **options),
    "random": lambda model, **options: RandomizedSearchCV(
        model, {"alpha": [0.1, 0.2, 0.5, 1, 2]}, n_iter=4, cv=3, random_state=0, **options
    ),
    "halving": lambda model, **options: HalvingGridSearchCV(
        model, GRID, cv=3, factor=2, random_state=0, min_resources=50, **options
    ),
}


@pytest.mark.parametrize("kind", SEARCHES)
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_a_second_run_fits_nothing_but_the_best(kind, n_jobs, tmp_path):
    make = SEARCHES[kind]
    journal = tmp_path / "search.journal"
    options = {"journal": journal, "return_train_score": True, "n_jobs": n_jobs}
    first = make(Logged(), **options).fit(X, Y)
    Logged.log.clear()
    second = make(Logged(), **options).fit(X, Y)
    assert len(Logged.log) == 1
    assert_same_results(second.cv_results_, first.cv_results_)
    # Times are those of the fits, which were done once.
    np.testing.assert_array_equal(
        second.cv_results_["mean_fit_time"], first.cv_results_["mean_fit_time"]
    )
    assert_same_results(
        make(Logged(), return_train_score=True).fit(X, Y).cv_results_, first.cv_results_
    )


def test_an_interrupted_search_goes_on(tmp_path):
    journal = str(tmp_path / "journal")
    with pytest.raises(KeyboardInterrupt):
        GridSearchCV(Logged(stop_at=3), GRID, cv=3, journal=journal).fit(X, Y)
    done = len(Logged.log) - 1
    Logged.log.clear()
    # What only concerns the one run is no part of the model here; by its name it would be.
    with pytest.raises(ValueError, match="estimator"):
        GridSearchCV(Logged(), GRID, cv=3, journal=journal).fit(X, Y)
    search = GridSearchCV(Logged(stop_at=3), GRID, cv=3, journal=journal)
    Logged.log.extend([None] * 100)
    search.fit(X, Y)
    assert len(Logged.log) - 100 == 12 - done + 1
    assert_same_results(
        search.cv_results_, GridSearchCV(Logged(), GRID, cv=3).fit(X, Y).cv_results_
    )


def test_failures_and_several_scores_are_kept(tmp_path):
    grid = {"alpha": [1.0, -1.0]}
    options = {"cv": 3, "scoring": ["r2", "neg_mean_absolute_error"], "refit": "r2"}
    options["journal"] = str(tmp_path / "journal")
    tables = []
    for _ in range(2):
        with pytest.warns(Warning) as warned:
            tables.append(GridSearchCV(Logged(), grid, **options).fit(X, Y).cv_results_)
        assert any("alpha" in str(each.message) for each in warned)
    assert_same_results(*tables)
    assert len(Logged.log) == 6 + 2


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda: (GridSearchCV(Ridge(), GRID, cv=3), (X + 1, Y)), "X"),
        (lambda: (GridSearchCV(Ridge(), GRID, cv=3), (X, Y + 1)), "y"),
        (lambda: (GridSearchCV(Ridge(tol=1e-3), GRID, cv=3), (X, Y)), "estimator"),
        (lambda: (GridSearchCV(Ridge(), GRID, cv=KFold(3, shuffle=True)), (X, Y)), "cv"),
        (
            lambda: (GridSearchCV(Ridge(), GRID, cv=3, scoring="neg_mean_squared_error"), (X, Y)),
            "scoring",
        ),
    ],
)
def test_a_journal_is_of_one_search(change, name, tmp_path):
    journal = str(tmp_path / "journal")
    GridSearchCV(Ridge(), GRID, cv=3, journal=journal).fit(X, Y)
    search, data = change()
    with pytest.raises(ValueError, match=rf"differs in {name}"):
        search.set_params(journal=journal).fit(*data)


def test_a_grid_that_grows_goes_on(tmp_path):
    journal = str(tmp_path / "journal")
    GridSearchCV(Logged(), {"alpha": [1.0]}, cv=3, journal=journal).fit(X, Y)
    Logged.log.clear()
    GridSearchCV(Logged(), GRID, cv=3, journal=journal).fit(X, Y)
    assert Logged.log.count(1.0) <= 1  # perhaps as the best, on all rows
    assert len(Logged.log) == 9 + 1


def test_damage_costs_the_damaged_lines_only(tmp_path):
    journal = tmp_path / "journal"
    search = GridSearchCV(Logged(), GRID, cv=3, journal=journal)
    expected = clone(search).fit(X, Y).cv_results_
    lines = journal.read_bytes().splitlines(keepends=True)
    assert len(lines) == 1 + 12
    # One line changed by a bit, one lost its end, the last was cut short.
    lines[3] = lines[3][:20] + bytes([lines[3][20] ^ 1]) + lines[3][21:]
    lines[5] = lines[5].rstrip(b"\n")
    lines[-1] = lines[-1][:30]
    journal.write_bytes(b"".join(lines))
    Logged.log.clear()
    assert_same_results(clone(search).fit(X, Y).cv_results_, expected)
    assert len(Logged.log) == 4 + 1  # a line without its end takes the next one with it
    Logged.log.clear()
    clone(search).fit(X, Y)
    assert len(Logged.log) == 1


def test_a_file_that_is_no_journal_is_left_alone(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("buy milk\n")
    with pytest.raises(ValueError, match="no journal"):
        GridSearchCV(Ridge(), GRID, journal=path).fit(X, Y)
    assert path.read_text() == "buy milk\n"


def test_a_journal_needs_draws_that_repeat(tmp_path):
    search = RandomizedSearchCV(Ridge(), GRID, n_iter=2, journal=str(tmp_path / "journal"))
    with pytest.raises(ValueError, match="random_state"):
        search.fit(X, Y)


@pytest.mark.skipif(sys.platform == "win32", reason="no record locks")
def test_one_process_at_a_time(tmp_path):
    path = str(tmp_path / "journal")
    code = (
        "import sys; from mlkit._engine.evaluate.journal import Journal\n"
        "try: Journal(sys.argv[1], {}, 'Search')\n"
        "except RuntimeError as error: print(error)\n"
    )

    class Second(Logged):
        def fit(self, X, y):
            run = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True)
            Second.said = run.stdout + run.stderr
            return super().fit(X, y)

    GridSearchCV(Second(), {"alpha": [1.0]}, cv=2, journal=path, refit=False).fit(X, Y)
    assert "another process" in Second.said


PROGRAM = """
import sys, json
import numpy as np
from mlkit.base import BaseEstimator, RegressorMixin
from mlkit.model_selection import GridSearchCV
import time, os

class Slow(RegressorMixin, BaseEstimator):
    def __init__(self, alpha=1.0, log=None):
        self.alpha, self.log = alpha, log
    def fit(self, X, y):
        with open(self.log, "a") as file:
            file.write(f"{self.alpha} {y.sum()}\\n")
        time.sleep(0.01)
        self.mean_ = y.mean() * self.alpha
        return self
    def predict(self, X):
        return np.full(len(X), self.mean_)

rng = np.random.RandomState(0)
X, y = rng.rand(60, 2), rng.rand(60)
journal, log, n_jobs = sys.argv[1], sys.argv[2], int(sys.argv[3])
grid = {"alpha": np.linspace(0, 2, 12).tolist()}
search = GridSearchCV(Slow(log=log), grid, cv=4, journal=journal or None, refit=False)
results = search.fit(X, y).cv_results_
kept = {k: v.tolist() if hasattr(v, "tolist") else v for k, v in results.items() if "time" not in k}
print(json.dumps(kept))
"""


def journaled(path):
    lines = path.read_bytes().split(b"\n") if path.exists() else []
    return [
        json.loads(line[9:])["fit"] for line in lines if b'"fit"' in line and line.endswith(b"}")
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="no kill -9")
@pytest.mark.timeout(1200)
def test_a_search_that_is_killed_resumes(tmp_path):
    journal, log = tmp_path / "journal", tmp_path / "log"
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)

    def command(*args):
        return [sys.executable, str(program), *map(str, args), "1"]

    root = str(pathlib.Path(__file__).parents[2])
    options = {"stdout": subprocess.PIPE, "env": {**os.environ, "PYTHONPATH": root}}
    expected = subprocess.run(command("", tmp_path / "other"), check=True, **options).stdout
    rng = random.Random(0)
    kills = 0
    while kills < KILLS:
        process = subprocess.Popen(command(journal, log), **options)
        before, deadline = len(journaled(journal)), time.monotonic() + 60
        # Killed at a random moment behind the first new line, or before.
        wanted = before + rng.choice([0, 1, 2, 4])
        while (
            process.poll() is None
            and len(journaled(journal)) < wanted
            and time.monotonic() < deadline
        ):
            time.sleep(0.001)
        time.sleep(rng.random() * 0.02)
        process.send_signal(signal.SIGKILL)
        out, _ = process.communicate()
        kills += 1
        names = journaled(journal)
        assert len(names) == len(set(names)), "a fit that was written was done again"
        assert len(names) >= before
        if process.returncode == 0:
            assert out == expected
            journal.unlink()
            log.unlink()
    out = subprocess.run(command(journal, log), check=True, **options).stdout
    assert out == expected
    # Every fit that was begun is in the journal, but for those a kill ended.
    begun = len(log.read_text().splitlines())
    assert len(journaled(journal)) == 48 <= begun <= 48 + kills


# --------------------------------------------------------------------------- the progress
def test_the_progress_line(capsys):
    GridSearchCV(Ridge(), GRID, cv=3, progress=True).fit(X, Y)
    said = capsys.readouterr().err
    assert said.startswith("GridSearchCV [####") and said.count("\n") == 1
    best = max(
        GridSearchCV(Ridge(), {"alpha": [value]}, cv=3).fit(X, Y).best_score_
        for value in GRID["alpha"]
    )
    assert "12/12 fits" in said and f"best {best:.5g} with alpha=" in said


def test_progress_of_a_resumed_search_with_several_scores(tmp_path, capsys):
    options = {"scoring": ["neg_mean_squared_error", "r2"], "refit": "r2", "cv": 3}
    options.update(journal=str(tmp_path / "journal"), progress=True)
    for _ in range(2):
        search = GridSearchCV(Ridge(), GRID, **options).fit(X, Y)
        said = capsys.readouterr().err
        assert f"best {search.best_score_:.5g}" in said
    assert "12 from the journal" in said


def test_a_terminal_shows_it_move():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream = Terminal()
    progress = SearchProgress("Search", stream)
    progress.expect(4)
    progress.score(float("nan"), {"a": 0})
    progress.advance()
    assert stream.getvalue().startswith("\rSearch [###### ")
    assert "left" in stream.getvalue() and "best" not in stream.getvalue()
    progress.score(0.5, {"a": 1})
    for _ in range(3):
        progress.advance()
    progress.close()
    assert stream.getvalue().endswith("\n")
    assert "4/4 fits" in stream.getvalue() and "best 0.5 with a=1" in stream.getvalue()
