"""Toy estimators on the callback mixins of either library, for loky to pickle by value."""

import types

import numpy as np
import pytest


def make_toys(library):
    """`Counting` steps towards the mean of y; `Nested` fits clones of it, in parallel."""

    class Counting(library.CallbackSupportMixin):
        def __init__(self, max_iter=5, rate=0.5):
            self.max_iter = max_iter
            self.rate = rate

        def get_params(self, deep=True):
            return {"max_iter": self.max_iter, "rate": self.rate}

        def __sklearn_clone__(self):
            new = type(self)(self.max_iter, self.rate)
            if hasattr(self, "_skl_callbacks"):
                new._skl_callbacks = self._skl_callbacks
            return new

        @library.with_callbacks
        def fit(self, X, y, sample_weight=None):
            metadata = {} if sample_weight is None else {"sample_weight": sample_weight}
            told = {"estimator": self, "X": X, "y": y, "metadata": metadata}
            context = self._init_callback_context(max_subtasks=self.max_iter)
            context.call_on_fit_task_begin(**told)
            mean = np.zeros(1)
            for i in range(self.max_iter):
                step = context.subcontext(task_name="step")
                step.call_on_fit_task_begin(**told)
                mean += self.rate * (np.mean(y) - mean)
                state = {"mean_": mean, "n_iter_": i + 1}
                if step.call_on_fit_task_end(**told, reconstruction_attributes=lambda s=state: s):
                    break
            self.mean_, self.n_iter_ = mean, i + 1
            context.call_on_fit_task_end(**told, reconstruction_attributes={})
            return self

        def predict(self, X):
            return np.full(len(X), self.mean_[0])

        def score(self, X, y, sample_weight=None):
            return -np.average((y - self.predict(X)) ** 2, weights=sample_weight)

    class Nested(library.CallbackSupportMixin):
        def __init__(self, estimator, n=3, backend="sequential"):
            self.estimator = estimator
            self.n = n
            self.backend = backend

        @library.with_callbacks
        def fit(self, X, y):
            from joblib import Parallel, delayed

            context = self._init_callback_context(max_subtasks=self.n, sequential_subtasks=False)
            context.call_on_fit_task_begin(estimator=self, X=X, y=y)
            tasks = [context.subcontext(task_name="part", task_id=i) for i in range(self.n)]
            n_jobs = 1 if self.backend == "sequential" else 2
            self.parts_ = Parallel(n_jobs=n_jobs, backend=self.backend)(
                delayed(fit_part)(self, self.estimator, X, y, task) for task in tasks
            )
            context.call_on_fit_task_end(estimator=self, X=X, y=y)
            return self

    def fit_part(whole, estimator, X, y, task):
        part = estimator.__sklearn_clone__()
        with task.propagate_callback_context(part):
            task.call_on_fit_task_begin(estimator=whole, X=X, y=y)
            part.fit(X, y)
            task.call_on_fit_task_end(estimator=whole, X=X, y=y)
        return part.n_iter_

    return types.SimpleNamespace(Counting=Counting, Nested=Nested)


@pytest.fixture(params=["mlkit", "sklearn"])
def toys(request):
    if request.param == "mlkit":
        import mlkit.callback as library
    else:
        import sklearn.callback as library
    return make_toys(library)


@pytest.fixture
def our_toys():
    import mlkit.callback

    return make_toys(mlkit.callback)


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(30, 2)), rng.normal(size=30) + 3
