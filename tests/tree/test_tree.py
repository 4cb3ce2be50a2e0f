"""Trees as estimators: pruning, pictures, what the nodes say."""

import numpy as np
import pytest

from mlkit.datasets import load_iris
from mlkit.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    export_graphviz,
    export_text,
    plot_tree,
)

sk = pytest.importorskip("sklearn.tree")
X, Y = load_iris(return_X_y=True)


@pytest.mark.parametrize("alpha", [0.001, 0.01, 0.05, 0.5])
def test_pruning_is_scikit_learns(alpha):
    ours = DecisionTreeClassifier(random_state=0, ccp_alpha=alpha).fit(X, Y).tree_
    theirs = sk.DecisionTreeClassifier(random_state=0, ccp_alpha=alpha).fit(X, Y).tree_
    np.testing.assert_array_equal(ours.feature, theirs.feature)
    np.testing.assert_array_equal(ours.children_right, theirs.children_right)


def test_a_pruned_tree_has_the_least_cost_of_the_path():
    rng = np.random.RandomState(0)
    X, y = rng.randn(120, 3), rng.randn(120)
    path = DecisionTreeRegressor(random_state=0).cost_complexity_pruning_path(X, y)
    assert (np.diff(path.ccp_alphas) > -1e-12).all()
    for alpha in path.ccp_alphas[5::20]:
        tree = DecisionTreeRegressor(random_state=0, ccp_alpha=alpha).fit(X, y)
        loss = ((tree.predict(X) - y) ** 2).mean() + alpha * tree.get_n_leaves()
        whole = DecisionTreeRegressor(random_state=0).fit(X, y)
        assert loss <= ((whole.predict(X) - y) ** 2).mean() + alpha * whole.get_n_leaves() + 1e-9


def test_importances_are_the_decrease_of_impurity():
    tree = DecisionTreeClassifier(random_state=0).fit(X, Y).tree_
    gain = np.zeros(4)
    w, impurity = tree.weighted_n_node_samples, tree.impurity
    for i in np.flatnonzero(tree.children_left >= 0):
        a, b = tree.children_left[i], tree.children_right[i]
        gain[tree.feature[i]] += w[i] * impurity[i] - w[a] * impurity[a] - w[b] * impurity[b]
    np.testing.assert_allclose(tree.compute_feature_importances(), gain / gain.sum())


def test_several_outputs_and_string_labels():
    names = np.array(["a", "b", "c"])[Y]
    y = np.column_stack([names, np.where(Y > 0, "yes", "no")])
    tree = DecisionTreeClassifier(random_state=0).fit(X, y)
    assert (tree.predict(X) == y).all()
    assert [p.shape for p in tree.predict_proba(X)] == [(150, 3), (150, 2)]


OPTIONS = [
    {},
    {"filled": True, "rounded": True, "leaves_parallel": True, "rotate": True, "max_depth": 1},
    {"special_characters": True, "class_names": True, "proportion": True, "node_ids": True},
    {"label": "none", "impurity": False, "precision": 1, "feature_names": list("abcd")},
]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("name", ["DecisionTreeClassifier", "DecisionTreeRegressor"])
def test_graphviz_says_what_scikit_learn_says(options, name):
    cls = {"DecisionTreeClassifier": DecisionTreeClassifier}.get(name, DecisionTreeRegressor)
    ours = cls(max_depth=3, random_state=0).fit(X, Y)
    theirs = getattr(sk, name)(max_depth=3, random_state=0).fit(X, Y)
    assert export_graphviz(ours, **options) == sk.export_graphviz(theirs, **options).rstrip()


@pytest.mark.parametrize(
    "options", [{}, {"show_weights": True, "decimals": 3, "spacing": 2, "max_depth": 1}]
)
def test_text_says_what_scikit_learn_says(options):
    ours = DecisionTreeClassifier(random_state=0).fit(X, Y)
    theirs = sk.DecisionTreeClassifier(random_state=0).fit(X, Y)
    assert export_text(ours, **options) == sk.export_text(theirs, **options)
    with pytest.raises(ValueError, match="feature_names"):
        export_text(ours, feature_names=["a"])


def test_plot_has_a_box_for_each_node_and_two_answers():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    tree = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X, Y)
    texts = [shown.get_text() for shown in plot_tree(tree, filled=True)]
    assert len(texts) == tree.tree_.node_count + 2
    assert {"True  ", "  False"} <= set(texts)
    matplotlib.pyplot.close("all")


def test_sparse_target_and_infinite_rows_are_refused():
    from scipy.sparse import csr_matrix

    with pytest.raises(TypeError, match="sparse"):
        DecisionTreeClassifier().fit(X, csr_matrix(Y[:, None]))
    with pytest.raises(ValueError, match="infinity"):
        DecisionTreeClassifier().fit(X * 1e300, Y)
