"""Parameters that many metrics share are described once, here."""

import inspect
import re
import textwrap

ENTRIES = {
    "y_score": (
        "array-like of shape (n_samples,) or (n_samples, n_classes)",
        "Scores: probabilities or decisions, of the positive class or one column a class.",
    ),
    "y_proba": (
        "array-like of shape (n_samples,) or (n_samples, n_classes)",
        "Probabilities, of the positive class or one column a class, classes sorted.",
    ),
    "sample_weight": ("array-like of shape (n_samples,), default=None", "Weights of the rows."),
    "labels": (
        "array-like of shape (n_classes,), default=None",
        "The classes (of label indicators: the columns) and their order. By default those that "
        "occur, sorted.",
    ),
    "pos_label": ("int, float, bool or str", "The positive class of a binary target."),
    "average": (
        '{"binary", "micro", "macro", "samples", "weighted"} or None',
        "binary: of `pos_label` alone; micro: of the counts of all classes together; macro: the "
        "mean over classes; weighted: that mean weighted by the rows of each class; samples: the "
        "mean over rows of label indicators; None: one value a class.",
    ),
    "zero_division": (
        '{"warn", 0.0, 1.0, nan}, default="warn"',
        'What 0 / 0 is. "warn" is 0 with a warning; nan is left out of averages.',
    ),
    "multioutput": (
        '{"raw_values", "uniform_average"} or array-like of shape (n_outputs,)',
        "Return one value an output, their mean, or their mean with these weights.",
    ),
    "force_finite": (
        "bool, default=True",
        "For a constant y, where the score is 0 / 0 or −∞, return 1 if the prediction is perfect "
        "and 0 if not.",
    ),
    "drop_intermediate": (
        "bool",
        "Leave out points that do not change the drawn curve.",
    ),
    "ignore_ties": (
        "bool, default=False",
        "Promise that no scores of a row are tied, to save time.",
    ),
}
"""Name of a parameter → its type and what it does."""

_LABELS = (
    "array-like of shape (n_samples,), or label indicators (n_samples, n_labels)",
    "True and predicted labels; indicators may be sparse.",
)
TOGETHER = {
    "_regression": {
        ("y_true", "y_pred"): (
            "array-like of shape (n_samples,) or (n_samples, n_outputs)",
            "True and predicted values.",
        )
    },
    "_classification": {("y_true", "y_pred"): _LABELS},
    "_report": {("y_true", "y_pred"): _LABELS},
    "_partitions": {
        ("labels_true", "labels_pred"): (
            "array-like of shape (n_samples,)",
            "Two labellings of the same rows.",
        )
    },
}
"""File → parameters that its metrics share and describe in one entry."""

_SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}\n", re.MULTILINE)


def complete(function):
    """Insert the shared entries into the docstring's "Parameters", in the signature's order."""
    if not function.__doc__:
        return
    doc = inspect.cleandoc(function.__doc__)
    names = list(inspect.signature(function).parameters)
    start, end = _bounds(doc)
    entries = _read(doc[start:end], names)
    for name in names:
        if name in ENTRIES and not any(name in heading for heading, _ in entries):
            kind, text = ENTRIES[name]
            body = textwrap.indent(textwrap.fill(text, 92), "    ")
            entries.append(((name,), f"{name} : {kind}\n{body}"))
    together = TOGETHER.get(function.__module__.rpartition(".")[2], {})
    for pair, (kind, text) in together.items():
        known = {name for heading, _ in entries for name in heading}
        if set(pair) <= set(names) and not known & set(pair):
            entries.append((pair, f"{', '.join(pair)} : {kind}\n    {text}"))
    entries.sort(key=lambda entry: names.index(entry[0][0]))
    section = "Parameters\n----------\n" + "\n".join(text for _, text in entries)
    function.__doc__ = (
        f"{doc[:start].rstrip()}\n\n{section}\n\n{doc[end:].lstrip()}".rstrip() + "\n"
    )


def _bounds(doc):
    """Start and end of the section "Parameters"; both before the first if there is none."""
    sections = list(_SECTION.finditer(doc))
    starts = [section.start() for section in sections] + [len(doc)]
    for i, section in enumerate(sections):
        if section[1] == "Parameters":
            return starts[i], starts[i + 1]
    return starts[0], starts[0]


def _read(section, names):
    """Entries of a "Parameters" section as (names, text) pairs."""
    entries = []
    for line in section.splitlines()[2:]:
        heading = tuple(re.findall(r"\w+", line.split(" : ")[0])) if line[:1].strip() else ()
        if heading and all(name in names for name in heading):
            entries.append((heading, line))
        elif entries and line.strip():
            entries[-1] = (entries[-1][0], entries[-1][1] + "\n" + line)
    return entries
