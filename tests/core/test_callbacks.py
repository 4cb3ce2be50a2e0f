"""The tree of tasks, and which hook sees what, alone and beside scikit-learn's contexts."""

import pickle

import pytest
import sklearn.callback as theirs

from mlkit._core import callbacks as ours

LIBRARIES = [ours, theirs]
either = pytest.mark.parametrize("library", LIBRARIES, ids=["mlkit", "sklearn"])


class Recorder:
    """Keeps (hook, task names from the root, arguments)."""

    def __init__(self):
        self.seen = []

    def _keep(self, hook, context, **given):
        path = tuple(each.task_name for each in ours.context_path(context))
        self.seen.append((hook, path, given))

    def setup(self, estimator, context):
        self._keep("setup", context)

    def teardown(self, estimator, context):
        self._keep("teardown", context)

    def on_fit_task_begin(self, estimator, context):
        self._keep("begin", context)

    def on_fit_task_end(self, estimator, context, *, X=None, metadata=None, fitted_estimator=None):
        self._keep("end", context, X=X, metadata=metadata, fitted=fitted_estimator)

    def hooks(self):
        return [(hook, path) for hook, path, _ in self.seen]


class Handed(Recorder):
    max_propagation_depth = None


class Stopping(Recorder):
    def on_fit_task_end(self, estimator, context):
        return context.task_name == "step 1"


def make(library):
    class Steps(library.CallbackSupportMixin):
        n = 3

        @library.with_callbacks
        def fit(self, X=None):
            context = self._init_callback_context(max_subtasks=self.n)
            context.call_on_fit_task_begin(estimator=self, X=X)
            for i in range(self.n):
                step = context.subcontext(task_name=f"step {i}")
                step.call_on_fit_task_begin(estimator=self, X=X)
                self.n_iter_ = i + 1
                if step.call_on_fit_task_end(estimator=self, X=lambda: X):
                    break
            context.call_on_fit_task_end(estimator=self, X=X)
            return self

    return Steps


def make_whole(library):
    class Whole(library.CallbackSupportMixin):
        def __init__(self, part):
            self.part = part

        @library.with_callbacks
        def fit(self, X=None):
            context = self._init_callback_context("whole", max_subtasks=1)
            context.call_on_fit_task_begin(estimator=self)
            task = context.subcontext(task_name="part")
            with task.propagate_callback_context(self.part):
                task.call_on_fit_task_begin(estimator=self)
                self.part.fit(X)
                task.call_on_fit_task_end(estimator=self)
            context.call_on_fit_task_end(estimator=self)
            return self

    return Whole


Steps = make(ours)
Whole = make_whole(ours)


def root(max_subtasks=None, sequential_subtasks=True):
    return Steps()._init_callback_context("root", 0, max_subtasks, sequential_subtasks)


# ---------------------------------------------------------------------- the tree


def test_tree_is_walked_from_the_root_down():
    top = root(2, sequential_subtasks=False)
    for name in "ab":
        child = top.subcontext(task_name=name, task_id=name, max_subtasks=2)
        for _ in range(2):
            child.subcontext(task_name=f"{name}.")
    assert [each.task_name for each in top] == ["root", "a", "a.", "a.", "b", "b.", "b."]
    assert all(each.root_uuid == top.root_uuid for each in top)
    leaf = list(top)[-1]
    assert ours.context_path(leaf) == [top, child, leaf]
    assert leaf.task_id == 1
    assert top.root_uuid != root().root_uuid


def test_tasks_are_numbered_or_named_but_not_both():
    with pytest.raises(ValueError, match="must be None"):
        root().subcontext(task_id=0)
    parallel = root(sequential_subtasks=False)
    with pytest.raises(ValueError, match="must be provided"):
        parallel.subcontext()
    parallel.subcontext(task_id=0)
    with pytest.raises(ValueError, match="already has"):
        parallel.subcontext(task_id=0)
    with pytest.raises(ValueError, match="max_subtasks"):
        root(0).subcontext()


def test_a_pickled_task_knows_the_way_up_and_nothing_beside():
    top = root(None)
    for _ in range(500):
        task = top.subcontext(task_name="step", max_subtasks=None)
    size = len(pickle.dumps(top.subcontext(task_name="step", max_subtasks=None)))
    assert size < 2000
    again = pickle.loads(pickle.dumps(task))
    assert [each.task_id for each in ours.context_path(again)] == [0, 499]
    assert list(again.parent) == [again.parent, again]
    assert again.root_uuid == top.root_uuid


@pytest.mark.parametrize("above", LIBRARIES, ids=["mlkit", "sklearn"])
@pytest.mark.parametrize("below", LIBRARIES, ids=["mlkit", "sklearn"])
def test_fit_of_a_part_takes_the_place_of_a_leaf(above, below):
    """In all four mixtures of libraries: same tree, same hooks, in the same order."""
    callback = Handed()
    part = make(below)()
    make_whole(above)(part).set_callbacks(callback).fit()
    steps = [("whole", "fit", f"step {i}") for i in range(3)]
    assert callback.hooks() == [
        ("setup", ("whole",)),
        ("begin", ("whole",)),
        ("begin", ("whole", "fit")),
        *((hook, step) for step in steps for hook in ("begin", "end")),
        ("end", ("whole", "fit")),
        ("end", ("whole",)),
        ("teardown", ("whole",)),
    ]
    for name in ("_skl_callbacks", "_parent_callback_ctx", "_callback_fit_ctx"):
        assert not hasattr(part, name)


def test_where_a_part_came_from():
    task = root().subcontext(task_name="part")
    part = Steps()
    with task.propagate_callback_context(part):
        inner = part._init_callback_context()
    assert (inner.source_task_name, inner.source_estimator_name) == ("part", "Steps")
    assert inner.parent is task.parent
    assert list(task.parent) == [task.parent, inner]
    with (
        root(3).propagate_callback_context(part),
        pytest.raises(ValueError, match="not a leaf"),
    ):
        part._init_callback_context()


# ---------------------------------------------------------------------- which hook sees what


@either
def test_own_callbacks_of_a_part_see_its_fit_only(library):
    callback = Recorder()
    Whole(make(library)().set_callbacks(callback)).fit()
    assert callback.hooks()[0] == ("setup", ("whole", "fit"))
    assert callback.hooks()[-1] == ("teardown", ("whole", "fit"))
    assert len(callback.seen) == 2 + 2 * 4


def test_callbacks_that_do_not_propagate_stay():
    callback = Recorder()
    Whole(Steps()).set_callbacks(callback).fit()
    paths = [path for _, path in callback.hooks()]
    assert set(paths) == {("whole",), ("whole", "part")}


@pytest.mark.parametrize("depth, n_tasks", [(0, 2), (1, 3), (2, 6), (None, 6)])
def test_depth_of_propagation(depth, n_tasks):
    """Two levels of meta-estimators over three steps; each level shares one task with the next."""

    class Limited(Handed):
        max_propagation_depth = depth

    callback = Limited()
    Whole(Whole(Steps())).set_callbacks(callback).fit()
    assert len({path for _, path in callback.hooks()}) == n_tasks
    assert sum(hook == "setup" for hook, _ in callback.hooks()) == 1


@either
def test_stopping_ends_the_iterations(library):
    model = make(library)().set_callbacks(Recorder(), Stopping()).fit()
    assert model.n_iter_ == 2


def test_only_what_is_asked_for_is_computed_and_once():
    computed = []

    def lazily(name, value=None):
        return lambda: computed.append(name) or value

    callback = Recorder()
    model = Steps().set_callbacks(callback, callback)
    context = model._init_callback_context()
    context.call_on_fit_task_begin(estimator=model, X=lazily("X"))
    assert computed == []
    stop = context.call_on_fit_task_end(
        estimator=model,
        X=lazily("X", 1),
        y=lazily("y"),
        metadata=lazily("metadata"),
        reconstruction_attributes=lazily("state", {"n_iter_": 7}),
    )
    assert stop is False
    assert sorted(computed) == ["X", "metadata", "state"]
    fitted = callback.seen[-1][2]["fitted"]
    assert callback.seen[-1][2]["X"] == 1
    assert fitted.n_iter_ == 7
    assert not hasattr(model, "n_iter_")
    assert set(vars(fitted)) == {"n_iter_"}


def test_what_is_not_provided_is_none():
    callback = Recorder()
    model = Steps().set_callbacks(callback)
    model._init_callback_context().call_on_fit_task_end(estimator=model)
    assert callback.seen[-1][2] == {"X": None, "metadata": None, "fitted": None}


def test_unknown_hook_parameter_is_an_error():
    class Curious(Recorder):
        def on_fit_task_begin(self, estimator, context, *, weights=None):
            pass

    with pytest.raises(TypeError, match=r"not valid.*weights"):
        Steps().set_callbacks(Curious()).fit()
    replaced = Recorder()
    replaced.on_fit_task_begin = lambda estimator, context, *, weights=None: None
    with pytest.raises(TypeError, match=r"not valid.*weights"):
        Steps().set_callbacks(replaced).fit()


def test_teardown_runs_for_what_was_set_up_however_fit_ends():
    class Failing(Recorder):
        def __init__(self, *at):
            super().__init__()
            self.at = at

        def _keep(self, hook, context, **given):
            super()._keep(hook, context, **given)
            if hook in self.at:
                raise ArithmeticError(hook)

    before, after = Recorder(), Recorder()
    with pytest.raises(ArithmeticError, match="setup"):
        Steps().set_callbacks(before, failing := Failing("setup"), after).fit()
    assert [hook for hook, _ in before.hooks()] == ["setup", "teardown"]
    assert [hook for hook, _ in failing.hooks()] == ["setup", "teardown"]
    assert after.seen == []
    with pytest.raises(ArithmeticError, match="end"):
        Steps().set_callbacks(Failing("end"), after).fit()
    assert after.hooks()[-1] == ("teardown", ("fit",))
    with pytest.raises(ArithmeticError, match="teardown"):
        Steps().set_callbacks(Failing("teardown")).fit()
    with pytest.raises(ExceptionGroup) as caught:
        Steps().set_callbacks(Failing("teardown"), Failing("teardown")).fit()
    assert len(caught.value.exceptions) == 2


def test_a_fit_leaves_no_trace():
    model = Steps().set_callbacks(callback := Recorder()).fit()
    assert vars(model) == {"n_iter_": 3, "_skl_callbacks": [callback]}
    assert vars(model.set_callbacks()) == {"n_iter_": 3}


# ---------------------------------------------------------------------- misuse


@either
def test_what_is_a_callback(library):
    assert isinstance(Recorder(), library.FitCallback)
    assert not isinstance(Recorder(), library.AutoPropagatedCallback)
    assert isinstance(Handed(), library.AutoPropagatedCallback)
    assert not isinstance(object(), library.FitCallback)


@pytest.mark.parametrize("wrong", [object(), Recorder, print])
def test_other_objects_are_refused(wrong):
    with pytest.raises(TypeError, match="FitCallback"):
        Steps().set_callbacks(wrong)


def test_a_callback_that_propagates_belongs_outside():
    with pytest.raises(TypeError, match="auto-propagated"):
        Whole(Steps().set_callbacks(Handed())).fit()


def test_a_part_without_callbacks_only_warns():
    class Deaf:
        def fit(self, X):
            self.done = True

    part = Deaf()
    with pytest.warns(UserWarning, match="Deaf does not support callbacks"):
        Whole(part).set_callbacks(callback := Handed()).fit()
    assert part.done
    assert ("end", ("whole", "part")) in callback.hooks()
    Whole(part).set_callbacks(Recorder()).fit()


def test_watched_tells_whether_anyone_looks():
    model = Steps()
    assert not model._init_callback_context().watched
    assert model.set_callbacks(Recorder())._init_callback_context().watched
