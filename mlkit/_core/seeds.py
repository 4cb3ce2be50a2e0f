"""Seeds to generators."""

import numbers

import numpy as np


def check_random_state(seed):
    """Turn a seed into a `numpy.random.RandomState`.

    Parameters
    ----------
    seed : None, int, RandomState, Generator or module `numpy.random`
        None (or the module) is numpy's global state; an int seeds a new one; a
        RandomState is returned as it is; a Generator lends its stream, so that
        draws from either advance both.

    Returns
    -------
    numpy.random.RandomState

    Raises
    ------
    ValueError
        For anything else.

    Examples
    --------
    >>> from mlkit.utils import check_random_state
    >>> check_random_state(0).randint(10) == check_random_state(0).randint(10)
    True
    """
    if isinstance(seed, np.random.RandomState):
        return seed
    if isinstance(seed, np.random.Generator):
        return np.random.RandomState(seed.bit_generator)
    if isinstance(seed, numbers.Integral):
        return np.random.RandomState(seed)
    if seed in (None, np.random):
        return np.random.mtrand._rand
    raise ValueError(
        f"random_state must be None, an int, a RandomState or a Generator; {seed!r} cannot be used "
        "to seed a numpy.random.RandomState instance"
    )
