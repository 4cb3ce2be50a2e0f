"""What each column adds to the predictions of trees."""

from .._core.bunch import Bunch
from .._core.domains import has_methods, integer, none
from .._core.parallel import n_threads
from .._core.params import checked


@checked(estimator=has_methods("fit"), n_jobs=integer() | none)
def shap_values(estimator, X, *, n_jobs=None):
    """Return the exact Shapley values of each row's prediction.

    The value of column j is ``φ_j = Σ_S |S|! (p − |S| − 1)! / p! (f(S ∪ {j}) − f(S))`` over the
    sets S of other columns, with f(S) the mean prediction of the tree where only the columns in S
    are known and a node that looks at another weighs its children by the training rows in them. The
    values of a row and the base value add up to its prediction.

    Parameters
    ----------
    estimator : fitted model
        A decision tree, forest, extra trees, gradient boosting, or any estimator with a method
        ``_tree_sum(X)``. Of classifiers, probabilities are explained; of boosting, what
        ``decision_function`` gives, and of its regressors the prediction before the inverse link.
    X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
    n_jobs : int, default None
        Number of threads; None is as many as there are processors. It changes no bit.

    Returns
    -------
    Bunch
        `shap_values` : ndarray of shape (n_samples, n_features), with an axis of outputs or
        classes behind if there are several.
        `base_values` : float or ndarray of shape (n_outputs,), the mean over the training rows;
        of boosting that starts from another model's predictions with an axis of rows before.

    Raises
    ------
    TypeError
        If the estimator is not made of trees.

    References
    ----------
    Lundberg, S. et al. (2020). From local explanations to global understanding with explainable
    AI for trees. Nature Machine Intelligence 2. Owen, G. (1972). Multilinear extensions of games.
    Management Science 18.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.inspection import shap_values
    >>> from mlkit.tree import DecisionTreeRegressor
    >>> X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> model = DecisionTreeRegressor().fit(X, [0.0, 1.0, 2.0, 3.0])
    >>> found = shap_values(model, X[:2])
    >>> found.shap_values.tolist(), found.base_values
    ([[-1.0, -0.5], [-1.0, 0.5]], 1.5)
    """
    if not hasattr(estimator, "_tree_sum"):
        raise TypeError(
            f"shap_values explains trees and sums of trees, which {type(estimator).__name__} is "
            "not; permutation_importance and partial_dependence take any model"
        )
    values, base = estimator._tree_sum(X).explain(n_threads(n_jobs))
    if values.shape[2] == 1:
        values, base = values[:, :, 0], base[..., 0]
    return Bunch(shap_values=values, base_values=base if base.ndim else float(base))
