"""mlkit.utils bears scikit-learn's names; a name costs nothing until it is used."""

import importlib
import inspect
import subprocess
import sys

import pytest
import sklearn.utils

import mlkit.utils

MODULES = {
    "arrayfuncs": ["min_pos"],
    "class_weight": ["compute_class_weight", "compute_sample_weight"],
    "deprecation": ["deprecated"],
    "discovery": ["all_displays", "all_estimators", "all_functions"],
    "extmath": [
        "cartesian", "density", "fast_logdet", "make_nonnegative", "randomized_range_finder",
        "randomized_svd", "row_norms", "safe_sparse_dot", "safe_sqr", "softmax", "squared_norm",
        "stable_cumsum", "svd_flip", "weighted_mode",
    ],
    "graph": ["single_source_shortest_path_length"],
    "metaestimators": ["available_if"],
    "multiclass": [
        "check_classification_targets", "class_distribution", "is_multilabel", "type_of_target",
        "unique_labels",
    ],
    "parallel": ["Parallel", "delayed"],
    "random": ["sample_without_replacement"],
    "sparsefuncs": [
        "count_nonzero", "csc_median_axis_0", "incr_mean_variance_axis", "inplace_column_scale",
        "inplace_csr_column_scale", "inplace_csr_row_scale", "inplace_row_scale",
        "inplace_swap_column", "inplace_swap_row", "inplace_swap_row_csc", "inplace_swap_row_csr",
        "mean_variance_axis", "min_max_axis", "sparse_matmul_to_dense",
    ],
    "validation": [
        "as_float_array", "assert_all_finite", "check_X_y", "check_array",
        "check_consistent_length", "check_is_fitted", "check_memory", "check_non_negative",
        "check_random_state", "check_scalar", "check_symmetric", "column_or_1d",
        "has_fit_parameter", "indexable", "validate_data",
    ],
}  # fmt: skip
PAIRS = [(module, name) for module, names in MODULES.items() for name in names]


def parameters(function):
    found = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in found if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}


@pytest.mark.parametrize("module, name", PAIRS)
def test_signatures_are_the_references(module, name):
    ours = getattr(importlib.import_module(f"mlkit.utils.{module}"), name)
    theirs = getattr(importlib.import_module(f"sklearn.utils.{module}"), name)
    mine, want = parameters(ours), parameters(theirs)
    for parameter, default in want.items():
        assert parameter in mine, f"{name} lacks {parameter}"
        if default is inspect.Parameter.empty or isinstance(default, (int, float, str, type(None))):
            assert mine[parameter] == default, f"{name}({parameter}=...)"


@pytest.mark.parametrize("name", sorted(n for n in sklearn.utils.__all__ if n[0] != "_"))
def test_every_name_of_the_package_is_there(name):
    assert getattr(mlkit.utils, name) is not None
    assert name in mlkit.utils.__all__ and name in dir(mlkit.utils)


@pytest.mark.parametrize("module", ["", *(f".{module}" for module in MODULES)])
def test_faces_load_nothing_until_asked(module):
    heavy = ("scipy", "pandas", "joblib", "sklearn", "matplotlib")
    code = f"import sys, mlkit.utils{module}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_show_versions_names_what_runs(capsys):
    from mlkit import show_versions

    show_versions()
    shown = capsys.readouterr().out
    for word in ("python", "numpy", "scipy", "threadpoolctl info"):
        assert word in shown
