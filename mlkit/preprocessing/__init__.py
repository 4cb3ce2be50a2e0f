"""Preparing columns: scaling, encoding, binarising."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "_bins": ["KBinsDiscretizer"],
        "_function": ["FunctionTransformer"],
        "_kernel_center": ["KernelCenterer"],
        "_label_sets": ["MultiLabelBinarizer"],
        "_labels": ["LabelBinarizer", "LabelEncoder", "label_binarize"],
        "_onehot": ["OneHotEncoder"],
        "_ordinal": ["OrdinalEncoder"],
        "_polynomial": ["PolynomialFeatures"],
        "_power": ["PowerTransformer", "power_transform"],
        "_quantile": ["QuantileTransformer", "quantile_transform"],
        "_rowwise": ["Binarizer", "Normalizer", "add_dummy_feature", "binarize", "normalize"],
        "_scale": ["MaxAbsScaler", "MinMaxScaler", "RobustScaler", "StandardScaler"],
        "_scale_once": ["maxabs_scale", "minmax_scale", "robust_scale", "scale"],
        "_spline": ["SplineTransformer"],
        "_table": ["TablePreprocessor"],
        "_target": ["TargetEncoder"],
    },
)
