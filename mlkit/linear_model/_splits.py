"""What estimators that choose their own penalty share: ``cv``, and the metadata of its splitter."""

from .._core.domains import boolean, has_methods, integer, iterable, none
from .._core.params import param
from .._core.routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
    refuse_params,
    routing_enabled,
)

VERBOSE = param(False, integer(0) | boolean, "Above 0, print progress.")
CV = integer(2) | has_methods("split") | iterable | none


class RoutesToSplitter:
    """Estimators whose ``fit`` hands metadata to the splitter ``cv``."""

    def get_metadata_routing(self):
        """Return which metadata goes to the model and which to the splitter.

        Returns
        -------
        MetadataRouter
        """
        router = MetadataRouter(owner=self).add_self_request(self)
        return router.add(
            splitter=self.cv, method_mapping=MethodMapping().add(caller="fit", callee="split")
        )

    def _routed(self, sample_weight, params):
        """Metadata of the splitter."""
        refuse_params(params, self, "fit")
        if not routing_enabled():
            return {}
        given = {"sample_weight": sample_weight, **params}
        return process_routing(self, "fit", **given)["splitter"]["split"]
