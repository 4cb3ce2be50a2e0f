"""Data sets: bundled, from the web or generated, and the svmlight format."""

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
        "_download": ["fetch_file"],
        "_fetch_faces": ["fetch_lfw_pairs", "fetch_lfw_people", "fetch_olivetti_faces"],
        "_fetch_tables": [
            "fetch_california_housing",
            "fetch_covtype",
            "fetch_kddcup99",
            "fetch_species_distributions",
        ],
        "_fetch_texts": ["fetch_20newsgroups", "fetch_20newsgroups_vectorized", "fetch_rcv1"],
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
        "_openml": ["fetch_openml"],
        "_pictures": ["load_sample_image", "load_sample_images"],
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
