"""Trees in few bytes: what follows from the rest is left out, numbers take the width they need.

Every short form is taken only if it gives the arrays back to the bit.
"""

import numpy as np

_INTEGERS = (np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32, np.int64)


def pack(trees):
    """Return the short form of a dict of the fields of `Trees`, a dict of arrays and scalars."""
    sizes = np.diff(trees["offset"])
    left, right = trees["left"], trees["right"]
    leaf = left < 0
    state = {
        "sizes": _narrow(sizes),
        "leaf": np.packbits(leaf),
        "n_features": trees["n_features"],
        "single": trees["single"],
        "feature": _narrow(trees["feature"][~leaf]),
        "threshold": _short_float(trees["threshold"][~leaf]),
        "missing_left": np.packbits(trees["missing_left"].astype(bool)),
    }
    preorder = _preorder(leaf, sizes)
    if not all(np.array_equal(a, b) for a, b in zip((left, right), preorder, strict=True)):
        state["left"], state["right"] = _narrow(left[~leaf]), _narrow(right[~leaf])
    walk = Levels(sizes, left, right)
    state["n_samples"] = walk.shorten(trees["n_samples"])
    if not np.array_equal(trees["weight"], trees["n_samples"]):
        state["weight"] = walk.shorten(trees["weight"])
    state.update(_pack_values(trees, walk))
    if (trees["feature"][leaf] != -2).any() or (trees["threshold"][leaf] != -2).any():
        state["leaf_feature"] = _narrow(trees["feature"][leaf])
        state["leaf_threshold"] = _short_float(trees["threshold"][leaf])
    if trees["category"] is not None:
        state["category"], state["bitsets"] = _narrow(trees["category"]), trees["bitsets"]
    return state


def unpack(state):
    """The dict of fields that `pack` made a short form of."""
    sizes = state["sizes"].astype(np.int64)
    offset = np.concatenate([[0], np.cumsum(sizes)])
    leaf = np.unpackbits(state["leaf"], count=offset[-1]).astype(bool)
    if "left" in state:
        left, right = (_spread(state[side], ~leaf, -1, np.int32) for side in ("left", "right"))
    else:
        left, right = _preorder(leaf, sizes)
    walk = Levels(sizes, left, right)
    feature = _spread(state["feature"], ~leaf, -2, np.int32)
    threshold = _spread(state["threshold"], ~leaf, -2.0, np.float64)
    if "leaf_feature" in state:
        feature[leaf], threshold[leaf] = state["leaf_feature"], state["leaf_threshold"]
    n_samples = walk.restore(state["n_samples"], np.int64)
    weight = walk.restore(state.get("weight", state["n_samples"]), np.float64)
    value = _unpack_value(state, walk, weight)
    category = state.get("category")
    return {
        "offset": offset,
        "feature": feature,
        "threshold": threshold,
        "left": left,
        "right": right,
        "missing_left": np.unpackbits(state["missing_left"], count=offset[-1]),
        "impurity": _unpack_impurity(state, value, weight),
        "n_samples": n_samples,
        "weight": weight,
        "value": value,
        "n_features": state["n_features"],
        "single": state["single"],
        "category": None if category is None else category.astype(np.int32),
        "bitsets": state.get("bitsets"),
    }


# ------------------------------------------------------------------------------ numbers
def _narrow(values):
    """Integers in the narrowest type that holds them."""
    if not len(values):
        return values.astype(np.uint8)
    least, most = values.min(), values.max()
    fits = (t for t in _INTEGERS if np.iinfo(t).min <= least and most <= np.iinfo(t).max)
    return values.astype(next(fits))


def _short_float(values):
    """Floats as integers or float32 if these are the same numbers."""
    with np.errstate(invalid="ignore", over="ignore"):
        if values.size and (values == np.rint(values)).all() and (np.abs(values) < 2**31).all():
            short = _narrow(values.ravel().astype(np.int64)).reshape(values.shape)
            if short.itemsize < 4 and not np.signbit(values[values == 0]).any():
                return short
        short = values.astype(np.float32)
        return short if np.array_equal(short, values) else values


def _spread(values, where, fill, dtype):
    out = np.full(len(where), fill, dtype=dtype)
    out[where] = values
    return out


def _preorder(leaf, sizes):
    """Children of nodes that are numbered depth first, the left subtree before the right."""
    rise = np.where(leaf, -1, 1)
    height = np.cumsum(rise) - rise
    # A left subtree takes the height one up and one down: the right child is next at the height.
    order = np.argsort(height, kind="stable")
    following = np.empty(len(leaf), dtype=np.int64)
    following[order[:-1]] = order[1:]
    following[order[-1:]] = -1
    node = np.arange(len(leaf))
    start = np.repeat(np.cumsum(sizes) - sizes, sizes)
    left = np.where(leaf, -1, node + 1 - start).astype(np.int32)
    right = np.where(leaf, -1, following - start).astype(np.int32)
    return left, right


# ------------------------------------------------------------------------------ sums
class Levels:
    """Sums over subtrees, level by level from below."""

    def __init__(self, sizes, left, right):
        start = np.repeat(np.cumsum(sizes) - sizes, sizes)
        self.leaf = left < 0
        self.left, self.right = left + start, right + start
        levels, at = [], (np.cumsum(sizes) - sizes)[sizes > 0]
        while len(at):
            at = at[left[at] >= 0]
            levels.append(at)
            at = np.concatenate([self.left[at], self.right[at]])
        self.levels = levels[::-1]

    def sums(self, at_leaves, dtype):
        """Values of all nodes from those of the leaves, shape of a node kept."""
        out = np.zeros((len(self.leaf), *at_leaves.shape[1:]), dtype=dtype)
        out[self.leaf] = at_leaves
        for level in self.levels:
            out[level] = out[self.left[level]] + out[self.right[level]]
        return out

    def shorten(self, values):
        """``(all nodes?, values)``: of leaves alone where the others are their sums."""
        at_leaves = values[self.leaf]
        if np.array_equal(self.sums(at_leaves, values.dtype), values):
            return False, _short_float(at_leaves)
        return True, _short_float(values)

    def restore(self, stored, dtype):
        everywhere, values = stored
        return values.astype(dtype) if everywhere else self.sums(values, dtype)


# ------------------------------------------------------------------------------ values
def _gini(value, weight):
    count = value * weight[:, None, None]
    return _mean_outputs(1.0 - _squares(np.rint(count)) / (weight * weight)[:, None])


def _squares(count):
    total = np.zeros(count.shape[:2])
    for k in range(count.shape[2]):
        total += count[:, :, k] * count[:, :, k]
    return total


def _mean_outputs(per_output):
    total = np.zeros(len(per_output))
    for column in per_output.T:
        total += column
    return total / per_output.shape[1]


def _pack_values(trees, walk):
    value, weight, impurity = trees["value"], trees["weight"], trees["impurity"]
    state = {"shape": value.shape[1:]}
    with np.errstate(all="ignore"):
        if value.shape[2] > 1 and (weight > 0).all() and (weight < 2**31).all():
            count = np.rint(value * weight[:, None, None])
            everywhere, short = walk.shorten(count)
            if np.array_equal(count / weight[:, None, None], value) and not everywhere:
                rest = weight[:, None] - count.sum(axis=2)
                if not rest.any():
                    short = short[:, :, 1:]  # the first is what the others leave
                state["counts"] = short
        if "counts" in state and np.array_equal(_gini(value, weight), impurity):
            return state
    if "counts" not in state:
        state["value"] = _short_float(value)
    present = impurity != 0
    state["impurity_at"] = np.packbits(present)
    state["impurity"] = _short_float(impurity[present])
    return state


def _unpack_value(state, walk, weight):
    if "value" in state:
        return state["value"].astype(np.float64)
    n_values = state["shape"][1]
    count = walk.sums(state["counts"], np.float64)
    if count.shape[2] < n_values:
        first = weight[:, None, None] - count.sum(axis=2, keepdims=True)
        count = np.concatenate([first, count], axis=2)
    return np.ascontiguousarray(count / weight[:, None, None])


def _unpack_impurity(state, value, weight):
    if "impurity" not in state:
        return _gini(value, weight)
    present = np.unpackbits(state["impurity_at"], count=len(weight)).astype(bool)
    return _spread(state["impurity"], present, 0.0, np.float64)
