"""Parameters that families share, each worded once."""

from .domains import array_like, at_least, boolean, integer, mapping, none, one_of
from .domains import random_state as seed
from .params import param

fit_intercept = param(True, boolean, "Whether to fit a constant term.")
copy_X = param(True, boolean, "Whether to leave X as it is; with False it may be overwritten.")
random_state = param(
    None,
    seed,
    "Seed of all random draws; an int gives the same result at every fit and for any n_jobs.",
)
n_jobs = param(
    None,
    integer() | none,
    "Threads or processes to use; None is 1 unless a joblib context says otherwise, -1 is all.",
)
verbose = param(0, integer(0) | boolean, "How much to print while fitting; 0 is nothing.")
warm_start = param(False, boolean, "Whether fit starts from the previous solution.")
class_weight = param(
    None,
    mapping | array_like | one_of("balanced") | none,
    'Weight of each class, ``{class: weight}``; "balanced" is n_samples / (n_classes * count).',
)


def tol(default, doc="Accuracy at which the iteration stops."):
    """Stopping tolerance."""
    return param(default, at_least(0), doc)


def max_iter(default, doc="Iterations at most."):
    """Bound on iterations."""
    return param(default, integer(1), doc)
