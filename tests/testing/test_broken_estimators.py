"""Every check can fail: for each there is an estimator, broken in one way, that only it refuses."""

import pytest

from mlkit.testing import all_checks

from . import broken_api, broken_data, broken_fit, broken_frames, broken_roles  # noqa: F401
from .broken import CASES
from .test_good_estimators import failures


def test_every_check_has_an_estimator_that_breaks_it():
    assert {check for check, _, _ in CASES} == {each.__name__ for each in all_checks()}


@pytest.mark.parametrize(
    "check, also, make",
    CASES,
    ids=lambda v: v if isinstance(v, str) else getattr(v, "__name__", ""),
)
def test_only_that_check_fails(check, also, make):
    failed = failures(make())
    assert check in failed, f"{check} accepts {make.__name__}"
    assert set(failed) == {check, *also}, failed
    message = failed[check]
    assert type(make()).__name__ in message, f"the message does not name the estimator: {message}"
