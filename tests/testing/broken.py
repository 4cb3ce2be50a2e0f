"""A register of broken estimators: each fails the check that it is written for, and no other."""

CASES = []


def breaks(check, *also, make=None):
    """Register a class as one that breaks a check.

    `also` names checks that cannot hold once this one is broken; `make` builds the instance.
    """

    def register(cls):
        CASES.append((f"check_{check}", {f"check_{name}" for name in also}, make or cls))
        return cls

    return register
