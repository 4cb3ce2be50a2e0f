"""Time mlkit and its peers in one run: in turn, so that a drift of the machine hits all alike.

A benchmark is a script that calls `compare` for each piece of work and exits. Environment
variables that make a peer's BLAS slower are reported and removed before numpy is loaded.
"""

import importlib.metadata
import os
import platform
import statistics
import sys
import time

import mlkit

# Before numpy is loaded, which reads them once.
for _name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    if os.environ.pop(_name, None) is not None:
        print(f"unset {_name}: BLAS chooses its kernels by the processor")


def describe(*packages):
    """Print the machine, Python and the versions of `packages`."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}")
    versions = [
        f"mlkit {mlkit.__version__}"
        if name == "mlkit"  # which may run from its sources
        else f"{name} {importlib.metadata.version(name)}"
        for name in packages
    ]
    print(f"Python {platform.python_version()}, " + ", ".join(versions))


def _calls(function, seconds):
    """How many calls take about `seconds`; the first one is not counted, it may set up."""
    function()
    began = time.perf_counter()
    function()
    once = max(time.perf_counter() - began, 1e-7)
    return max(1, int(seconds / once))


def measure(functions, rounds=7, seconds=0.05):
    """Return the time a call of each function took, in each round; the functions in turn."""
    counts = {name: _calls(function, seconds) for name, function in functions.items()}
    times = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            count = counts[name]
            began = time.perf_counter()
            for _ in range(count):
                function()
            times[name].append((time.perf_counter() - began) / count)
    return times


def _shown(seconds):
    for unit, scale in (("s ", 1), ("ms", 1e3), ("us", 1e6)):
        if seconds * scale >= 1:
            return f"{seconds * scale:9.2f} {unit}"
    return f"{seconds * 1e9:9.0f} ns"


def compare(work, functions, *, rounds=7, seconds=0.05, quality=None):
    """Measure and print a row a library: median, minimum, maximum and ratio to the first.

    Parameters
    ----------
    work : str
        What is done.
    functions : dict of str to callable
        By library, mlkit first.
    rounds : int, default=7
    seconds : float, default=0.05
        Time of a library's turn in a round.
    quality : dict of str to str, default=None
        What each library's result is worth: objective, score, largest difference.

    Returns
    -------
    dict of str to float
        Median of the ratios to the first, round by round.
    """
    times = measure(functions, rounds, seconds)
    first = next(iter(functions))
    ratios = {
        name: statistics.median(a / b for a, b in zip(each, times[first], strict=True))
        for name, each in times.items()
    }
    print(f"\n{work}")
    for name, each in times.items():
        row = f"  {name:14s} {_shown(statistics.median(each))}"
        row += f"  [{_shown(min(each)).strip()} .. {_shown(max(each)).strip()}]"
        row += "" if name == first else f"  {ratios[name]:7.1f} x {first}"
        print(row + (f"  {quality[name]}" if quality and name in quality else ""))
    sys.stdout.flush()
    return ratios
