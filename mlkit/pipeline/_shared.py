"""Candidates of a search that begin with the same steps fit those steps once.

Candidates are sorted into a tree by the settings of the first step, the second, and so on. A step
is fitted once a branch, and what it makes of the training rows, and of the rows that are scored,
is kept while the branch lasts.
"""

from .._core.params import clone
from .._engine.evaluate.intact import fresh, may_write
from .._engine.evaluate.shared import METHOD, grouped_by, offers, outcome, settings_key
from ._steps import Flow, is_idle

# Different data that a scorer shows a step: test rows, training rows, and parts of them.
_KEPT = 4


class Memo:
    """What steps that are shared make of data that is shown them again and again."""

    def __init__(self):
        self._made = {}
        self._writing = {}

    def share(self, step):
        """From now on what the step makes is kept."""
        self._made[id(step)] = []
        self._writing[id(step)] = may_write(step)

    def forget(self, step):
        """The step's branch has ended."""
        self._made.pop(id(step), None)

    def transform(self, step, X):
        """``step.transform(X)``, computed once."""
        made = self._made.get(id(step))
        if made is None:
            return step.transform(self.given(step, X))
        for seen, result in made:
            if seen is X:
                return result
        result = step.transform(fresh(X) if self._writing[id(step)] else X)
        made.append((X, result))
        del made[:-_KEPT]
        return result

    @staticmethod
    def given(step, X):
        """X, which others will read, for a step that may write into it."""
        return fresh(X) if may_write(step) else X


def fit_candidates(pipeline, X, y, candidates, fit_params):
    """Fit copies of a pipeline under several settings; see `mlkit._engine.evaluate.shared`.

    Returns
    -------
    iterator of (index, pipeline or exception), or None
    """
    held = pipeline.get_params().values()
    if len(candidates) < 2 or any("_skl_callbacks" in getattr(h, "__dict__", ()) for h in held):
        return None
    return _Tree(pipeline, candidates, fit_params).grow(X, y)


class _Tree:
    def __init__(self, pipeline, candidates, fit_params):
        self.base, self.candidates, self.fit_params = pipeline, candidates, fit_params
        self.models = [
            clone(pipeline).set_params(**clone(params, safe=False)) for params in candidates
        ]
        self.names = [name for name, _ in pipeline.steps]
        self.routed = {}
        self.memo = Memo()

    def settings(self, index, name):
        """What candidate `index` sets of a step: the step itself, and its parameters."""
        params = self.candidates[index]
        return {
            key: value
            for key, value in params.items()
            if key == name or key.startswith(f"{name}__")
        }

    def _rest(self, index):
        """What a candidate sets of the pipeline itself."""
        params = self.candidates[index]
        return {key: each for key, each in params.items() if key.split("__")[0] not in self.names}

    def grow(self, X, y):
        """Yield index and model of each candidate."""
        alike = grouped_by([settings_key(self._rest(i)) for i in range(len(self.models))])
        for members in alike:
            ready = []
            for index in members:
                routed = outcome(self.models[index]._ready_to_fit, "fit", self.fit_params)
                if isinstance(routed, Exception):
                    yield index, routed
                else:
                    self.routed[index] = routed
                    ready.append(index)
            if ready:
                yield from self._branches(0, ready, Flow(X, y, X))

    def _branches(self, depth, members, flow):
        """Fit step `depth` of `members`, whose steps before are the same, and what follows."""
        first = self.models[members[0]]
        if depth == len(first.steps) - 1:
            yield from self._finals(members, flow)
            return
        name = first.steps[depth][0]
        keys = [settings_key(self.settings(index, name)) for index in members]
        for places in grouped_by(keys):
            group = [members[place] for place in places]
            leader = group[0]
            made = outcome(self._step, leader, depth, flow)
            if isinstance(made, Exception):
                yield from ((index, made) for index in group)
                continue
            pair = self.models[leader].steps[depth]
            for index in group[1:]:
                self.models[index].steps[depth] = pair
            self.memo.share(pair[1])
            yield from self._branches(depth + 1, group, made)
            self.memo.forget(pair[1])

    def _step(self, index, depth, flow):
        model = self.models[index]
        step = model.steps[depth][1]
        if not is_idle(step) and may_write(step):
            flow = flow._replace(X=fresh(flow.X), y=fresh(flow.y))
        return model._fit_step(depth, flow, self.routed[index], self.fit_params)

    # -------------------------------------------------------------------- the last step
    def _finals(self, members, flow):
        name = self.models[members[0]].steps[-1][0]
        keys = [settings_key(self._own(index, name)) for index in members]
        for places in grouped_by(keys):
            group = [members[place] for place in places]
            stream = self._together(group, name, flow)
            for index, final in stream if stream is not None else self._apart(group, flow):
                model = self.models[index]
                if isinstance(final, Exception):
                    yield index, final
                    continue
                model.steps[-1] = (name, final)
                model._known_fitted = True
                model._memo = self.memo
                yield index, model
                vars(model).pop("_memo", None)

    def _own(self, index, name):
        """The last step itself, where a candidate replaces it."""
        return {key: each for key, each in self.settings(index, name).items() if key == name}

    def _together(self, group, name, flow):
        """The pairs of the last step's own protocol, with our indices; None without them."""
        if len(group) < 2 or "steps" in self.candidates[group[0]]:
            return None
        final = clone(self._own(group[0], name).get(name, self.base.steps[-1][1]), safe=False)
        if is_idle(final) or not offers(final):
            return None
        prefix = f"{name}__"
        settings = [
            {k.removeprefix(prefix): v for k, v in self.settings(i, name).items() if k != name}
            for i in group
        ]
        last = len(self.names) - 1
        index = group[0]
        given = outcome(self.models[index]._given, last, flow, self.routed[index], self.fit_params)
        if isinstance(given, Exception):
            return ((index, given) for index in group)
        if any(may_write(final, each) for each in settings):
            flow = flow._replace(X=fresh(flow.X), y=fresh(flow.y))
        stream = getattr(final, METHOD)(flow.X, flow.y, settings, **given["fit"])
        return None if stream is None else ((group[place], model) for place, model in stream)

    def _apart(self, group, flow):
        for index in group:
            yield index, outcome(self._final, index, flow)

    def _final(self, index, flow):
        model = self.models[index]
        final = model.steps[-1][1]
        if not is_idle(final) and may_write(final):
            flow = flow._replace(X=fresh(flow.X), y=fresh(flow.y))
        model._fit_final("fit", flow, self.routed[index], self.fit_params)
        return model.steps[-1][1]
