"""From a document to its features: decoding, cleaning, tokens, n-grams."""

import re
import unicodedata
import warnings
from dataclasses import dataclass
from functools import partial

from .._core.domains import boolean, callable_, instance_of, none, one_of, string
from .._core.estimator import Estimator
from .._core.params import param
from .._engine.encode.vocabulary import BoundedChars, Chars, Words
from ._stop_words import ENGLISH_STOP_WORDS

TOKEN_PATTERN = r"(?u)\b\w\w+\b"
_TAG = re.compile(r"<([^>]+)>", flags=re.UNICODE)
_SPACES = re.compile(r"\s\s+")


def strip_accents_unicode(s):
    """Replace letters by those that remain without accents: NFKD, then no combining marks.

    Parameters
    ----------
    s : str

    Returns
    -------
    str

    Examples
    --------
    >>> from mlkit.feature_extraction.text import strip_accents_unicode
    >>> strip_accents_unicode("Čapek, σῶμα")
    'Capek, σωμα'
    """
    if s.isascii():
        return s
    decomposed = unicodedata.normalize("NFKD", s)
    return "".join([c for c in decomposed if not unicodedata.combining(c)])


def strip_accents_ascii(s):
    """Keep the ASCII characters of the NFKD form.

    Parameters
    ----------
    s : str

    Returns
    -------
    str

    Examples
    --------
    >>> from mlkit.feature_extraction.text import strip_accents_ascii
    >>> strip_accents_ascii("Čapek, σῶμα")
    'Capek, '
    """
    return unicodedata.normalize("NFKD", s).encode("ASCII", "ignore").decode("ASCII")


def strip_tags(s):
    """Replace what stands between < and > by a space; for real HTML take a parser.

    Parameters
    ----------
    s : str

    Returns
    -------
    str

    Examples
    --------
    >>> from mlkit.feature_extraction.text import strip_tags
    >>> strip_tags("one<br>two")
    'one two'
    """
    return _TAG.sub(" ", s)


_ACCENTS = {"ascii": strip_accents_ascii, "unicode": strip_accents_unicode}


def _clean(text, lower, accents):
    """`text` in lower case, then without accents, each if asked for."""
    if lower:
        text = text.lower()
    return text if accents is None else accents(text)


def _word_ngrams(tokens, low, high, stop_words):
    """The tokens that are no stop words, and runs of `low` to `high` of them joined by spaces."""
    if stop_words is not None:
        tokens = [token for token in tokens if token not in stop_words]
    if high == 1:
        return tokens
    tokens, found = list(tokens), []
    if low == 1:  # tokens may be no strings, as long as they are not joined
        found, low = list(tokens), 2
    for n in range(low, min(high, len(tokens)) + 1):
        found += [" ".join(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]
    return found


def _char_ngrams(text, low, high):
    """Runs of `low` to `high` characters; runs of white space count as one space."""
    text = _SPACES.sub(" ", text)
    found = []
    for n in range(low, min(high, len(text)) + 1):
        found += [text[i : i + n] for i in range(len(text) - n + 1)]
    return found


def _bounded_ngrams(text, low, high):
    """Runs of `low` to `high` characters of each word with a space on either side.

    A word shorter than a run is that run itself, once.
    """
    found = []
    for word in text.split():
        word = f" {word} "
        for n in range(low, high + 1):
            found.append(word[:n])
            found += [word[i : i + n] for i in range(1, len(word) - n + 1)]
            if len(word) <= n:
                break
    return found


@dataclass(frozen=True)
class Analysis:
    """What an analyser does to a document, step after step; those that are None are left out.

    It can be pickled as long as its steps can.
    """

    decode: object
    clean: object = None
    tokenize: object = None
    ngrams: object = None

    def __call__(self, document):
        for step in (self.decode, self.clean, self.tokenize, self.ngrams):
            if step is not None:
                document = step(document)
        return document


def decode_document(doc, input, encoding, errors):
    """Return the text of `doc`: read it, decode it, as far as that is needed.

    Raises
    ------
    ValueError
        For NaN, which is what missing texts of a frame are.
    UnicodeDecodeError
        For bytes that are not in `encoding`, if `errors` is "strict".
    """
    if type(doc) is str and input == "content":
        return doc
    if input == "filename":
        with open(doc, "rb") as file:
            doc = file.read()
    elif input == "file":
        doc = doc.read()
    if isinstance(doc, bytes):
        try:
            doc = doc.decode(encoding, errors)
        except UnicodeDecodeError as error:
            error.add_note(
                f"A document is not in encoding={encoding!r}: name its encoding, or choose "
                "decode_error='replace' or 'ignore'"
            )
            raise
    if isinstance(doc, float) and doc != doc:
        raise ValueError(
            "np.nan is an invalid document: fill missing texts, with '' for instance, before "
            "they are vectorized"
        )
    return doc


class TextAnalyzer(Estimator):
    """Base of the vectorizers: parameters that say how a document becomes features."""

    input: str = param(
        "content",
        one_of("filename", "file", "content"),
        "What documents are: names of files, objects with read(), or str and bytes themselves.",
    )
    encoding: str = param("utf-8", string, "Encoding of documents that are bytes.")
    decode_error: str = param(
        "strict",
        one_of("strict", "ignore", "replace"),
        "What to do about bytes that are not in that encoding.",
    )
    strip_accents: object = param(
        None,
        one_of("ascii", "unicode") | none | callable_,
        "How to remove accents: by `strip_accents_ascii`, `strip_accents_unicode` or a function.",
    )
    lowercase: bool = param(True, boolean, "Whether to turn text to lower case, before all else.")
    preprocessor: object = param(
        None, callable_ | none, "Function from str to str in place of lower case and accents."
    )
    tokenizer: object = param(
        None, callable_ | none, "Function from str to a list of tokens; for analyzer='word'."
    )
    stop_words: object = param(
        None,
        one_of("english") | instance_of(list) | none,
        "Tokens to leave out, for analyzer='word'; 'english' is `ENGLISH_STOP_WORDS`.",
    )
    token_pattern: object = param(
        TOKEN_PATTERN,
        string | none,
        "Regular expression of a token, for analyzer='word'. The default is two or more letters, "
        "digits or underscores; a group, of which there may be one, is the token.",
    )
    ngram_range: tuple = param(
        (1, 1), instance_of(tuple), "Least and greatest length of the runs that are features."
    )
    analyzer: object = param(
        "word",
        one_of("word", "char", "char_wb") | callable_,
        "Features are runs of words, of characters, or of characters within words padded by "
        "spaces; a function is given the decoded document and returns its features.",
    )

    def decode(self, doc):
        """Return the text of a document.

        Parameters
        ----------
        doc : str, bytes, name of a file or object with ``read()``
            As the parameter `input` says.

        Returns
        -------
        str
        """
        return decode_document(doc, self.input, self.encoding, self.decode_error)

    def _decoder(self):
        return partial(
            decode_document, input=self.input, encoding=self.encoding, errors=self.decode_error
        )

    def _texts(self, documents):
        """The texts of `documents`, one after another."""
        decode = self._decoder()
        if self.input != "content":
            return map(decode, documents)
        return (each if type(each) is str else decode(each) for each in documents)

    def build_preprocessor(self):
        """Return the function that cleans a text.

        Returns
        -------
        callable
            From str to str.
        """
        if self.preprocessor is not None:
            return self.preprocessor
        return partial(_clean, lower=self.lowercase, accents=self._accents())

    def _accents(self):
        chosen = self.strip_accents
        if chosen is None or callable(chosen):
            return chosen
        if chosen in _ACCENTS:
            return _ACCENTS[chosen]
        raise ValueError(
            f"{type(self).__name__}: Invalid value for strip_accents: {chosen!r}; it must be "
            "'ascii', 'unicode', a function or None"
        )

    def build_tokenizer(self):
        """Return the function that splits a text into tokens.

        Returns
        -------
        callable
            From str to a list of str.
        """
        if self.tokenizer is not None:
            return self.tokenizer
        pattern = re.compile(self.token_pattern)
        if pattern.groups > 1:
            raise ValueError(
                f"{type(self).__name__}(token_pattern={self.token_pattern!r}) has "
                f"{pattern.groups} capturing groups, and one at most is the token: mark the "
                "token by one, and write (?:...) for the others"
            )
        return pattern.findall

    def get_stop_words(self):
        """Return the tokens that are left out.

        Returns
        -------
        frozenset of str, or None
        """
        words = self.stop_words
        if isinstance(words, str):
            if words == "english":
                return ENGLISH_STOP_WORDS
            raise ValueError(
                f"{type(self).__name__}(stop_words={words!r}) is not a built-in stop list: pass "
                "'english' or a list of words"
            )
        return None if words is None else frozenset(words)

    def build_analyzer(self):
        """Return the function from a document to its features.

        Returns
        -------
        callable
            From what `input` says to a list of features.
        """
        decode = self._decoder()
        if callable(self.analyzer):
            return Analysis(decode, self.analyzer)
        clean = self.build_preprocessor()
        low, high = self.ngram_range
        if self.analyzer == "word":
            stop_words, tokenize = self.get_stop_words(), self.build_tokenizer()
            self._check_stop_words(stop_words, clean, tokenize)
            ngrams = partial(_word_ngrams, low=low, high=high, stop_words=stop_words)
            return Analysis(decode, clean, tokenize, ngrams)
        ngrams = {"char": _char_ngrams, "char_wb": _bounded_ngrams}.get(self.analyzer)
        if ngrams is None:
            raise ValueError(
                f"{type(self).__name__}(analyzer={self.analyzer!r}) is not a valid tokenization "
                "scheme/analyzer: pass 'word', 'char', 'char_wb' or a function"
            )
        return Analysis(decode, clean, ngrams=partial(ngrams, low=low, high=high))

    def _compiled(self):
        """What the kernels need to know to do what the analyser does; None if they cannot."""
        low, high = self.ngram_range
        if not (isinstance(low, int) and isinstance(high, int) and 1 <= low <= high):
            return None
        if any(map(callable, (self.preprocessor, self.analyzer, self.strip_accents))):
            return None
        cleaning = {"lower": bool(self.lowercase), "accents": self._accents()}
        if self.analyzer == "char":
            return Chars(low, high, **cleaning)
        if self.analyzer == "char_wb":
            return BoundedChars(low, high, **cleaning)
        if self.tokenizer is not None or self.token_pattern != TOKEN_PATTERN:
            return None
        return Words(low, high, **cleaning, stop_words=self.get_stop_words() or frozenset())

    def _check_stop_words(self, stop_words, clean, tokenize):
        """Warn, once for a list, of stop words that analysis turns into other tokens."""
        if stop_words is None or vars(self).get("_checked_stop_words") is self.stop_words:
            return
        self._checked_stop_words = self.stop_words
        try:
            found = {token for word in stop_words for token in tokenize(clean(word))}
        except Exception:
            # Functions of the user need not understand a single word; that is no error here.
            return
        strange = sorted(found - stop_words)
        if strange:
            warnings.warn(
                f"{type(self).__name__}: stop words are cleaned as "
                f"the texts are, and then become tokens {strange} that are no stop words; "
                "add these, or clean the list as texts are cleaned",
                UserWarning,
                stacklevel=4,
            )

    def _check_documents(self, documents):
        """Refuse a single text, whose characters would be taken for documents, and a bad range."""
        name = type(self).__name__
        if isinstance(documents, str):
            raise ValueError(
                f"{name}: Iterable over raw text documents expected, string object received; for "
                "one document pass a list of one"
            )
        low, high = self.ngram_range
        if low > high:
            raise ValueError(
                f"{name}(ngram_range={self.ngram_range}): lower boundary larger than the upper "
                "boundary; swap them"
            )

    def _warn_of_unused(self):
        """Warn of parameters that others make idle."""
        functional, word = callable(self.analyzer), self.analyzer == "word"
        custom_pattern = self.token_pattern not in (None, TOKEN_PATTERN)
        idle = [
            ("token_pattern", "tokenizer is given", self.tokenizer and self.token_pattern),
            ("preprocessor", "analyzer is a function", functional and self.preprocessor),
            ("ngram_range", "analyzer is a function", functional and self.ngram_range != (1, 1)),
            ("stop_words", "analyzer is not 'word'", not word and self.stop_words),
            ("token_pattern", "analyzer is not 'word'", not word and custom_pattern),
            ("tokenizer", "analyzer is not 'word'", not word and self.tokenizer),
        ]
        for name, why, applies in idle:
            if applies is not None and applies is not False:
                warnings.warn(
                    f"{type(self).__name__}: The parameter '{name}' will not be used since {why}",
                    UserWarning,
                    stacklevel=4,
                )
