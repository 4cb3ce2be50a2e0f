"""Matrices as products of few factors: principal components and their relatives."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        ".._engine.spectral.svd": ["randomized_svd"],
        "_factor_analysis": ["FactorAnalysis"],
        "_fastica": ["FastICA", "fastica"],
        "_incremental_pca": ["IncrementalPCA"],
        "_nmf": ["MiniBatchNMF", "NMF", "non_negative_factorization"],
        "_pca": ["PCA"],
        "_truncated_svd": ["TruncatedSVD"],
    },
)
