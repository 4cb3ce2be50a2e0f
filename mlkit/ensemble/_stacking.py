"""Stacking: a final model fitted to what others predict of rows they were not fitted to."""

import numpy as np

from .. import linear_model
from .._core.arrays import check_input_names, check_is_fitted, check_target, indexable, num_samples
from .._core.available import available_if
from .._core.callbacks import with_callbacks
from .._core.domains import boolean, has_methods, none, one_of
from .._core.html import VisualBlock
from .._core.jobs import run_jobs
from .._core.params import clone, fitted, param
from .._core.roles import Classifier, Regressor, is_classifier, is_regressor
from .._core.routing import MetadataRouter, MethodMapping, process_routing, routing_enabled
from .._core.shared import verbose
from .._core.targets import check_classification_targets, type_of_target
from ..metrics._response import pick_method
from ..model_selection import check_cv
from ..model_selection._validate import CV, _encoded, _fit_and_predict, _in_order
from ..preprocessing import LabelEncoder
from ._named import N_JOBS, NamedEnsemble, fit_model, side_by_side


def _final_has(method):
    """Availability of a method: that of the final model, fitted or not."""

    def check(self):
        getattr(self._current_final(), method)
        return True

    return check


class _Stacking(NamedEnsemble):
    """Base of stacking: models, the columns that their predictions make, and the final model.

    A subclass says in `_role` what the final model must be, and in `_models_role` what the others
    must be.
    """

    final_estimator: object = param(
        None,
        has_methods("fit") | none,
        "The model of the other models' predictions; None is a linear one.",
        kw_only=False,
    )
    cv: object = param(
        None,
        CV | one_of("prefit"),
        "Folds: a number (stratified for classes), a splitter, pairs of rows; None is 5. "
        '"prefit": the models are fitted already and predict all rows.',
    )
    n_jobs: int = N_JOBS
    passthrough: bool = param(
        False, boolean, "Whether the final model also gets X, behind the predictions."
    )
    verbose: int = verbose

    final_estimator_ = fitted("estimator", "The final model.")
    stack_method_ = fitted("list of str", "The method by which each model predicts.")

    def _final_model(self):
        return self._default_final() if self.final_estimator is None else self.final_estimator

    def _current_final(self):
        """The final model, fitted if there has been a fit."""
        final = vars(self).get("final_estimator_")
        return self._final_model() if final is None else final

    def _wanted_methods(self):
        """The methods by the first of which that a model has it predicts."""
        return "predict"

    def _check_final(self):
        role, noun = self._role
        final = clone(self._final_model())
        if not role(final):
            raise ValueError(
                f"{type(self).__name__}: final_estimator should be a {noun}, got {final!r}"
            )
        return final

    # ------------------------------------------------------------------------------ fit
    def _fit_stack(self, X, y, fit_params):
        """Fit the models to all rows, the final model to what they predict out of fold."""
        self._check_models(self._models_role)
        final = self._check_final()
        routed = self._route_fit(fit_params)
        held, prefit = self._held(), isinstance(self.cv, str)
        context = self._init_callback_context(
            max_subtasks=1 + (not prefit) * len(held), sequential_subtasks=False
        )
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        if prefit:
            for _, each in held:
                check_is_fitted(each)
            self._store(each for _, each in held)
        else:
            calls = self._fit_calls(X, y, routed, context)
            self._store(run_jobs(fit_model, calls, n_jobs=self.n_jobs, verbose=int(self.verbose)))
        self.stack_method_ = [self._method_of(each) for each in self.estimators_]
        parts = self._predictions(X) if prefit else self._out_of_fold(X, y, routed)
        columns = self._columns(parts)
        self._n_feature_outs = [each.shape[1] for each in columns]
        table = side_by_side(columns, X if self.passthrough else None)
        task = context.subcontext(task_name="fit-final_estimator", task_id="final_estimator")
        weighted = {name: value for name, value in fit_params.items() if value is not None}
        self.final_estimator_ = fit_model(final, table, y, weighted, caller=self, context=task)
        context.call_on_fit_task_end(estimator=self, X=X, y=y)
        return self

    def _method_of(self, estimator):
        try:
            return pick_method(estimator, self._wanted_methods())
        except AttributeError as error:
            raise ValueError(
                f"{type(self).__name__}: {type(estimator).__name__} does not implement the method "
                f"that stack_method asks for: {error}"
            ) from error

    def _out_of_fold(self, X, y, routed):
        """What each model predicts of each row when fitted without the row's fold.

        The folds are drawn once, so that they are the same for all models; all fits of all
        models are one batch of jobs.
        """
        X, y = indexable(X, y)
        cv = check_cv(self.cv, y, classifier=is_classifier(self))
        folds = list(cv.split(X, y))
        tested = np.concatenate([test for _, test in folds])
        if not np.array_equal(np.sort(tested), np.arange(num_samples(X))):
            raise ValueError(
                f"{type(self).__name__}: cv must test each row once, so that each has one "
                "prediction of each model"
            )
        coded = y if is_regressor(self) else _encoded(y)
        calls = [
            ((clone(each), X, labels, train, test, routed[name]["fit"], method), {})
            for (name, each), method in zip(self._held(), self.stack_method_, strict=True)
            for labels in [y if method == "predict" else coded]
            for train, test in folds
        ]
        parts = run_jobs(_fit_and_predict, calls, n_jobs=self.n_jobs, verbose=int(self.verbose))
        order = np.empty(len(tested), dtype=int)
        order[tested] = np.arange(len(tested))
        return [
            _in_order(parts[start : start + len(folds)], order)
            for start in range(0, len(parts), len(folds))
        ]

    def _predictions(self, X):
        return [
            getattr(each, method)(X)
            for each, method in zip(self.estimators_, self.stack_method_, strict=True)
        ]

    def _columns(self, parts):
        """Columns for the final model of what the models predicted, an array a model.

        The first of two probabilities is left out, and so is that of a label being absent where
        a model gives a list, one array a label: they follow from the others.
        """
        columns = []
        for part, method in zip(parts, self.stack_method_, strict=True):
            if isinstance(part, list):
                columns.append(np.hstack([each[:, 1:] for each in part]))
            elif part.ndim == 1:
                columns.append(part.reshape(-1, 1))
            else:
                first = int(method == "predict_proba" and self._is_binary())
                columns.append(part[:, first:])
        return columns

    def _is_binary(self):
        return False

    # ------------------------------------------------------------------------ after fit
    def transform(self, X):
        """Return what the final model gets: the models' predictions, and X with `passthrough`.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray or sparse matrix of shape (n_samples, n_columns)
        """
        return self._table(X)

    def _table(self, X):
        check_is_fitted(self)
        columns = self._columns(self._predictions(X))
        return side_by_side(columns, X if self.passthrough else None)

    @available_if(_final_has("predict"))
    def predict(self, X, **predict_params):
        """Return the final model's predictions.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
        **predict_params : dict
            For the final model's ``predict``; with metadata routing, metadata.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
        """
        return self._predict_final(X, predict_params)

    def _predict_final(self, X, predict_params):
        check_is_fitted(self)
        if routing_enabled():
            routed = process_routing(self, "predict", **predict_params)
            predict_params = routed["final_estimator_"]["predict"]
        return self.final_estimator_.predict(self._table(X), **predict_params)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns that `transform` returns.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of X's columns, which come behind the models' with `passthrough`.

        Returns
        -------
        ndarray of str objects
            ``stackingclassifier_{name}`` and, of several columns, their number behind it.
        """
        check_is_fitted(self)
        if self.passthrough or input_features is not None:
            input_features = check_input_names(self, input_features)
        prefix = type(self).__name__.lower()
        names = []
        for (name, _), width in zip(self._held(), self._n_feature_outs, strict=True):
            ends = [""] if width == 1 else range(width)
            names.extend(f"{prefix}_{name}{end}" for end in ends)
        if self.passthrough:
            names.extend(input_features)
        return np.asarray(names, dtype=object)

    def get_metadata_routing(self):
        """Return which metadata goes to which model.

        Returns
        -------
        MetadataRouter
        """
        fitting = MethodMapping().add(caller="fit", callee="fit")
        router = MetadataRouter(owner=self).add(**dict(self.estimators), method_mapping=fitting)
        predicting = MethodMapping().add(caller="predict", callee="predict")
        return router.add(final_estimator_=self._current_final(), method_mapping=predicting)

    def _sk_visual_block_(self):
        names, models = zip(*self.estimators, strict=True)
        below = VisualBlock("parallel", models, names, dash_wrapped=False)
        final = VisualBlock(
            "parallel", [self._final_model()], ["final_estimator"], dash_wrapped=False
        )
        return VisualBlock("serial", (below, final), dash_wrapped=False)


class StackingClassifier(Classifier, _Stacking):
    """Fit a final classifier to what other models predict out of fold of the same rows.

    Wolpert, "Stacked generalization", Neural Networks 5, 1992. The models are fitted to all rows
    in the end; the final one has seen only predictions for rows left out.

    Examples
    --------
    >>> from mlkit.datasets import load_iris
    >>> from mlkit.ensemble import StackingClassifier
    >>> from mlkit.linear_model import LogisticRegression, RidgeClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> models = [("logistic", LogisticRegression(max_iter=1000)), ("ridge", RidgeClassifier())]
    >>> StackingClassifier(models).fit(X, y).predict(X[:2])
    array([0, 0])
    """

    _role = (is_classifier, "classifier")
    # A regressor may stand below, as for classes that are ordered.
    _models_role = None

    stack_method: str = param(
        "auto",
        one_of("auto", "predict_proba", "decision_function", "predict"),
        'By which method the models predict; "auto" takes the first of the others that each has.',
    )

    classes_ = fitted("(n_classes,) or list of them", "The labels; of each column of y if several.")

    def _default_final(self):
        return linear_model.LogisticRegression()

    def _wanted_methods(self):
        if self.stack_method == "auto":
            return ("predict_proba", "decision_function", "predict")
        return self.stack_method

    def _is_binary(self):
        return len(self.classes_) == 2 and not isinstance(self.classes_, list)

    def _encode(self, y):
        """Codes of the labels; of several labels a row, column by column."""
        if type_of_target(y) == "multilabel-indicator":
            self._label_encoder = [LabelEncoder().fit(column) for column in y.T]
            self.classes_ = [each.classes_ for each in self._label_encoder]
            coded = zip(self._label_encoder, y.T, strict=True)
            return np.array([each.transform(column) for each, column in coded]).T
        self._label_encoder = LabelEncoder().fit(y)
        self.classes_ = self._label_encoder.classes_
        return self._label_encoder.transform(y)

    @with_callbacks
    def fit(self, X, y, **fit_params):
        """Fit the models, and the final one to their predictions out of fold.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Labels; several columns are indicators of labels.
        **fit_params : dict
            ``sample_weight`` for all models; with metadata routing, metadata.

        Returns
        -------
        self
        """
        self._check_params()
        if y is None:
            raise ValueError(
                "StackingClassifier requires y to be passed, but the target y is None."
            )
        check_classification_targets(y)
        several = type_of_target(y) == "multilabel-indicator"
        y = check_target(self, y, multi_output=several)
        return self._fit_stack(X, self._encode(y), fit_params)

    @available_if(_final_has("predict"))
    def predict(self, X, **predict_params):
        """Return the labels that the final model predicts.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
        **predict_params : dict
            For the final model's ``predict``; with metadata routing, metadata.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
        """
        codes = self._predict_final(X, predict_params)
        if not isinstance(self._label_encoder, list):
            return self._label_encoder.inverse_transform(codes)
        columns = zip(self._label_encoder, codes.T, strict=True)
        return np.array([each.inverse_transform(column) for each, column in columns]).T

    @available_if(_final_has("predict_proba"))
    def predict_proba(self, X):
        """Return the final model's probabilities.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Of several labels a row, the probability of the first class of each, a column a label.
        """
        table = self._table(X)
        probabilities = self.final_estimator_.predict_proba(table)
        if isinstance(self._label_encoder, list):
            return np.array([each[:, 0] for each in probabilities]).T
        return probabilities

    @available_if(_final_has("decision_function"))
    def decision_function(self, X):
        """Return the final model's ``decision_function``.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
        """
        table = self._table(X)
        return self.final_estimator_.decision_function(table)


class StackingRegressor(Regressor, _Stacking):
    """Fit a final regressor to what other regressors predict out of fold of the same rows.

    Wolpert, "Stacked generalization", Neural Networks 5, 1992; Breiman, "Stacked regressions",
    Machine Learning 24, 1996.

    Examples
    --------
    >>> from mlkit.datasets import load_diabetes
    >>> from mlkit.ensemble import StackingRegressor
    >>> from mlkit.linear_model import LinearRegression, Ridge
    >>> X, y = load_diabetes(return_X_y=True)
    >>> models = [("ols", LinearRegression()), ("ridge", Ridge(0.1))]
    >>> StackingRegressor(models, LinearRegression()).fit(X, y).predict(X[:2]).shape
    (2,)
    """

    estimators_ = fitted("list of regressors", "The fitted regressors, without those dropped.")

    _role = (is_regressor, "regressor")
    _models_role = (is_regressor, "regressor")

    def _default_final(self):
        return linear_model.RidgeCV()

    @with_callbacks
    def fit(self, X, y, **fit_params):
        """Fit the regressors, and the final one to their predictions out of fold.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        **fit_params : dict
            ``sample_weight`` for all models; with metadata routing, metadata.

        Returns
        -------
        self
        """
        self._check_params()
        if y is None:
            raise ValueError("StackingRegressor requires y to be passed, but the target y is None.")
        return self._fit_stack(X, self._check_y(y), fit_params)
