"""Naive Bayes classifiers: Bayes' theorem with columns independent within a class."""

from .._core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "_gaussian": ["GaussianNB"],
        "_counts": ["BernoulliNB", "ComplementNB", "MultinomialNB"],
        "_categorical": ["CategoricalNB"],
    },
)
