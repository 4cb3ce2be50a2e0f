"""An estimator that stays as it was fitted."""

from ._core.arrays import check_is_fitted
from ._core.available import available_if
from ._core.domains import has_methods
from ._core.errors import NotFittedError
from ._core.estimator import Estimator
from ._core.params import param, required
from ._core.tags import get_tags

__all__ = ["FrozenEstimator"]


def _held_has(name):
    def check(self):
        getattr(self.estimator, name)
        return True

    return check


class FrozenEstimator(Estimator):
    """Wrap a fitted estimator so that ``fit`` does nothing and cloning returns it as it is.

    For meta-estimators that fit or clone what they hold: calibration or threshold tuning of a
    model that must not change. All else is the wrapped estimator's.

    Examples
    --------
    >>> from mlkit.datasets import load_iris
    >>> from mlkit.frozen import FrozenEstimator
    >>> from mlkit.linear_model import LogisticRegression
    >>> X, y = load_iris(return_X_y=True)
    >>> frozen = FrozenEstimator(LogisticRegression(max_iter=1000).fit(X, y))
    >>> frozen.fit(X[:2], y[:2]).predict(X[-1:])
    array([2])
    """

    estimator: object = param(
        required, has_methods("get_params"), "The fitted estimator.", kw_only=False
    )

    @available_if(_held_has("__getitem__"))
    def __getitem__(self, *args, **kwargs):
        """The wrapped estimator's items."""
        return self.estimator.__getitem__(*args, **kwargs)

    def __getattr__(self, name):
        # Without this guard unpickling, which asks before `estimator` is there, would not end.
        if name in ("estimator", "fit_predict", "fit_transform") or name.startswith("__"):
            raise AttributeError(f"'FrozenEstimator' object has no attribute {name!r}")
        return getattr(self.estimator, name)

    def __sklearn_clone__(self):
        return self

    def __sklearn_is_fitted__(self):
        try:
            check_is_fitted(self.estimator)
        except NotFittedError:
            return False
        return True

    def fit(self, X, y, *args, **kwargs):
        """Check that the wrapped estimator is fitted, and leave it alone.

        Parameters
        ----------
        X, y, *args, **kwargs : ignored

        Returns
        -------
        self

        Raises
        ------
        NotFittedError
            If the wrapped estimator is not fitted.
        """
        check_is_fitted(self.estimator)
        return self

    def set_params(self, **kwargs):
        """Replace the wrapped estimator; its own parameters cannot be set.

        Parameters
        ----------
        **kwargs : dict
            ``estimator`` only.

        Returns
        -------
        self
        """
        estimator = kwargs.pop("estimator", None)
        if estimator is not None:
            self.estimator = estimator
        if kwargs:
            raise ValueError(
                "FrozenEstimator.set_params: the parameters of a frozen estimator stay as they "
                f"are, got {sorted(kwargs)}"
            )
        return self

    def get_params(self, deep=True):
        """Return the wrapped estimator as the one parameter.

        Parameters
        ----------
        deep : ignored

        Returns
        -------
        dict
        """
        return {"estimator": self.estimator}

    def __sklearn_tags__(self):
        tags = get_tags(self.estimator)
        tags._skip_test = True
        return tags
