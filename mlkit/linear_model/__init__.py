"""Linear models."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "_bayes": ["ARDRegression", "BayesianRidge"],
        "_cox": ["CoxRegressor"],
        "_generalized": ["GeneralizedLinearClassifier", "GeneralizedLinearRegressor"],
        "_glm": ["GammaRegressor", "PoissonRegressor", "TweedieRegressor"],
        "_huber": ["HuberRegressor"],
        "_lars": ["Lars", "LassoLars", "LassoLarsIC", "lars_path", "lars_path_gram"],
        "_lars_cv": ["LarsCV", "LassoLarsCV"],
        "_lasso": ["ElasticNet", "Lasso", "MultiTaskElasticNet", "MultiTaskLasso"],
        "_lasso_cv": ["ElasticNetCV", "LassoCV", "MultiTaskElasticNetCV", "MultiTaskLassoCV"],
        "_least_squares": ["LinearRegression"],
        "_logistic": ["LogisticRegression"],
        "_logistic_cv": ["LogisticRegressionCV"],
        "_negative_binomial": ["NegativeBinomialRegressor"],
        "_omp": [
            "OrthogonalMatchingPursuit",
            "OrthogonalMatchingPursuitCV",
            "orthogonal_mp",
            "orthogonal_mp_gram",
        ],
        "_paths": ["enet_path", "lasso_path"],
        "_ordinal": ["OrdinalClassifier"],
        "_passive_aggressive": ["PassiveAggressiveClassifier", "PassiveAggressiveRegressor"],
        "_perceptron": ["Perceptron"],
        "_quantile": ["QuantileRegressor"],
        "_ransac": ["RANSACRegressor"],
        "_ridge": ["Ridge", "ridge_regression"],
        "_ridge_classifier": ["RidgeClassifier"],
        "_ridge_cv": ["RidgeCV", "RidgeClassifierCV"],
        "_sgd": ["SGDClassifier", "SGDRegressor"],
        "_sgd_one_class": ["SGDOneClassSVM"],
        "_theil_sen": ["TheilSenRegressor"],
    },
)
