"""Candidates: all combinations of a grid, or draws from distributions."""

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from itertools import product

import numpy as np

from .._core.sampling import sample_without_replacement
from .._core.seeds import check_random_state


def _grids(given, owner):
    """A list of dicts from a dict or a list of them."""
    if not isinstance(given, (Mapping, Iterable)) or isinstance(given, str):
        raise TypeError(f"{owner}: must be a dict or a list of dicts, got {given!r}")
    grids = [given] if isinstance(given, Mapping) else list(given)
    for grid in grids:
        if not isinstance(grid, Mapping):
            raise TypeError(f"{owner}: must be a dict or a list of dicts, got {grid!r} in it")
    return grids


class ParameterGrid:
    """All combinations of parameter values, in a fixed order: the last name varies fastest.

    Parameters
    ----------
    param_grid : dict of str to sequence, or list of such dicts
        A list stands for the combinations of each dict in turn.

    Examples
    --------
    >>> from mlkit.model_selection import ParameterGrid
    >>> list(ParameterGrid({"a": [1, 2], "b": [True, False]}))
    [{'a': 1, 'b': True}, {'a': 1, 'b': False}, {'a': 2, 'b': True}, {'a': 2, 'b': False}]
    """

    def __init__(self, param_grid):
        self.param_grid = _grids(param_grid, "param_grid")
        for grid in self.param_grid:
            for name, values in grid.items():
                self._check_values(name, values)

    @staticmethod
    def _check_values(name, values):
        if isinstance(values, np.ndarray) and values.ndim > 1:
            raise ValueError(
                f"param_grid: the values of {name!r} must be one-dimensional, got "
                f"shape {values.shape}"
            )
        if isinstance(values, str) or not isinstance(values, (np.ndarray, Sequence)):
            raise TypeError(
                f"param_grid: the values of {name!r} must be a list or an array, got {values!r} of "
                f"type {type(values).__name__}; a single value is a list of one"
            )
        if len(values) == 0:
            raise ValueError(f"param_grid: the values of {name!r} are empty")

    def __iter__(self):
        for grid in self.param_grid:
            names = sorted(grid)
            for values in product(*(grid[name] for name in names)):
                yield dict(zip(names, values, strict=True))

    def __len__(self):
        return sum(math.prod(map(len, grid.values())) for grid in self.param_grid)

    def __getitem__(self, index):
        """The combination at `index`, without making those before it."""
        for grid in self.param_grid:
            names = sorted(grid)
            size = math.prod(len(grid[name]) for name in names)
            if index >= size:
                index -= size
                continue
            chosen = {}
            for name in reversed(names):
                index, place = divmod(index, len(grid[name]))
                chosen[name] = grid[name][place]
            return chosen
        raise IndexError("ParameterGrid index out of range")


class ParameterSampler:
    """Draws from distributions of parameters.

    Lists only: combinations without repetition, as many as there are. Else each value is drawn
    on its own, from a list or by the ``rvs`` of a distribution such as those of scipy.stats.

    Parameters
    ----------
    param_distributions : dict of str to list or distribution, or list of such dicts
        Of a list, one dict is drawn first.
    n_iter : int
        Number of draws.
    random_state : None, int, RandomState or Generator, default=None

    Examples
    --------
    >>> from mlkit.model_selection import ParameterSampler
    >>> list(ParameterSampler({"a": [1, 2]}, n_iter=2, random_state=0))
    [{'a': 1}, {'a': 2}]
    """

    def __init__(self, param_distributions, n_iter, *, random_state=None):
        self.param_distributions = _grids(param_distributions, "param_distributions")
        for each in self.param_distributions:
            for name, values in each.items():
                if not isinstance(values, Iterable) and not hasattr(values, "rvs"):
                    raise TypeError(
                        f"param_distributions: {name!r} must be a list or have rvs, got {values!r}"
                    )
        self.n_iter = n_iter
        self.random_state = random_state

    def _lists_only(self):
        return all(
            not hasattr(values, "rvs")
            for each in self.param_distributions
            for values in each.values()
        )

    def __iter__(self):
        rng = check_random_state(self.random_state)
        if self._lists_only():
            grid = ParameterGrid(self.param_distributions)
            n_draws = self.n_iter
            if len(grid) < n_draws:
                warnings.warn(
                    f"ParameterSampler(n_iter={self.n_iter}): there are only {len(grid)} "
                    "combinations, each is drawn once; GridSearchCV tries them all, too",
                    UserWarning,
                    stacklevel=2,
                )
                n_draws = len(grid)
            for index in sample_without_replacement(len(grid), n_draws, random_state=rng):
                yield grid[index]
            return
        for _ in range(self.n_iter):
            chosen = rng.choice(self.param_distributions)
            yield {
                name: values.rvs(random_state=rng)
                if hasattr(values, "rvs")
                else values[rng.randint(len(values))]
                for name, values in sorted(chosen.items())
            }

    def __len__(self):
        if self._lists_only():
            return min(self.n_iter, len(ParameterGrid(self.param_distributions)))
        return self.n_iter
