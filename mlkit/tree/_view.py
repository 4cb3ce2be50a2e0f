"""A fitted tree as its users read it: arrays over nodes, the names that scikit-learn gave them."""

from functools import cached_property

import numpy as np

from .._engine.trees.dependence import partial_dependence


class Tree:
    """One tree: ``tree_`` of an estimator.

    Node 0 is the root; children come behind their parents. At a leaf ``children_left`` and
    ``children_right`` are −1, ``feature`` and ``threshold`` −2.

    Parameters
    ----------
    trees : Trees
        Of one tree.
    n_classes : tuple of int
        By output; 1 in regression.

    Examples
    --------
    >>> from mlkit.tree import DecisionTreeRegressor
    >>> tree = DecisionTreeRegressor().fit([[0.0], [1.0]], [3.0, 5.0]).tree_
    >>> tree.node_count, tree.threshold.tolist(), tree.value.ravel().tolist()
    (3, [0.5, -2.0, -2.0], [4.0, 3.0, 5.0])
    """

    def __init__(self, trees, n_classes):
        self.trees = trees
        self._n_classes = tuple(int(n) for n in n_classes)

    def __getstate__(self):
        return {"trees": self.trees, "_n_classes": self._n_classes}

    def __setstate__(self, state):
        self.__dict__.update(state)

    # ---------------------------------------------------------------------- shape
    @property
    def node_count(self):
        """Number of nodes."""
        return self.trees.n_nodes

    @property
    def capacity(self):
        """Number of nodes that there is room for: as many as there are."""
        return self.trees.n_nodes

    @property
    def n_features(self):
        """Width of X."""
        return self.trees.n_features

    @property
    def n_outputs(self):
        """Number of columns of y."""
        return len(self._n_classes)

    @property
    def n_classes(self):
        """Number of classes of each output, 1 in regression."""
        return np.array(self._n_classes, dtype=np.int64)

    @property
    def max_n_classes(self):
        """Greatest of `n_classes`."""
        return max(self._n_classes)

    @cached_property
    def max_depth(self):
        """Number of edges from the root to the deepest leaf."""
        return int(self.trees.depths().max())

    @property
    def n_leaves(self):
        """Number of leaves."""
        return int(self.trees.is_leaf.sum())

    # ---------------------------------------------------------------------- nodes
    @cached_property
    def children_left(self):
        """Left child of each node, int64."""
        return self.trees.left.astype(np.int64)

    @cached_property
    def children_right(self):
        """Right child of each node, int64."""
        return self.trees.right.astype(np.int64)

    @cached_property
    def feature(self):
        """Column that each node looks at, int64."""
        return self.trees.feature.astype(np.int64)

    @property
    def threshold(self):
        """Rows up to it go left."""
        return self.trees.threshold

    @property
    def missing_go_to_left(self):
        """Whether rows go left where the value is missing, uint8."""
        return self.trees.missing_left

    @property
    def impurity(self):
        """Criterion at each node."""
        return self.trees.impurity

    @property
    def n_node_samples(self):
        """Training rows at each node."""
        return self.trees.n_samples

    @property
    def weighted_n_node_samples(self):
        """Weight of the training rows at each node."""
        return self.trees.weight

    @property
    def value(self):
        """What each node predicts, of shape (node_count, n_outputs, max_n_classes)."""
        return self.trees.value

    # ---------------------------------------------------------------------- rows
    def predict(self, X):
        """Return the values of the rows' leaves.

        Parameters
        ----------
        X : ndarray of float32 or float64, or CSR matrix, shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, max_n_classes) or (n_samples, n_outputs, max_n_classes)
        """
        flat = self.trees.total(X)
        return flat if self.n_outputs == 1 else flat.reshape(len(flat), *self.value.shape[1:])

    def apply(self, X):
        """Return the leaf of each row, int64.

        Parameters
        ----------
        X : ndarray of float32 or float64, or CSR matrix, shape (n_samples, n_features)

        Returns
        -------
        ndarray of int64, shape (n_samples,)
        """
        return self.trees.apply(X)[:, 0]

    def decision_path(self, X):
        """Return the nodes that each row passes.

        Parameters
        ----------
        X : ndarray of float32 or float64, or CSR matrix, shape (n_samples, n_features)

        Returns
        -------
        csr_matrix of shape (n_samples, node_count)
            1 where a row passes a node.
        """
        return self.trees.decision_path(X)

    # ---------------------------------------------------------------------- summaries
    def compute_node_depths(self):
        """Return the number of nodes on the path from the root to each node, both counted.

        Returns
        -------
        ndarray of int64, shape (node_count,)
        """
        return self.trees.depths() + 1

    def compute_feature_importances(self, normalize=True):
        """Return the decrease of impurity by each feature, a share of the root's weight.

        Parameters
        ----------
        normalize : bool, default=True
            Whether the importances are made to sum to 1.

        Returns
        -------
        ndarray of shape (n_features,)
        """
        importances = self.trees.importances()[0]
        total = importances.sum()
        return importances / total if normalize and total > 0 else importances

    def compute_partial_dependence(self, X, target_features, out):
        """Average predictions over the features that are not fixed, by weights of the nodes.

        A row goes both ways at a node that looks at another feature, each way by the share of
        the training weight that went there.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_target_features)
            Values of the fixed features.
        target_features : ndarray of int, shape (n_target_features,)
            Their columns.
        out : ndarray of float64, shape (n_samples,)
            Receives the averages, of the first output and value.
        """
        out[:] = partial_dependence(self.trees, X, target_features)[0]
