"""The line that moves shows what is done, on terminals only; tables read well anywhere."""

import io

import pytest

from mlkit.cli import layout
from mlkit.cli.progress import Progress
from mlkit.datasets import load_iris
from mlkit.linear_model import LogisticRegression
from mlkit.model_selection import GridSearchCV


class Terminal(io.StringIO):
    """What was written, and what stands on the last line after it."""

    encoding = "utf-8"

    def isatty(self):
        return True

    @property
    def line(self):
        cells = []
        for part in self.getvalue().split("\r"):
            cells[: len(part)] = part
        return "".join(cells).rstrip()


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_fits_are_counted(n_jobs, monkeypatch):
    monkeypatch.setattr("mlkit.cli.progress._REDRAW", 0)
    terminal = Terminal()
    X, y = load_iris(return_X_y=True)
    search = GridSearchCV(LogisticRegression(max_iter=500), {"C": [0.1, 1]}, cv=3, n_jobs=n_jobs)
    with Progress(terminal, 2 * 3 + 1) as progress:
        progress.begin("iris")
        assert "0/7 fits: iris" in terminal.line
        search.set_callbacks(progress).fit(X, y)
        assert "7/7 fits" in terminal.line and "iris" in terminal.line
    assert terminal.line == "", "the line is taken away"
    assert "\n" not in terminal.getvalue()


def test_files_get_no_drawing():
    stream = io.StringIO()
    with Progress(stream, 3) as progress:
        progress.begin("x")
        progress._receive(1)
    assert stream.getvalue() == ""


def test_the_line_fits_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    terminal = Terminal()
    Progress(terminal, 3).begin("a long label " * 9)
    assert len(terminal.line) < 40


def test_terminals_without_lines(monkeypatch):
    terminal = Terminal()
    terminal.encoding = "ascii"
    progress = Progress(terminal, 2)
    progress._receive(1)
    progress.begin("x")
    assert terminal.line.isascii() and "#" in terminal.line


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12.34, "12.3 s"),
        (0.0123, "12.3 ms"),
        (1.5e-6, "1.50 µs"),
        (2e-9, "0.00 µs"),
        (123, "123 s"),
    ],
)
def test_seconds(value, text):
    assert layout.seconds(value) == text


def test_tables():
    stream = io.StringIO()
    stream.encoding_ = None
    table = layout.Table(stream, {"name": -6, "score": 3})
    table.row("a", "1.5")
    assert stream.getvalue().splitlines() == ["name    score", "------  -----", "a         1.5"]


def test_tables_where_there_is_only_ascii():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    layout.say(stream, "R² 0.5 ± 0.1 in 3 µs of 日本")
    stream.seek(0)
    assert stream.read() == "R2 0.5 +- 0.1 in 3 us of ??\n"


def test_no_negative_zero():
    assert layout.score(-0.0001) == "0.000"
    assert layout.score(0.5, 0.25) == "0.500 ± 0.250"
