"""Discriminant analysis: normal classes with one covariance, or one each."""

import warnings

import numpy as np

from ._core.domains import (
    array_like,
    at_least,
    between,
    boolean,
    has_methods,
    integer,
    none,
    one_of,
)
from ._core.estimator import Estimator
from ._core.linear import LinearClassifier
from ._core.params import clone, fitted, param
from ._core.roles import Classifier, PrefixedColumns, Transformer
from ._core.tags import Traits
from ._core.targets import encode_labels
from ._engine.mixture.covariance import covariance, scaled_ledoit_wolf, shrunk
from ._engine.mixture.grouped import class_moments
from ._engine.mixture.likelihood import scaled_squares

__all__ = ["LinearDiscriminantAnalysis", "QuadraticDiscriminantAnalysis"]

# Priors written with a few digits may miss a sum of one by this.
_SUM_TOLERANCE = 1e-5
# Eigenvalues of a Gram matrix are right to some multiple of this, relative to the largest.
_GRAM_ACCURACY = 1e-12


def _shrinkage(kw_only):
    return param(
        None,
        one_of("auto") | between(0, 1) | none,
        'Share of a multiple of the identity in the covariances; "auto" is by Ledoit and Wolf.',
        kw_only=kw_only,
    )


def _priors(kw_only):
    return param(
        None,
        array_like | none,
        "``P(y)`` of each class; None takes the shares of the rows.",
        kw_only=kw_only,
    )


def _store_covariance(kw_only):
    return param(
        False,
        boolean,
        'Whether to keep covariances with solver "svd", which does not need them.',
        kw_only=kw_only,
    )


def _covariance_estimator(kw_only):
    return param(
        None,
        has_methods("fit") | none,
        "Estimator with ``fit(X)`` and then ``covariance_``, in place of `shrinkage`.",
        kw_only=kw_only,
    )


class _Discriminant(Classifier, Estimator):
    """What both analyses share: classes, priors, means, and how covariances are estimated."""

    classes_ = fitted("(n_classes,)", "Labels.")
    means_ = fitted("(n_classes, n_features)", "Means of the classes.")
    priors_ = fitted("(n_classes,)", "``P(y)``.")

    def _check_solver(self):
        name = type(self).__name__
        if self.shrinkage is not None and self.covariance_estimator is not None:
            raise ValueError(
                f"{name}: covariance_estimator and shrinkage parameters are not None. Only one of "
                "the two can be set."
            )
        if self.solver != "svd":
            return
        if self.shrinkage is not None:
            raise NotImplementedError(
                f"{name}: shrinkage is not supported with solver='svd': choose solver='eigen'"
            )
        if self.covariance_estimator is not None:
            raise ValueError(
                f"{name}: covariance_estimator is not supported with solver='svd': choose "
                "solver='eigen'"
            )

    def _given_priors(self, codes, n_classes):
        if self.priors is None:
            return np.bincount(codes, minlength=n_classes) / len(codes)
        priors = np.array(self.priors, dtype=np.float64)
        name = type(self).__name__
        if priors.shape != (n_classes,):
            raise ValueError(
                f"{name}: priors has shape {priors.shape}; one a class is needed: {(n_classes,)}"
            )
        if (priors < 0).any():
            raise ValueError(f"{name}: priors must be non-negative, got {priors}")
        if abs(priors.sum() - 1) > _SUM_TOLERANCE:
            warnings.warn(
                f"{name}: the priors sum to {priors.sum()}; they are divided by that",
                UserWarning,
                stacklevel=4,
            )
            priors /= priors.sum()
        return priors

    def _covariance(self, X):
        """The covariance of rows, as the parameters ask for it."""
        if self.covariance_estimator is not None:
            estimator = clone(self.covariance_estimator, safe=False)
            estimator.fit(X)
            if not hasattr(estimator, "covariance_"):
                raise ValueError(
                    f"{type(self).__name__}: {type(estimator).__name__} does not have a "
                    "covariance_ attribute after fit"
                )
            return np.asarray(estimator.covariance_, dtype=np.float64)
        if self.shrinkage == "auto":
            return scaled_ledoit_wolf(X)
        matrix = covariance(X)
        return matrix if self.shrinkage is None else shrunk(matrix, self.shrinkage)

    def _posterior(self, joint):
        """``P(y | x)`` and its logarithm from log joint probabilities."""
        joint = joint - joint.max(axis=1, keepdims=True)
        proba = np.exp(joint)
        total = proba.sum(axis=1, keepdims=True)
        return proba / total, joint - np.log(total)


def _whitening(X, codes, means, tol):
    """W with ``WᵀSW = I`` for the covariance S of rows about their class's mean.

    Directions in which columns of variance 1 deviate by no more than `tol` are left out.
    """
    centred = X - means[codes]
    scale = centred.std(axis=0)
    scale[scale == 0] = 1.0
    centred /= scale * np.sqrt(len(X))
    n, d = centred.shape
    if n > d and tol * tol > _GRAM_ACCURACY * d:
        squares, directions = np.linalg.eigh(centred.T @ centred)
        kept = squares > tol * tol
        size, directions = np.sqrt(squares[kept])[::-1], directions[:, kept][:, ::-1]
    else:
        _, size, rows = np.linalg.svd(centred, full_matrices=False)
        kept = size > tol
        size, directions = size[kept], rows[kept].T
    return directions / scale[:, None] / size


class LinearDiscriminantAnalysis(PrefixedColumns, Transformer, LinearClassifier, _Discriminant):
    """Normal classes with one covariance: ``log P(y = k | x) = x·Σ⁻¹μₖ − μₖ·Σ⁻¹μₖ/2 + log πₖ + c``.

    The borders between classes are planes. `transform` projects on the directions in which the
    means of the classes are farthest apart, in units of the deviation within classes (R. A.
    Fisher, "The use of multiple measurements in taxonomic problems", 1936).

    Examples
    --------
    >>> from mlkit.discriminant_analysis import LinearDiscriminantAnalysis
    >>> X = [[-1.0, -1.0], [-2.0, -1.0], [-3.0, -2.0], [1.0, 1.0], [2.0, 1.0], [3.0, 2.0]]
    >>> model = LinearDiscriminantAnalysis().fit(X, [1, 1, 1, 2, 2, 2])
    >>> model.predict([[-0.8, -1.0]]).tolist()
    [1]
    """

    traits = Traits()

    solver: str = param(
        "svd",
        one_of("svd", "lsqr", "eigen"),
        '"svd" whitens without a covariance matrix; "lsqr" solves with it, and "eigen" finds the '
        "directions by it too: these two can shrink it.",
        kw_only=False,
    )
    shrinkage: object = _shrinkage(kw_only=False)
    priors: object = _priors(kw_only=False)
    n_components: object = param(
        None,
        integer(1) | none,
        "Directions that `transform` keeps; None is as many as there are: one less than classes.",
        kw_only=False,
    )
    store_covariance: bool = _store_covariance(kw_only=False)
    tol: float = param(
        1e-4,
        at_least(0),
        'Deviation within classes, of columns with deviation 1, below which solver "svd" drops a '
        "direction.",
        kw_only=False,
    )
    covariance_estimator: object = _covariance_estimator(kw_only=False)

    coef_ = fitted("(n_classes, n_features) or (1, n_features)", "Weights.")
    intercept_ = fitted("(n_classes,) or (1,)", "Constant terms.")
    covariance_ = fitted("(n_features, n_features)", "``Σₖ πₖ Cₖ``, the covariance within classes.")
    xbar_ = fitted("(n_features,)", '``Σₖ πₖ μₖ``, with solver "svd".')
    scalings_ = fitted("(n_features, n_directions)", 'Directions, unless the solver is "lsqr".')
    explained_variance_ratio_ = fitted("(n_components,)", "Share of each direction.")

    @property
    def _n_features_out(self):
        return self._max_components

    def fit(self, X, y):
        """Fit the classes' distributions.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If there are no more rows than classes, or `n_components` is too large.
        NotImplementedError
            For `shrinkage` with solver "svd".

        Warns
        -----
        UserWarning
            If the priors do not sum to 1.
        """
        X, y = self._check_fit(X, y, min_rows=2)
        self._check_solver()
        self.classes_, codes = encode_labels(y)
        n_classes, dtype = len(self.classes_), X.dtype
        if len(X) == n_classes:
            raise ValueError(
                f"{type(self).__name__}: The number of samples must be more than the number of "
                f"classes, and both are {n_classes}"
            )
        self.priors_ = self._given_priors(codes, n_classes)
        self._set_components(n_classes, X.shape[1])
        X = X.astype(np.float64, copy=False)
        self.means_ = class_moments(X, codes, n_classes)[1]
        for name in ("covariance_", "xbar_", "scalings_", "explained_variance_ratio_"):
            vars(self).pop(name, None)
        coef, intercept = getattr(self, f"_by_{self.solver}")(X, codes)
        if n_classes == 2:
            coef, intercept = coef[1:] - coef[:1], intercept[1:] - intercept[:1]
        self.coef_, self.intercept_ = coef.astype(dtype), intercept.astype(dtype)
        return self

    def _set_components(self, n_classes, width):
        most = min(n_classes - 1, width)
        if self.n_components is not None and self.n_components > most:
            raise ValueError(
                f"{type(self).__name__}: n_components={self.n_components} cannot be larger than "
                f"min(n_features, n_classes - 1) = {most}"
            )
        self._max_components = most if self.n_components is None else self.n_components

    def _within(self, X, codes):
        parts = [self._covariance(X[codes == k]) for k in range(len(self.classes_))]
        return np.tensordot(self.priors_, parts, axes=1)

    def _log_priors(self):
        with np.errstate(divide="ignore"):
            return np.log(self.priors_)

    def _by_svd(self, X, codes):
        if self.store_covariance:
            self.covariance_ = self._within(X, codes)
        self.xbar_ = self.priors_ @ self.means_
        whitening = _whitening(X, codes, self.means_, self.tol)
        between = self.means_ - self.xbar_
        _, size, rows = np.linalg.svd(
            np.sqrt(self.priors_)[:, None] * between @ whitening, full_matrices=False
        )
        share = size**2 / max((size**2).sum(), np.finfo(float).tiny)
        self.explained_variance_ratio_ = share[: self._max_components]
        self.scalings_ = whitening @ rows[size > self.tol * size.max(initial=0)].T
        apart = between @ self.scalings_
        coef = apart @ self.scalings_.T
        level = -0.5 * (apart**2).sum(axis=1) + self._log_priors()
        return coef, level - coef @ self.xbar_

    def _by_lsqr(self, X, codes):
        self.covariance_ = self._within(X, codes)
        coef = np.linalg.lstsq(self.covariance_, self.means_.T, rcond=None)[0].T
        return coef, self._level(coef)

    def _by_eigen(self, X, codes):
        from scipy.linalg import eigh

        self.covariance_ = self._within(X, codes)
        values, directions = eigh(self._covariance(X) - self.covariance_, self.covariance_)
        self.explained_variance_ratio_ = (values / values.sum())[::-1][: self._max_components]
        self.scalings_ = directions[:, ::-1]
        coef = self.means_ @ self.scalings_ @ self.scalings_.T
        return coef, self._level(coef)

    def _level(self, coef):
        return -0.5 * np.einsum("kj,kj->k", self.means_, coef) + self._log_priors()

    # --------------------------------------------------------------------- use
    def transform(self, X):
        """Return X on the directions that tell the classes apart.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_components)

        Raises
        ------
        NotImplementedError
            With solver "lsqr", which finds no directions.
        """
        X = self._check_X(X)
        if self.solver == "lsqr":
            raise NotImplementedError(
                f"{type(self).__name__}: transform is not implemented for solver='lsqr', which "
                "finds no directions: choose 'svd' or 'eigen'"
            )
        shift = getattr(self, "xbar_", None)
        found = (X if shift is None else X - shift) @ self.scalings_
        return found[:, : self._max_components].astype(X.dtype, copy=False)

    def _joint(self, X):
        scores = self.decision_function(X)
        return np.column_stack([np.zeros(len(scores)), scores]) if scores.ndim == 1 else scores

    def predict_proba(self, X):
        """Return ``P(y | x)`` of each row and class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        joint = self._joint(X)
        return self._posterior(joint)[0]

    def predict_log_proba(self, X):
        """Return ``log P(y | x)`` of each row and class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        joint = self._joint(X)
        return self._posterior(joint)[1]


class QuadraticDiscriminantAnalysis(_Discriminant):
    """Normal classes, each with its own covariance: ``x | y = k ~ N(μₖ, Cₖ)``.

    The borders between classes are quadrics. Covariances are kept by their axes, ``Cₖ = R S Rᵀ``.

    Examples
    --------
    >>> from mlkit.discriminant_analysis import QuadraticDiscriminantAnalysis
    >>> X = [[-1.0, -1.0], [-2.0, -1.0], [-3.0, -2.0], [1.0, 1.0], [2.0, 1.0], [3.0, 2.0]]
    >>> model = QuadraticDiscriminantAnalysis().fit(X, [1, 1, 1, 2, 2, 2])
    >>> model.predict([[-0.8, -1.0]]).tolist()
    [1]
    """

    traits = Traits()

    solver: str = param(
        "svd",
        one_of("svd", "eigen"),
        '"svd" takes the axes from the rows; "eigen" from the covariance, which can be shrunk.',
    )
    shrinkage: object = _shrinkage(kw_only=True)
    priors: object = _priors(kw_only=True)
    reg_param: float = param(0.0, between(0, 1), "r in ``(1 − r) Cₖ + r I``.")
    store_covariance: bool = _store_covariance(kw_only=True)
    tol: float = param(
        1e-4, at_least(0), "Variance along an axis at which a covariance counts as singular."
    )
    covariance_estimator: object = _covariance_estimator(kw_only=True)

    covariance_ = fitted("list of (n_features, n_features)", "Covariances of the classes.")
    rotations_ = fitted("list of (n_features, n_features)", "Axes R of the classes, by column.")
    scalings_ = fitted("list of (n_features,)", "Variances S along the axes.")

    def fit(self, X, y):
        """Fit the classes' distributions.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a class has one row, or there is one class.
        LinAlgError
            If the covariance of a class is singular.
        """
        X, y = self._check_fit(X, y)
        self._check_solver()
        self.classes_, codes = encode_labels(y)
        n_classes = len(self.classes_)
        if n_classes < 2:
            raise ValueError(
                f"{type(self).__name__}: The number of classes has to be greater than one; got "
                f"{n_classes} class"
            )
        self.priors_ = self._given_priors(codes, n_classes)
        X = X.astype(np.float64, copy=False)
        count, self.means_, _ = class_moments(X, codes, n_classes)
        if count.min() < 2:
            label = self.classes_[count.argmin()]
            raise ValueError(
                f"{type(self).__name__}: y has only 1 sample in class {label}, covariance is ill "
                "defined."
            )
        axes = [self._axes(X[codes == k], k) for k in range(n_classes)]
        self.rotations_ = [rotation for rotation, _ in axes]
        self.scalings_ = [scaling for _, scaling in axes]
        vars(self).pop("covariance_", None)
        if self.store_covariance:
            self.covariance_ = [(rotation * scaling) @ rotation.T for rotation, scaling in axes]
        return self

    def _axes(self, rows, k):
        """Axes of one class and the variances along them, the largest first."""
        if self.solver == "svd":
            _, size, turned = np.linalg.svd(rows - self.means_[k], full_matrices=False)
            rotation, scaling = turned.T, size**2 / len(rows)
        else:
            values, rotation = np.linalg.eigh(self._covariance(rows))
            rotation, scaling = rotation[:, ::-1], values[::-1]
        scaling = (1 - self.reg_param) * scaling + self.reg_param
        if (scaling > self.tol).sum() < rows.shape[1]:
            cure = "raise reg_param"
            if self.solver == "svd":
                cure += (
                    ". When using `solver='svd'` a class needs more rows than columns; "
                    "solver='eigen' with shrinkage does not"
                )
            raise np.linalg.LinAlgError(
                f"{type(self).__name__}: The covariance matrix of class {self.classes_[k]} is not "
                f"full rank: {cure}"
            )
        return rotation, scaling

    def _joint(self, X):
        with np.errstate(divide="ignore"):
            level = np.log(self.priors_)
        joint = np.empty((len(X), len(self.classes_)))
        for k, (mean, rotation, scaling) in enumerate(
            zip(self.means_, self.rotations_, self.scalings_, strict=True)
        ):
            # Centred before it is turned: far from the origin digits would cancel.
            turned = (X - mean) @ rotation
            squares = scaled_squares(turned, np.zeros((1, len(scaling))), 1 / scaling[None])
            joint[:, k] = level[k] - 0.5 * (squares[:, 0] + np.log(scaling).sum())
        return joint

    def decision_function(self, X):
        """Return ``log P(x, y)`` up to a constant; for two classes the second's less the first's.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
        """
        joint = self._joint(self._check_X(X))
        return joint[:, 1] - joint[:, 0] if joint.shape[1] == 2 else joint

    def predict(self, X):
        """Return the likeliest label of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        joint = self._joint(self._check_X(X))
        return self.classes_[joint.argmax(axis=1)]

    def predict_proba(self, X):
        """Return ``P(y | x)`` of each row and class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        return self._posterior(self._joint(self._check_X(X)))[0]

    def predict_log_proba(self, X):
        """Return ``log P(y | x)`` of each row and class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        return self._posterior(self._joint(self._check_X(X)))[1]
