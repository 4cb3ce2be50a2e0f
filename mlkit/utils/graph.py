"""Graphs."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "..._engine.neighbors.shortest_path": ["single_source_shortest_path_length"],
    },
)
