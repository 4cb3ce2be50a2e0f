"""The rules of selection by score, against their definitions and scikit-learn."""

import numpy as np
import pytest
import sklearn.feature_selection as reference
from numpy.testing import assert_allclose, assert_array_equal

import mlkit.feature_selection as ours
from mlkit.datasets import load_breast_cancer, load_digits, make_classification
from mlkit.feature_selection import (
    GenericUnivariateSelect,
    SelectFdr,
    SelectFpr,
    SelectFwe,
    SelectKBest,
    SelectPercentile,
    f_classif,
)

RULES = [
    ("SelectKBest", {"k": 0}),
    ("SelectKBest", {"k": 7}),
    ("SelectKBest", {"k": "all"}),
    ("SelectPercentile", {"percentile": 0}),
    ("SelectPercentile", {"percentile": 33.3}),
    ("SelectPercentile", {"percentile": 100}),
    ("SelectFpr", {"alpha": 1e-8}),
    ("SelectFdr", {"alpha": 1e-8}),
    ("SelectFwe", {"alpha": 1e-8}),
    *[("GenericUnivariateSelect", {"mode": m, "param": 1e-8}) for m in ("fpr", "fdr", "fwe")],
    ("GenericUnivariateSelect", {"mode": "k_best", "param": 3}),
    ("GenericUnivariateSelect", {"mode": "k_best", "param": "all"}),
    ("GenericUnivariateSelect", {"mode": "percentile", "param": 40}),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "options"), RULES, ids=str)
@pytest.mark.parametrize("load", [load_breast_cancer, load_digits])
@pytest.mark.parametrize("score", ["chi2", "f_classif"])
def test_as_scikit_learn(name, options, load, score):
    X, y = load(return_X_y=True)
    found = getattr(ours, name)(getattr(ours, score), **options).fit(X, y)
    expected = getattr(reference, name)(getattr(reference, score), **options).fit(X, y)
    assert_array_equal(found.get_support(), expected.get_support())
    assert_allclose(found.pvalues_, expected.pvalues_, rtol=1e-8, atol=1e-300)


def selected(rule, scores, pvalues=None):
    """Mask that a rule makes of given scores."""
    found = scores if pvalues is None else (scores, pvalues)
    rule.set_params(score_func=lambda X, y: found)
    return rule.fit(np.zeros((2, len(scores)))).get_support()


def test_ties_as_scikit_learn():
    rng = np.random.RandomState(0)
    for _ in range(200):
        scores = rng.randint(0, 4, rng.randint(1, 12)) * 1.0
        scores[rng.rand(len(scores)) < 0.2] = np.nan
        k, percentile = rng.randint(0, len(scores) + 1), rng.choice([0, 10, 30, 50, 90, 100])
        for name, options in (
            ("SelectKBest", {"k": k}),
            ("SelectPercentile", {"percentile": percentile}),
        ):
            assert_array_equal(
                selected(getattr(ours, name)(**options), scores),
                selected(getattr(reference, name)(**options), scores),
            )


def test_nan_comes_last():
    mask = selected(SelectKBest(k=2), np.array([np.nan, -1.0, 3.0, np.nan]))
    assert_array_equal(mask, [False, True, True, False])


def test_the_p_value_rules():
    p = np.array([0.001, 0.02, 0.013, 0.04, 0.5])
    assert_array_equal(selected(SelectFpr(alpha=0.04), p, p), [1, 1, 1, 0, 0])
    assert_array_equal(selected(SelectFwe(alpha=0.05), p, p), [1, 0, 0, 0, 0])
    # 0.02 passes 3/5 of 0.05, so whatever is below it passes, too; 0.04 is 4/5 of 0.05.
    assert_array_equal(selected(SelectFdr(alpha=0.05), p, p), [1, 1, 1, 1, 0])
    assert_array_equal(selected(SelectFdr(alpha=0.049), p, p), [1, 1, 1, 0, 0])
    assert not selected(SelectFdr(alpha=1e-5), p, p).any()


def test_false_discoveries_stay_below_the_rate():
    """Of what SelectFdr keeps at most a share α is noise, in the mean."""
    shares = []
    for seed in range(40):
        X, y = make_classification(
            200, 40, n_informative=5, n_redundant=0, shuffle=False, random_state=seed
        )
        kept = SelectFdr(alpha=0.2).fit(X, y).get_support(indices=True)
        shares.append((kept >= 5).mean() if len(kept) else 0)
    assert np.mean(shares) < 0.2


def test_scores_without_p_values():
    X, y = load_breast_cancer(return_X_y=True)
    model = SelectKBest(lambda X, y: X.var(axis=0), k=1).fit(X, y)
    assert model.pvalues_ is None and model.scores_.argmax() == model.get_support(indices=True)[0]
    with pytest.raises(ValueError, match="returned no p-values"):
        SelectFpr(lambda X, y: X.var(axis=0)).fit(X, y).get_support()


def test_a_score_that_ignores_y():
    X, y = load_breast_cancer(return_X_y=True)
    model = SelectKBest(lambda X, y: X.var(axis=0), k=2)
    assert_array_equal(model.fit(X).get_support(), model.fit(X, y).get_support())
    with pytest.raises(ValueError, match="requires y|cannot be None|None"):
        SelectKBest().fit(X)


def test_several_targets_reach_the_score():
    X, _ = load_breast_cancer(return_X_y=True)
    seen = []
    SelectKBest(lambda X, Y: seen.append(Y.shape) or X.var(axis=0), k=1).fit(X, X[:, :2])
    assert seen == [(len(X), 2)]


def test_bad_parameters():
    X, y = load_breast_cancer(return_X_y=True)
    with pytest.warns(UserWarning, match=r"k=99\) is greater than n_features=30"):
        assert SelectKBest(k=99).fit(X, y).get_support().all()
    for bad in (
        SelectKBest(k=-1),
        SelectKBest(k=1.5),
        SelectPercentile(percentile=101),
        SelectFwe(alpha=2),
        GenericUnivariateSelect(mode="best"),
        GenericUnivariateSelect(mode="percentile", param=200),
        SelectKBest("f_classif"),
    ):
        with pytest.raises(ValueError, match="parameter of"):
            bad.fit(X, y)


def test_more_columns_contain_fewer():
    X, y = load_digits(return_X_y=True)
    scores = f_classif(X[:, 1:31], y)[0]
    masks = [SelectKBest(k=k).fit(X[:, 1:31], y).get_support() for k in (3, 10, 20)]
    assert (masks[0] <= masks[1]).all() and (masks[1] <= masks[2]).all()
    assert scores[masks[0]].min() >= np.delete(scores, np.flatnonzero(masks[0])).max()
