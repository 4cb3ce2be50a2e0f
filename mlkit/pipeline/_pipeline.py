"""Transformers in a row with an estimator behind them."""

from itertools import islice

from .._core.arrays import check_is_fitted, check_memory
from .._core.available import available_if
from .._core.bunch import Bunch
from .._core.callbacks import CallbackSupportMixin, with_callbacks
from .._core.composition import Composition, unique_names
from .._core.domains import array_like, boolean, instance_of, none, sequence, string
from .._core.elapsed import timed
from .._core.errors import NotFittedError, twin
from .._core.params import clone, param, required
from .._core.roles import is_classifier, is_regressor
from .._core.routing import (
    METHODS,
    MetadataRouter,
    MethodMapping,
    params_by_step,
    process_routing,
    refuse_params,
    route_directly,
    routing_enabled,
)
from .._core.tags import get_tags, tag_classes
from ._shared import fit_candidates
from ._steps import (
    Flow,
    fit_transform_one,
    has_tags,
    is_idle,
    needs_fit,
    reported,
    resample_one,
    resamples,
)

_CACHE = string | instance_of(object) | none
_FITTING = ("fit", "partial_fit", "fit_transform", "fit_predict")


def _final_has(method):
    """Availability of a method: that of the last step."""

    def check(self):
        getattr(self._final_estimator, method)
        return True

    return check


def _can_transform(self):
    return is_idle(self._final_estimator) or hasattr(self._final_estimator, "transform")


def _can_fit_transform(self):
    final = self._final_estimator
    return is_idle(final) or hasattr(final, "transform") or hasattr(final, "fit_transform")


def _can_invert(self):
    return all(
        hasattr(step, "inverse_transform") or resamples(step) for _, _, step in self._active()
    )


def _can_partial_fit(self):
    return all(hasattr(step, "partial_fit") or not needs_fit(step) for _, _, step in self._active())


# What says where a step runs, not what it computes: no part of the cache's key.
_NOT_CACHED = ["message", "caller", "context"]
# What fits and answers at once, by what answers behind a fit.
_ROW_BY_ROW = {"fit_transform": "transform", "fit_predict": "predict"}


class Pipeline(CallbackSupportMixin, Composition):
    """Transformers in a row with an estimator at the end: ``fit`` runs them one after the other.

    The steps' parameters are set as ``step__parameter``; a step is left out by "passthrough" or
    None. It has the methods of its last step.

    A step with ``fit_resample`` and no ``transform``, such as imbalanced-learn's samplers, chooses
    or makes the rows that the steps behind it are fitted to. Prediction leaves it out: each row of
    X has its result, also in ``fit_transform`` and ``fit_predict``. Keyword arguments with a value
    a row follow the rows by the sampler's ``sample_indices_``.

    A search over a pipeline fits what its candidates have in common once a fold.

    Examples
    --------
    >>> from mlkit.datasets import load_wine
    >>> from mlkit.linear_model import LogisticRegression
    >>> from mlkit.pipeline import Pipeline
    >>> from mlkit.preprocessing import StandardScaler
    >>> X, y = load_wine(return_X_y=True)
    >>> model = Pipeline([("scale", StandardScaler()), ("model", LogisticRegression())])
    >>> round(model.fit(X, y).score(X, y), 2)
    1.0
    """

    _arrangement = "serial"

    steps: list = param(
        required,
        sequence,
        "Pairs of name and estimator; all but the last transform.",
        kw_only=False,
    )
    transform_input: list = param(
        None,
        array_like | none,
        "Names of metadata that each step gets transformed by the steps before it, such as X_val. "
        "Metadata routing must be enabled.",
    )
    memory: object = param(
        None, _CACHE, "Folder, or joblib.Memory, in which fitted transformers are cached."
    )
    verbose: bool = param(False, boolean, "Whether to print the time that each step took to fit.")

    # ------------------------------------------------------------------- the steps
    @property
    def named_steps(self):
        """The steps by name, as attributes and items."""
        return Bunch(**dict(self.steps))

    @property
    def _final_estimator(self):
        try:
            final = self.steps[-1][1]
        except (ValueError, AttributeError, TypeError, IndexError):
            return None  # so that dir() and hasattr() work on a pipeline without steps
        return "passthrough" if final is None else final

    def _active(self, with_final=True):
        """Yield index, name and step of the steps that do something."""
        stop = len(self.steps) if with_final else len(self.steps) - 1
        for index, (name, step) in enumerate(islice(self.steps, 0, stop)):
            if not is_idle(step):
                yield index, name, step

    def __len__(self):
        return len(self.steps)

    def __getitem__(self, key):
        """A step by position or name, or a pipeline of a slice (the steps are not copied)."""
        if not isinstance(key, slice):
            return self.steps[key][1] if not isinstance(key, str) else self.named_steps[key]
        if key.step not in (1, None):
            raise ValueError(f"Pipeline slicing takes steps of 1, got {key.step}")
        others = self.get_params(deep=False)
        others["steps"] = self.steps[key]
        return type(self)(**others)

    def _check_steps(self):
        if not self.steps:
            raise ValueError("Pipeline(steps=[]): a pipeline needs a step")
        names, estimators = zip(*self.steps, strict=True)
        self._check_names(names)
        self._check_instances(self.steps)
        for name, step in self.steps[:-1]:
            fits = hasattr(step, "fit") or hasattr(step, "fit_transform")
            transforms = fits and hasattr(step, "transform")
            if not (is_idle(step) or transforms or resamples(step)):
                raise TypeError(
                    "Pipeline: all steps but the last must have fit and transform, or "
                    f"fit_resample, or be 'passthrough'; {name!r} is {step!r} (type {type(step)})"
                )
        final = estimators[-1]
        if not is_idle(final) and not (hasattr(final, "fit") or resamples(final)):
            raise TypeError(
                "Pipeline: the last step must have fit or be 'passthrough'; "
                f"{names[-1]!r} is {estimators[-1]!r} (type {type(estimators[-1])})"
            )

    def _message(self, index):
        if not self.verbose:
            return None
        return f"(step {index + 1} of {len(self.steps)}) Processing {self.steps[index][0]}"

    # -------------------------------------------------------------------- metadata
    def get_metadata_routing(self):
        """Return which step gets which metadata; see the guide on metadata routing.

        Returns
        -------
        MetadataRouter
        """
        router = MetadataRouter(owner=self)
        for _, name, step in self._active(with_final=False):
            mapping = MethodMapping()
            direct = hasattr(step, "fit_transform")
            for caller in ("fit", "fit_transform", "fit_predict"):
                if direct:
                    mapping.add(caller=caller, callee="fit_transform")
                else:
                    mapping.add(caller=caller, callee="fit").add(caller=caller, callee="transform")
            mapping.add(caller="partial_fit", callee="transform")
            if hasattr(step, "partial_fit"):
                mapping.add(caller="partial_fit", callee="partial_fit")
            for caller in METHODS:
                if caller == "inverse_transform":
                    mapping.add(caller=caller, callee="inverse_transform")
                elif caller not in (*_FITTING, "split"):
                    mapping.add(caller=caller, callee="transform")
            router.add(**{name: step}, method_mapping=mapping)
        final = self._final_estimator
        if is_idle(final):
            return router
        mapping = MethodMapping()
        if hasattr(final, "fit_transform"):
            mapping.add(caller="fit_transform", callee="fit_transform")
        else:
            mapping.add(caller="fit_transform", callee="fit")
            mapping.add(caller="fit_transform", callee="transform")
        for method in METHODS:
            if method not in ("fit_transform", "split"):
                mapping.add(caller=method, callee=method)
        return router.add(**{self.steps[-1][0]: final}, method_mapping=mapping)

    def _route_fit(self, method, props):
        """Return, by step and method, the keyword arguments of a fitting method."""
        if routing_enabled():
            return process_routing(self, method, **props)
        if self.transform_input is not None:
            raise ValueError(
                "Pipeline: transform_input works by metadata routing, which is off; call "
                "mlkit.set_config(enable_metadata_routing=True)"
            )
        sorted_props = params_by_step(props, [name for name, _ in self.steps], f"Pipeline.{method}")
        return route_directly(
            **{name: dict.fromkeys(_FITTING, each) for name, each in sorted_props.items()}
        )

    def _route(self, method, props, final_only=False):
        """As `_route_fit`, for a method that follows fit; None where no step gets anything.

        Without routing, `props` are those of the last step (`final_only`) or refused.
        """
        if not props:
            return None
        if routing_enabled():
            return process_routing(self, method, **props)
        if not final_only:
            refuse_params(props, self, method)
        names = [name for name, _ in self.steps[:-1]]
        return route_directly(**dict.fromkeys(names), **{self.steps[-1][0]: {method: props}})

    def _metadata_at(self, index, params, props):
        """Transform the metadata named in `transform_input` by the steps before `index`."""
        if not self.transform_input or not props or index == 0:
            return params
        before = self[:index]
        # A step may ask for metadata under another name than the user's: either may be listed.
        listed = {id(value) for name, value in props.items() if name in self.transform_input}

        def carried(name, value):
            if name not in self.transform_input and id(value) not in listed:
                return value
            if isinstance(value, tuple):  # several sets, for instance two validation sets
                return tuple(before.transform(each) for each in value)
            return before.transform(value)

        return {
            called: {name: carried(name, value) for name, value in kwargs.items()}
            for called, kwargs in params.items()
        }

    # --------------------------------------------------------------------- fitting
    def _given(self, index, flow, routed, props):
        """Keyword arguments of a step's methods."""
        name = self.steps[index][0]
        given = self._metadata_at(index, routed[name], props)
        return flow.follow(given, name, whole=self.transform_input or ())

    def _fit_step(self, index, flow, routed, props, context=None):
        """Fit a step that is not the last; return the data as the next one gets it."""
        name, step = self.steps[index]
        message = self._message(index)
        if is_idle(step):
            with timed("Pipeline", message), reported(context, self, step, flow.X, flow.y):
                return flow
        if resamples(step):
            return resample_one(step, flow, message, self, context)
        memory = check_memory(self.memory)
        caching = memory is not None and memory.location is not None
        run = memory.cache(fit_transform_one, ignore=_NOT_CACHED) if caching else fit_transform_one
        # With a cache, the object handed in must not be the one that is fitted.
        fresh = clone(step) if caching else step
        params = self._given(index, flow, routed, props)
        X, fitted = run(
            fresh, flow.X, flow.y, params, message=message, caller=self, context=context
        )
        self.steps[index] = (name, fitted)
        return flow._replace(X=X)

    def _fit_final(self, method, flow, routed, props, context=None):
        """Call `method` of the last step as a task and return what it returns."""
        final = self.steps[-1][1]
        index = len(self.steps) - 1
        X, y = flow.X, flow.y
        with timed("Pipeline", self._message(index)), reported(context, self, final, X, y):
            if is_idle(final):
                return X
            params = self._given(index, flow, routed, props)
            if method == "fit_resample":
                return final.fit_resample(X, y)
            if method != "fit_transform" or hasattr(final, "fit_transform"):
                return getattr(final, method)(X, y, **params[method])
            return final.fit(X, y, **params["fit"]).transform(X, **params["transform"])

    def _ready_to_fit(self, method, props):
        """Check parameters and steps; return the metadata of each."""
        self._check_params()
        self.steps = list(self.steps)
        self._check_steps()
        return self._route_fit("fit" if method == "fit_resample" else method, props)

    def _run_fit(self, method, X, y, props):
        routed = self._ready_to_fit(method, props)
        if method in _ROW_BY_ROW and self._has_samplers():
            # Samplers change the rows that are fitted, but each row of X has its result.
            self._run_fit("fit", X, y, props)
            return getattr(self, _ROW_BY_ROW[method])(X)
        context = self._init_callback_context(max_subtasks=len(self.steps))
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        flow = Flow(X, y, X)
        for index, (name, _) in enumerate(self.steps[:-1]):
            task = context.subcontext(task_name=f"fit {name}")
            flow = self._fit_step(index, flow, routed, props, task)
        task = context.subcontext(task_name=f"fit {self.steps[-1][0]}")
        result = self._fit_final(method, flow, routed, props, task)
        context.call_on_fit_task_end(estimator=self, X=X, y=y)
        self._known_fitted = True
        return result

    def _has_samplers(self):
        return any(resamples(step) for _, _, step in self._active(with_final=False))

    def __mlkit_fit_candidates__(self, X, y, candidates, **fit_params):
        if type(self).fit is not Pipeline.fit:  # a subclass's own, of which nothing is known
            return None
        return fit_candidates(self, X, y, candidates, fit_params)

    @with_callbacks
    def fit(self, X, y=None, **params):
        """Fit the steps one after the other, each to what those before it make of X.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame
            As the first step wants it.
        y : array-like, default=None
        **params : dict
            ``step__name=value`` for the steps' ``fit``; or, with metadata routing, metadata.

        Returns
        -------
        self
        """
        self._run_fit("fit", X, y, params)
        return self

    @available_if(_can_fit_transform)
    @with_callbacks
    def fit_transform(self, X, y=None, **params):
        """Fit and return X as the last step transforms it.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame
        y : array-like, default=None
        **params : dict
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_features_new)
        """
        return self._run_fit("fit_transform", X, y, params)

    @available_if(_final_has("fit_predict"))
    @with_callbacks
    def fit_predict(self, X, y=None, **params):
        """Fit and return the ``fit_predict`` of the last step.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame
        y : array-like, default=None
        **params : dict
            As in `fit`.

        Returns
        -------
        ndarray
        """
        return self._run_fit("fit_predict", X, y, params)

    @available_if(_final_has("fit_resample"))
    @with_callbacks
    def fit_resample(self, X, y=None, **params):
        """Fit and return the rows that the last step, a sampler, chooses or makes.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame
        y : array-like, default=None
        **params : dict
            As in `fit`.

        Returns
        -------
        X, y : data of as many rows as there then are
        """
        return self._run_fit("fit_resample", X, y, params)

    @available_if(_can_partial_fit)
    def partial_fit(self, X, y=None, **params):
        """Update the steps with a chunk: each sees the chunk as those before it, updated, make it.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame
        y : array-like, default=None
        **params : dict
            As in `fit`; ``model__classes=[...]`` for a classifier's first chunk.

        Returns
        -------
        self
        """
        self._check_params()
        self._check_steps()
        routed = self._route_fit("partial_fit", params)
        last = len(self.steps) - 1
        for index, name, step in self._active():
            given = self._metadata_at(index, routed[name], params)
            if hasattr(step, "partial_fit"):
                step.partial_fit(X, y, **given["partial_fit"])
            if index < last:
                X = step.transform(X, **given["transform"])
        self._known_fitted = True
        return self

    # ------------------------------------------------------------------- after fit
    def _demand_fitted(self):
        if "_known_fitted" not in self.__dict__:
            try:
                check_is_fitted(self)
            except NotFittedError as error:
                raise twin(NotFittedError)(
                    "This Pipeline instance is not fitted yet. Call 'fit' before using it."
                ) from error

    def _through(self, X, routed, with_final=False):
        """Transform X by all steps, the last only if `with_final`."""
        self._demand_fitted()
        memo = self.__dict__.get("_memo")
        for _, name, step in self._active(with_final):
            if resamples(step):
                continue
            if routed:
                X = step.transform(X, **routed[name]["transform"])
            else:
                X = step.transform(X) if memo is None else memo.transform(step, X)
        return X

    def _finish(self, method, X, params, *args, final_only=True):
        """Transform X and call `method` of the last step."""
        routed = self._route(method, params, final_only)
        X = self._through(X, routed)
        name, final = self.steps[-1]
        if "_memo" in self.__dict__:
            X = self._memo.given(final, X)
        call = getattr(final, method)
        return call(X, *args, **routed[name][method]) if routed else call(X, *args)

    @available_if(_final_has("predict"))
    def predict(self, X, **params):
        """Transform X and return the last step's ``predict``.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame
        **params : dict
            For the last step's method; with metadata routing, metadata.

        Returns
        -------
        ndarray
        """
        return self._finish("predict", X, params)

    @available_if(_final_has("predict_proba"))
    def predict_proba(self, X, **params):
        """Transform X and return the last step's ``predict_proba``; parameters as in `predict`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        return self._finish("predict_proba", X, params)

    @available_if(_final_has("predict_log_proba"))
    def predict_log_proba(self, X, **params):
        """Transform X and return the last step's ``predict_log_proba``; parameters as in `predict`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        return self._finish("predict_log_proba", X, params)

    @available_if(_final_has("decision_function"))
    def decision_function(self, X, **params):
        """Transform X and return the last step's ``decision_function``; parameters as in `predict`.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
        """
        return self._finish("decision_function", X, params, final_only=False)

    @available_if(_final_has("score_samples"))
    def score_samples(self, X):
        """Transform X and return the last step's ``score_samples``.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return self._finish("score_samples", X, {})

    @available_if(_final_has("score"))
    def score(self, X, y=None, sample_weight=None, **params):
        """Transform X and return the last step's ``score``.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame
        y : array-like, default=None
        sample_weight : array-like of shape (n_samples,), default=None
            Passed on only if given.
        **params : dict
            Metadata, with metadata routing.

        Returns
        -------
        float
        """
        if params and not routing_enabled():
            self._route("score", params)
        if sample_weight is not None:
            params = {**params, "sample_weight": sample_weight}
        return self._finish("score", X, params, y)

    @available_if(_can_transform)
    def transform(self, X, **params):
        """Return X transformed by all steps.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame
        **params : dict
            Metadata, with metadata routing.

        Returns
        -------
        ndarray of shape (n_samples, n_features_new)
        """
        return self._through(X, self._route("transform", params), with_final=True)

    @available_if(_can_invert)
    def inverse_transform(self, X, **params):
        """Return what the steps, run backwards, make of X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features_new)
        **params : dict
            Metadata, with metadata routing.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        routed = self._route("inverse_transform", params)
        self._demand_fitted()
        for _, name, step in reversed(list(self._active())):
            if resamples(step):
                continue
            kwargs = routed[name]["inverse_transform"] if routed else {}
            X = step.inverse_transform(X, **kwargs)
        return X

    # ------------------------------------------------------------------ what it is
    @property
    def classes_(self):
        """The classes of the last step, if it is a classifier."""
        return self.steps[-1][1].classes_

    @property
    def n_features_in_(self):
        """The number of columns that the first step saw in fit."""
        return self.steps[0][1].n_features_in_

    @property
    def feature_names_in_(self):
        """The names of the columns that the first step saw in fit."""
        return self.steps[0][1].feature_names_in_

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns that `transform` returns.

        Parameters
        ----------
        input_features : array-like of str, default=None

        Returns
        -------
        ndarray of str objects
        """
        names = input_features
        for _, name, step in self._active():
            if resamples(step):
                continue
            if not hasattr(step, "get_feature_names_out"):
                raise AttributeError(
                    f"Pipeline: step {name!r} ({type(step).__name__}) has no get_feature_names_out"
                )
            names = step.get_feature_names_out(names)
        return names

    def set_output(self, *, transform=None):
        """Choose what the steps return: "default", "pandas" or "polars"; None changes nothing.

        Returns
        -------
        self
        """
        for _, _, step in self._active():
            if hasattr(step, "set_output"):
                step.set_output(transform=transform)
            elif hasattr(step, "transform") or hasattr(step, "fit_transform"):
                raise ValueError(
                    f"Pipeline.set_output: step {type(step).__name__} has no set_output"
                )
        return self

    def __sklearn_is_fitted__(self):
        last = next(reversed([step for _, _, step in self._active()]), None)
        if last is None:
            return True
        try:
            check_is_fitted(last)
        except NotFittedError:
            return False
        return True

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        if not self.steps:
            return tags
        made = tag_classes()
        first, final = self.steps[0][1], self.steps[-1][1]
        if has_tags(first):
            start = get_tags(first).input_tags
            for name in ("pairwise", "categorical", "string", "dict", "one_d_array"):
                setattr(tags.input_tags, name, getattr(start, name))
            held = [get_tags(each) for _, _, each in self._active() if has_tags(each)]
            tags.input_tags.sparse = all(each.input_tags.sparse for each in held)
            tags.input_tags.allow_nan = all(each.input_tags.allow_nan for each in held)
        if has_tags(final):
            end = get_tags(final)
            tags.estimator_type = end.estimator_type
            tags.target_tags.multi_output = end.target_tags.multi_output
            tags.target_tags.required = end.target_tags.required
            tags.classifier_tags = end.classifier_tags
            tags.regressor_tags = end.regressor_tags
            tags.transformer_tags = end.transformer_tags
            if is_classifier(final) and tags.classifier_tags is None:
                tags.classifier_tags = made.ClassifierTags()
            if is_regressor(final) and tags.regressor_tags is None:
                tags.regressor_tags = made.RegressorTags()
        return tags


def make_pipeline(*steps, memory=None, transform_input=None, verbose=False):
    """Return a `Pipeline` whose steps are named after their classes.

    Parameters
    ----------
    *steps : estimators
    memory, transform_input, verbose
        As in `Pipeline`.

    Returns
    -------
    Pipeline

    Examples
    --------
    >>> from mlkit.linear_model import Ridge
    >>> from mlkit.pipeline import make_pipeline
    >>> from mlkit.preprocessing import StandardScaler
    >>> [name for name, _ in make_pipeline(StandardScaler(), Ridge()).steps]
    ['standardscaler', 'ridge']
    """
    return Pipeline(
        unique_names(steps), transform_input=transform_input, memory=memory, verbose=verbose
    )
