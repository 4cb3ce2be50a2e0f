"""The least C of an L1 penalty: below it no weight, above it some."""

import numpy as np
import pytest
from scipy import sparse

from mlkit.linear_model import LogisticRegression
from mlkit.svm import LinearSVC, l1_min_c

theirs = pytest.importorskip("sklearn.svm")

rng = np.random.RandomState(0)
X = rng.randn(80, 4) + 0.2
Y = (X[:, 0] + rng.randn(80) > 0).astype(int) + (X[:, 1] > 1)


@pytest.mark.parametrize("scaling", [1.0, 10.0])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("loss", ["squared_hinge", "log"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_weights_appear_at_the_bound(n_classes, loss, fit_intercept, scaling):
    y = np.minimum(Y, n_classes - 1)
    arguments = {"fit_intercept": fit_intercept, "intercept_scaling": scaling}
    least = l1_min_c(X, y, loss=loss, **arguments)
    assert least == pytest.approx(theirs.l1_min_c(X, y, loss=loss, **arguments))
    assert least == pytest.approx(l1_min_c(sparse.csr_matrix(X), y, loss=loss, **arguments))
    if loss == "log" and n_classes == 3:
        return
    model = LinearSVC(penalty="l1", dual=False, **arguments)
    if loss == "log":
        model = LogisticRegression(solver="liblinear", l1_ratio=1, tol=1e-9, **arguments)
    model.set_params(tol=1e-9, max_iter=1000)
    for factor in (0.99, 1.01):
        model.set_params(C=factor * least).fit(X, y)
        some = model.coef_.any() or np.any(model.intercept_)
        assert some == (factor > 1)


def test_refused():
    with pytest.raises(ValueError, match="ill-posed"):
        l1_min_c(np.zeros((4, 2)), [0, 1, 0, 1])
    with pytest.raises(ValueError, match="'loss' parameter of l1_min_c"):
        l1_min_c(X, Y, loss="hinge")
