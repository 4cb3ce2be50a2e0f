"""Scores, losses and curves that judge predictions, and the scorers made of them."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "_agreement": [
            "balanced_accuracy_score",
            "class_likelihood_ratios",
            "cohen_kappa_score",
            "matthews_corrcoef",
        ],
        "_classification": [
            "accuracy_score",
            "confusion_matrix",
            "f1_score",
            "fbeta_score",
            "hamming_loss",
            "jaccard_score",
            "multilabel_confusion_matrix",
            "precision_recall_fscore_support",
            "precision_score",
            "recall_score",
            "zero_one_loss",
        ],
        "_curves": [
            "auc",
            "confusion_matrix_at_thresholds",
            "det_curve",
            "metric_at_thresholds",
            "precision_recall_curve",
            "roc_curve",
        ],
        "_deviance": [
            "d2_tweedie_score",
            "mean_gamma_deviance",
            "mean_poisson_deviance",
            "mean_tweedie_deviance",
        ],
        "_label_ranking": [
            "coverage_error",
            "dcg_score",
            "label_ranking_average_precision_score",
            "label_ranking_loss",
            "ndcg_score",
        ],
        "_probability": [
            "brier_score_loss",
            "d2_brier_score",
            "d2_log_loss_score",
            "hinge_loss",
            "log_loss",
        ],
        "_ranking": ["average_precision_score", "roc_auc_score", "top_k_accuracy_score"],
        "_report": ["classification_report"],
        "_regression": [
            "d2_absolute_error_score",
            "d2_pinball_score",
            "explained_variance_score",
            "max_error",
            "mean_absolute_error",
            "mean_absolute_percentage_error",
            "mean_pinball_loss",
            "mean_squared_error",
            "mean_squared_log_error",
            "median_absolute_error",
            "r2_score",
            "root_mean_squared_error",
            "root_mean_squared_log_error",
        ],
        "_scorer": ["check_scoring", "get_scorer", "get_scorer_names", "make_scorer"],
    },
)
