"""Sparse and cross-validated linear models beside scikit-learn, celer and skglm.

Run it alone on a quiet machine: ``python benchmarks/bench_lasso.py [name ...]``. Peers are warmed
up before they are timed, so that none pays for being compiled; beside the seconds stands how far
each objective lies above the best of all (relative). celer and skglm are left out where they are
not installed.
"""

import argparse
import importlib.util
import warnings

from sidebyside import compare, describe  # isort: skip: it sets up BLAS before numpy is loaded

import numpy as np
import scipy.sparse
import sklearn.linear_model
import sklearn.model_selection

import mlkit.linear_model

PEERS = {"mlkit": mlkit.linear_model, "sklearn": sklearn.linear_model}
for _name in ("celer", "skglm"):
    if importlib.util.find_spec(_name):
        PEERS[_name] = importlib.import_module(_name)

# Tolerances at which the libraries, whose tests differ, reach 1e-6 of the objective.
TOLERANCE = {"mlkit": 1e-6, "sklearn": 1e-6, "celer": 1e-6, "skglm": 1e-5}
ELASTIC = {**TOLERANCE, "mlkit": 1e-7}


def regression(n, p, n_informative=20, density=1.0):
    """Columns without correlation, few of which matter, and noise of half the signal."""
    rng = np.random.default_rng(0)
    if density < 1:
        size = int(n * p * density)
        cells = (rng.integers(0, n, size), rng.integers(0, p, size))
        X = scipy.sparse.csc_matrix((rng.normal(size=size), cells), shape=(n, p))
    else:
        X = np.asfortranarray(rng.normal(size=(n, p)))
    coef = np.zeros(p)
    coef[rng.choice(p, n_informative, replace=False)] = rng.normal(size=n_informative)
    signal = X @ coef
    return X, signal + 0.5 * signal.std() * rng.normal(size=n)


def largest_alpha(X, y):
    """The least strength whose solution is zero."""
    centred = y - y.mean()
    mean = np.asarray(X.mean(axis=0)).ravel()
    return np.abs(X.T @ centred - mean * centred.sum()).max() / len(y)


def objective(model, X, y, alpha, l1_ratio):
    coef = np.ravel(model.coef_)
    residual = y - X @ coef - model.intercept_
    penalty = l1_ratio * np.abs(coef).sum() + (1 - l1_ratio) / 2 * coef @ coef
    return residual @ residual / (2 * len(y)) + alpha * penalty


def quality(models, value):
    """How far above the best of all, relative."""
    values = {name: value(model) for name, model in models.items()}
    best = min(values.values())
    return {name: f"+{(each - best) / abs(best):.0e}" for name, each in values.items()}


def lasso(work, n, p, fraction, density=1.0, rounds=5, l1_ratio=None):
    """The lasso, or an elastic net if a share of the L1 norm is given."""
    X, y = regression(n, p, density=density)
    ratio = {} if l1_ratio is None else {"l1_ratio": l1_ratio}
    l1_ratio = 1.0 if l1_ratio is None else l1_ratio
    alpha = largest_alpha(X, y) / (fraction * l1_ratio)
    models = {}
    for name, peer in PEERS.items():
        options = {} if name == "skglm" else {"max_iter": 100_000}
        kind = peer.ElasticNet if ratio else peer.Lasso
        tol = (ELASTIC if ratio else TOLERANCE)[name]
        models[name] = kind(alpha=alpha, tol=tol, **options, **ratio).fit(X, y)
    compare(
        f"{work}, alpha_max / {fraction}",
        {name: (lambda model=model: model.fit(X, y)) for name, model in models.items()},
        rounds=rounds,
        quality=quality(models, lambda model: objective(model, X, y, alpha, l1_ratio)),
    )


def celer_cv(X, y):
    """LassoCV by celer's paths: its own class does not know scikit-learn 1.9's parameters."""
    alphas = np.geomspace(largest_alpha(X, y), 1e-3 * largest_alpha(X, y), 100)
    errors = np.zeros(len(alphas))
    for train, test in sklearn.model_selection.KFold(5).split(X):
        mean, centre = X[train].mean(axis=0), y[train].mean()
        part = np.asfortranarray(X[train] - mean)
        _, coefs, _ = PEERS["celer"].celer_path(part, y[train] - centre, "lasso", alphas=alphas)
        residual = (y[test] - centre)[:, None] - (X[test] - mean) @ coefs
        errors += (residual**2).mean(axis=0)
    alpha = alphas[errors.argmin()]
    PEERS["celer"].Lasso(alpha=alpha).fit(X, y)
    return alpha


def lasso_cv(n, p):
    X, y = regression(n, p)
    fits = {
        name: lambda peer=PEERS[name]: peer.LassoCV(cv=5, max_iter=10_000).fit(X, y).alpha_
        for name in ("mlkit", "sklearn")
    }
    if "celer" in PEERS:
        fits["celer"] = lambda: celer_cv(X, y)
    compare(
        f"LassoCV {n} x {p}, 100 alphas, 5 folds",
        fits,
        rounds=3,
        quality={name: f"alpha {fit():.4g}" for name, fit in fits.items()},
    )


def against_scikit_learn(name, X, y, **options):
    """One estimator of both, and how far the predictions are apart."""
    models = {
        library: getattr(PEERS[library], name)(**options).fit(X, y)
        for library in ("mlkit", "sklearn")
    }
    ours, theirs = (model.predict(X) for model in models.values())
    scale = np.abs(theirs).max() or 1.0
    compare(
        f"{name} {X.shape[0]} x {X.shape[1]}",
        {library: (lambda model=model: model.fit(X, y)) for library, model in models.items()},
        quality={"mlkit": f"apart {np.abs(ours - theirs).max() / scale:.0e}"},
    )


def paths():
    for n, p in ((2_000, 100), (300, 3_000)):
        X, y = regression(n, p)
        against_scikit_learn("LassoLars", X, y, alpha=0.01 * largest_alpha(X, y))
        against_scikit_learn("Lars", X, y, n_nonzero_coefs=50)
        against_scikit_learn("OrthogonalMatchingPursuit", X, y, n_nonzero_coefs=30)
    X, y = regression(2_000, 100)
    against_scikit_learn("LassoLarsCV", X, y)
    against_scikit_learn("LassoLarsIC", X, y)
    rng = np.random.default_rng(0)
    atoms = rng.normal(size=(100, 256))
    atoms /= np.linalg.norm(atoms, axis=0)
    Y = rng.normal(size=(100, 5_000))
    options = {"n_nonzero_coefs": 10, "precompute": True}
    compare(
        "orthogonal_mp, 256 atoms, 5000 targets",
        {
            library: lambda peer=PEERS[library]: peer.orthogonal_mp(atoms, Y, **options)
            for library in ("mlkit", "sklearn")
        },
        rounds=3,
    )


def ridge_cv():
    rng = np.random.default_rng(0)
    for n, p in ((20_000, 100), (200, 2_000)):
        X = rng.normal(size=(n, p))
        y = X @ rng.normal(size=p) + rng.normal(size=n)
        against_scikit_learn("RidgeCV", X, y, alphas=np.logspace(-3, 3, 20))


def small():
    """Where the overhead of a call is all there is."""
    X, y = regression(100, 10, 5)
    alpha = largest_alpha(X, y) / 20
    for name in ("Lasso", "ElasticNet", "LassoLars"):
        against_scikit_learn(name, X, y, alpha=alpha)
    for name in ("Ridge", "RidgeCV", "LassoCV", "Lars", "LinearRegression"):
        against_scikit_learn(name, X, y)
    Y = np.column_stack([y, X @ np.ones(10), -y])
    for name, options in (("MultiTaskLasso", {"alpha": alpha}), ("MultiTaskLassoCV", {})):
        against_scikit_learn(name, X, Y, **options)


WORK = {
    "dense": lambda: [
        lasso("Lasso 1000 x 20000", 1_000, 20_000, fraction) for fraction in (20, 100)
    ],
    "elastic": lambda: [
        lasso("ElasticNet 1000 x 20000", 1_000, 20_000, fraction, l1_ratio=0.5)
        for fraction in (20, 100)
    ],
    "tall": lambda: [lasso("Lasso 5000 x 500", 5_000, 500, fraction) for fraction in (10, 100)],
    "sparse": lambda: [
        lasso("Lasso sparse 20000 x 200000", 20_000, 200_000, fraction, 2e-4, rounds=3)
        for fraction in (10, 20)
    ],
    "cv": lambda: [lasso_cv(*shape) for shape in ((1_000, 100), (1_000, 2_000), (20_000, 200))],
    "ridge_cv": ridge_cv,
    "paths": paths,
    "small": small,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(WORK)}; all by default")
    names = parser.parse_args().names or list(WORK)
    installed = {"sklearn": "scikit-learn"}
    describe("numpy", "scipy", *[installed.get(name, name) for name in PEERS])
    warnings.simplefilter("ignore")
    for name in names:
        WORK[name]()


if __name__ == "__main__":
    main()
