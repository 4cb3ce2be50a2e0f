"""Kernels give the same bits at every level of the processor."""

import os
import subprocess
import sys

from mlkit._engine.native.cpu import LEVELS, available, level

# What every level must agree on: scans of all layouts and kinds, as one digest.
PROGRAM = """
import hashlib
import numpy as np
from mlkit._core.door import all_finite, is_plain
from mlkit._engine.native.cpu import level
from mlkit._engine.native.scan import column_moments, column_range

rng = np.random.default_rng(0)
digest = hashlib.sha256()
for dtype in ("f4", "f8"):
    for shape in ((1, 1), (3, 5), (1000, 33), (40_000, 3), (50, 700)):
        for order in "CF":
            X = rng.normal(1, 3, size=shape).astype(dtype, order=order)
            weight = rng.random(len(X))
            assert is_plain(X, shape[1], False) and all_finite(X)
            results = [*column_moments(X), *column_moments(X, weight), *column_range(X)]
            X[rng.random(shape) < 0.1] = np.nan
            assert all_finite(X, allow_nan=True)
            assert all_finite(X) == (not np.isnan(X).any())
            results += [*column_moments(X, skip_nan=True), *column_range(X)]
            results += column_moments(X, weight, skip_nan=True)
            for array in results:
                digest.update(array.tobytes())
            X.flat[-1] = -np.inf
            assert not all_finite(X, allow_nan=True)
print(level(), digest.hexdigest())
"""


def run(name):
    environment = {**os.environ, "MLKIT_CPU": name}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True
    )


def test_every_level_gives_the_same_bits():
    digests = set()
    for name in available():
        result = run(name)
        assert result.returncode == 0, result.stderr
        used, digest = result.stdout.split()
        assert used == name
        digests.add(digest)
    assert len(digests) == 1


def test_a_level_that_is_not_there_falls_to_the_highest_that_is():
    result = run(LEVELS[-1])
    assert result.stdout.split()[0] == available()[-1]


def test_an_unknown_level_is_refused():
    result = run("sse9")
    assert result.returncode != 0
    assert "MLKIT_CPU='sse9': must be one of" in result.stderr


def test_the_level_in_use_is_available():
    assert level() in available()
    forced = os.environ.get("MLKIT_CPU")
    if forced in available():
        assert level() == forced
