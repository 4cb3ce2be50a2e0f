"""Non-negative matrix factorisation."""

import warnings

import numpy as np

from .._core import shared
from .._core.arrays import check_array, check_is_fitted
from .._core.domains import at_least, between, boolean, integer, none, one_of, real
from .._core.errors import ConvergenceWarning, twin
from .._core.estimator import Estimator
from .._core.parallel import blas_threads
from .._core.params import fitted, param
from .._core.roles import PrefixedColumns, Transformer
from .._core.seeds import check_random_state
from .._core.sparse import issparse
from .._core.tags import Traits
from .._engine.spectral import nonnegative
from .._engine.spectral.nonnegative import Penalty
from .._engine.spectral.operator import threads_for
from ._base import FLOATS

_BETAS = {"frobenius": 2, "kullback-leibler": 1, "itakura-saito": 0}
_BY_SVD = ("nndsvd", "nndsvda", "nndsvdar")


class Nonnegative(PrefixedColumns, Transformer, Estimator):
    """Base of the factorisations ``X ≈ WH`` with W, H ≥ 0: parameters, penalties, beginnings."""

    traits = Traits(sparse=("csr",), positive=True, preserves=("float64", "float32"))

    n_components: object = param(
        "auto",
        integer(1) | none | one_of("auto"),
        'Rows of H; None is n_features, and so is "auto" where H is not given.',
        kw_only=False,
    )
    init: str = param(
        None,
        one_of("random", *_BY_SVD, "custom") | none,
        'Where to start: by chance, by singular vectors, or from W and H ("custom"). None is '
        '"nndsvda" where n_components is at most the smaller side, else "random".',
    )
    beta_loss: object = param(
        "frobenius",
        one_of(*_BETAS) | real,
        "The divergence that is made small, by name or by its β.",
    )
    tol: float = shared.tol(1e-4)
    max_iter: int = shared.max_iter(200)
    random_state: object = shared.random_state
    alpha_W: float = param(0.0, at_least(0), "Strength of the penalty on W, times n_features.")
    alpha_H: object = param(
        "same",
        at_least(0) | one_of("same"),
        'Strength of the penalty on H, times n_samples; "same" is alpha_W.',
    )
    l1_ratio: float = param(
        0.0, between(0, 1), "Share of the L1 norm in the penalties; the rest is squared."
    )
    verbose: int = shared.verbose

    components_ = fitted("(n_components, n_features)", "H.")
    n_components_ = fitted("int", "Rows of H.")
    reconstruction_err_ = fitted("float", "√(2D) of the divergence D of X from WH.")
    n_iter_ = fitted("int", "Iterations run.")

    @property
    def _n_features_out(self):
        return self.components_.shape[0]

    @property
    def _beta(self):
        return _BETAS.get(self.beta_loss, self.beta_loss)

    def _penalties(self, X):
        """Of W and of H; each grows with the number of terms of the loss that a value is in."""
        n_rows, n_columns = X.shape
        on_rows = n_columns * self.alpha_W
        on_columns = n_rows * (self.alpha_W if self.alpha_H == "same" else self.alpha_H)
        return tuple(
            Penalty(strength * self.l1_ratio, strength * (1 - self.l1_ratio))
            for strength in (on_rows, on_columns)
        )

    def _check_loss(self, X):
        values = X.data if issparse(X) else X
        zero = (values.size and values.min() == 0) or (issparse(X) and X.nnz < np.prod(X.shape))
        if self._beta <= 0 and zero:
            raise ValueError(
                f"{type(self).__name__}(beta_loss={self.beta_loss!r}): the divergence is infinite "
                "where X is 0, as some of it is: add a small value to X, or take a beta_loss "
                "above 0"
            )

    def _given(self, factor, shape, name, dtype):
        """A factor that the user gave, checked."""
        factor = check_array(factor, dtype=FLOATS, estimator=self, input_name=name)
        if factor.shape != shape:
            raise ValueError(
                f"{type(self).__name__}: {name} has shape {factor.shape}, X and n_components ask "
                f"for {shape}"
            )
        if factor.dtype != dtype:
            raise TypeError(
                f"{type(self).__name__}: {name} is {factor.dtype}, X is {dtype}: give both in one "
                "dtype"
            )
        if factor.min() < 0:
            raise ValueError(f"Negative values in data passed to {type(self).__name__}: {name}")
        if factor.max() == 0:
            raise ValueError(f"{type(self).__name__}: {name} is 0 everywhere, and would stay so")
        return factor

    def _n_wanted(self, X, H):
        if self.n_components == "auto" and H is not None:
            return len(H)
        if self.n_components in ("auto", None):
            return X.shape[1]
        return self.n_components

    def _begin(self, X, W, H):
        """The factors to start from."""
        name = type(self).__name__
        custom = self.init == "custom"
        if not custom and (W is not None or H is not None):
            warnings.warn(
                f"{name}(init={self.init!r}): W and H are not used but with init='custom'",
                RuntimeWarning,
                stacklevel=4,
            )
        if custom and (W is None or H is None):
            raise ValueError(f"{name}(init='custom'): give both W and H")
        k = self._n_wanted(X, H if custom else None)
        if custom:
            shapes = (X.shape[0], k), (k, X.shape[1])
            return (
                self._given(W, shapes[0], "W", X.dtype).copy(),
                self._given(H, shapes[1], "H", X.dtype).copy(),
            )
        how = self.init
        if how is None:
            how = "nndsvda" if k <= min(X.shape) else "random"
        elif how in _BY_SVD and k > min(X.shape):
            raise ValueError(
                f"{name}(init={how!r}): singular vectors give at most min(n_samples, n_features) "
                f"= {min(X.shape)} components, got n_components={k}: take init='random'"
            )
        return nonnegative.begin(X, k, how, self.random_state)

    def fit(self, X, y=None, **params):
        """Find H.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features), ≥ 0
        y : ignored
        **params : dict
            W and H to start from, with ``init="custom"``.

        Returns
        -------
        self
        """
        self.fit_transform(X, **params)
        return self

    def inverse_transform(self, X):
        """Return ``X components``.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_components)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        X = check_array(
            X, accept_sparse=("csr", "csc"), dtype=FLOATS, estimator=self, input_name="X"
        )
        if X.shape[1] != len(self.components_):
            raise ValueError(
                f"{type(self).__name__}.inverse_transform: X has {X.shape[1]} columns, but there "
                f"are {len(self.components_)} components"
            )
        return X @ self.components_


class NMF(Nonnegative):
    """Non-negative factors: least ``D(X, WH) + penalties`` over W, H ≥ 0.

    D is half the squared distance, or another β-divergence. Each iteration lessens it in W with H
    held, then in H with W held. Rows of H are parts of which rows of X are sums, with the weights
    W; which local minimum is found depends on `init`.

    References
    ----------
    A. Cichocki, A.-H. Phan, "Fast local algorithms for large scale nonnegative matrix and tensor
    factorizations", IEICE Transactions E92-A (2009).

    C. Févotte, J. Idier, "Algorithms for nonnegative matrix factorization with the β-divergence",
    Neural Computation 23 (2011).

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.decomposition import NMF
    >>> X = np.outer([1.0, 2.0, 3.0], [1.0, 0.0, 2.0])
    >>> nmf = NMF(n_components=1).fit(X)
    >>> bool(np.allclose(nmf.transform(X) @ nmf.components_, X, atol=1e-3))
    True
    """

    solver: str = param(
        "cd", one_of("cd", "mu"), "Coordinate descent, for half the squared distance; or products."
    )
    shuffle: bool = param(False, boolean, "Whether coordinates of descent take turns by chance.")

    def _check_choice(self):
        if self.solver == "cd" and self._beta != 2:
            raise ValueError(
                f"NMF(solver='cd', beta_loss={self.beta_loss!r}): coordinate descent is for "
                "beta_loss='frobenius'; take solver='mu'"
            )
        if self.solver == "mu" and self.init == "nndsvd":
            warnings.warn(
                "NMF(solver='mu', init='nndsvd'): products never move a zero, and the start has "
                "some: take init='nndsvda' or 'nndsvdar'",
                UserWarning,
                stacklevel=4,
            )

    def _report(self, n_iter, value):
        print(f"NMF: iteration {n_iter}, {value:.6g}")

    def _solve(self, X, W, H, *, update_H):
        penalties = self._penalties(X)
        options = {"tol": self.tol, "max_iter": self.max_iter, "update_H": update_H}
        options["report"] = self._report if self.verbose else None
        # BLAS and the steps take turns: threads that wait for one would hold up the other.
        with blas_threads(1) if self.solver == "cd" else threads_for(X):
            if self.solver == "cd":
                rng = check_random_state(self.random_state) if self.shuffle else None
                W, H, n_iter = nonnegative.by_descent(X, W, H, penalties, rng=rng, **options)
            else:
                W, H, n_iter = nonnegative.by_multiplying(X, W, H, self._beta, penalties, **options)
        if n_iter == self.max_iter and self.tol > 0:
            warnings.warn(
                f"NMF(max_iter={self.max_iter}, tol={self.tol}): the limit of iterations was "
                "reached: raise max_iter or tol",
                twin(ConvergenceWarning),
                stacklevel=4,
            )
        return W, H, n_iter

    def _rows(self, X, H):
        """W of given H, and the iterations it took."""
        self._check_choice()
        k = len(H)
        start = np.sqrt(X.mean() / k) if self.solver == "mu" else 0
        W = np.full((X.shape[0], k), start, dtype=X.dtype)
        W, _, n_iter = self._solve(X, W, H, update_H=False)
        return W, n_iter

    def _with_held(self, X, W, H):
        """W, H and the iterations for an H that is held; a given W is not used."""
        X = self._check_fit(X)
        self._check_loss(X)
        if W is not None:
            warnings.warn(
                "non_negative_factorization(update_H=False): W is not used",
                RuntimeWarning,
                stacklevel=3,
            )
        if H is None:
            raise ValueError("non_negative_factorization(update_H=False): give H")
        k = len(H) if self.n_components in ("auto", None) else self.n_components
        H = self._given(H, (k, X.shape[1]), "H", X.dtype)
        W, n_iter = self._rows(X, H)
        return W, H, n_iter

    def fit_transform(self, X, y=None, W=None, H=None):
        """Find H and return W.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features), ≥ 0
        y : ignored
        W : array-like of shape (n_samples, n_components), default=None
        H : array-like of shape (n_components, n_features), default=None
            Where to start, with ``init="custom"``.

        Returns
        -------
        ndarray of shape (n_samples, n_components)

        Warns
        -----
        ConvergenceWarning
            If `max_iter` iterations were not enough.
        """
        X = self._check_fit(X)
        self._check_choice()
        self._check_loss(X)
        W, H = self._begin(X, W, H)
        W, H, self.n_iter_ = self._solve(X, W, H, update_H=True)
        self.components_ = np.ascontiguousarray(H)
        self.n_components_ = len(H)
        self.reconstruction_err_ = nonnegative.distance(X, W, H, self._beta)
        return W

    def transform(self, X):
        """Return W of rows for the H found.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features), ≥ 0

        Returns
        -------
        ndarray of shape (n_samples, n_components)
        """
        X = self._check_X(X)
        self._check_loss(X)
        return self._rows(X, self.components_.astype(X.dtype, copy=False))[0]


class MiniBatchNMF(Nonnegative):
    """Non-negative factors found from batches of rows, by multiplicative steps.

    H is a quotient of two sums over batches, of which earlier ones fade away: it also learns from
    rows that come in pieces, by ``partial_fit``.

    References
    ----------
    A. Lefèvre, F. Bach, C. Févotte, "Online algorithms for nonnegative matrix factorization with
    the Itakura-Saito divergence", WASPAA (2011).

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.decomposition import MiniBatchNMF
    >>> X = np.outer([1.0, 2.0, 3.0], [1.0, 0.0, 2.0])
    >>> nmf = MiniBatchNMF(n_components=1, random_state=0).fit(X)
    >>> bool(np.allclose(nmf.transform(X) @ nmf.components_, X, atol=1e-2))
    True
    """

    batch_size: int = param(1024, integer(1), "Rows of a batch.")
    max_no_improvement: int = param(
        10, integer(1) | none, "Stop after so many batches whose smoothed cost is no new least."
    )
    forget_factor: float = param(
        0.7, between(0, 1), "Weight of what was learnt, after a pass over all rows."
    )
    fresh_restarts: bool = param(
        False, boolean, "Whether W of a batch is found from nothing rather than by one step."
    )
    fresh_restarts_max_iter: int = param(30, integer(1), "Steps to find it so.")
    transform_max_iter: int = param(
        None, integer(1) | none, "Steps to find W in transform; None is max_iter."
    )

    n_steps_ = fitted("int", "Batches met.")

    def _settings(self, n_rows):
        """Rows of a batch, and the weight of what was learnt before it."""
        size = min(self.batch_size, n_rows)
        return size, self.forget_factor ** (size / n_rows)

    def _rows(self, X, H, max_iter):
        penalty = self._penalties(X)[0]
        return nonnegative.rows_of(X, H, self._beta, penalty, tol=self.tol, max_iter=max_iter)

    def _most_in_transform(self):
        return self.max_iter if self.transform_max_iter is None else self.transform_max_iter

    def _step(self, X, W, H, memory):
        """Learn from a batch; return its W, H and the cost of a row before H moved."""
        beta, (on_rows, on_columns) = self._beta, self._penalties(X)
        if W is None or self.fresh_restarts:
            W = self._rows(X, H, self.fresh_restarts_max_iter)
        else:
            W = nonnegative.multiply_rows(X, W, H, beta, on_rows)
        cost = nonnegative.divergence(X, W, H, beta) + on_rows.value(W) + on_columns.value(H)
        history = self._numerator, self._denominator
        H = nonnegative.multiply_columns(X, W, H, beta, on_columns, history, memory)
        return W, H, cost / X.shape[0]

    def fit_transform(self, X, y=None, W=None, H=None):
        """Find H and return W.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features), ≥ 0
        y : ignored
        W : array-like of shape (n_samples, n_components), default=None
        H : array-like of shape (n_components, n_features), default=None
            Where to start, with ``init="custom"``.

        Returns
        -------
        ndarray of shape (n_samples, n_components)

        Warns
        -----
        ConvergenceWarning
            If `max_iter` passes were not enough.
        """
        X = self._check_fit(X)
        self._check_loss(X)
        W, H = self._begin(X, W, H)
        with threads_for(X):
            W, H, self.n_iter_, self.n_steps_ = self._passes(X, W, H)
        if self.n_iter_ == self.max_iter and self.tol > 0:
            warnings.warn(
                f"MiniBatchNMF(max_iter={self.max_iter}): the limit of passes was reached: raise "
                "max_iter, tol or max_no_improvement",
                twin(ConvergenceWarning),
                stacklevel=3,
            )
        self.components_, self.n_components_ = H, len(H)
        self.reconstruction_err_ = nonnegative.distance(X, W, H, self._beta)
        return W

    def _passes(self, X, W, H):
        n_rows = X.shape[0]
        size, memory = self._settings(n_rows)
        self._numerator, self._denominator = H.copy(), np.ones_like(H)
        starts = range(0, n_rows, size)
        patience = _Patience(self.tol, self.max_no_improvement, n_rows)
        n_steps = 0
        for n_steps in range(1, self.max_iter * len(starts) + 1):
            first = starts[(n_steps - 1) % len(starts)]
            rows = slice(first, min(first + size, n_rows))
            W[rows], moved, cost = self._step(X[rows], W[rows], H, memory)
            stops = patience.stops(n_steps, cost, rows.stop - first, H, moved)
            H = moved
            if self.verbose:
                print(f"MiniBatchNMF: batch {n_steps}, cost {cost:.6g}")
            if stops:
                break
        if self.fresh_restarts:
            W = self._rows(X, H, self._most_in_transform())
        return W, H, -(-n_steps // len(starts)), n_steps

    def partial_fit(self, X, y=None, W=None, H=None):
        """Learn from further rows, as one batch.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features), ≥ 0
        y : ignored
        W : array-like of shape (n_samples, n_components), default=None
        H : array-like of shape (n_components, n_features), default=None
            Where to start, in the first call and with ``init="custom"``.

        Returns
        -------
        self
        """
        first = "components_" not in vars(self)
        X = self._check_fit(X, reset=first)
        self._check_loss(X)
        if first:
            _, H = self._begin(X, W, H)
            self._numerator, self._denominator = H.copy(), np.ones_like(H)
            self.n_steps_ = 0
        else:
            H = self.components_.astype(X.dtype, copy=False)
        memory = self._settings(X.shape[0])[1]
        with threads_for(X):
            _, self.components_, _ = self._step(X, None, H, memory)
        self.n_components_ = len(self.components_)
        self.n_steps_ += 1
        return self

    def transform(self, X):
        """Return W of rows for the H found.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features), ≥ 0

        Returns
        -------
        ndarray of shape (n_samples, n_components)
        """
        X = self._check_X(X)
        self._check_loss(X)
        H = self.components_.astype(X.dtype, copy=False)
        with threads_for(X):
            return self._rows(X, H, self._most_in_transform())


class _Patience:
    """When batches no longer better anything: H stands, or the smoothed cost finds no new least."""

    def __init__(self, tol, limit, n_rows):
        self.tol, self.limit, self.n_rows = tol, limit, n_rows
        self.smoothed = self.least = None
        self.in_vain = 0

    def stops(self, n_steps, cost, n_batch, before, after):
        """Whether to stop after a step; the first one only tells where H began."""
        if n_steps == 1:
            return False
        share = min(1.0, n_batch / (self.n_rows + 1))
        old = cost if self.smoothed is None else self.smoothed
        self.smoothed = old * (1 - share) + cost * share
        if self.tol > 0 and np.linalg.norm(after - before) <= self.tol * np.linalg.norm(after):
            return True
        if self.least is None or self.smoothed < self.least:
            self.least, self.in_vain = self.smoothed, 0
            return False
        self.in_vain += 1
        return self.limit is not None and self.in_vain >= self.limit


def non_negative_factorization(
    X,
    W=None,
    H=None,
    n_components="auto",
    *,
    init=None,
    update_H=True,
    solver="cd",
    beta_loss="frobenius",
    tol=1e-4,
    max_iter=200,
    alpha_W=0.0,
    alpha_H="same",
    l1_ratio=0.0,
    random_state=None,
    verbose=0,
    shuffle=False,
):
    """Non-negative factors of X, or W alone for a given H; see `NMF`.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features), ≥ 0
    W : array-like of shape (n_samples, n_components), default=None
        Where to start, with ``init="custom"``.
    H : array-like of shape (n_components, n_features), default=None
        Where to start, with ``init="custom"``; with ``update_H=False`` it is held.
    n_components, init, solver, beta_loss, tol, max_iter, alpha_W, alpha_H, l1_ratio, \
random_state, verbose, shuffle
        As of `NMF`.
    update_H : bool, default=True

    Returns
    -------
    W : ndarray of shape (n_samples, n_components)
    H : ndarray of shape (n_components, n_features)
    n_iter : int

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.decomposition import non_negative_factorization
    >>> X = np.outer([1.0, 2.0], [3.0, 1.0])
    >>> W, H, n_iter = non_negative_factorization(X, n_components=1)
    >>> bool(np.allclose(W @ H, X, atol=1e-3))
    True
    """
    model = NMF(
        n_components,
        init=init,
        solver=solver,
        beta_loss=beta_loss,
        tol=tol,
        max_iter=max_iter,
        alpha_W=alpha_W,
        alpha_H=alpha_H,
        l1_ratio=l1_ratio,
        random_state=random_state,
        verbose=verbose,
        shuffle=shuffle,
    )
    if update_H:
        W = model.fit_transform(X, W=W, H=H)
        return W, model.components_, model.n_iter_
    return model._with_held(X, W, H)
