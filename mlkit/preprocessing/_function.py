"""Any function as a transformer."""

import functools
import warnings

import numpy as np

from .._core.arrays import check_array, check_input_names, validate_data
from .._core.available import available_if
from .._core.config import current
from .._core.domains import boolean, callable_, mapping, none, one_of
from .._core.estimator import Estimator
from .._core.frames import (
    column_names,
    is_dataframe,
    is_pandas,
    is_polars,
    rename_columns,
    take_rows,
)
from .._core.html import VisualBlock
from .._core.params import fitted, param
from .._core.roles import Transformer
from .._core.sparse import issparse
from .._core.tags import Traits


class FunctionTransformer(Transformer, Estimator):
    """``transform(X) = func(X)``, for use in a pipeline. Nothing is learnt.

    Examples
    --------
    >>> import numpy as np
    >>> from mlkit.preprocessing import FunctionTransformer
    >>> FunctionTransformer(np.log1p).transform([[0.0, 1.0]]).round(3)
    array([[0.   , 0.693]])
    """

    traits = Traits(dtype="numeric", requires_fit=False)

    func: object = param(None, callable_ | none, "Called with X; None returns X.", kw_only=False)
    inverse_func: object = param(
        None, callable_ | none, "Called by inverse_transform; None returns X.", kw_only=False
    )
    validate: bool = param(
        False, boolean, "Whether X must be numbers in two dimensions; else `func` gets it as it is."
    )
    accept_sparse: bool = param(False, boolean, "Whether `validate` lets sparse matrices pass.")
    check_inverse: bool = param(
        True, boolean, "Whether fit warns if `inverse_func` does not undo `func` on some rows."
    )
    feature_names_out: object = param(
        None,
        callable_ | one_of("one-to-one") | none,
        "What get_feature_names_out returns: the names of the columns in, or what a function of "
        "the transformer and these names returns. None: there is no such method.",
    )
    kw_args: dict = param(None, mapping | none, "Keyword arguments for `func`.")
    inv_kw_args: dict = param(None, mapping | none, "Keyword arguments for `inverse_func`.")

    n_features_in_ = fitted("int", "Columns of X, if it has any.")

    def __sklearn_is_fitted__(self):
        return True

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.no_validation = not self.validate
        tags.input_tags.sparse = not self.validate or self.accept_sparse
        return tags

    def fit(self, X, y=None):
        """Check X, if `validate`, and the inverse, if `check_inverse`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), or what `func` takes
        y : ignored

        Returns
        -------
        self
        """
        self._check_params()
        X = validate_data(
            self,
            X,
            reset=True,
            accept_sparse=self.accept_sparse,
            skip_check_array=not self.validate,
        )
        if self.check_inverse and self.func is not None and self.inverse_func is not None:
            self._warn_unless_inverse(X)
        return self

    def _warn_unless_inverse(self, X):
        """Compare some rows of X with what comes back."""
        rows = np.arange(0, X.shape[0], max(1, X.shape[0] // 100))
        some = take_rows(X, rows)
        dtypes = list(X.dtypes) if hasattr(X, "dtypes") else [getattr(X, "dtype", None)]
        if not all(isinstance(d, np.dtype) and d.kind in "iuf" for d in dtypes):
            raise ValueError(
                "FunctionTransformer(check_inverse=True) compares numbers, and X has other "
                "elements: set check_inverse=False"
            )
        back = self.inverse_transform(self.transform(some))
        if not _all_close(some, back):
            warnings.warn(
                "FunctionTransformer: inverse_func does not undo func on the rows of fit. Set "
                "check_inverse=False if that is meant",
                UserWarning,
                stacklevel=3,
            )

    def transform(self, X):
        """Return ``func(X)``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), or what `func` takes

        Returns
        -------
        What `func` returns, in the container that `set_output` names
        """
        if self.validate:
            X = validate_data(self, X, reset=False, accept_sparse=self.accept_sparse)
        out = _call(self.func, X, self.kw_args)
        if self.feature_names_out is None:
            self._warn_of_container(out)
        elif is_dataframe(out):
            out = self._with_names(X, out)
        return out

    def inverse_transform(self, X):
        """Return ``inverse_func(X)``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), or what `inverse_func` takes

        Returns
        -------
        What `inverse_func` returns
        """
        if self.validate:
            X = check_array(X, accept_sparse=self.accept_sparse)
        return _call(self.inverse_func, X, self.inv_kw_args)

    def _warn_of_container(self, out):
        wanted = vars(self).get("_sklearn_output_config", {}).get("transform")
        wanted = current()["transform_output"] if wanted is None else wanted
        made = {"pandas": is_pandas, "polars": is_polars}
        if wanted in made and not made[wanted](out):
            warnings.warn(
                f"set_output(transform={wanted!r}) of FunctionTransformer needs a func that "
                f"returns a {wanted} DataFrame, or feature_names_out",
                UserWarning,
                stacklevel=4,
            )

    def _with_names(self, X, out):
        """The frame `out`, renamed by `feature_names_out` where its own names are no choice."""
        names, own = list(self.get_feature_names_out()), list(column_names(out))
        if own == names:
            return out
        given = column_names(X) if is_dataframe(X) else None
        kept = given is not None and list(given) == own
        if kept or not all(isinstance(name, str) for name in own):
            return rename_columns(out, names)
        raise ValueError(
            f"FunctionTransformer: func returns the columns {own}, and feature_names_out says "
            f"{names}: make them agree, or call set_output(transform='pandas' or 'polars')"
        )

    @available_if(lambda self: self.feature_names_out is not None)
    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns out, as the parameter `feature_names_out` says.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns in; by default those seen in fit, or x0, x1, ...

        Returns
        -------
        ndarray of str objects
        """
        if hasattr(self, "n_features_in_") or input_features is not None:
            input_features = check_input_names(self, input_features)
        if isinstance(self.feature_names_out, str):
            if self.feature_names_out != "one-to-one":
                raise ValueError(
                    f"FunctionTransformer(feature_names_out={self.feature_names_out!r}): must be "
                    "'one-to-one' or a function of the transformer and its input names"
                )
            return np.asarray(input_features, dtype=object)
        return np.asarray(self.feature_names_out(self, input_features), dtype=object)

    def _sk_visual_block_(self):
        inner = self.func.func if isinstance(self.func, functools.partial) else self.func
        name = getattr(inner, "__name__", None) or f"{type(self.func).__name__}(...)"
        details = {"names": name, "name_details": str(self), "name_caption": type(self).__name__}
        return VisualBlock("single", self, **details)

    def set_output(self, *, transform=None):
        """Choose what ``transform`` and ``fit_transform`` return.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"} or None
            None leaves the choice as it is.

        Returns
        -------
        self
        """
        if transform is not None:
            self.__dict__.setdefault("_sklearn_output_config", {})["transform"] = transform
        return self


def _call(function, X, arguments):
    return X if function is None else function(X, **(arguments or {}))


def _all_close(a, b):
    if issparse(a) or issparse(b):
        a, b = (each.toarray() if issparse(each) else each for each in (a, b))
    return np.allclose(np.asarray(a, dtype=float), np.asarray(b, dtype=float), rtol=1e-7, atol=1e-9)
