"""Base classes of estimators, and questions about them."""

from ._core.estimator import Estimator as BaseEstimator
from ._core.params import clone
from ._core.roles import (
    Bicluster as BiclusterMixin,
)
from ._core.roles import (
    Classifier as ClassifierMixin,
)
from ._core.roles import (
    Clusterer as ClusterMixin,
)
from ._core.roles import (
    Density as DensityMixin,
)
from ._core.roles import (
    Meta as MetaEstimatorMixin,
)
from ._core.roles import (
    MultiOutput as MultiOutputMixin,
)
from ._core.roles import (
    OneToOneColumns as OneToOneFeatureMixin,
)
from ._core.roles import (
    OutlierDetector as OutlierMixin,
)
from ._core.roles import (
    PrefixedColumns as ClassNamePrefixFeaturesOutMixin,
)
from ._core.roles import (
    Regressor as RegressorMixin,
)
from ._core.roles import (
    Transformer as TransformerMixin,
)
from ._core.roles import (
    is_classifier,
    is_clusterer,
    is_outlier_detector,
    is_regressor,
)

__all__ = [
    "BaseEstimator",
    "BiclusterMixin",
    "ClassNamePrefixFeaturesOutMixin",
    "ClassifierMixin",
    "ClusterMixin",
    "DensityMixin",
    "MetaEstimatorMixin",
    "MultiOutputMixin",
    "OneToOneFeatureMixin",
    "OutlierMixin",
    "RegressorMixin",
    "TransformerMixin",
    "clone",
    "is_classifier",
    "is_clusterer",
    "is_outlier_detector",
    "is_regressor",
]
