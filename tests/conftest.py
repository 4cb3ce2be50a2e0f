"""What holds for every test: settings end with the test, examples are the same in every run."""

import os

import numpy as np
import pytest
from hypothesis import settings

from mlkit import config_context

os.environ.setdefault("MPLBACKEND", "Agg")
# Processes that share the tests must print a set, which may name a test, in one order.
os.environ.setdefault("PYTHONHASHSEED", "0")

# The same examples in every run; a machine that is busy does not fail a test.
settings.register_profile("mlkit", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("mlkit")


@pytest.fixture(autouse=True)
def settings_end_with_the_test():
    with config_context():
        yield


_FIRST_STATES = {}


@pytest.fixture(autouse=True)
def same_draws_in_any_order(request):
    """Generators of a test's module start anew: no test depends on which ran before it."""
    module = getattr(request, "module", None)
    for name, value in vars(module).items() if module is not None else ():
        if isinstance(value, np.random.Generator):
            first = _FIRST_STATES.setdefault((module.__name__, name), value.bit_generator.state)
            value.bit_generator.state = first
