"""How well two partitions of the same rows agree: by pairs of rows, and by information."""

import warnings

import numpy as np

from .._core import domains as d
from .._core.targets import type_of_target
from ._codes import class_codes
from ._core import as_column, as_target, check_rows, metric

# Above so many cells, and twelve a row, the table of pairs of classes is kept sparse.
_MOST_CELLS = 1 << 20
_LABELS = {"labels_true": d.array_like, "labels_pred": d.array_like}
_pair = {
    **_LABELS,
    "average_method": d.one_of("arithmetic", "geometric", "min", "max"),
    "beta": d.at_least(0),
}


def _check_partitions(labels_true, labels_pred):
    """Two label vectors of one length, as codes: (n classes, codes) twice, and the rows."""
    parts = []
    for name, labels in (("labels_true", labels_true), ("labels_pred", labels_pred)):
        labels = as_target(labels)
        if labels.ndim != 1:
            raise ValueError(f"{name} needs one label a row; got an array of shape {labels.shape}")
        parts.append(labels)
    check_rows_or_none(*parts)
    coded = []
    for name, labels in zip(("labels_true", "labels_pred"), parts, strict=True):
        if labels.dtype.kind == "f" and len(labels):
            kind = type_of_target(labels, input_name=name)
            if kind.startswith("continuous"):
                warnings.warn(
                    f"{name} holds continuous numbers; clusters are labelled by discrete values",
                    UserWarning,
                    stacklevel=5,
                )
                classes, codes = np.unique(labels, return_inverse=True)
                coded.append((len(classes), codes))
                continue
        if not len(labels):
            coded.append((0, np.zeros(0, dtype=np.intp)))
            continue
        classes, codes = class_codes(labels)
        coded.append((len(classes), codes))
    return coded[0], coded[1], len(parts[0])


def check_rows_or_none(first, second):
    """Refuse unequal numbers of rows; none in both are as many."""
    if len(first) or len(second):
        check_rows(first, second)


class _Contingency:
    """Table of the rows of each pair of classes: filled cells, and the sums of its lines."""

    def __init__(self, labels_true, labels_pred):
        (n_true, true), (n_pred, pred), self.total = _check_partitions(labels_true, labels_pred)
        self.shape = n_true, n_pred
        n_cells = n_true * n_pred
        if n_cells <= max(_MOST_CELLS, self.total):
            cell = true * np.intp(n_pred)
            cell += pred
            counts = np.bincount(cell, minlength=n_cells)
            filled = np.flatnonzero(counts)
            self.count = counts[filled]
        else:
            filled, self.count = np.unique(
                true.astype(np.int64) * n_pred + pred, return_counts=True
            )
        self.row, self.column = np.divmod(filled, max(n_pred, 1))
        # Row and column of a cell are codes, so sums of lines are those of the labels.
        self.true = np.bincount(self.row, self.count, n_true).astype(np.int64)
        self.pred = np.bincount(self.column, self.count, n_pred).astype(np.int64)

    def is_trivial(self):
        """Whether both partitions are one class, or none."""
        return self.shape[0] == self.shape[1] and self.shape[0] <= 1

    def pairs(self):
        """Ordered pairs of rows: together in both, in the first, in the second, and all."""
        # Squares of counts overflow int64 above 3e9 rows.
        squares = [int(np.dot(each, each)) for each in (self.count, self.true, self.pred)]
        return [each - self.total for each in squares] + [self.total * (self.total - 1)]

    def mutual_information(self):
        return _mutual_information(self.count, self.row, self.column, self.true, self.pred)


def _mutual_information(count, row, column, true, pred):
    """``Σ p log(p / (p_row p_column))`` over the filled cells."""
    total = count.sum()
    if total == 0 or len(true) == 1 or len(pred) == 1:
        return 0.0
    share = count / total
    chance = (true[row] / total) * (pred[column] / total)
    value = float(np.sum(share * np.log(share / chance)))
    # It is not negative; rounding is.
    return max(value, 0.0) if abs(value) > np.finfo(float).eps else 0.0


def _entropy(counts):
    """``−Σ p log p`` of counts."""
    counts = counts[counts > 0]
    if len(counts) <= 1:
        return 0.0
    share = counts / counts.sum()
    return float(-np.sum(share * np.log(share)))


@metric(**_LABELS, eps=d.real | d.none, sparse=d.boolean)
def contingency_matrix(labels_true, labels_pred, *, eps=None, sparse=False, dtype=np.int64):
    """Table ``C[i, j]`` of the rows that are of class i in one labelling and j in the other.

    Parameters
    ----------
    eps : float, default=None
        Added to all cells, which makes them float.
    sparse : bool, default=False
        Return a CSR matrix, for many classes.
    dtype : dtype, default=numpy.int64
        Of the cells, while `eps` is None.

    Returns
    -------
    ndarray or CSR matrix of shape (n_classes_true, n_classes_pred)

    Raises
    ------
    ValueError
        If `eps` is given and `sparse` too: all cells would be filled.

    Examples
    --------
    >>> from mlkit.metrics.cluster import contingency_matrix
    >>> contingency_matrix([0, 0, 1, 1], [1, 0, 2, 2])
    array([[1, 1, 0],
           [0, 0, 2]])
    """
    if eps is not None and sparse:
        raise ValueError(f"eps={eps} fills all cells: contingency_matrix needs sparse=False for it")
    table = _Contingency(labels_true, labels_pred)
    if sparse:
        from scipy.sparse import csr_matrix

        cells = (table.count.astype(dtype), (table.row, table.column))
        return csr_matrix(cells, shape=table.shape, dtype=dtype)
    full = np.zeros(table.shape, dtype=dtype)
    full[table.row, table.column] = table.count
    return full if eps is None else full + eps


@metric(**_LABELS)
def pair_confusion_matrix(labels_true, labels_pred):
    """Ordered pairs of rows that are apart or together in one labelling, and in the other.

    Returns
    -------
    ndarray of int64, shape (2, 2)
        ``C[a, b]``: a is 1 for pairs together in `labels_true`, b for those in `labels_pred`.

    References
    ----------
    Hubert, Arabie. Comparing partitions. Journal of Classification 2 (1985).

    Examples
    --------
    >>> from mlkit.metrics.cluster import pair_confusion_matrix
    >>> pair_confusion_matrix([0, 0, 1, 1], [0, 0, 1, 2])
    array([[8, 0],
           [2, 2]])
    """
    both, true, pred, all_pairs = _Contingency(labels_true, labels_pred).pairs()
    return np.array([[all_pairs - true - pred + both, pred - both], [true - both, both]])


@metric("rand_score", **_LABELS)
def rand_score(labels_true, labels_pred):
    """Share of the pairs of rows on which two labellings agree: together or apart in both.

    Returns
    -------
    float
        In [0, 1]; 1 for labellings that are equal but for names.

    Examples
    --------
    >>> from mlkit.metrics import rand_score
    >>> round(rand_score([0, 0, 1, 1], [0, 0, 1, 2]), 4)
    0.8333
    """
    both, true, pred, all_pairs = _Contingency(labels_true, labels_pred).pairs()
    return 1.0 if all_pairs <= 0 else float((all_pairs - true - pred + 2 * both) / all_pairs)


@metric("adjusted_rand_score", **_LABELS)
def adjusted_rand_score(labels_true, labels_pred):
    """Rand index adjusted for chance: ``(RI − E[RI]) / (max RI − E[RI])``.

    The expectation is over labellings with the same sizes of classes.

    Returns
    -------
    float
        In [−0.5, 1]; 1 for labellings that are equal but for names, 0 on average by chance.

    References
    ----------
    Hubert, Arabie. Comparing partitions. Journal of Classification 2 (1985).

    Examples
    --------
    >>> from mlkit.metrics import adjusted_rand_score
    >>> round(adjusted_rand_score([0, 0, 1, 1], [0, 0, 1, 2]), 4)
    0.5714
    """
    # Integers of Python: products of numbers of pairs pass 64 bits from 1e5 rows on.
    both, true, pred, all_pairs = _Contingency(labels_true, labels_pred).pairs()
    spread = (true + pred) * all_pairs - 2 * true * pred
    return 1.0 if spread == 0 else 2 * (both * all_pairs - true * pred) / spread


@metric("fowlkes_mallows_score", **_LABELS)
def fowlkes_mallows_score(labels_true, labels_pred):
    """Geometric mean of precision and recall of pairs: ``TP / √((TP + FP)(TP + FN))``.

    Returns
    -------
    float
        In [0, 1].

    References
    ----------
    Fowlkes, Mallows. A method for comparing two hierarchical clusterings. JASA 78 (1983).

    Examples
    --------
    >>> from mlkit.metrics import fowlkes_mallows_score
    >>> round(fowlkes_mallows_score([0, 0, 1, 1], [0, 0, 1, 2]), 4)
    0.7071
    """
    both, true, pred, _ = _Contingency(labels_true, labels_pred).pairs()
    return float(np.sqrt(both / true) * np.sqrt(both / pred)) if both else 0.0


# ---------------------------------------------------------------- information


@metric(labels=d.array_like)
def entropy(labels):
    """Entropy ``−Σ p log p`` of the classes of a labelling, in nats.

    Parameters
    ----------
    labels : array-like of shape (n_samples,)

    Returns
    -------
    float
        1 for no labels at all, as scikit-learn has it.

    Examples
    --------
    >>> from mlkit.metrics.cluster import entropy
    >>> round(entropy([0, 0, 1, 1]), 4)
    0.6931
    """
    labels = as_column(as_target(labels))
    if not len(labels):
        return 1.0
    return _entropy(np.unique(labels, return_counts=True)[1])


@metric("mutual_info_score", labels_true=d.array_like | d.none, labels_pred=d.array_like | d.none,
        contingency=d.array_like | d.sparse_matrix | d.none)  # fmt: skip
def mutual_info_score(labels_true, labels_pred, *, contingency=None):
    """Mutual information ``Σ p(i, j) log(p(i, j) / (p(i) p(j)))`` of two labellings, in nats.

    Parameters
    ----------
    contingency : {array-like, sparse matrix} of shape (n_classes_true, n_classes_pred)
        Their `contingency_matrix`, if it is known; labels are then not looked at.

    Returns
    -------
    float
        At least 0.

    Examples
    --------
    >>> from mlkit.metrics import mutual_info_score
    >>> round(mutual_info_score([0, 0, 1, 1], [0, 0, 1, 2]), 4)
    0.6931
    """
    if contingency is None:
        return _Contingency(labels_true, labels_pred).mutual_information()
    if hasattr(contingency, "tocoo"):
        cells = contingency.tocoo()
        filled = cells.data != 0
        row, column, count = cells.row[filled], cells.col[filled], cells.data[filled]
    else:
        contingency = np.asarray(contingency)
        row, column = np.nonzero(contingency)
        count = contingency[row, column]
    true = np.bincount(row, count, contingency.shape[0])
    pred = np.bincount(column, count, contingency.shape[1])
    return _mutual_information(count, row, column, true, pred)


def _mean_of(first, second, method):
    if method == "arithmetic":
        return (first + second) / 2
    if method == "geometric":
        return np.sqrt(first * second)
    return min(first, second) if method == "min" else max(first, second)


@metric("normalized_mutual_info_score", **_pair)
def normalized_mutual_info_score(labels_true, labels_pred, *, average_method="arithmetic"):
    """Mutual information over a mean of the two entropies.

    Parameters
    ----------
    average_method : {"arithmetic", "geometric", "min", "max"}, default="arithmetic"
        Which mean of the entropies.

    Returns
    -------
    float
        In [0, 1]; not adjusted for chance.

    Examples
    --------
    >>> from mlkit.metrics import normalized_mutual_info_score
    >>> round(normalized_mutual_info_score([0, 0, 1, 1], [0, 0, 1, 2]), 4)
    0.8
    """
    table = _Contingency(labels_true, labels_pred)
    if table.is_trivial():
        return 1.0
    information = table.mutual_information()
    if information == 0:
        return 0.0
    return float(information / _mean_of(_entropy(table.true), _entropy(table.pred), average_method))


@metric("adjusted_mutual_info_score", **_pair)
def adjusted_mutual_info_score(labels_true, labels_pred, *, average_method="arithmetic"):
    """Mutual information adjusted for chance: ``(MI − E[MI]) / (mean(H₁, H₂) − E[MI])``.

    Parameters
    ----------
    average_method : {"arithmetic", "geometric", "min", "max"}, default="arithmetic"
        Which mean of the entropies.

    Returns
    -------
    float
        At most 1; 0 on average by chance.

    References
    ----------
    Vinh, Epps, Bailey. Information theoretic measures for clusterings comparison. JMLR 11 (2010).

    Examples
    --------
    >>> from mlkit.metrics import adjusted_mutual_info_score
    >>> round(adjusted_mutual_info_score([0, 0, 1, 1], [0, 0, 1, 2]), 4)
    0.5714
    """
    table = _Contingency(labels_true, labels_pred)
    if table.is_trivial():
        return 1.0
    if 1 in table.shape:
        return 0.0
    information = table.mutual_information()
    chance = _expected_information(table.true, table.pred, table.total)
    most = _mean_of(_entropy(table.true), _entropy(table.pred), average_method)
    # Both vanish where every row is alone in one labelling: the machine precision, with the
    # sign of the limit, stands for 0 below.
    tiny = np.finfo(float).eps
    room = most - chance
    room = min(room, -tiny) if room < 0 else max(room, tiny)
    gain = information - chance
    return float((min(gain, -tiny) if gain < 0 else max(gain, tiny)) / room)


@metric(contingency=d.array_like | d.sparse_matrix, n_samples=d.real)
def expected_mutual_information(contingency, n_samples):
    """Mean mutual information of random labellings with given sizes of classes.

    Each cell of the table is hypergeometric: of two classes of a and b rows of n, k are common with
    probability ``a! b! (n−a)! (n−b)! / (n! k! (a−k)! (b−k)! (n−a−b+k)!)``.

    Parameters
    ----------
    contingency : {array-like, sparse matrix} of shape (n_classes_true, n_classes_pred)
        A table with these sizes as sums of its lines.
    n_samples : int
        Its sum.

    Returns
    -------
    float

    References
    ----------
    Vinh, Epps, Bailey. Information theoretic measures for clusterings comparison. JMLR 11 (2010).

    Examples
    --------
    >>> from mlkit.metrics.cluster import expected_mutual_information
    >>> round(expected_mutual_information([[2, 0], [0, 2]], 4), 4)
    0.231
    """
    table = contingency if hasattr(contingency, "tocsr") else np.asarray(contingency)
    sums = [np.ravel(table.sum(axis=axis)).astype(np.int64) for axis in (1, 0)]
    return _expected_information(*sums, int(n_samples))


def _expected_information(true, pred, total):
    true, n_true = np.unique(true[true > 0], return_counts=True)
    pred, n_pred = np.unique(pred[pred > 0], return_counts=True)
    if (len(true) == 1 and n_true[0] == 1) or (len(pred) == 1 and n_pred[0] == 1):
        return 0.0
    value = 0.0
    for a, times_a in zip(true.tolist(), n_true.tolist(), strict=True):
        for b, times_b in zip(pred.tolist(), n_pred.tolist(), strict=True):
            value += times_a * times_b * _expected_cell(a, b, total)
    return value


def _expected_cell(a, b, n):
    """``Σₖ P(k) (k/n) log(n k / (a b))`` of a cell with sums a of its row and b of its column."""
    from scipy.special import gammaln

    # By Hoeffding, P(|k − E k| ≥ t) ≤ 2 exp(−2t² / min(a, b)): beyond this t it is below 1e−340.
    reach = 20 * min(a, b) ** 0.5 + 1
    middle = a * b / n
    first = max(1, a + b - n, int(middle - reach))
    stop = min(a, b, int(middle + reach) + 1) + 1
    k = np.arange(first, stop, dtype=float)
    # log n! for all that do not depend on k, then for those that do.
    fixed = gammaln(np.array([a, b, n - a, n - b, n], dtype=float) + 1) @ [1, 1, 1, 1, -1]
    terms = gammaln(k + 1) + gammaln(a - k + 1) + gammaln(b - k + 1) + gammaln(n - a - b + k + 1)
    gain = k / n * (np.log(k) + np.log(n) - np.log(a) - np.log(b))
    return float(np.sum(gain * np.exp(fixed - terms)))


@metric(**_pair)
def homogeneity_completeness_v_measure(labels_true, labels_pred, *, beta=1.0):
    """Homogeneity ``MI / H(true)``, completeness ``MI / H(pred)``, and their weighted mean V.

    ``V = (1 + β) h c / (β h + c)``.

    Parameters
    ----------
    labels_true, labels_pred : array-like of shape (n_samples,)
        Classes and clusters of the same rows.
    beta : float, default=1.0
        Weight of completeness; at least 0.

    Returns
    -------
    homogeneity, completeness, v_measure : float
        In [0, 1]; of no rows, and where an entropy is 0, 1.

    References
    ----------
    Rosenberg, Hirschberg. V-measure: a conditional entropy-based external cluster evaluation
    measure. EMNLP-CoNLL 2007.

    Examples
    --------
    >>> from mlkit.metrics import homogeneity_completeness_v_measure
    >>> [round(x, 4) for x in homogeneity_completeness_v_measure([0, 0, 1, 1], [0, 0, 1, 2])]
    [1.0, 0.6667, 0.8]
    """
    table = _Contingency(labels_true, labels_pred)
    if not table.total:
        return 1.0, 1.0, 1.0
    information = table.mutual_information()
    of_true, of_pred = _entropy(table.true), _entropy(table.pred)
    homogeneity = information / of_true if of_true else 1.0
    completeness = information / of_pred if of_pred else 1.0
    both = beta * homogeneity + completeness
    v_measure = (1 + beta) * homogeneity * completeness / both if both else 0.0
    return homogeneity, completeness, v_measure


@metric("homogeneity_score", **_LABELS)
def homogeneity_score(labels_true, labels_pred):
    """Share of the entropy of the classes that clusters explain: ``MI / H(true)``.

    Parameters
    ----------
    labels_true, labels_pred : array-like of shape (n_samples,)
        Classes and clusters of the same rows.

    Returns
    -------
    float
        In [0, 1]; 1 if each cluster has rows of one class.

    Examples
    --------
    >>> from mlkit.metrics import homogeneity_score
    >>> homogeneity_score([0, 0, 1, 1], [0, 0, 1, 2])
    1.0
    """
    return homogeneity_completeness_v_measure(labels_true, labels_pred)[0]


@metric("completeness_score", **_LABELS)
def completeness_score(labels_true, labels_pred):
    """Share of the entropy of the clusters that classes explain: ``MI / H(pred)``.

    Parameters
    ----------
    labels_true, labels_pred : array-like of shape (n_samples,)
        Classes and clusters of the same rows.

    Returns
    -------
    float
        In [0, 1]; 1 if the rows of each class are in one cluster.

    Examples
    --------
    >>> from mlkit.metrics import completeness_score
    >>> round(completeness_score([0, 0, 1, 1], [0, 0, 1, 2]), 4)
    0.6667
    """
    return homogeneity_completeness_v_measure(labels_true, labels_pred)[1]


@metric("v_measure_score", **_pair)
def v_measure_score(labels_true, labels_pred, *, beta=1.0):
    """Weighted harmonic mean of homogeneity and completeness: ``(1 + β) h c / (β h + c)``.

    Parameters
    ----------
    labels_true, labels_pred : array-like of shape (n_samples,)
        Classes and clusters of the same rows.
    beta : float, default=1.0
        Weight of completeness; at least 0.

    Returns
    -------
    float
        In [0, 1].

    Examples
    --------
    >>> from mlkit.metrics import v_measure_score
    >>> round(v_measure_score([0, 0, 1, 1], [0, 0, 1, 2]), 4)
    0.8
    """
    return homogeneity_completeness_v_measure(labels_true, labels_pred, beta=beta)[2]
