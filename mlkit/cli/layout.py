"""Results as lines of text: a table that grows by the row, seconds that read well."""

_ASCII = str.maketrans({"±": "+-", "µ": "u", "²": "2", "–": "-", "…": "."})


class Table:
    """A table of text that is printed row by row, as rows become known.

    Parameters
    ----------
    stream : text stream
    columns : dict of str to int
        Title and width of each column; a negative width aligns to the left.
    """

    def __init__(self, stream, columns):
        self._stream = stream
        self._widths = {
            title: max(width, len(title)) if width > 0 else min(width, -len(title))
            for title, width in columns.items()
        }
        self._line(list(self._widths))
        self._line(["-" * abs(width) for width in self._widths.values()])

    def row(self, *cells):
        """Print a row; a cell that is too wide moves the rest of its row."""
        self._line(cells)

    def _line(self, cells):
        aligned = [
            f"{cell:>{width}}" if width > 0 else f"{cell:<{-width}}"
            for cell, width in zip(cells, self._widths.values(), strict=True)
        ]
        say(self._stream, "  ".join(aligned).rstrip())


def say(stream, text):
    """Print a line, its special characters replaced where the stream has none."""
    try:
        text.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        text = text.translate(_ASCII).encode("ascii", "replace").decode("ascii")
    print(text, file=stream, flush=True)


def seconds(value):
    """A duration in the unit that suits it: ``12.3 ms``."""
    units = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6))
    unit, size = next((each for each in units if value >= each[1]), units[-1])
    value /= size
    return f"{value:.0f} {unit}" if value >= 100 else f"{value:.{2 - (value >= 10)}f} {unit}"


def number(value):
    """A score or a parameter's value, short."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def score(mean, deviation=None):
    """A score to three digits, with its deviation over folds if there is one."""
    mean = round(mean, 3) + 0.0  # no negative zero
    return f"{mean:.3f}" if deviation is None else f"{mean:.3f} ± {deviation:.3f}"


def plural(count, noun):
    """A count and its noun: ``1 row``, ``1,234 rows``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def settings(chosen):
    """Values of parameters on one line."""
    return ", ".join(f"{name}={number(value)}" for name, value in chosen.items())
