"""Clustering: groups of rows that are near one another."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "_kmeans": ["KMeans", "k_means", "kmeans_plusplus"],
        "_mini_batch": ["MiniBatchKMeans"],
        "_bisecting": ["BisectingKMeans"],
        "_dbscan": ["DBSCAN", "dbscan"],
        "_agglomerative": ["AgglomerativeClustering", "FeatureAgglomeration"],
        "_affinity": ["AffinityPropagation", "affinity_propagation"],
        "_mean_shift": ["MeanShift", "estimate_bandwidth", "get_bin_seeds", "mean_shift"],
        "_trees": ["linkage_tree", "ward_tree"],
    },
)
