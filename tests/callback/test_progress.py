"""A bar is as full as the mean of the tasks below it, wherever they run."""

import io
import pickle
import re
import types

import numpy as np
import pytest

from mlkit.callback import ProgressBar, _progress
from mlkit.callback._progress import Bar


class Screen(io.StringIO):
    """A terminal that remembers what was sent."""

    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.fixture
def unthrottled(monkeypatch):
    monkeypatch.setattr(_progress, "_REDRAW", 0)


@pytest.mark.parametrize("backend", ["sequential", "threading", "loky"])
@pytest.mark.parametrize("depth", [0, 1, None])
def test_a_file_receives_every_bar_full(toys, data, capsys, backend, depth):
    whole = toys.Nested(toys.Counting(), n=3, backend=backend)
    whole.set_callbacks(ProgressBar(max_propagation_depth=depth)).fit(*data)
    lines = capsys.readouterr().out.splitlines()
    labels = [re.split(r" {2,}| ━", line.strip())[0] for line in lines]
    parts = [f"Nested - part | Counting - fit #{i}" for i in range(3)]
    assert labels[0] == "Nested - fit"
    assert sorted(labels[1:]) == ([] if depth == 0 else parts)
    assert all("100%" in line and "╌" not in line for line in lines)


def test_progress_is_the_mean_over_tasks(toys, data, monkeypatch):
    seen = []
    receive = ProgressBar._receive

    def watching(self, message):
        receive(self, message)
        seen.extend(bar.progress for bar in self._runs.values() if message[1] == "end")

    monkeypatch.setattr(ProgressBar, "_receive", watching)
    toys.Nested(toys.Counting(4), n=2).set_callbacks(ProgressBar()).fit(*data)
    expected = [1 / 8, 2 / 8, 3 / 8, 4 / 8, 4 / 8, 5 / 8, 6 / 8, 7 / 8, 1.0, 1.0, 1.0]
    np.testing.assert_allclose(seen, expected)


def test_bar_of_unknown_length_is_full_at_its_end():
    bar = Bar("fit", None, 0)
    bar.end((0,))
    assert bar.progress == 0
    assert bar.lines()[0][1] is None
    bar.end(())
    assert bar.progress == 1


def test_time_left_is_in_proportion(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(_progress.time, "monotonic", lambda: now[0])
    bar = Bar("fit", 4, 0)
    now[0] += 60
    bar.end((0,))
    assert bar.lines()[0][2] == "0:03:00 left"
    now[0] += 3600
    bar.end(())
    assert bar.lines()[0][2] == "1:01:00"


def test_a_terminal_is_redrawn_in_place(our_toys, data, monkeypatch, unthrottled):
    """Each drawing begins by going up over the last one; what remains is one line a bar."""
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    our_toys.Nested(our_toys.Counting(2), n=2).set_callbacks(ProgressBar()).fit(*data)
    rows = []
    for piece in re.split(r"(\x1b\[\d+F\x1b\[J)", screen.getvalue()):
        up = re.fullmatch(r"\x1b\[(\d+)F\x1b\[J", piece)
        if up:
            del rows[len(rows) - int(up[1]) :]
        else:
            rows += piece.splitlines()
    assert len(rows) == 3
    assert all("100%" in row for row in rows)
    assert " 25%" in screen.getvalue()


def test_a_small_terminal_shows_what_moves(our_toys, data, monkeypatch, unthrottled):
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("COLUMNS", "70")
    monkeypatch.setenv("LINES", "5")
    our_toys.Nested(our_toys.Counting(2), n=9).set_callbacks(ProgressBar()).fit(*data)
    drawings = re.split(r"\x1b\[\d+F\x1b\[J", screen.getvalue())
    assert max(drawing.count("\n") for drawing in drawings) == 4
    assert max(len(line) for drawing in drawings for line in drawing.splitlines()) <= 70


def test_a_plain_encoding_gets_plain_bars(our_toys, data, monkeypatch):
    screen = io.TextIOWrapper(buffer := io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", screen)
    our_toys.Counting(2).set_callbacks(ProgressBar()).fit(*data)
    assert b"#" * 32 in buffer.getvalue()


def test_a_notebook_updates_one_output(our_toys, data, monkeypatch, unthrottled):
    shown = []

    class ZMQInteractiveShell:
        pass

    def display(bundle, raw, display_id):
        return types.SimpleNamespace(update=lambda bundle, raw: shown.append(bundle["text/plain"]))

    ipython = types.SimpleNamespace(
        get_ipython=ZMQInteractiveShell, display=types.SimpleNamespace(display=display)
    )
    monkeypatch.setitem(__import__("sys").modules, "IPython", ipython)
    our_toys.Counting(2).set_callbacks(ProgressBar()).fit(*data)
    assert [re.search(r"\d+%", text)[0] for text in shown] == ["0%", "50%", "100%", "100%", "100%"]


def test_fits_below_an_unaware_function_have_bars_of_their_own(our_toys, data, capsys):
    from joblib import Parallel, delayed

    bar = ProgressBar()
    models = [our_toys.Counting(2).set_callbacks(bar) for _ in range(2)]
    Parallel(n_jobs=2)(delayed(model.fit)(*data) for model in models)
    assert len(re.findall(r"Counting - fit .*100%", capsys.readouterr().out)) == 2
    assert bar._runs == {}
    assert bar._screen is None


def test_no_time_for_a_finished_progress_bar_again(our_toys, data, capsys):
    model = our_toys.Counting(2).set_callbacks(ProgressBar())
    model.fit(*data)
    pickle.loads(pickle.dumps(model._skl_callbacks[0]))
    model.fit(*data)
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_bars_end_when_a_fit_fails(our_toys, data, capsys):
    bar = ProgressBar()
    with pytest.raises(TypeError):
        our_toys.Counting(2).set_callbacks(bar).fit(data[0], object())
    assert bar._runs == {}
    assert "100%" not in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [-1, 1.5, "all"])
def test_depth_is_checked(wrong):
    with pytest.raises(ValueError, match="max_propagation_depth"):
        ProgressBar(wrong)


def test_scikit_learns_search_has_bars(capsys, data):
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV

    X, y = data
    search = GridSearchCV(LogisticRegression(), {"C": [1.0, 2.0]}, cv=2, n_jobs=2)
    search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X, y > 3)
    out = capsys.readouterr().out
    assert out.startswith("GridSearchCV - fit")
    assert len(re.findall(r"LogisticRegression - fit.*100%", out)) == 5
