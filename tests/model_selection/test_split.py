"""Splitters: scikit-learn's own folds for the same seed, and what a fold must be."""

import numpy as np
import pytest
import sklearn.model_selection as reference

import mlkit.model_selection as splitters

RNG = np.random.RandomState(0)
X = RNG.rand(97, 2)
Y = np.array(list("dbca"))[RNG.randint(0, 4, 97)]
GROUPS = RNG.randint(0, 13, 97)
TIMES = np.repeat([-1, 0, 1, 2], [7, 30, 30, 30])

K_FOLDS = ["KFold", "StratifiedKFold", "GroupKFold", "StratifiedGroupKFold"]
CASES = [
    *[(name, {"n_splits": k}) for name in K_FOLDS for k in (2, 5)],
    *[
        (name, {"n_splits": k, "shuffle": True, "random_state": seed})
        for name in K_FOLDS
        for k in (2, 7)
        for seed in (0, 1)
    ],
    *[
        (name, {"n_splits": 3, "random_state": 3, **sizes})
        for name in ["ShuffleSplit", "StratifiedShuffleSplit", "GroupShuffleSplit"]
        for sizes in ({}, {"test_size": 0.3}, {"train_size": 0.41}, {"test_size": 5})
    ],
    ("RepeatedKFold", {"n_splits": 3, "n_repeats": 2, "random_state": 0}),
    ("RepeatedStratifiedKFold", {"n_splits": 3, "n_repeats": 2, "random_state": 0}),
    ("LeaveOneOut", {}),
    ("LeavePOut", {"p": 2}),
    ("LeaveOneGroupOut", {}),
    ("LeavePGroupsOut", {"n_groups": 2}),
    ("TimeSeriesSplit", {"n_splits": 4}),
    ("TimeSeriesSplit", {"n_splits": 4, "gap": 3, "max_train_size": 20, "test_size": 5}),
    ("PredefinedSplit", {"test_fold": TIMES}),
]


@pytest.mark.parametrize(("name", "params"), CASES)
@pytest.mark.filterwarnings("ignore:.*groups")
def test_folds_are_those_of_scikit_learn(name, params):
    ours, theirs = getattr(splitters, name)(**params), getattr(reference, name)(**params)
    found = list(ours.split(X, Y, GROUPS))
    expected = list(theirs.split(X, Y, GROUPS))
    assert len(found) == len(expected) == ours.get_n_splits(X, Y, GROUPS)
    for (train, test), (their_train, their_test) in zip(found, expected, strict=True):
        np.testing.assert_array_equal(train, their_train)
        np.testing.assert_array_equal(test, their_test)
        assert not np.intersect1d(train, test).size
    assert repr(ours).replace(" ", "") == "".join(repr(theirs).split())


@pytest.mark.parametrize("name", K_FOLDS)
@pytest.mark.filterwarnings("ignore:.*groups")
def test_every_row_is_tested_once(name):
    tests = [test for _, test in getattr(splitters, name)(4).split(X, Y, GROUPS)]
    np.testing.assert_array_equal(np.sort(np.concatenate(tests)), np.arange(len(X)))


@pytest.mark.parametrize("shuffle", [False, True])
def test_strata_differ_by_one_row_at_most(shuffle):
    cv = splitters.StratifiedKFold(5, shuffle=shuffle, random_state=0 if shuffle else None)
    counts = np.array([[np.sum(Y[test] == c) for c in "abcd"] for _, test in cv.split(X, Y)])
    assert (np.ptp(counts, axis=0) <= 1).all()


@pytest.mark.parametrize("name", ["GroupKFold", "StratifiedGroupKFold", "GroupShuffleSplit"])
def test_no_group_is_on_both_sides(name):
    for train, test in getattr(splitters, name)(3).split(X, Y, GROUPS):
        assert not set(GROUPS[train]) & set(GROUPS[test])


@pytest.mark.parametrize("stratify", [None, Y])
def test_train_test_split_draws_what_scikit_learn_draws(stratify):
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame(X, columns=["a", "b"])
    ours = splitters.train_test_split(table, Y, X.tolist(), random_state=5, stratify=stratify)
    theirs = reference.train_test_split(table, Y, X.tolist(), random_state=5, stratify=stratify)
    for found, expected in zip(ours, theirs, strict=True):
        assert type(found) is type(expected)
        np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"test_size": 0}, "test_size=0"),
        ({"test_size": 97}, "less than"),
        ({"test_size": 1.5}, r"\(0, 1\)"),
        ({"test_size": 0.8, "train_size": 0.4}, "more than all"),
        ({"test_size": 60, "train_size": 60}, "120 rows"),
        ({"train_size": 0.001}, "empty"),
        ({"shuffle": False, "stratify": Y}, "shuffle=True"),
        ({"stratify": np.arange(97)}, "only 1 row"),
        ({"test_size": "a third"}, "test_size"),
    ],
)
def test_impossible_sizes_are_named(sizes, words):
    with pytest.raises(ValueError, match=words):
        splitters.train_test_split(X, **sizes)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: splitters.KFold(1), ValueError),
        (lambda: splitters.KFold(2.0), ValueError),
        (lambda: splitters.KFold(2, shuffle="yes"), TypeError),
        (lambda: splitters.KFold(2, random_state=0), ValueError),
        (lambda: list(splitters.KFold(98).split(X)), ValueError),
        (lambda: list(splitters.StratifiedKFold(3).split(X, X[:, 0])), ValueError),
        (lambda: list(splitters.StratifiedKFold(60).split(X, Y)), ValueError),
        (lambda: list(splitters.GroupKFold(3).split(X, Y)), ValueError),
        (lambda: list(splitters.GroupKFold(14).split(X, Y, GROUPS)), ValueError),
        (lambda: list(splitters.TimeSeriesSplit(97).split(X)), ValueError),
        (lambda: list(splitters.LeaveOneOut().split(X[:1])), ValueError),
        (lambda: splitters.check_cv("five"), ValueError),
    ],
)
def test_impossible_folds_are_refused(make, error):
    with pytest.raises(error):
        make()


def test_check_cv_stratifies_for_classifiers_only():
    assert isinstance(splitters.check_cv(3, Y, classifier=True), splitters.StratifiedKFold)
    assert type(splitters.check_cv(3, Y)) is splitters.KFold
    assert type(splitters.check_cv(None, X[:, 0], classifier=True)) is splitters.KFold
    given = [(np.array([0]), np.array([1]))]
    assert list(splitters.check_cv(iter(given)).split()) == given
