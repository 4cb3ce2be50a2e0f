"""Texts to matrices: counts, tf-idf and hashes of words, bigrams and characters.

Run: python benchmarks/bench_text.py [number of documents]

The texts are synthetic with the statistics of a mailing list: words by Zipf's law from a
vocabulary of 60,000, lengths of documents log-normal with a median of 100 words, one document in
ten with letters beyond ASCII. The matrices are compared, entry by entry, before anything is timed.
"""

from sidebyside import compare, describe  # isort: skip  (it sets up BLAS before numpy loads)

import sys
import warnings

import numpy as np
import sklearn.feature_extraction.text as peer

import mlkit.feature_extraction.text as ours

WORK = [
    ("CountVectorizer", {}),
    ("TfidfVectorizer", {}),
    ("HashingVectorizer", {}),
    ("CountVectorizer", {"ngram_range": (1, 2)}),
    ("TfidfVectorizer", {"ngram_range": (1, 2), "min_df": 3}),
    ("HashingVectorizer", {"ngram_range": (1, 2)}),
    ("CountVectorizer", {"analyzer": "char", "ngram_range": (3, 3)}),
    ("TfidfVectorizer", {"analyzer": "char_wb", "ngram_range": (3, 4)}),
    ("HashingVectorizer", {"analyzer": "char_wb", "ngram_range": (3, 4)}),
]


def texts(n, n_words=60_000, seed=0):
    """Documents of words whose frequency falls as their rank to the power 1.07."""
    rng = np.random.default_rng(seed)
    letters = np.array(list("etaoinshrdlucmfwypvbgkjqxz"))
    share = 1 / np.arange(1, 27) ** 0.7
    length = np.maximum(1, rng.gamma(4, 1.6, size=n_words)).astype(int)
    pieces = "".join(rng.choice(letters, size=length.sum(), p=share / share.sum()))
    ends = np.cumsum(length)
    words = [pieces[b - a : b] for a, b in zip(length, ends, strict=True)]
    rank = 1 / (np.arange(n_words) + 2.7) ** 1.07
    separators = [" ", " ", " ", " ", " ", ", ", ". ", " ", "\n", " - "]
    found = []
    for i in range(n):
        size = int(rng.lognormal(4.6, 0.7)) + 1
        chosen = rng.choice(n_words, size=size, p=rank / rank.sum())
        between = rng.integers(len(separators), size=size)
        text = "".join(words[j] + separators[k] for j, k in zip(chosen, between, strict=True))
        found.append(text.capitalize() + (" naïve café, “quoted”" if i % 10 == 0 else ""))
    return found


def check_equal(found, expected):
    """The same entries; norms of rows of thousands are added up in another order."""
    expected.sort_indices()
    assert np.array_equal(found.indptr, expected.indptr)
    assert np.array_equal(found.indices, expected.indices)
    np.testing.assert_allclose(found.data, expected.data, rtol=1e-13)


def main():
    warnings.simplefilter("ignore")
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    documents = texts(n)
    describe("mlkit", "scikit-learn", "numpy", "scipy")
    print(f"{n:,} documents, {sum(map(len, documents)):,} characters; ratio: peer's time / mlkit's")
    for name, parameters in WORK:
        a, b = getattr(ours, name)(**parameters), getattr(peer, name)(**parameters)
        check_equal(a.fit_transform(documents), b.fit_transform(documents))
        fits = {
            "mlkit": lambda a=a: a.fit_transform(documents),
            "scikit-learn": lambda b=b: b.fit_transform(documents),
        }
        shown = ", ".join(f"{key}={value!r}" for key, value in parameters.items())
        compare(f"{name}({shown}).fit_transform", fits, rounds=3, seconds=0)
    a, b = (each.CountVectorizer().fit(documents) for each in (ours, peer))
    transforms = {
        "mlkit": lambda: a.transform(documents),
        "scikit-learn": lambda: b.transform(documents),
    }
    compare("CountVectorizer().transform", transforms, rounds=3, seconds=0)
    rows = {
        "mlkit": lambda: a.transform(documents[:1]),
        "scikit-learn": lambda: b.transform(documents[:1]),
    }
    for _ in range(300):  # until the vocabulary is known to compiled code
        a.transform(documents[:1])
    compare("CountVectorizer().transform, one document", rows)


if __name__ == "__main__":
    main()
