"""Transformers side by side: running them, and putting what they make into one table."""

from typing import NamedTuple

from .arrays import check_array
from .composition import Composition, prefixed_names
from .config import current
from .elapsed import timed
from .frames import hstack_frames, rename_columns
from .jobs import run_jobs
from .namespace import namespace
from .roles import Transformer
from .routing import MethodMapping, process_routing, refuse_params, route_directly, routing_enabled
from .sparse import issparse
from .tables import column_names, frame_library, frame_values, is_dataframe
from .tags import get_tags

_NO_PARAMS = {"fit": {}, "fit_transform": {}, "transform": {}}


class Block(NamedTuple):
    """A transformer and the data that it gets; `weight` is the factor of its output or None."""

    name: str
    transformer: object
    X: object
    weight: object = None


def _weighted(data, weight):
    return data if weight is None else data * weight


def transform_block(block, y, params, title, message):
    """Return the block's data transformed."""
    return _weighted(block.transformer.transform(block.X, **params["transform"]), block.weight)


def fit_block(block, y, params, title, message):
    """Return None and the fitted transformer."""
    with timed(title, message):
        return None, block.transformer.fit(block.X, y, **params["fit"])


def fit_transform_block(block, y, params, title, message):
    """Return the block's data transformed, and the fitted transformer."""
    transformer = block.transformer
    with timed(title, message):
        if hasattr(transformer, "fit_transform"):
            data = transformer.fit_transform(block.X, y, **params["fit_transform"])
        else:
            transformer = transformer.fit(block.X, y, **params["fit"])
            data = transformer.transform(block.X, **params["transform"])
    return _weighted(data, block.weight), transformer


def is_dropped(transformer):
    """True for "drop", the place of a transformer that is left out."""
    return isinstance(transformer, str) and transformer == "drop"


def is_passthrough(transformer):
    """True for "passthrough", the place of a transformer that changes nothing."""
    return isinstance(transformer, str) and transformer == "passthrough"


def fit_transform_mapping(transformer, *callers):
    """Map each of `callers` to what runs then: fit_transform, or fit and transform."""
    mapping = MethodMapping()
    direct = hasattr(transformer, "fit_transform")
    for caller in callers:
        for callee in ("fit_transform",) if direct else ("fit", "transform"):
            mapping.add(caller=caller, callee=callee)
    return mapping


class SideBySide(Transformer, Composition):
    """Base of transformers that run others on the same rows and join what these make of them.

    A subclass has the parameters `n_jobs`, `verbose`, `transformer_weights` and
    `verbose_feature_names_out`.
    """

    # --------------------------------------------------------------------- checks
    def _check_transformers(self, pairs):
        """Raise for names and transformers that cannot be; `pairs` are all of them."""
        pairs = list(pairs)
        self._check_names(name for name, _ in pairs)
        self._check_instances(pairs)
        for name, each in pairs:
            fits = hasattr(each, "fit") or hasattr(each, "fit_transform")
            able = fits and hasattr(each, "transform")
            if not (able or is_dropped(each) or is_passthrough(each)):
                raise TypeError(
                    f"{type(self).__name__}: each transformer must have fit and transform, or be "
                    f"'drop' or 'passthrough'; {name!r} is {each!r} (type {type(each)})"
                )

    # -------------------------------------------------------------------- running
    def _route(self, method, params, unrouted=False):
        """Return keyword arguments by transformer and method, None where there are none.

        Without metadata routing `params` are refused, or with `unrouted` given to each
        transformer's fit.
        """
        if params and not unrouted:
            refuse_params(params, self, method)
        if not params:
            return None
        if routing_enabled():
            return process_routing(self, method, **params)
        given = {"fit": params, "fit_transform": params}
        return route_directly(**dict.fromkeys((name for name, _ in self._children), given))

    def _run(self, function, blocks, y, routed, messages=None):
        """Call ``function`` on each block, by `n_jobs` workers."""
        title = type(self).__name__
        messages = messages if messages is not None and self.verbose else [None] * len(blocks)
        routed = routed or {}
        calls = [
            ((block, y, routed.get(block.name, _NO_PARAMS), title, message), {})
            for block, message in zip(blocks, messages, strict=True)
        ]
        return run_jobs(function, calls, n_jobs=self.n_jobs)

    # ------------------------------------------------------------------- stacking
    def _check_outputs(self, parts, names):
        for part, name in zip(parts, names, strict=True):
            if getattr(part, "ndim", 0) != 2 and not is_dataframe(part):
                raise ValueError(
                    f"{type(self).__name__}: the output of transformer {name!r} should be 2D "
                    f"(array, sparse matrix or data frame), got {type(part).__name__} of "
                    f"{getattr(part, 'ndim', 'no')} dimensions"
                )

    def _stack(self, parts, names, sparse):
        """Return the outputs of the transformers called `names` side by side.

        Parameters
        ----------
        parts : list of arrays, sparse matrices or data frames
        names : list of str
        sparse : bool
            Return CSR; else what is sparse becomes dense.
        """
        if sparse:
            from scipy.sparse import hstack

            return hstack([self._numeric(part) for part in parts]).tocsr()
        parts = [part.toarray() if issparse(part) else part for part in parts]
        container = output_container(self)
        if container != "default" and all(frame_library(part) == container for part in parts):
            return self._stack_frames(parts, names)
        parts = [frame_values(part) if is_dataframe(part) else part for part in parts]
        return parts[0] if len(parts) == 1 else namespace(*parts).concatenate(parts, axis=1)

    def _numeric(self, part):
        if issparse(part):
            return part
        try:
            return check_array(part, ensure_all_finite=False)
        except ValueError as error:
            raise ValueError(
                f"{type(self).__name__}: for a sparse output, all columns should be numeric or "
                f"convertible to a numeric: {error}"
            ) from error

    def _stack_frames(self, parts, names):
        lengths = [len(part) for part in parts]
        if len(set(lengths)) > 1:
            raise ValueError(
                f"{type(self).__name__}: transformers {names} returned {lengths} rows, which must "
                "be the same number"
            )
        columns = [[str(column) for column in column_names(part)] for part in parts]
        named = iter(prefixed_names(self, list(zip(names, columns, strict=True))).tolist())
        renamed = [
            rename_columns(part, [next(named) for _ in own])
            for part, own in zip(parts, columns, strict=True)
        ]
        stacked = hstack_frames(renamed)
        if len(stacked) != lengths[0]:
            raise ValueError(
                f"{type(self).__name__}: joining the data frames of transformers {names} gave "
                f"{len(stacked)} rows from {lengths[0]}: their indexes do not match"
            )
        return stacked

    # ----------------------------------------------------------------- what it is
    def _names_out(self, blocks):
        """Return the names of columns out of ``(name, transformer, names in)``."""
        named = []
        for name, transformer, names_in in blocks:
            if not hasattr(transformer, "get_feature_names_out"):
                raise AttributeError(
                    f"{type(self).__name__}: transformer {name!r} "
                    f"(type {type(transformer).__name__}) does not provide get_feature_names_out"
                )
            named.append((name, transformer.get_feature_names_out(names_in)))
        return prefixed_names(self, named)

    def _tags_of(self, transformers):
        """Return tags: what all of `transformers` take, this takes."""
        tags = super().__sklearn_tags__()
        held = [get_tags(each) for each in transformers if hasattr(each, "__sklearn_tags__")]
        tags.input_tags.sparse = all(each.input_tags.sparse for each in held)
        tags.input_tags.allow_nan = all(each.input_tags.allow_nan for each in held)
        tags.array_api_support = all(each.array_api_support for each in held)
        return tags

    def _output_of(self, transformers, transform):
        """Hand the choice of `set_output` on to each of `transformers`."""
        for each in transformers:
            if hasattr(each, "set_output"):
                each.set_output(transform=transform)
            elif transform is not None and hasattr(each, "transform"):
                raise ValueError(
                    f"{type(self).__name__}.set_output: {type(each).__name__} has no set_output"
                )


def output_container(owner):
    """What a transformer returns: "default", or the library that was chosen for it or for all."""
    own = owner.__dict__.get("_sklearn_output_config", {}).get("transform")
    return current()["transform_output"] if own is None else own


def density(parts):
    """The share of entries that are stored, of arrays and sparse matrices side by side."""
    stored = total = 0
    for part in parts:
        size = part.shape[0] * part.shape[1]
        stored += part.nnz if issparse(part) else size
        total += size
    return stored / total if total else 1.0
