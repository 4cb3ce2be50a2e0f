"""The fits of a search: rounds of candidates over the same folds, and their table."""

import contextlib
import time
import warnings
from dataclasses import replace

import numpy as np

from .._core.parallel import effective_n_jobs
from .._core.params import clone
from .._core.roles import is_classifier
from .._engine.evaluate.fit_score import Job, check_failures, fit_and_score, gather
from .._engine.evaluate.journal import Journal, fingerprint
from .._engine.evaluate.results import search_table
from .._engine.evaluate.shared import Task, fit_tasks, list_tasks, offers, settings_key
from ._progress import SearchProgress
from ._split import check_cv

# With a time budget and several workers candidates are dealt in portions, so that what is
# finished is finished on all folds.
_PORTION = 8


class Stopped(BaseException):
    """Ends a search before its last candidate; no `except Exception` of a subclass holds it."""


class Rounds:
    """What a search has fitted; `evaluate` fits more."""

    def __init__(self, search, X, y, scorer, routed, context):
        self.search, self.X, self.y = search, X, y
        self.split_params = routed["splitter"]["split"]
        self.cv = check_cv(search.cv, y, classifier=is_classifier(search.estimator))
        self.n_splits = self.cv.get_n_splits(X, y, **self.split_params)
        self.base = clone(search.estimator)
        # Callbacks see each fit as a task of its own.
        held = (search, *search.get_params().values())
        self.reports = any("_skl_callbacks" in getattr(each, "__dict__", ()) for each in held)
        self.context = context.subcontext(
            task_name="search", max_subtasks=None, sequential_subtasks=False
        )
        self.candidates, self.results, self.more = [], [], {}
        self.job = Job(
            scorer=scorer,
            fit_params=routed["estimator"]["fit"],
            score_params=routed["scorer"]["score"],
            error_score=search.error_score,
            return_train_score=search.return_train_score,
            verbose=int(search.verbose),
        )
        self.began = time.time()
        self.stopped = None
        self.journal = None
        self.folds = None
        # What a candidate gets more of from round to round, and the models that go on then.
        self.grows = self.models = None
        self.progress = SearchProgress(type(search).__name__) if search.progress else None

    # ---------------------------------------------------------------------- a round
    def evaluate(self, candidates, cv=None, more_results=None):
        """Cross-validate `candidates`; return the table of all candidates so far."""
        candidates, folds = list(candidates), self._split(cv or self.cv)
        n_fits = len(candidates) * len(folds)
        if self.search.verbose > 0:
            print(f"{len(candidates)} candidates on {len(folds)} folds: {n_fits} fits")
        if n_fits == 0:
            raise ValueError(
                f"{type(self.search).__name__}: nothing was fitted, there are no "
                "candidates or no folds"
            )
        results = self._fit(candidates, folds)
        self._keep_models(candidates, results)
        return self._add(candidates, results, more_results or {})

    def _split(self, cv):
        folds = list(cv.split(self.X, self.y, **self.split_params))
        if len(folds) != self.n_splits:
            raise ValueError(
                f"{type(self.search).__name__}: cv.split gave {len(folds)} folds, cv.get_n_splits "
                f"says {self.n_splits}"
            )
        return folds

    def evaluate_one(self, params, more_results, prunes=None):
        """Cross-validate one candidate, on the same folds for all.

        Parameters
        ----------
        params : dict
        more_results : dict
            A value for each further column of the table.
        prunes : callable, default=None
            ``prunes(number of folds that are done, mean score on them)`` says whether to leave the
            other folds out; folds then run one after the other.

        Returns
        -------
        float or None
            The mean score; None if it was pruned.
        """
        self._begin_one()
        if prunes is None:
            results = self._fit([params], self.folds)
        else:
            results = self._fit_pruned(params, prunes)
        n_done = len(results) - results.count(None)
        pruned = prunes is not None and self.stopped is None and n_done < len(results)
        if pruned:
            results = [_left_out(results[0]) if each is None else each for each in results]
        return self._record(params, results, pruned, more_results)

    def evaluate_in_steps(self, params, amounts, prunes):
        """Cross-validate one candidate in steps, each of which goes on from the one before.

        Parameters
        ----------
        params : dict
        amounts : list of int
            What the candidate has of the parameter that grows after each step; see `go_on`.
        prunes : callable
            ``prunes(amount, mean score)`` says whether to leave out the steps that are left.

        Returns
        -------
        float or None
            The mean score after the last step; None if it was pruned.
        """
        self._begin_one()
        self.models, spent, pruned = {}, [0.0] * self.n_splits, False
        for amount in amounts:
            step = [{**params, self.grows: amount}]
            results = self._fit(step, self.folds)
            self._keep_models(step, results)
            if None in results:
                break
            spent = [a + each["fit_time"] for a, each in zip(spent, results, strict=True)]
            if amount != amounts[-1] and prunes(amount, _mean(results, self._decides())):
                pruned, results = True, [_left_out(each) for each in results]
                break
        results = [
            each and {**each, "fit_time": took} for each, took in zip(results, spent, strict=True)
        ]
        return self._record(params, results, pruned, {})

    def _begin_one(self):
        if self.folds is None:
            self.folds = self._split(self.cv)
        if self._is_late():
            self.stopped = "time_budget"
            raise Stopped

    def _record(self, params, results, pruned, more_results):
        """Take over a candidate if it is finished; return its score, None if it was pruned."""
        if None not in results:
            self.candidates.append(params)
            self.results += results
            for name, value in {**more_results, "pruned": pruned}.items():
                self.more.setdefault(name, []).append(value)
        if self.stopped is not None:
            raise Stopped
        return None if pruned else _mean(results, self._decides())

    def _fit_pruned(self, params, prunes):
        found = _Found([params], self.n_splits, self._decides(), self.progress)
        try:
            for done, task in enumerate(self._tasks([params], self.folds), start=1):
                known = None if self.journal is None else self.journal.known.get(task.key)
                if known is not None:
                    found.put(task.number, known, kept=True)
                else:
                    for number, result in self._one_by_one([task], self.folds):
                        found.put(number, result)
                if done < self.n_splits and prunes(
                    done, _mean(found.results[:done], self._decides())
                ):
                    break
        except KeyboardInterrupt:
            if not self.results:
                raise
            self.stopped = "Ctrl-C"
        return found.results

    # ------------------------------------------------------------ models that go on
    def go_on(self, resource):
        """From round to round, fit candidates further: their models are kept, and warm start.

        Parameters
        ----------
        resource : str
            The parameter that grows.
        """
        step = resource.rpartition("__")[0]
        switch = f"{step}__warm_start" if step else "warm_start"
        if switch not in self.base.get_params():
            raise ValueError(
                f"{type(self.search).__name__}: {resource!r} cannot grow during training, "
                f"{type(self.base).__name__} has no parameter {switch!r}; fit anew instead"
            )
        self.base.set_params(**{switch: True})
        self.job = replace(self.job, return_estimator=True)
        self.grows, self.models = resource, {}

    def _model_key(self, params, fold):
        others = {name: value for name, value in params.items() if name != self.grows}
        return settings_key(others), fold

    def _start_of(self, params, fold):
        """The candidate's model of the round before, told how far to go; None if there is none."""
        if not self.models:
            return None
        model = self.models.get(self._model_key(params, fold))
        # A round may be repeated with as much as before: that is a fit of its own.
        if model is None or model.get_params()[self.grows] >= params[self.grows]:
            return None
        return model.set_params(**{self.grows: params[self.grows]})

    def _keep_models(self, candidates, results):
        """Take the models out of the results of a round, for the next one."""
        if self.models is None:
            return
        self.models = {}
        for number, result in enumerate(results):
            model = None if result is None else result.pop("estimator", None)
            if model is not None and result["fit_error"] is None:
                i, fold = divmod(number, self.n_splits)
                self.models[self._model_key(candidates[i], fold)] = model

    def _is_late(self):
        """Whether no more may be fitted."""
        budget = self.search.time_budget
        return bool(self.results) and budget is not None and time.time() > self.began + budget

    def check_failures(self):
        """Warn of the fits of `evaluate_one` that failed; raise if all did."""
        check_failures(self.results, self.search.error_score)

    def _add(self, candidates, results, more_results):
        """Take over the candidates that are finished on all folds."""
        rows = [results[i : i + self.n_splits] for i in range(0, len(results), self.n_splits)]
        finished = [all(result is not None for result in row) for row in rows]
        results = [each for row, done in zip(rows, finished, strict=True) if done for each in row]
        if results:
            check_failures(results, self.search.error_score)
        self.candidates += [each for each, done in zip(candidates, finished, strict=True) if done]
        self.results += results
        for name, values in more_results.items():
            kept = [value for value, done in zip(values, finished, strict=True) if done]
            self.more.setdefault(name, []).extend(kept)
        if self.stopped is not None:
            raise Stopped
        return self.table()

    def _fit(self, candidates, folds):
        """The results of a round, candidate by candidate; None for what was not fitted."""
        tasks = self._tasks(candidates, folds)
        found = _Found(candidates, len(folds), self._decides(), self.progress)
        open_tasks = []
        for task in tasks:
            known = None if self.journal is None else self.journal.known.get(task.key)
            if known is None:
                open_tasks.append(task)
            else:
                found.put(task.number, known, kept=True)
        try:
            for number, result in self._run(open_tasks, folds):
                found.put(number, result)
        except KeyboardInterrupt:
            if not (self.results or found.any_finished()):
                raise
            self.stopped = "Ctrl-C"
        if self.stopped is None and None in found.results:
            self.stopped = "time_budget"
        return found.results

    def _tasks(self, candidates, folds):
        keys = self._keys(candidates, folds)
        tasks = []
        for i, params in enumerate(candidates):
            for j in range(len(folds)):
                place = f"{j + 1}/{len(folds)}"
                if self.job.verbose > 9:
                    place += f"; {i + 1}/{len(candidates)}"
                key = None if keys is None else keys[i] + keys[j - len(folds)]
                tasks.append(Task(len(tasks), params, place, key, self._start_of(params, j)))
        return tasks

    # -------------------------------------------------------------------- the journal
    def _keys(self, candidates, folds):
        """Names of the candidates and, at the end, of the folds; None without a journal."""
        if self.search.journal is None:
            return None
        names = [fingerprint(fold) for fold in folds]
        if self.journal is None:
            self.journal = Journal(
                self.search.journal, self._identity(names), type(self.search).__name__
            )
        return [fingerprint(each) for each in candidates] + names

    def _identity(self, fold_names):
        job = self.job
        return {
            "X": fingerprint(self.X),
            "y": fingerprint(self.y),
            "estimator": fingerprint(self.base),
            "cv": fingerprint(fold_names),
            "scoring": fingerprint(self.search.scoring),
            "parameters of fit": fingerprint((job.fit_params, job.score_params)),
            "error_score": fingerprint(job.error_score),
            "return_train_score": fingerprint(job.return_train_score),
        }

    # ---------------------------------------------------------------------- the runs
    def _run(self, tasks, folds):
        """Yield number and result of each task, until the time is up."""
        budget = self.search.time_budget
        deadline = None if budget is None else self.began + budget
        if self._is_late():
            return
        if effective_n_jobs(self.search.n_jobs) == 1:
            yield from self._in_turn(tasks, folds, deadline)
            return
        if deadline is not None and not self.results:
            # Whatever the budget, one candidate is finished: there is no search without a result.
            yield from self._in_parallel(tasks[: self.n_splits], folds, None)
            tasks = tasks[self.n_splits :]
        yield from self._in_parallel(tasks, folds, deadline)

    def _in_turn(self, tasks, folds, deadline):
        search = self.search
        if self.reports:
            for task in tasks:
                args, options = self._reported_call(task, folds)
                yield task.number, fit_and_score(*args, **options)
            return
        watched = deadline is not None or search.progress or search.journal is not None
        if offers(self.base):
            runs = [fit_tasks(*self._arguments(unit)) for unit in self._units(tasks, folds)]
            sweeps = _side_by_side(runs) if watched else ([each] for run in runs for each in run)
        else:
            sweeps = (self._one_by_one(row, folds) for row in self._rows(tasks))
        for sweep in sweeps:
            yield from sweep
            if deadline is not None and time.time() > deadline:
                return

    def _rows(self, tasks):
        """Tasks by candidate."""
        rows = {}
        for task in tasks:
            rows.setdefault(task.number // self.n_splits, []).append(task)
        return rows.values()

    def _one_by_one(self, tasks, folds):
        for task in tasks:
            unit = folds[task.number % len(folds)], [task]
            yield from fit_tasks(*self._arguments(unit))

    def _in_parallel(self, tasks, folds, deadline):
        from .._core.workers import Parallel, delayed

        search = self.search
        parallel = Parallel(
            n_jobs=search.n_jobs, pre_dispatch=search.pre_dispatch, return_as=_returned_as()
        )
        if self.reports:
            calls = ((task.number, *self._reported_call(task, folds)) for task in tasks)
            yield from parallel(delayed(_numbered_fit)(*call) for call in calls)
            return

        def calls_in_time():
            for unit in self._units(tasks, folds):
                if deadline is not None and time.time() > deadline:
                    return
                yield delayed(list_tasks)(*self._arguments(unit), deadline=deadline)

        for results in parallel(calls_in_time()):
            yield from results

    def _units(self, tasks, folds):
        """What one worker does at a time: a fold with the tasks on it that may share work."""
        if not offers(self.base):
            for task in tasks:
                yield folds[task.number % len(folds)], [task]
            return
        by_fold = [[] for _ in folds]
        for task in tasks:
            by_fold[task.number % len(folds)].append(task)
        longest = max(map(len, by_fold), default=0)
        n_jobs = effective_n_jobs(self.search.n_jobs)
        size = -(-longest // -(-n_jobs // len(folds)))
        if n_jobs > 1 and self.search.time_budget is not None:
            size = min(size, _PORTION)
        for start in range(0, longest, max(size, 1)):
            for fold, own in zip(folds, by_fold, strict=True):
                if own[start : start + size]:
                    yield fold, own[start : start + size]

    def _arguments(self, unit):
        (train, test), tasks = unit
        return self.base, self.X, self.y, train, test, self.job, tasks, self.journal

    def _reported_call(self, task, folds):
        """Arguments of a fit that is a task of the search's callbacks."""
        train, test = folds[task.number % len(folds)]
        options = {
            "params": task.params,
            "place": task.place,
            "started": task.start is not None,
            "caller": self.search,
            "context": self.context.subcontext(
                task_name="candidate-split-evaluation", task_id=len(self.results) + task.number
            ),
        }
        model = clone(self.base) if task.start is None else task.start
        args = (model, self.X, self.y, train, test, self.job)
        return args, options

    # --------------------------------------------------------------------- the whole
    @contextlib.contextmanager
    def reported(self, name, number, n_candidates):
        """A task of its own for callbacks, around one call of `evaluate`."""
        whole, weight = self.context, self.job.fit_params.get("sample_weight")
        told = {
            "estimator": self.search,
            "X": self.X,
            "y": self.y,
            "metadata": None if weight is None else {"sample_weight": weight},
        }
        self.context = whole.subcontext(
            task_name=name,
            task_id=number,
            max_subtasks=n_candidates * self.n_splits,
            sequential_subtasks=False,
        )
        self.context.call_on_fit_task_begin(**told)
        yield
        self.context.call_on_fit_task_end(**told)
        self.context = whole

    @contextlib.contextmanager
    def running(self):
        """Around all rounds: a search that is stopped goes on with what it has."""
        try:
            yield
        except Stopped:
            warnings.warn(
                f"{type(self.search).__name__} was ended by {self.stopped}: the best is that of "
                f"{len(self.candidates)} candidates, the rest was not tried",
                UserWarning,
                stacklevel=5,
            )
        finally:
            if self.journal is not None:
                self.journal.close()
            if self.progress is not None:
                self.progress.close()

    def table(self):
        """``cv_results_`` of all candidates so far."""
        if not self.results:
            raise ValueError(
                f"{type(self.search).__name__}: nothing was fitted, there are no candidates"
            )
        times = {
            name: np.array([each[name] for each in self.results])
            for name in ("fit_time", "score_time")
        }
        train = gather(self.results, "train_scores") if self.job.return_train_score else {}
        test = gather(self.results, "test_scores")
        return search_table(self.candidates, self.n_splits, times, test, train, self.more)

    def _decides(self):
        """The name of the score that is shown; None for the only one, or the first."""
        return self.search.refit if isinstance(self.search.refit, str) else None


class _Found:
    """The results of a round as they come, and what they say to the progress line."""

    def __init__(self, candidates, n_splits, decides, progress):
        self.candidates, self.n_splits = candidates, n_splits
        self.decides, self.progress = decides, progress
        self.results = [None] * (len(candidates) * n_splits)
        self.left = [n_splits] * len(candidates)
        if progress is not None:
            progress.expect(len(self.results))

    def put(self, number, result, kept=False):
        """Take the result of a fit; `kept` if it comes from a journal."""
        self.results[number] = result
        i = number // self.n_splits
        self.left[i] -= 1
        if self.progress is None:
            return
        if self.left[i] == 0:
            row = self.results[i * self.n_splits : (i + 1) * self.n_splits]
            self.progress.score(_mean(row, self.decides), self.candidates[i])
        self.progress.advance(kept)

    def any_finished(self):
        """Whether a candidate has all its results."""
        return 0 in self.left


def _mean(results, decides):
    """Mean over folds of the score that decides, or of the first."""
    scores = [each["test_scores"] for each in results]
    names = next((list(each) for each in scores if isinstance(each, dict)), None)
    if names is not None:
        name = decides if decides in names else names[0]
        scores = [each[name] if isinstance(each, dict) else each for each in scores]
    return float(np.mean(scores))


def _left_out(done):
    """The result of a fold on which a candidate was not fitted, like one on which it was."""

    def unknown(scores):
        return dict.fromkeys(scores, np.nan) if isinstance(scores, dict) else np.nan

    return {
        name: unknown(value) if name.endswith("scores") else 0.0 for name, value in done.items()
    } | {"fit_error": None}


def _side_by_side(runs):
    """Lists of the next result of each iterator."""
    while runs:
        sweep, running = [], []
        for run in runs:
            found = next(run, None)
            if found is not None:
                sweep.append(found)
                running.append(run)
        runs = running
        yield sweep


def _numbered_fit(number, args, options):
    """`fit_and_score`, with the number that its task has."""
    return number, fit_and_score(*args, **options)


def _returned_as():
    """How joblib's present backend gives results: one by one, if it can."""
    from joblib.parallel import get_active_backend

    able = getattr(get_active_backend()[0], "supports_return_generator", False)
    return "generator_unordered" if able else "list"
