"""What an estimator says of itself: `Traits` inside, scikit-learn's tags for whoever asks."""

import sys
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Traits:
    """What an estimator takes, as class data: the one truth for validation and for its tags.

    Parameters
    ----------
    sparse : False or tuple of str
        Sparse formats accepted for X; others are converted to the first.
    missing : bool
        NaN in X is understood.
    dtype : {"float", "float64", "numeric", "any"}
        "float" keeps float32 and float64 and turns the rest into float64.
    order : {None, "C", "F"}
        Memory order that X is brought to.
    min_rows, min_columns : int
    positive : bool
        X must be ≥ 0.
    categorical, string, one_d_array, two_d_array, three_d_array, dict, pairwise : bool
        Kinds of X, as in `InputTags`.
    requires_y : bool or None
        None leaves it to the role.
    multi_output, single_output, positive_y, one_d_labels, two_d_labels : bool
        Kinds of y, as in `TargetTags`.
    multi_class, multi_label, poor_score : bool
        As in `ClassifierTags` and `RegressorTags`.
    deterministic, requires_fit, validates, array_api : bool
    preserves : tuple of str
        Dtypes that a transformer keeps.
    """

    sparse: tuple = ()
    missing: bool = False
    dtype: str = "float"
    order: str = None
    min_rows: int = 1
    min_columns: int = 1
    positive: bool = False
    categorical: bool = False
    string: bool = False
    one_d_array: bool = False
    two_d_array: bool = True
    three_d_array: bool = False
    dict: bool = False
    pairwise: bool = False
    requires_y: bool = None
    multi_output: bool = False
    single_output: bool = True
    positive_y: bool = False
    one_d_labels: bool = False
    two_d_labels: bool = False
    multi_class: bool = True
    multi_label: bool = False
    poor_score: bool = False
    deterministic: bool = True
    requires_fit: bool = True
    validates: bool = True
    array_api: bool = False
    preserves: tuple = ("float64",)


class _Either(type):
    """Instances of scikit-learn's class of the same name count as instances of ours."""

    def __instancecheck__(cls, instance):
        if type.__instancecheck__(cls, instance):
            return True
        theirs = sys.modules.get("sklearn.utils._tags")
        theirs = getattr(theirs, cls.__name__, None)
        return theirs is not None and theirs is not cls and type(instance) is theirs


@dataclass(slots=True)
class InputTags(metaclass=_Either):
    """What X may be.

    Parameters
    ----------
    one_d_array, two_d_array, three_d_array : bool
        Number of dimensions.
    sparse, categorical, string, dict : bool
        Kinds of values.
    positive_only : bool
        X must be ≥ 0.
    allow_nan : bool
        NaN is understood.
    pairwise : bool
        X is a square matrix of distances or similarities.
    """

    one_d_array: bool = False
    two_d_array: bool = True
    three_d_array: bool = False
    sparse: bool = False
    categorical: bool = False
    string: bool = False
    dict: bool = False
    positive_only: bool = False
    allow_nan: bool = False
    pairwise: bool = False


@dataclass(slots=True)
class TargetTags(metaclass=_Either):
    """What y may be.

    Parameters
    ----------
    required : bool
        ``fit`` needs y.
    one_d_labels, two_d_labels : bool
        y holds labels in that many dimensions.
    positive_only : bool
        y must be > 0.
    multi_output, single_output : bool
        Several columns, or one, are understood.
    """

    required: bool
    one_d_labels: bool = False
    two_d_labels: bool = False
    positive_only: bool = False
    multi_output: bool = False
    single_output: bool = True


@dataclass(slots=True)
class TransformerTags(metaclass=_Either):
    """What a transformer does.

    Parameters
    ----------
    preserves_dtype : list of str
        Dtypes that come out as they went in.
    """

    preserves_dtype: list[str] = field(default_factory=lambda: ["float64"])


@dataclass(slots=True)
class ClassifierTags(metaclass=_Either):
    """What a classifier does.

    Parameters
    ----------
    poor_score : bool
        It may be no better than chance on easy data.
    multi_class : bool
        More than two classes are understood.
    multi_label : bool
        Several labels a row are understood.
    """

    poor_score: bool = False
    multi_class: bool = True
    multi_label: bool = False


@dataclass(slots=True)
class RegressorTags(metaclass=_Either):
    """What a regressor does.

    Parameters
    ----------
    poor_score : bool
        It may be no better than the mean on easy data.
    """

    poor_score: bool = False


@dataclass(slots=True)
class Tags(metaclass=_Either):
    """What an estimator is and takes.

    Parameters
    ----------
    estimator_type : str or None
        "classifier", "regressor", "clusterer", "outlier_detector", "density_estimator" or None.
    target_tags : TargetTags
    transformer_tags : TransformerTags or None
    classifier_tags : ClassifierTags or None
    regressor_tags : RegressorTags or None
    array_api_support : bool
        Arrays of other libraries are computed where they live.
    no_validation : bool
        X is not checked at all.
    non_deterministic : bool
        Results differ from run to run whatever the seed.
    requires_fit : bool
        ``fit`` comes before ``predict`` or ``transform``.
    input_tags : InputTags
    """

    estimator_type: str | None
    target_tags: TargetTags
    transformer_tags: TransformerTags | None = None
    classifier_tags: ClassifierTags | None = None
    regressor_tags: RegressorTags | None = None
    array_api_support: bool = False
    no_validation: bool = False
    non_deterministic: bool = False
    requires_fit: bool = True
    _skip_test: bool = False
    input_tags: InputTags = field(default_factory=InputTags)


def tag_classes():
    """The module whose classes are used: scikit-learn's when loaded, as it asks isinstance."""
    return sys.modules.get("sklearn.utils._tags") or sys.modules[__name__]


def tags_of(traits):
    """Build the public tags, without a role, of an estimator's traits."""
    made = tag_classes()
    return made.Tags(
        estimator_type=None,
        target_tags=made.TargetTags(
            required=bool(traits.requires_y),
            one_d_labels=traits.one_d_labels,
            two_d_labels=traits.two_d_labels,
            positive_only=traits.positive_y,
            multi_output=traits.multi_output,
            single_output=traits.single_output,
        ),
        array_api_support=traits.array_api,
        no_validation=not traits.validates,
        non_deterministic=not traits.deterministic,
        requires_fit=traits.requires_fit,
        input_tags=made.InputTags(
            one_d_array=traits.one_d_array,
            two_d_array=traits.two_d_array,
            three_d_array=traits.three_d_array,
            sparse=bool(traits.sparse),
            categorical=traits.categorical,
            string=traits.string,
            dict=traits.dict,
            positive_only=traits.positive,
            allow_nan=traits.missing,
            pairwise=traits.pairwise,
        ),
    )


def get_tags(estimator):
    """Return the tags of an estimator, ours or anyone's.

    Parameters
    ----------
    estimator : estimator object

    Returns
    -------
    Tags

    Raises
    ------
    AttributeError
        If the object has no ``__sklearn_tags__``.
    TypeError
        If it is a class.

    Examples
    --------
    >>> from mlkit.linear_model import Ridge
    >>> from mlkit.utils import get_tags
    >>> tags = get_tags(Ridge())
    >>> tags.estimator_type, tags.target_tags.multi_output
    ('regressor', True)
    """
    if isinstance(estimator, type):
        raise TypeError(f"get_tags takes an estimator, not the class {estimator.__name__}")
    try:
        method = estimator.__sklearn_tags__
    except AttributeError as error:
        raise AttributeError(
            f"{type(estimator).__name__} has no __sklearn_tags__: define that method or inherit "
            "from mlkit.base.BaseEstimator"
        ) from error
    return method()
