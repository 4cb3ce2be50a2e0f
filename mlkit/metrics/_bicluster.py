"""Agreement of two sets of biclusters."""

import numpy as np

from .._core import domains as d
from ._core import metric


@metric(a=d.sequence, b=d.sequence, similarity=d.callable_ | d.one_of("jaccard"))
def consensus_score(a, b, *, similarity="jaccard"):
    """Mean similarity of biclusters matched one to one so that it is greatest.

    Parameters
    ----------
    a, b : tuple (rows, columns)
        Boolean indicators of shapes (n_biclusters, n_rows) and (n_biclusters, n_columns).
    similarity : "jaccard" or callable, default="jaccard"
        Cells common to two biclusters over cells in either; or a function of
        ``(rows_a, columns_a, rows_b, columns_b)``.

    Returns
    -------
    float
        The sum over matched pairs, divided by the greater number of biclusters.

    References
    ----------
    Hochreiter et al. FABIA: factor analysis for bicluster acquisition. Bioinformatics 26 (2010).

    Examples
    --------
    >>> from mlkit.metrics import consensus_score
    >>> a = ([[True, False], [False, True]], [[False, True], [True, False]])
    >>> b = ([[False, True], [True, False]], [[True, False], [False, True]])
    >>> consensus_score(a, b)
    1.0
    """
    from scipy.optimize import linear_sum_assignment

    a, b = ([np.atleast_2d(np.asarray(part)) for part in each] for each in (a, b))
    if callable(similarity):
        table = np.array(
            [
                [similarity(ra, ca, rb, cb) for rb, cb in zip(*b, strict=True)]
                for ra, ca in zip(*a, strict=True)
            ]
        )
    else:
        table = _jaccard(a, b)
    rows, columns = linear_sum_assignment(table, maximize=True)
    return float(table[rows, columns].sum() / max(table.shape))


def _jaccard(a, b):
    """Common cells of each pair of biclusters over cells in either."""
    (rows_a, columns_a), (rows_b, columns_b) = (
        [(part != 0).astype(float) for part in each] for each in (a, b)
    )
    common = (rows_a @ rows_b.T) * (columns_a @ columns_b.T)
    size_a = rows_a.sum(axis=1) * columns_a.sum(axis=1)
    size_b = rows_b.sum(axis=1) * columns_b.sum(axis=1)
    return common / (size_a[:, None] + size_b - common)
