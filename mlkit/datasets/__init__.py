"""Bundled data sets, generators of synthetic ones, and the svmlight format."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "_clusters": [
            "make_blobs",
            "make_circles",
            "make_classification",
            "make_gaussian_quantiles",
            "make_hastie_10_2",
            "make_moons",
            "make_multilabel_classification",
        ],
        "_curves": ["make_s_curve", "make_swiss_roll"],
        "_files": ["load_files"],
        "_home": ["clear_data_home", "get_data_home"],
        "_matrices": [
            "make_biclusters",
            "make_checkerboard",
            "make_low_rank_matrix",
            "make_sparse_coded_signal",
            "make_sparse_spd_matrix",
            "make_spd_matrix",
        ],
        "_responses": [
            "make_friedman1",
            "make_friedman2",
            "make_friedman3",
            "make_regression",
            "make_sparse_uncorrelated",
        ],
        "_svmlight": ["dump_svmlight_file", "load_svmlight_file", "load_svmlight_files"],
        "_toy": [
            "load_breast_cancer",
            "load_diabetes",
            "load_digits",
            "load_iris",
            "load_linnerud",
            "load_wine",
        ],
    },
)
