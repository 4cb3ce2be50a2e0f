"""Linear models that choose a penalty by scores of folds: their scorer and their metadata."""

import copy
import inspect

from .._core.domains import callable_, none, string
from .._core.params import param
from .._core.routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
    refuse_params,
    route_directly,
    routing_enabled,
)
from ..metrics import check_scoring

SCORING = param(
    None, string | callable_ | none, "Name of a metric, or scorer; None is `default_scoring`."
)


class ScoresFolds:
    """Estimators whose ``fit`` hands metadata to the splitter ``cv`` and to a scorer.

    Subclasses say by ``default_scoring`` what None stands for, and by ``scored_by`` which of their
    methods call the scorer.
    """

    scored_by = ("fit",)

    def _scorer(self):
        if self.scoring is not None and not (
            isinstance(self.scoring, str) and self.scoring == "warn"
        ):
            return check_scoring(self, scoring=self.scoring)
        scorer = check_scoring(self, scoring=self.default_scoring())
        # Nobody could ask the default to take weights: it does.
        return scorer.set_score_request(sample_weight=True) if routing_enabled() else scorer

    def get_metadata_routing(self):
        """Return which metadata goes to the model, the splitter and the scorer.

        Returns
        -------
        MetadataRouter
        """
        router = MetadataRouter(owner=self).add_self_request(self)
        router.add(
            splitter=self.cv, method_mapping=MethodMapping().add(caller="fit", callee="split")
        )
        mapping = MethodMapping()
        for caller in self.scored_by:
            mapping.add(caller=caller, callee="score")
        return router.add(scorer=self._scorer(), method_mapping=mapping)

    def _routed(self, method, sample_weight, params):
        """Metadata by part; without routing the scorer takes the weights, if it can."""
        refuse_params(params, self, method)
        if routing_enabled():
            given = {} if sample_weight is None else {"sample_weight": sample_weight}
            return process_routing(self, method, **given, **params)
        weighted = sample_weight is not None and takes_weight(self._scorer())
        score = {"sample_weight": sample_weight} if weighted else {}
        return route_directly(splitter={}, scorer={"score": score})


def takes_weight(scorer):
    """Whether a scorer can be called with ``sample_weight``."""
    if hasattr(scorer, "_accept_sample_weight"):
        return scorer._accept_sample_weight()
    try:
        parameters = inspect.signature(scorer).parameters.values()
    except (TypeError, ValueError):
        return False
    return any(each.name == "sample_weight" or each.kind == each.VAR_KEYWORD for each in parameters)


def told_labels(scorer, labels):
    """The scorer, told of classes that its rows lack, if it is one of probabilities."""
    function = getattr(scorer, "_score_func", None)
    if function is None or scorer._response_method != "predict_proba":
        return scorer
    if not has_parameter(function, "labels") or "labels" in scorer._kwargs:
        return scorer
    told = copy.copy(scorer)
    told._kwargs = {**scorer._kwargs, "labels": labels}
    if len(labels) == 2 and has_parameter(function, "pos_label"):
        told._kwargs.setdefault("pos_label", labels[1])
    return told


def has_parameter(function, name):
    """Whether a function has a parameter of a name."""
    return name in inspect.signature(function).parameters
