"""Runs of many stages that begin with the runs of fewer: a search fits the longest, once."""

from .._engine.evaluate.shared import fit_prefixes


class SharedStages:
    """Mixin: candidates that differ in the number of stages alone share a fit.

    A subclass names the parameter that counts stages and cuts a fitted model back. Without a seed
    the candidates that share a fit share its draws.
    """

    _stages = "n_estimators"

    def __mlkit_fit_candidates__(self, X, y, candidates, **fit_params):
        settings = [{**self.get_params(deep=False), **each} for each in candidates]
        known = type(self).__module__.startswith("mlkit.")  # a subclass may do more in fit
        if not known or not all(self._begins_alike(each) for each in settings):
            return None
        if "monitor" in fit_params:  # which is to see each fit
            return None
        return fit_prefixes(self, X, y, candidates, self._stages, self._cut, **fit_params)

    @classmethod
    def _cut(cls, model, n_stages):
        model.set_params(**{cls._stages: n_stages})
        model._keep_stages(n_stages)
        return model

    @staticmethod
    def _begins_alike(settings):
        """Whether, under these parameters, a longer run begins with the shorter one."""
        return not settings.get("verbose") and not settings.get("warm_start")


class ForestPrefixes(SharedStages):
    """Forests: the seed of a tree does not depend on how many there are."""

    @staticmethod
    def _begins_alike(settings):
        # What is measured out of bag is measured by all trees.
        measured = settings.get("oob_score") or settings.get("oob_importances")
        return SharedStages._begins_alike(settings) and not measured

    def _keep_stages(self, n_stages):
        self._trees = self._trees.part(0, n_stages)
        self._seeds = self._seeds[:n_stages]
        vars(self).pop("_estimators", None)


class BoostingPrefixes(SharedStages):
    """Boosting by exact trees: a stage follows from those before it."""

    def _keep_stages(self, n_stages):
        # A run that stopped early is every longer run.
        n_stages = min(n_stages, self.n_estimators_)
        self._trees = self._trees.part(0, n_stages * self.n_trees_per_iteration_)
        self.n_estimators_ = n_stages
        self._resize(n_stages)
        if "oob_scores_" in vars(self):
            self.oob_score_ = self.oob_scores_[-1]
        *before, (_, options) = self._grown_under
        self._grown_under = [*before, (n_stages, options)]
        vars(self).pop("_made", None)


class HistogramPrefixes(SharedStages):
    """Boosting by histograms: as `BoostingPrefixes`."""

    _stages = "max_iter"

    @staticmethod
    def _begins_alike(settings):
        # Later rounds scale what they left out of the earlier ones.
        return SharedStages._begins_alike(settings) and not settings.get("drop_rate")

    def _keep_stages(self, n_stages):
        n_stages = min(n_stages, self.n_iter_)
        self._trees = self._trees.part(0, n_stages * self.n_trees_per_iteration_)
        if self._linear is not None:
            self._linear = self._linear.keep(self._trees.n_trees)
        # Scores are there if stopping was watched, with one before the first round.
        self.train_score_ = self.train_score_[: n_stages + 1]
        self.validation_score_ = self.validation_score_[: n_stages + 1]
