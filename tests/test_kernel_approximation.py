"""Kernel approximations: scikit-learn's draws, and kernels that they come near to."""

import numpy as np
import pytest
import sklearn.kernel_approximation as reference
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

import mlkit.kernel_approximation as ours
from mlkit._engine.kernels.functions import KERNELS
from mlkit.kernel_approximation import (
    AdditiveChi2Sampler,
    Nystroem,
    PolynomialCountSketch,
    RBFSampler,
    SkewedChi2Sampler,
)

rng = np.random.RandomState(0)
X, Y = rng.rand(60, 12), rng.rand(40, 12)
X[X < 0.3] = 0
MAPS = [
    ("RBFSampler", {"random_state": 1}),
    ("RBFSampler", {"random_state": 1, "gamma": "scale", "n_components": 7}),
    ("SkewedChi2Sampler", {"random_state": 1, "skewedness": 0.1}),
    ("AdditiveChi2Sampler", {}),
    ("AdditiveChi2Sampler", {"sample_steps": 1}),
    ("AdditiveChi2Sampler", {"sample_steps": 3}),
    ("AdditiveChi2Sampler", {"sample_steps": 5, "sample_interval": 0.2}),
    ("PolynomialCountSketch", {"random_state": 1}),
    ("PolynomialCountSketch", {"random_state": 1, "degree": 3, "coef0": 2.0, "gamma": 0.5}),
    ("PolynomialCountSketch", {"random_state": 1, "degree": 1, "n_components": 7}),
    *[("Nystroem", {"kernel": name, "n_components": 9, "random_state": 1}) for name in KERNELS],
    ("Nystroem", {"kernel": "poly", "degree": 2, "coef0": 0.3, "gamma": 0.7, "random_state": 1}),
]


def dense(data):
    return data.toarray() if sparse.issparse(data) else data


@pytest.mark.filterwarnings("ignore:Nystroem")
@pytest.mark.filterwarnings("ignore:n_components")
@pytest.mark.parametrize(("name", "options"), MAPS, ids=str)
@pytest.mark.parametrize("kind", ["f8", "f4", "csr_matrix", "csc_array"])
def test_as_scikit_learn(name, options, kind):
    data = X.astype(kind) if kind in ("f8", "f4") else getattr(sparse, kind)(X)
    takes_sparse = name != "SkewedChi2Sampler" and "chi2" not in options.get("kernel", "")
    if sparse.issparse(data) and not takes_sparse:
        with pytest.raises((TypeError, ValueError), match="sparse"):
            getattr(ours, name)(**options).fit_transform(data)
        return
    found, expected = (getattr(m, name)(**options).fit(data) for m in (ours, reference))
    for drawn in ("random_weights_", "random_offset_", "indexHash_", "component_indices_"):
        if hasattr(expected, drawn):
            rtol = 1e-5 if kind == "f4" else 1e-12
            assert_allclose(getattr(found, drawn), getattr(expected, drawn), rtol=rtol)
    mapped, target = found.transform(data), expected.transform(data)
    assert sparse.issparse(mapped) == sparse.issparse(target)
    # K^-1/2 of a kernel of low rank blows rounding up; what it stands for is compared.
    mapped, target = (part @ part.T for part in map(dense, (mapped, target)))
    assert_allclose(mapped, target, atol=1e-9 if kind != "f4" else 5e-3)
    assert_array_equal(found.get_feature_names_out(), expected.get_feature_names_out())


def error(model, kernel):
    """Mean difference of ⟨z(x), z(y)⟩ from the kernel."""
    model.fit(X)
    return abs(dense(model.transform(X)) @ dense(model.transform(Y)).T - kernel(X, Y)).mean()


def test_more_columns_come_nearer():
    def skewed(A, B, c=0.1):
        A, B = A[:, None] + c, B[None] + c
        return (2 * np.sqrt(A * B) / (A + B)).prod(-1)

    def additive(A, B):
        A, B = A[:, None], B[None]
        return (2 * A * B / (A + B)).sum(-1)

    def cubic(A, B):
        return (0.5 * A @ B.T + 1) ** 3

    for few, many, kernel, bound in (
        (RBFSampler(n_components=50, random_state=0), 5000, KERNELS["rbf"][0], 0.02),
        (SkewedChi2Sampler(skewedness=0.1, n_components=50, random_state=0), 5000, skewed, 0.02),
    ):
        few.set_params(**({"gamma": 1 / 12} if isinstance(few, RBFSampler) else {}))
        rough = error(few, kernel)
        assert error(few.set_params(n_components=many), kernel) < min(rough, bound)
    steps = [error(AdditiveChi2Sampler(sample_steps=n), additive) for n in (1, 2, 3)]
    assert steps == sorted(steps, reverse=True) and steps[2] < 0.05 * additive(X, Y).mean()
    sketch = PolynomialCountSketch(degree=3, gamma=0.5, coef0=1.0, random_state=0)
    rough = error(sketch, cubic)
    assert error(sketch.set_params(n_components=20000), cubic) < min(rough, cubic(X, Y).mean() / 10)


@pytest.mark.parametrize("name", ["rbf", "laplacian", "linear", "poly", "chi2", "cosine"])
def test_a_whole_basis_is_the_kernel(name):
    data = X + 0.01
    model = Nystroem(name, n_components=60, random_state=0).fit(data)
    mapped = model.transform(data)
    assert_allclose(mapped @ mapped.T, KERNELS[name][0](data, data), atol=1e-6)
    assert_array_equal(model.components_, data[model.component_indices_])


def test_a_function_as_kernel():
    model = Nystroem(lambda x, y, power=1: (x @ y) ** power, kernel_params={"power": 2})
    model.set_params(n_components=9, random_state=0)
    named = Nystroem("poly", degree=2, gamma=1, coef0=0, n_components=9, random_state=0)
    assert_allclose(model.fit_transform(X), named.fit_transform(X), atol=1e-8)


def test_precomputed():
    kernel = KERNELS["rbf"][0](X, X)
    model = Nystroem("precomputed", n_components=60, random_state=0).fit(kernel)
    mapped = model.transform(kernel)
    assert mapped.shape == (60, 60)
    with pytest.raises(ValueError, match="must hold the kernels"):
        Nystroem("precomputed", n_components=5).fit(kernel)
    with pytest.raises(ValueError, match="gamma"):
        Nystroem("precomputed", gamma=1.0, n_components=60).fit(kernel)


def test_edges():
    with pytest.warns(UserWarning, match="n_components=100"):
        assert Nystroem().fit_transform(X).shape == (60, 60)
    with pytest.raises(ValueError, match="smaller than -skewedness"):
        SkewedChi2Sampler(skewedness=0.1).fit(X).transform(X - 1)
    with pytest.raises(ValueError, match="provide sample_interval"):
        AdditiveChi2Sampler(sample_steps=4).fit(X)
    with pytest.raises(ValueError, match="Negative values"):
        AdditiveChi2Sampler().fit(X - 1)
    assert_array_equal(AdditiveChi2Sampler().transform(X), AdditiveChi2Sampler().fit_transform(X))
    assert RBFSampler(gamma="scale").fit(np.ones((3, 2)))._gamma == 1
    for bad in (
        RBFSampler(gamma="auto"),
        Nystroem("gauss"),
        PolynomialCountSketch(degree=0),
        RBFSampler(n_components=0),
    ):
        with pytest.raises(ValueError, match="parameter of"):
            bad.fit(X)
