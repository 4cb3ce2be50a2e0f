"""Quantiles of forests are those of the weights that leaves give to rows."""

import pickle

import numpy as np
import pytest

from mlkit.ensemble import ExtraTreesRegressor, RandomForestRegressor

RNG = np.random.RandomState(0)
X = RNG.randn(120, 4)
Y = X[:, 0] + (1 + (X[:, 1] > 0)) * RNG.randn(120)
LEVELS = [0.0, 0.1, 0.5, 0.93, 1.0]


def by_definition(model, rows, y, q):
    inside, asked = model.apply(X), model.apply(rows)
    drawn = [np.bincount(own, minlength=len(X)) for own in model.estimators_samples_]
    out = np.empty(len(rows))
    for r in range(len(rows)):
        weight = np.zeros(len(X))
        for t, counts in enumerate(drawn):
            own = counts * (inside[:, t] == asked[r, t])
            weight += own / own.sum()
        values = np.unique(y[weight > 0])
        share = np.array([weight[y <= v].sum() for v in values]) / weight.sum()
        out[r] = values[np.argmax(share >= q - 1e-9)]
    return out


@pytest.mark.parametrize("kind", [RandomForestRegressor, ExtraTreesRegressor])
def test_quantiles_are_by_definition(kind):
    model = kind(7, min_samples_leaf=4, keep_targets=True, random_state=1).fit(X, Y)
    rows = RNG.randn(15, 4)
    got = model.predict_quantiles(rows, LEVELS)
    for j, q in enumerate(LEVELS):
        np.testing.assert_array_equal(got[:, j], by_definition(model, rows, Y, q))
    again = pickle.loads(pickle.dumps(model)).predict_quantiles(rows, LEVELS)
    np.testing.assert_array_equal(again, got)
    interval = model.predict_interval(rows, 0.5)
    np.testing.assert_array_equal(interval, model.predict_quantiles(rows, [0.25, 0.75]))


def test_outputs_have_their_own_quantiles_and_a_row_of_weight_two_is_two_rows():
    both = np.column_stack([Y, -Y])
    make = ExtraTreesRegressor(5, min_samples_leaf=6, keep_targets=True, random_state=0)
    assert make.fit(X, both).predict_quantiles(X, LEVELS).shape == (120, 2, 5)
    weight = RNG.randint(1, 4, 120)
    weighed = RandomForestRegressor(5, max_depth=3, keep_targets=True, random_state=0)
    one = weighed.fit(X, Y, sample_weight=weight).predict_quantiles(X, LEVELS)
    two = weighed.fit(np.repeat(X, weight, 0), np.repeat(Y, weight)).predict_quantiles(X, LEVELS)
    np.testing.assert_array_equal(one, two)


def test_what_is_missing_or_wrong_is_named():
    with pytest.raises(ValueError, match="keep_targets=True"):
        RandomForestRegressor(2).fit(X, Y).predict_quantiles(X)
    with pytest.raises(ValueError, match="from 0 to 1"):
        RandomForestRegressor(2, keep_targets=True).fit(X, Y).predict_quantiles(X, [1.5])


def test_the_beginning_of_a_forest_has_its_own_quantiles():
    long = RandomForestRegressor(9, keep_targets=True, random_state=3).fit(X, Y)
    short = RandomForestRegressor(4, keep_targets=True, random_state=3).fit(X, Y)
    long._keep_stages(4)
    np.testing.assert_array_equal(
        long.predict_quantiles(X, LEVELS), short.predict_quantiles(X, LEVELS)
    )
