"""Nearest neighbours: searches, graphs, and models that rest on them."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "_centroid": ["NearestCentroid"],
        "_classify": ["KNeighborsClassifier", "RadiusNeighborsClassifier"],
        "_components": ["NeighborhoodComponentsAnalysis"],
        "_density": ["KernelDensity"],
        "_graph": [
            "KNeighborsTransformer",
            "RadiusNeighborsTransformer",
            "kneighbors_graph",
            "radius_neighbors_graph",
        ],
        "_metrics": ["VALID_METRICS", "VALID_METRICS_SPARSE"],
        "_nearest": ["NearestNeighbors"],
        "_outlier": ["LocalOutlierFactor"],
        "_precomputed": ["sort_graph_by_row_values"],
        "_regress": ["KNeighborsRegressor", "RadiusNeighborsRegressor"],
        "_trees": ["BallTree", "KDTree"],
    },
)
