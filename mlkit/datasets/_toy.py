"""Bundled data sets: each loader reads a file of ``data/`` and describes it."""

import gzip
from importlib import resources

import numpy as np

from .._core.bunch import Bunch
from .._core.domains import boolean, integer
from .._core.params import checked

_DATA = f"{__package__}.data"


def _read(filename):
    """Return the column names and the values of a file of ``data/``."""
    content = resources.files(_DATA).joinpath(filename).read_bytes()
    if filename.endswith(".gz"):
        content = gzip.decompress(content)
    header, *rows = content.decode().splitlines()
    return header.split(","), np.loadtxt(rows, delimiter=",", ndmin=2)


def _describe(name):
    return resources.files(_DATA).joinpath(f"{name}.rst").read_text(encoding="utf-8")


def _pandas(caller):
    try:
        import pandas
    except ImportError as error:
        raise ImportError(
            f"{caller} with as_frame=True requires pandas: pip install pandas"
        ) from error
    return pandas


def _deliver(caller, content, return_X_y, as_frame):
    """Turn the arrays `data` and `target` of `content` into what the caller asked for."""
    if as_frame:
        pandas = _pandas(caller)
        X, y = content["data"], content["target"]
        targets = ["target"] if y.ndim == 1 else content["target_names"]
        X = pandas.DataFrame(X, columns=list(content["feature_names"]))
        y = pandas.DataFrame(y, columns=targets)
        content["frame"] = pandas.concat([X, y], axis=1)
        content["data"], content["target"] = X, y if len(targets) > 1 else y["target"]
    if return_X_y:
        return content["data"], content["target"]
    return Bunch(**content)


def _classes(filename, target_names):
    """Return the entries that data sets of one file with a class in the last column share."""
    names, table = _read(filename)
    return {
        "data": np.ascontiguousarray(table[:, :-1]),
        "target": table[:, -1].astype(int),
        "frame": None,
        "target_names": np.array(target_names),
        "feature_names": names[:-1],
        "DESCR": _describe(filename.split(".")[0]),
    }


@checked(return_X_y=boolean, as_frame=boolean)
def load_iris(*, return_X_y=False, as_frame=False):
    """Load four lengths of 150 iris flowers of three species (classification).

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` rather than a Bunch.
    as_frame : bool, default=False
        Give data and target as a pandas DataFrame and Series.

    Returns
    -------
    Bunch or tuple
        data (150, 4) float64, target (150,) int, frame (both, or None), target_names,
        feature_names, DESCR (provenance and licence), filename and data_module (where the file
        is).

    Raises
    ------
    ImportError
        If `as_frame` is asked for and pandas is missing.

    References
    ----------
    R. A. Fisher, "The use of multiple measurements in taxonomic problems", Annals of Eugenics 7(2),
    1936.

    Examples
    --------
    >>> from mlkit.datasets import load_iris
    >>> iris = load_iris()
    >>> iris.data.shape, iris.target_names.tolist()
    ((150, 4), ['setosa', 'versicolor', 'virginica'])
    """
    content = _classes("iris.csv", ["setosa", "versicolor", "virginica"])
    content |= {"filename": "iris.csv", "data_module": _DATA}
    return _deliver("load_iris", content, return_X_y, as_frame)


@checked(return_X_y=boolean, as_frame=boolean)
def load_wine(*, return_X_y=False, as_frame=False):
    """Load thirteen chemical measurements of 178 wines of three cultivars (classification).

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` rather than a Bunch.
    as_frame : bool, default=False
        Give data and target as a pandas DataFrame and Series.

    Returns
    -------
    Bunch or tuple
        data (178, 13) float64, target (178,) int, frame (both, or None), target_names,
        feature_names, DESCR (provenance and licence).

    Raises
    ------
    ImportError
        If `as_frame` is asked for and pandas is missing.

    References
    ----------
    S. Aeberhard and M. Forina, Wine, UCI Machine Learning Repository, 1991.

    Examples
    --------
    >>> from mlkit.datasets import load_wine
    >>> X, y = load_wine(return_X_y=True)
    >>> X.shape
    (178, 13)
    """
    content = _classes("wine.csv", ["class_0", "class_1", "class_2"])
    return _deliver("load_wine", content, return_X_y, as_frame)


@checked(return_X_y=boolean, as_frame=boolean)
def load_breast_cancer(*, return_X_y=False, as_frame=False):
    """Load thirty measurements of cell nuclei in 569 breast masses (two classes).

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` rather than a Bunch.
    as_frame : bool, default=False
        Give data and target as a pandas DataFrame and Series.

    Returns
    -------
    Bunch or tuple
        data (569, 30) float64, target (569,) int (0 malignant, 1 benign), frame (both, or None),
        target_names, feature_names (array), DESCR (provenance and licence), filename and
        data_module (where the file is).

    Raises
    ------
    ImportError
        If `as_frame` is asked for and pandas is missing.

    References
    ----------
    W. N. Street, W. H. Wolberg and O. L. Mangasarian, "Nuclear feature extraction for breast tumor
    diagnosis", IS&T/SPIE Symposium on Electronic Imaging 1905, 1993.

    Examples
    --------
    >>> from mlkit.datasets import load_breast_cancer
    >>> load_breast_cancer().target.sum()
    np.int64(357)
    """
    content = _classes("breast_cancer.csv.gz", ["malignant", "benign"])
    content["feature_names"] = np.array(content["feature_names"])
    content |= {"filename": "breast_cancer.csv.gz", "data_module": _DATA}
    return _deliver("load_breast_cancer", content, return_X_y, as_frame)


@checked(n_class=integer(1, 10), return_X_y=boolean, as_frame=boolean)
def load_digits(*, n_class=10, return_X_y=False, as_frame=False):
    """Load 1797 images of handwritten digits, eight pixels by eight (classification).

    Parameters
    ----------
    n_class : int in [1, 10], default=10
        Keep the digits below this one.
    return_X_y : bool, default=False
        Return ``(data, target)`` rather than a Bunch.
    as_frame : bool, default=False
        Give data and target as a pandas DataFrame and Series.

    Returns
    -------
    Bunch or tuple
        data (1797, 64) float64 in 0..16, target (1797,) int, frame (both, or None), feature_names,
        target_names (array of ten digits), images (1797, 8, 8), DESCR (provenance and licence).
        There are fewer rows if `n_class` is below 10.

    Raises
    ------
    ImportError
        If `as_frame` is asked for and pandas is missing.

    References
    ----------
    E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning
    Repository, 1998.

    Examples
    --------
    >>> from mlkit.datasets import load_digits
    >>> load_digits(n_class=2).images.shape
    (360, 8, 8)
    """
    content = _classes("digits.csv.gz", range(10))
    kept = content["target"] < n_class
    content["target"] = content["target"][kept]
    content["data"] = content["data"][kept]
    content["images"] = content["data"].reshape(-1, 8, 8)
    return _deliver("load_digits", content, return_X_y, as_frame)


@checked(return_X_y=boolean, as_frame=boolean, scaled=boolean)
def load_diabetes(*, return_X_y=False, as_frame=False, scaled=True):
    """Load ten measurements of 442 diabetes patients and the later progression (regression).

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` rather than a Bunch.
    as_frame : bool, default=False
        Give data and target as a pandas DataFrame and Series.
    scaled : bool, default=True
        Centre each feature and divide it by its norm; False gives the values as measured.

    Returns
    -------
    Bunch or tuple
        data (442, 10) float64, target (442,) float64, frame (both, or None), DESCR (provenance and
        licence), feature_names, data_filename, target_filename and data_module (where the files
        are).

    Raises
    ------
    ImportError
        If `as_frame` is asked for and pandas is missing.

    References
    ----------
    B. Efron, T. Hastie, I. Johnstone and R. Tibshirani, "Least angle regression", Annals of
    Statistics 32(2), 2004.

    Examples
    --------
    >>> from mlkit.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True)
    >>> print((X**2).sum(axis=0).round(6))
    [1. 1. 1. 1. 1. 1. 1. 1. 1. 1.]
    """
    names, X = _read("diabetes_data.csv.gz")
    if scaled:
        X = (X - X.mean(axis=0)) / X.std(axis=0) / len(X) ** 0.5
    content = {
        "data": X,
        "target": _read("diabetes_target.csv.gz")[1].ravel(),
        "frame": None,
        "DESCR": _describe("diabetes"),
        "feature_names": names,
        "data_filename": "diabetes_data.csv.gz",
        "target_filename": "diabetes_target.csv.gz",
        "data_module": _DATA,
    }
    return _deliver("load_diabetes", content, return_X_y, as_frame)


@checked(return_X_y=boolean, as_frame=boolean)
def load_linnerud(*, return_X_y=False, as_frame=False):
    """Load three exercises and three bodily measurements of 20 men (regression, three targets).

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` rather than a Bunch.
    as_frame : bool, default=False
        Give data and target as pandas DataFrames.

    Returns
    -------
    Bunch or tuple
        data (20, 3) and target (20, 3) float64, frame (both, or None), feature_names, target_names,
        DESCR (provenance and licence), data_filename, target_filename and data_module (where the
        files are).

    Raises
    ------
    ImportError
        If `as_frame` is asked for and pandas is missing.

    References
    ----------
    M. Tenenhaus, La régression PLS: théorie et pratique, Éditions Technip, 1998.

    Examples
    --------
    >>> from mlkit.datasets import load_linnerud
    >>> load_linnerud().target_names
    ['Weight', 'Waist', 'Pulse']
    """
    exercises, X = _read("linnerud_exercise.csv")
    measures, y = _read("linnerud_physiological.csv")
    content = {
        "data": X,
        "feature_names": exercises,
        "target": y,
        "target_names": measures,
        "frame": None,
        "DESCR": _describe("linnerud"),
        "data_filename": "linnerud_exercise.csv",
        "target_filename": "linnerud_physiological.csv",
        "data_module": _DATA,
    }
    return _deliver("load_linnerud", content, return_X_y, as_frame)
