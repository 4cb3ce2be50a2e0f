"""Distances and kernels of pairs of rows."""

from ..._core.lazy import attach

_DISTANCES = [
    "PAIRWISE_BOOLEAN_FUNCTIONS",
    "check_paired_arrays",
    "check_pairwise_arrays",
    "cosine_distances",
    "distance_metrics",
    "euclidean_distances",
    "haversine_distances",
    "manhattan_distances",
    "nan_euclidean_distances",
    "paired_cosine_distances",
    "paired_distances",
    "paired_euclidean_distances",
    "paired_manhattan_distances",
    "pairwise_distances",
]
__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        ".._pairwise": _DISTANCES,
        ".._chunked": [
            "pairwise_distances_argmin",
            "pairwise_distances_argmin_min",
            "pairwise_distances_chunked",
        ],
        ".._kernels": [
            "additive_chi2_kernel",
            "chi2_kernel",
            "cosine_similarity",
            "kernel_metrics",
            "laplacian_kernel",
            "linear_kernel",
            "pairwise_kernels",
            "polynomial_kernel",
            "rbf_kernel",
            "sigmoid_kernel",
        ],
    },
)
