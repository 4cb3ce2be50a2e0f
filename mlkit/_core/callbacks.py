"""Callbacks: what sees the tasks of a fit, and may stop them.

A fit is a tree of tasks: the fit itself, its iterations or folds, and below a meta-estimator's
tasks the fits of its parts. Each task has a `CallbackContext`; its two ``call_on_fit_task_*``
methods run the hooks of the callbacks that ``set_callbacks`` put on the estimator.

Names, hooks and attributes are those of ``sklearn.callback`` (1.9): a callback, an estimator or a
meta-estimator of either library works with those of the other. What they read of one another's
contexts is ``parent``, ``task_id``, ``root_uuid``, ``max_subtasks``, ``task_name``,
``estimator_name``, ``init_time``, ``_children_map``, ``_propagation_depth``; of one another's
estimators ``set_callbacks``, ``_skl_callbacks`` and ``_parent_callback_ctx``.
"""

import contextlib
import copy
import functools
import inspect
import uuid
import warnings
from datetime import UTC, datetime
from typing import Protocol, runtime_checkable

_OFFERED = frozenset(("X", "y", "metadata", "fitted_estimator"))
# State of a running fit, which a reconstructed estimator must not share.
_RUNNING = (
    "_skl_callbacks",
    "_callback_fit_ctx",
    "_skl_callbacks_to_teardown",
    "_parent_callback_ctx",
)


@runtime_checkable
class _Callback(Protocol):
    """What runs before and after a whole fit."""

    def setup(self, estimator, context):
        """Run before the first task of a fit.

        Parameters
        ----------
        estimator : estimator
            The one on which the callback was set.
        context : CallbackContext
            The task of the whole fit.
        """

    def teardown(self, estimator, context):
        """Run after the last task of a fit, also when it failed; parameters as for `setup`."""


@runtime_checkable
class FitCallback(_Callback, Protocol):
    """What sees each task of a fit begin and end; any object with these four methods is one.

    A hook receives only what its keyword-only parameters name, out of ``X``, ``y``, ``metadata``
    and ``fitted_estimator``, and None for what the estimator does not provide. Nothing else is
    computed.
    """

    def on_fit_task_begin(
        self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None
    ):
        """Run when a task begins.

        Parameters
        ----------
        estimator : estimator
            The one that is being fitted.
        context : CallbackContext
            The task.
        X, y : array-like
            The training data of the task.
        metadata : dict
            ``sample_weight`` and the like.
        fitted_estimator : estimator
            A copy that can predict as if the fit ended here.
        """

    def on_fit_task_end(
        self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None
    ):
        """Run when a task ends; parameters as for `on_fit_task_begin`.

        Returns
        -------
        bool
            True to end the iterations that the task is one of.
        """


@runtime_checkable
class AutoPropagatedCallback(_Callback, Protocol):
    """A callback that a meta-estimator hands to its parts: one with `max_propagation_depth`."""

    @property
    def max_propagation_depth(self):
        """How many levels of nested estimators it is handed down; None for all."""


def _offered_names(hook):
    """The keyword-only parameters of a hook."""
    parameters = inspect.signature(hook).parameters.values()
    names = tuple(each.name for each in parameters if each.kind == each.KEYWORD_ONLY)
    unknown = [name for name in names if name not in _OFFERED]
    if unknown:
        raise TypeError(
            f"{hook.__qualname__} has parameters that are not valid: {unknown}; a hook may ask for "
            f"{sorted(_OFFERED)}"
        )
    return names


@functools.lru_cache(maxsize=256)
def _offered_names_of_class(cls, name):
    return _offered_names(getattr(cls, name))


def _wanted(callback, name):
    """What the hook `name` of a callback asks for."""
    if name in getattr(callback, "__dict__", ()):
        return _offered_names(getattr(callback, name))
    return _offered_names_of_class(type(callback), name)


def reconstruct(estimator, attributes):
    """Return a shallow copy of an estimator with `attributes` set, apart from its running fit."""
    copied = copy.copy(estimator)
    for name in _RUNNING:
        vars(copied).pop(name, None)
    for name, value in attributes.items():
        setattr(copied, name, value)
    return copied


class _Offer:
    """What a task can tell the hooks; each part is computed when first asked for, and once."""

    def __init__(self, estimator, parts, attributes):
        self._estimator = estimator
        self._parts = parts
        self._attributes = attributes
        self._known = {}

    def __getitem__(self, name):
        if name not in self._known:
            self._known[name] = self._compute(name)
        return self._known[name]

    def _compute(self, name):
        if name == "fitted_estimator":
            attributes = self._attributes() if callable(self._attributes) else self._attributes
            return None if attributes is None else reconstruct(self._estimator, attributes)
        value = self._parts[name]
        return value() if callable(value) else value


class CallbackContext:
    """A task of a fit, and its place among the others.

    Made by an estimator's ``_init_callback_context`` for the whole fit, and by `subcontext`.

    Attributes
    ----------
    task_name : str
        What is done.
    task_id : int or hashable
        Which of its siblings it is.
    max_subtasks : int or None
        How many tasks it has at most: 0 for a leaf, None if unknown.
    sequential_subtasks : bool
        Whether its tasks run one after another, numbered from 0.
    estimator_name : str
        The class of the estimator whose task it is.
    parent : CallbackContext or None
        None for the outermost task.
    root_uuid : uuid.UUID
        The same for all tasks of one outermost fit.
    init_time : datetime.datetime
        When it was made, in UTC.
    source_estimator_name, source_task_name : str or None
        For the fit of a part: the task of the meta-estimator that this fit is.
    """

    @classmethod
    def _from_estimator(cls, estimator, task_name, task_id, max_subtasks, sequential_subtasks):
        """The task of a whole fit."""
        self = cls.__new__(cls)
        self._callbacks = getattr(estimator, "_skl_callbacks", [])
        self.estimator_name = type(estimator).__name__
        self.root_uuid = uuid.uuid4()
        self._propagation_depth = 0
        self._describe(task_name, task_id, max_subtasks, sequential_subtasks)
        above = getattr(estimator, "_parent_callback_ctx", None)
        if above is not None:
            self._merge_with(above)
            self._propagation_depth = above._propagation_depth + 1
        return self

    def _describe(self, task_name, task_id, max_subtasks, sequential_subtasks):
        self.task_name = task_name
        self.task_id = task_id
        self.max_subtasks = max_subtasks
        self.sequential_subtasks = sequential_subtasks
        self.init_time = datetime.now(UTC)
        self.parent = None
        self.source_estimator_name = None
        self.source_task_name = None
        self._children_map = {}
        self._propagated_callbacks = ()

    def __getstate__(self):
        # A worker needs the way up to the root, not what runs beside it: a task then costs the
        # same to send however many there are.
        return {**self.__dict__, "_children_map": {}}

    def __setstate__(self, state):
        self.__dict__.update(state)
        if self.parent is not None:
            self.parent._children_map[self.task_id] = self

    def __iter__(self):
        """This task and all below it, each before those below it."""
        yield self
        for child in self._children_map.values():
            yield from child

    def __repr__(self):
        return (
            f"{type(self).__name__}(estimator_name={self.estimator_name!r}, "
            f"task_name={self.task_name!r}, task_id={self.task_id!r})"
        )

    def _title(self):
        return f"callback context {self.task_name!r} of {self.estimator_name}"

    def _add_child(self, child):
        if child.task_id in self._children_map:
            raise ValueError(f"{self._title()} already has a task with id {child.task_id!r}")
        if self.max_subtasks is not None and len(self._children_map) >= self.max_subtasks:
            raise ValueError(
                f"Cannot add a task to {self._title()}: it already has {self.max_subtasks}, which "
                "is max_subtasks"
            )
        self._children_map[child.task_id] = child
        child.parent = self

    def _merge_with(self, above):
        """Take the place of a meta-estimator's leaf: the two are the same task."""
        if above.max_subtasks != 0:
            raise ValueError(
                f"Cannot merge {self._title()} with task {above.task_name!r} of "
                f"{above.estimator_name}, which is not a leaf: its max_subtasks is "
                f"{above.max_subtasks}, not 0"
            )
        self.parent = above.parent
        self.task_id = above.task_id
        self.root_uuid = above.root_uuid
        self.source_task_name = above.task_name
        self.source_estimator_name = above.estimator_name
        if above.parent is not None:
            above.parent._children_map[above.task_id] = self

    def subcontext(self, task_name="", task_id=None, max_subtasks=0, sequential_subtasks=True):
        """Add a task below this one.

        Parameters
        ----------
        task_name : str, default=""
            What is done.
        task_id : hashable, default=None
            Which of its siblings it is; left to be counted if this task is sequential, required
            if it is not.
        max_subtasks : int or None, default=0
            How many tasks will be below it; 0 for none, None if unknown.
        sequential_subtasks : bool, default=True
            Whether those run one after another.

        Returns
        -------
        CallbackContext

        Raises
        ------
        ValueError
            For a `task_id` that is missing, superfluous or taken, or one task too many.
        """
        if self.sequential_subtasks == (task_id is not None):
            rule = "must be None" if self.sequential_subtasks else "must be provided"
            raise ValueError(
                f"task_id of {self.estimator_name} {task_name!r} {rule}, since sequential_subtasks "
                f"is {self.sequential_subtasks} for {self.task_name!r}"
            )
        child = type(self).__new__(type(self))
        child._callbacks = self._callbacks
        child.estimator_name = self.estimator_name
        child.root_uuid = self.root_uuid
        child._propagation_depth = self._propagation_depth
        task_id = len(self._children_map) if task_id is None else task_id
        child._describe(task_name, task_id, max_subtasks, sequential_subtasks)
        self._add_child(child)
        return child

    @property
    def watched(self):
        """Whether any callback would be called: if not, a tight loop need not make contexts."""
        return bool(self._callbacks)

    def call_on_fit_task_begin(
        self, *, estimator, X=None, y=None, metadata=None, reconstruction_attributes=None
    ):
        """Tell the callbacks that the task begins.

        Parameters
        ----------
        estimator : estimator
            The one being fitted.
        X, y : array-like, or callable that returns it
            Training data of the task.
        metadata : dict, or callable that returns it
            ``sample_weight`` and the like.
        reconstruction_attributes : dict, or callable that returns it
            Fitted attributes with which a copy of `estimator` could predict as of now.

        Returns
        -------
        self
        """
        if self._callbacks:
            parts = {"X": X, "y": y, "metadata": metadata}
            self._call("on_fit_task_begin", _Offer(estimator, parts, reconstruction_attributes))
        return self

    def call_on_fit_task_end(
        self, *, estimator, X=None, y=None, metadata=None, reconstruction_attributes=None
    ):
        """Tell the callbacks that the task ends; parameters as for `call_on_fit_task_begin`.

        Returns
        -------
        bool
            Whether a callback wants the iterations that this task is one of to end.
        """
        if not self._callbacks:
            return False
        parts = {"X": X, "y": y, "metadata": metadata}
        return self._call("on_fit_task_end", _Offer(estimator, parts, reconstruction_attributes))

    def _call(self, name, offer):
        stop = False
        for callback in self._callbacks:
            # A propagated callback is called by the part, whose fit is this very task.
            if any(callback is each for each in self._propagated_callbacks):
                continue
            given = {part: offer[part] for part in _wanted(callback, name)}
            stop |= bool(getattr(callback, name)(offer._estimator, self, **given))
        return stop

    @contextlib.contextmanager
    def propagate_callback_context(self, sub_estimator):
        """Make the fit of `sub_estimator`, inside the ``with`` block, be this task.

        Its tasks become tasks of this tree, and the callbacks that propagate are set on it
        until the end of the block.

        Parameters
        ----------
        sub_estimator : estimator
            A part of the meta-estimator whose task this is.

        Raises
        ------
        TypeError
            If the part has callbacks of its own that propagate: they belong on the outermost
            estimator.
        """
        own = getattr(sub_estimator, "_skl_callbacks", [])
        misplaced = [type(each).__name__ for each in own if _propagates(each)]
        if misplaced:
            raise TypeError(
                f"The sub-estimator {type(sub_estimator).__name__} of a meta-estimator "
                f"{self.estimator_name} can't have auto-propagated callbacks {misplaced}: set them "
                f"on {self.estimator_name}"
            )
        handed = [
            each for each in self._callbacks if _propagates(each, below=self._propagation_depth)
        ]
        if handed and not hasattr(sub_estimator, "set_callbacks"):
            warnings.warn(
                f"The estimator {type(sub_estimator).__name__} does not support callbacks: those "
                f"of {self.estimator_name} will not see its fit",
                UserWarning,
                stacklevel=3,
            )
            handed = []
        sub_estimator._parent_callback_ctx = self
        self._propagated_callbacks = handed
        if handed:
            sub_estimator.set_callbacks(*own, *handed)
        try:
            yield
        finally:
            if handed:
                sub_estimator.set_callbacks(
                    *(
                        each
                        for each in getattr(sub_estimator, "_skl_callbacks", [])
                        if not any(each is taken for taken in handed)
                    )
                )
            del sub_estimator._parent_callback_ctx


def _propagates(callback, below=None):
    """Whether a callback is handed to parts, and, if `below` is given, from that depth on."""
    if not isinstance(callback, AutoPropagatedCallback):
        return False
    depth = callback.max_propagation_depth
    return below is None or depth is None or below < depth


def context_path(context):
    """The contexts from the outermost task to this one, whichever library's they are."""
    path = []
    while context is not None:
        path.append(context)
        context = context.parent
    return path[::-1]


class CallbackSupportMixin:
    """Mixin of estimators whose ``fit`` tells callbacks of its tasks.

    ``fit`` is decorated by `with_callbacks`, opens with ``_init_callback_context``, and reports
    each task to the context it gets.

    Examples
    --------
    >>> from mlkit.callback import CallbackSupportMixin, with_callbacks
    >>> class Counter(CallbackSupportMixin):
    ...     @with_callbacks
    ...     def fit(self, X, y=None):
    ...         context = self._init_callback_context(max_subtasks=3)
    ...         context.call_on_fit_task_begin(estimator=self, X=X)
    ...         for i in range(3):
    ...             step = context.subcontext(task_name="count")
    ...             step.call_on_fit_task_begin(estimator=self, X=X)
    ...             self.n_ = i + 1
    ...             if step.call_on_fit_task_end(estimator=self, X=X):
    ...                 break
    ...         context.call_on_fit_task_end(estimator=self, X=X)
    ...         return self
    >>> Counter().fit(None).n_
    3
    """

    def set_callbacks(self, *callbacks):
        """Set the callbacks that will see this estimator's fits, in place of earlier ones.

        Parameters
        ----------
        *callbacks : FitCallback
            None at all removes them.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            For an object without the four methods, or a class.
        """
        for each in callbacks:
            # A class has the methods, too.
            if isinstance(each, type) or not isinstance(each, FitCallback):
                raise TypeError(
                    f"callbacks must be instances following the FitCallback protocol (setup, "
                    f"on_fit_task_begin, on_fit_task_end, teardown); got {each!r}"
                )
        if callbacks:
            self._skl_callbacks = list(callbacks)
        else:
            vars(self).pop("_skl_callbacks", None)
        return self

    def _init_callback_context(
        self, task_name="fit", task_id=0, max_subtasks=0, sequential_subtasks=True
    ):
        """Open the context of a fit and set its callbacks up; parameters as for `subcontext`.

        Callbacks that came from a meta-estimator are set up there.
        """
        context = CallbackContext._from_estimator(
            self, task_name, task_id, max_subtasks, sequential_subtasks
        )
        self._callback_fit_ctx = context
        self._skl_callbacks_to_teardown = started = []
        is_part = hasattr(self, "_parent_callback_ctx")
        for callback in context._callbacks:
            if not (is_part and _propagates(callback)):
                started.append(callback)
                callback.setup(estimator=self, context=context)
        return context


@contextlib.contextmanager
def _torn_down(estimator):
    """Tear down on leaving, whatever happened, every callback whose setup was begun."""
    try:
        yield
    finally:
        state = vars(estimator)
        context = state.pop("_callback_fit_ctx", None)
        errors = []
        for callback in state.pop("_skl_callbacks_to_teardown", ()):
            try:
                callback.teardown(estimator=estimator, context=context)
            except Exception as error:
                errors.append(error)
        if len(errors) == 1:
            raise errors[0]
        if errors:
            raise ExceptionGroup("callbacks failed in teardown", errors)


def with_callbacks(method):
    """Decorate a ``fit``: its callbacks are torn down however it ends.

    Parameters
    ----------
    method : function
        A method of a class with `CallbackSupportMixin`.

    Returns
    -------
    function

    Examples
    --------
    >>> from mlkit.base import BaseEstimator
    >>> from mlkit.callback import CallbackSupportMixin, with_callbacks
    >>> class Rounds(CallbackSupportMixin, BaseEstimator):
    ...     @with_callbacks
    ...     def fit(self, X, y=None):
    ...         context = self._init_callback_context(max_subtasks=2)
    ...         context.call_on_fit_task_begin(estimator=self)
    ...         context.call_on_fit_task_end(estimator=self)
    ...         return self
    >>> Rounds().fit([[0.0]])
    Rounds()
    """

    @functools.wraps(method)
    def managed(self, *args, **kwargs):
        with _torn_down(self):
            return method(self, *args, **kwargs)

    return managed
