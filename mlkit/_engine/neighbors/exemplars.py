"""Affinity propagation: rows that elect exemplars among themselves by messages."""

import numpy as np


def elect(similarity, *, damping, max_iter, settled_for, rng, report=None):
    """Exemplars and labels by messages between rows (Frey and Dueck, Science 315, 2007).

    The responsibility ``r(i, k)`` is what row i's similarity to k has over the best other
    candidate; the availability ``a(i, k)`` is the support of k by all other rows. Both are damped.

    Parameters
    ----------
    similarity : ndarray of shape (n, n)
        With the preferences on its diagonal; changed by rounding, so that equal similarities do
        not make the messages oscillate.
    damping : float
        Share of the old message in the new one.
    max_iter : int
    settled_for : int
        Rounds without a change of the exemplars after which they stand.
    rng : RandomState
    report : callable, default None
        Told how it ended.

    Returns
    -------
    exemplars : ndarray of int
    labels : ndarray of int, shape (n,)
        −1 where there are no exemplars.
    n_iter : int
    converged : bool
    """
    S, n = similarity, len(similarity)
    info = np.finfo(S.dtype)
    S += (info.eps * S + info.tiny * 100) * rng.standard_normal(size=(n, n))
    available, responsible, work = (np.zeros_like(S) for _ in range(3))
    lately = np.zeros((n, settled_for), dtype=bool)
    converged = False
    for round_ in range(max_iter):
        _update_responsible(S, available, responsible, work, damping)
        _update_available(available, responsible, work, damping)
        chosen = available.diagonal() + responsible.diagonal() > 0
        lately[:, round_ % settled_for] = chosen
        if round_ >= settled_for and chosen.any():
            votes = lately.sum(axis=1)
            if ((votes == settled_for) | (votes == 0)).all():
                converged = True
                break
    if report is not None:
        ended = f"Converged after {round_} iterations." if converged else "Did not converge"
        report(ended)
    exemplars, labels = _assigned(S, np.flatnonzero(chosen))
    return exemplars, labels, round_ + 1, converged


def _update_responsible(S, available, responsible, work, damping):
    rows = np.arange(len(S))
    np.add(available, S, out=work)
    best = work.argmax(axis=1)
    most = work[rows, best]
    work[rows, best] = -np.inf
    second = work.max(axis=1)
    np.subtract(S, most[:, None], out=work)
    work[rows, best] = S[rows, best] - second
    work *= 1 - damping
    responsible *= damping
    responsible += work


def _update_available(available, responsible, work, damping):
    np.maximum(responsible, 0, out=work)
    np.fill_diagonal(work, responsible.diagonal())
    # What others lend to k is all that is lent, less one's own part.
    work -= work.sum(axis=0)
    own = work.diagonal().copy()
    np.maximum(work, 0, out=work)
    np.fill_diagonal(work, own)
    work *= 1 - damping
    available *= damping
    available -= work


def _assigned(S, exemplars):
    """Each cluster's most central row as its exemplar, and the labels that follow."""
    if not len(exemplars):
        return exemplars, np.full(len(S), -1)
    labels = _nearest(S, exemplars)
    for k in range(len(exemplars)):
        inside = np.flatnonzero(labels == k)
        exemplars[k] = inside[S[np.ix_(inside, inside)].sum(axis=0).argmax()]
    return np.unique(exemplars[_nearest(S, exemplars)], return_inverse=True)


def _nearest(S, exemplars):
    labels = S[:, exemplars].argmax(axis=1)
    labels[exemplars] = np.arange(len(exemplars))
    return labels
