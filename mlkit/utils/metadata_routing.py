"""Routing of metadata (``sample_weight``, ``groups``...) through meta-estimators."""

from .._core.routing import (
    UNCHANGED,
    UNUSED,
    WARN,
    MetadataRequest,
    MetadataRouter,
    MethodMapping,
    get_routing_for_object,
    process_routing,
)

__all__ = [
    "UNCHANGED",
    "UNUSED",
    "WARN",
    "MetadataRequest",
    "MetadataRouter",
    "MethodMapping",
    "get_routing_for_object",
    "process_routing",
]
