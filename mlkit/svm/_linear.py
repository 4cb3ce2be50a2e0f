"""Linear support vector machines."""

import warnings

import numpy as np

from .._core import shared
from .._core.arrays import check_sample_weight
from .._core.domains import above, boolean, integer, mapping, none, one_of, real
from .._core.errors import ConvergenceWarning, twin
from .._core.estimator import Estimator
from .._core.linear import LinearClassifier, LinearRegressor, SparseCoefficients
from .._core.params import fitted, param
from .._core.seeds import check_random_state
from .._core.sparse import issparse
from .._core.tags import Traits
from .._core.targets import compute_class_weight, encode_labels
from .._engine.glm.interval import Machine, descend_classes, solve_machine
from .._engine.glm.penalties import ElasticNet
from .._engine.glm.problem import Problem, solve
from .._engine.glm.proximal import Proximal
from .._engine.glm.rows import Rows
from .._engine.loss.losses import SquaredHingeLoss

_max_iter = param(1000, integer(0), "Iterations at most: Newton's steps, or passes over the rows.")
_tol = param(
    1e-4,
    above(0),
    "Violation of optimality at which descent on the dual stops; Newton's method is exact.",
)
_scaling = param(
    1.0, above(0), "Value of the intercept's column: the larger, the less it is penalised."
)
_dual = param(
    "auto",
    boolean | one_of("auto"),
    "Whether the dual is meant; its minimum is the primal's, and the method is chosen by the data.",
)


class _LinearMachine:
    """What the classifier and the regressor share: weights of rows, warnings, the bias."""

    def _bias(self):
        return float(self.intercept_scaling) if self.fit_intercept else 0.0

    def _seed(self):
        return int(check_random_state(self.random_state).randint(1, np.iinfo(np.int32).max))

    def _row_costs(self, sample_weight, X):
        weight = check_sample_weight(sample_weight, X, dtype=np.float64)
        if weight is None:
            return np.full(X.shape[0], float(self.C))
        if not (weight > 0).any():
            raise ValueError(
                f"{type(self).__name__}: no sample_weight is positive, so there is nothing to fit"
            )
        # A row of negative weight is one without.
        return self.C * np.maximum(weight, 0.0)

    def _check_form(self, penalty, loss, dual):
        if dual == "auto":
            return
        if dual if penalty == "l1" else not dual and loss in ("hinge", "epsilon_insensitive"):
            self._refuse(penalty, loss, f"are not supported when dual={dual}", dual)

    def _refuse(self, penalty, loss, why, dual):
        raise ValueError(
            f"{type(self).__name__}: Unsupported set of arguments: penalty={penalty!r} and "
            f"loss={loss!r} {why}. Parameters: penalty={penalty!r}, loss={loss!r}, dual={dual}"
        )

    def _tell(self, n_iter, converged):
        if self.verbose:
            print(f"{type(self).__name__}: {n_iter} iterations")
        self.n_iter_ = int(n_iter)
        if not converged:
            warnings.warn(
                f"{type(self).__name__} failed to converge in {n_iter} iterations to "
                f"tol={self.tol:g}; scale X, or raise max_iter or tol",
                twin(ConvergenceWarning),
                stacklevel=3,
            )


class LinearSVC(SparseCoefficients, LinearClassifier, _LinearMachine, Estimator):
    """Linear support vector classifier.

    Minimises ``Ω(w̃) + C Σ max(0, 1 − y w̃ x̃)``, or the sum of squares of these; Ω is ``‖w̃‖² / 2`` or
    ``‖w̃‖₁``, y = ±1, and x̃ is x with one more entry, `intercept_scaling`, whose penalised weight
    is the intercept's. One such problem for two classes, else one for each class against the rest,
    or all in one (Crammer and Singer). Squared hinges with an L2 penalty are solved exactly by
    Newton's method where columns are few, the rest by coordinate descent on the dual; an L1 penalty
    by proximal Newton.

    References
    ----------
    Hsieh, C.-J., Chang, K.-W., Lin, C.-J., Keerthi, S. S. and Sundararajan, S. (2008). A dual
    coordinate descent method for large-scale linear SVM. ICML.

    Keerthi, S. S. and DeCoste, D. (2005). A modified finite Newton method for fast solution of
    large scale linear SVMs. Journal of Machine Learning Research 6.

    Crammer, K. and Singer, Y. (2001). On the algorithmic implementation of multiclass kernel-based
    vector machines. Journal of Machine Learning Research 2.

    Examples
    --------
    >>> from mlkit.svm import LinearSVC
    >>> model = LinearSVC().fit([[-2.0], [-1.0], [1.0], [2.0]], ["no", "no", "yes", "yes"])
    >>> model.predict([[-3.0], [3.0]])
    array(['no', 'yes'], dtype='<U3')
    """

    traits = Traits(sparse=("csr",), order="C")

    penalty: str = param("l2", one_of("l1", "l2"), "Norm that is penalised.", kw_only=False)
    loss: str = param("squared_hinge", one_of("hinge", "squared_hinge"), "The loss.", kw_only=False)
    dual: object = _dual
    tol: float = _tol
    C: float = param(1.0, above(0), "Cost of the loss; small C means a strong penalty.")
    multi_class: str = param(
        "ovr",
        one_of("ovr", "crammer_singer"),
        "One class against the rest, or the joint problem of all, without `penalty` and `loss`.",
    )
    fit_intercept: bool = shared.fit_intercept
    intercept_scaling: float = param(1, _scaling.domain, _scaling.doc)
    class_weight: object = param(
        None,
        mapping | one_of("balanced") | none,
        'Factor of C of each class; "balanced" is n_samples / (n_classes * count).',
    )
    verbose: int = shared.verbose
    random_state: object = shared.random_state
    max_iter: int = _max_iter

    coef_ = fitted("(1, n_features) or (n_classes, n_features)", "Weights; 1 row for 2 classes.")
    intercept_ = fitted("(1,) or (n_classes,)", "Constant terms; 0.0 without.")
    classes_ = fitted("(n_classes,)", "Labels.")
    n_iter_ = fitted("int", "Iterations run; the most of any class.")

    def fit(self, X, y, sample_weight=None):
        """Fit the weights.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Labels of two classes or more.
        sample_weight : array-like of shape (n_samples,), default=None
            Factors of C.

        Returns
        -------
        self
        """
        self._check_params()
        joint = self.multi_class == "crammer_singer"
        if not joint:
            if (self.penalty, self.loss) == ("l1", "hinge"):
                self._refuse("l1", "hinge", "are not supported together", self.dual)
            self._check_form(self.penalty, self.loss, self.dual)
        X, y = self._check_fit(X, y)
        self.classes_, codes = encode_labels(y)
        if len(self.classes_) < 2:
            raise ValueError(
                "LinearSVC needs samples of at least 2 classes in the data, but the data contains "
                f"only one class: {self.classes_[0]!r}"
            )
        cost = self._row_costs(sample_weight, X)
        by_class = compute_class_weight(
            self.class_weight,
            classes=self.classes_,
            y=y,
            sample_weight=None if sample_weight is None else cost,
        )
        cost = cost * by_class[codes] if joint else cost
        fit = self._fit_jointly if joint else self._fit_each
        coef, intercept, n_iter, converged = fit(X, codes, cost, by_class)
        self.coef_ = coef
        self.intercept_ = intercept if self.fit_intercept else 0.0
        self._tell(n_iter, converged)
        return self

    def _fit_jointly(self, X, codes, cost, by_class):
        bias, n_classes = self._bias(), len(self.classes_)
        found = descend_classes(
            Rows(X), codes, cost, n_classes, bias=bias, max_iter=self.max_iter, tol=self.tol,
            seed=self._seed(),
        )  # fmt: skip
        coef, intercept = found.coef, bias * found.bias_weight
        if n_classes == 2:
            coef, intercept = coef[1:] - coef[:1], intercept[1:] - intercept[:1]
        return coef, intercept, found.n_iter, found.converged

    def _fit_each(self, X, codes, cost, by_class):
        """Each class against the rest, whose rows have no class weight; two classes at once."""
        n_classes = len(self.classes_)
        if n_classes == 2:
            parts = [self._fit_one(X, codes == 1, cost * by_class[codes])]
        else:
            parts = [
                self._fit_one(X, codes == k, np.where(codes == k, cost * by_class[k], cost))
                for k in range(n_classes)
            ]
        coef, intercept, n_iter, converged = zip(*parts, strict=True)
        return np.array(coef), np.array(intercept), max(n_iter), all(converged)

    def _fit_one(self, X, positive, cost):
        bias = self._bias()
        if self.penalty == "l1":
            return self._fit_l1(X, positive, cost, bias)
        infinite = np.full(len(positive), np.inf)
        machine = Machine(
            np.where(positive, 1.0, -infinite),
            np.where(positive, infinite, -1.0),
            cost,
            self.loss == "squared_hinge",
            bias,
        )
        found = solve_machine(X, machine, max_iter=self.max_iter, tol=self.tol, seed=self._seed())
        return found.coef, bias * found.bias_weight, found.n_iter, found.converged

    def _fit_l1(self, X, positive, cost, bias):
        total = cost.sum()
        X = with_column(X, bias) if bias else X
        # The engine divides by the sum of weights, and so is the penalty's strength.
        problem = Problem(
            SquaredHingeLoss(),
            ElasticNet(1.0 / total, 0.0),
            Proximal(self.max_iter, 0.1 * self.tol),
        )
        signs = np.where(positive, 1.0, -1.0)
        solution = solve(X, signs, problem, weight=cost.astype(X.dtype), fit_intercept=False)
        coef = solution.coef[:, 0]
        intercept = bias * coef[-1] if bias else 0.0
        return coef[: self.n_features_in_], intercept, solution.n_iter, solution.converged


def with_column(X, value):
    """X with a last column of `value`."""
    if issparse(X):
        from scipy.sparse import csr_array, hstack

        return hstack([X, csr_array(np.full((X.shape[0], 1), value, dtype=X.dtype))], format="csr")
    return np.hstack([X, np.full((len(X), 1), value, dtype=X.dtype)])


class LinearSVR(LinearRegressor, _LinearMachine, Estimator):
    """Linear support vector regression.

    Minimises ``‖w̃‖² / 2 + C Σ max(0, |y − w̃ x̃| − ε)``, or the sum of squares of these; x̃ is x with
    one more entry, `intercept_scaling`, whose penalised weight is the intercept's. Squares are
    minimised exactly by Newton's method where columns are few, the rest by coordinate descent on
    the dual.

    References
    ----------
    Ho, C.-H. and Lin, C.-J. (2012). Large-scale linear support vector regression. Journal of
    Machine Learning Research 13.

    Examples
    --------
    >>> from mlkit.svm import LinearSVR
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [0.0, 2.0, 4.0, 6.0]
    >>> LinearSVR(C=100, random_state=0).fit(X, y).predict([[5.0]]).round(1)
    array([10.])
    """

    traits = Traits(sparse=("csr",), order="C")

    epsilon: float = param(0.0, real, "Error that costs nothing.")
    tol: float = _tol
    C: float = param(1.0, above(0), "Cost of the loss; small C means a strong penalty.")
    loss: str = param(
        "epsilon_insensitive",
        one_of("epsilon_insensitive", "squared_epsilon_insensitive"),
        "The loss.",
    )
    fit_intercept: bool = shared.fit_intercept
    intercept_scaling: float = _scaling
    dual: object = _dual
    verbose: int = shared.verbose
    random_state: object = shared.random_state
    max_iter: int = _max_iter

    coef_ = fitted("(n_features,)", "Weights.")
    intercept_ = fitted("(1,)", "Constant term; 0.0 without.")
    n_iter_ = fitted("int", "Iterations run.")

    def fit(self, X, y, sample_weight=None):
        """Fit the weights.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None
            Factors of C.

        Returns
        -------
        self
        """
        self._check_params()
        self._check_form("l2", self.loss, self.dual)
        X, y = self._check_fit(X, y)
        y = y.astype(np.float64, copy=False)
        bias, margin = self._bias(), max(float(self.epsilon), 0.0)
        machine = Machine(
            y - margin,
            y + margin,
            self._row_costs(sample_weight, X),
            self.loss == "squared_epsilon_insensitive",
            bias,
        )
        found = solve_machine(X, machine, max_iter=self.max_iter, tol=self.tol, seed=self._seed())
        self.coef_ = found.coef
        self.intercept_ = np.array([bias * found.bias_weight]) if self.fit_intercept else 0.0
        self._tell(found.n_iter, found.converged)
        return self
