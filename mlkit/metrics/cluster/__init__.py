"""Scores of clusterings, with and without known classes."""

from ..._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        ".._bicluster": ["consensus_score"],
        ".._partitions": [
            "adjusted_mutual_info_score",
            "adjusted_rand_score",
            "completeness_score",
            "contingency_matrix",
            "entropy",
            "expected_mutual_information",
            "fowlkes_mallows_score",
            "homogeneity_completeness_v_measure",
            "homogeneity_score",
            "mutual_info_score",
            "normalized_mutual_info_score",
            "pair_confusion_matrix",
            "rand_score",
            "v_measure_score",
        ],
        ".._separation": [
            "calinski_harabasz_score",
            "davies_bouldin_score",
            "silhouette_samples",
            "silhouette_score",
        ],
    },
)
