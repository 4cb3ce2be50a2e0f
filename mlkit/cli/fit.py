"""``mlkit fit``: a table becomes a tuned, saved model."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .._core.params import clone
from ..compose import TransformedTargetRegressor
from ..linear_model import Ridge
from ..metrics import get_scorer_names
from ..model_selection import train_test_split
from ..preprocessing import TablePreprocessor
from ..preprocessing._column_kinds import decide
from . import layout
from .errors import CommandError
from .model_file import save_model
from .progress import Progress
from .read import no_column, read_table
from .target import read_target
from .tune import Candidate, classifiers, folds, n_fits, pipeline, regressors, tuned

MARK = "mlkit fit"  # in the metadata of the model files that `mlkit predict` takes
SCHEMA = 1
_MOST_CATEGORIES = 30
_FOLDS = 5
_FEWEST_ROWS = 10
# A target whose mean is so many medians is learnt better by its logarithm.
_SKEWED = 1.5


@dataclass(frozen=True)
class Rows:
    """What the model is given: the columns that say something.

    Attributes
    ----------
    X : ndarray of objects, shape (n_rows, n_columns)
        Floats, text (None where missing) and times.
    names : list of str
    strays : dict of str to int
        Entries by column that are not of its kind.
    """

    X: np.ndarray
    names: list
    strays: dict


def rows_of(columns, table):
    """The entries of decided columns; numbers are read from text once, not at each fit."""
    strays = {}
    X = np.empty((table.n_rows, len(columns)), dtype=object)
    for j, column in enumerate(columns):
        values = table.columns[column.name]
        made, stray = column.features(values)
        X[:, j] = made[column.name] if column.kind == "number" else values.astype(object)
        if stray:
            strays[column.name] = stray
    return Rows(X, [column.name for column in columns], strays)


def preparation(columns, target):
    """The step before the model, with what was decided for the columns."""
    kind = "continuous"
    if target.task == "classification":
        kind = "binary" if len(np.unique(target.y)) == 2 else "multiclass"
    table = TablePreprocessor(
        kinds=dict(enumerate(columns)),
        max_categories=_MOST_CATEGORIES,
        target_type=kind,
        random_state=0,
    )
    return [("columns", table)]


def decided(table, target):
    """What each column of a table is, all of them; and words on what becomes of them."""
    names = list(table.columns)
    columns = [decide(name, values) for name, values in table.columns.items()]
    used = [column for column in columns if column.used]
    report = {}
    if used:
        whole = preparation(used, target)[0][1].fit(rows_of(used, table).X, target.y)
        report = dict(zip([column.name for column in used], whole.report_rows(), strict=True))
    return columns, {name: report.get(name, "") for name in names}


def run(arguments, stdout=None, stderr=None):
    """Read, decide, tune, compare and save."""
    stdout, stderr = stdout or sys.stdout, stderr or sys.stderr
    deadline = None if arguments.time_limit is None else time.monotonic() + arguments.time_limit
    out = arguments.out or f"{_stem(arguments.data)}.mlkit"
    _check_writable(out)
    table = read_table(arguments.data, arguments.drop)
    if arguments.target not in table.columns:
        reason = no_column(arguments.target, list(table.columns))
        raise CommandError(f"{arguments.data}: --target {arguments.target}: {reason}")
    target = read_target(table, arguments.target, arguments.task)
    scoring = _scoring(arguments.scoring, target.task)
    table = target.rows_of(table)
    columns, words = decided(table, target)
    _show_columns(stdout, arguments, table, target, columns, words)
    used = [column for column in columns if column.used]
    if not used:
        raise CommandError(f"{arguments.data}: no column is left to predict {target.name!r} from")
    made = rows_of(used, table)
    steps = preparation(used, target)
    train, test = _split(made.X, target, arguments)
    outcomes = _compare(
        steps, train, test, target.task, scoring, arguments, deadline, stdout, stderr
    )
    best = max(outcomes, key=lambda outcome: outcome.score)
    model = clone(best.model)
    model.fit(made.X, target.y)
    _name_columns(model, made.names)
    save_model(model, out, _metadata(arguments, target, columns, made, scoring, best))
    _report(stdout, arguments, out, best, outcomes[0], scoring, len(target.y))


def _name_columns(model, names):
    """Tell a model that saw arrays how their columns are called.

    From Python it then takes data frames, and refuses those with other columns.
    """
    model[0].feature_names_in_ = np.array(names, dtype=object)


def _stem(path):
    name = Path(path).name
    name = name[:-3] if name.lower().endswith(".gz") else name
    return Path(name).stem


def _check_writable(out):
    """Say that a file cannot be written before the work, not after it."""
    folder = Path(out).resolve().parent
    if not folder.is_dir():
        raise CommandError(f"{out}: there is no folder {folder}")
    if Path(out).is_dir():
        raise CommandError(f"{out}: is a folder, the model needs a file")


def _scoring(name, task):
    if name is None:
        return "accuracy" if task == "classification" else "r2"
    if name not in get_scorer_names():
        import difflib

        near = difflib.get_close_matches(name, get_scorer_names(), n=1)
        hint = (
            f"did you mean {near[0]!r}?" if near else f"there are {', '.join(get_scorer_names())}"
        )
        raise CommandError(f"--scoring {name}: there is no such score; {hint}")
    return name


def _split(X, target, arguments):
    n_rows = len(target.y)
    if n_rows < _FEWEST_ROWS:
        raise CommandError(
            f"{arguments.data}: {layout.plural(n_rows, 'row')} with a target, at least "
            f"{_FEWEST_ROWS} are needed"
        )
    classes = target.y if target.task == "classification" else None
    fewest = 2 if classes is None else len(np.unique(classes))
    held_out = min(max(round(arguments.test_size * n_rows), fewest), n_rows - fewest)
    parts = train_test_split(
        X, target.y, test_size=held_out, random_state=arguments.seed, stratify=classes
    )
    return (parts[0], parts[2]), (parts[1], parts[3])


# ------------------------------------------------------------------------- the models
def _candidates(task, y):
    if task == "classification":
        return classifiers()
    found = regressors()
    if y.min() >= 0 and y.mean() > _SKEWED * np.median(y):
        ridge = next(each for each in found if isinstance(each.estimator, Ridge))
        logarithm = TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1)
        grid = {f"regressor__{name}": values for name, values in ridge.grid.items()}
        found.append(Candidate("ridge of log(1 + y)", logarithm, grid))
    return found


def _compare(steps, train, test, task, scoring, arguments, deadline, stdout, stderr):
    """Tune the candidates, a row of the table each; the first is the baseline."""
    candidates = _candidates(task, train[1])
    cv = folds(train[1], task, _FOLDS, arguments.seed)
    table = layout.Table(
        stdout,
        {"model": -19, "cross-validated": 15, "held out": 8, "fit": 7, "predict/row": 11}
        | {f"chosen by {scoring}": -10},
    )
    outcomes = []
    with Progress(stderr, sum(n_fits(each, cv) for each in candidates)) as progress:
        for candidate in candidates:
            progress.begin(candidate.name)
            tried = _affordable(candidate, steps, train, cv, arguments.jobs, deadline)
            progress.skip(n_fits(candidate, cv) - (n_fits(tried, cv) if tried else 0))
            if tried is None and outcomes:
                progress.clear()
                table.row(candidate.name, "", "", "", "", "left out: the time limit is reached")
                continue
            outcome = _tuned(
                tried or candidate, steps, train, test, scoring, cv, arguments, progress
            )
            outcomes.append(outcome)
            progress.clear()
            table.row(*_cells(outcome, candidate, tried))
    return outcomes


def _cells(outcome, candidate, tried):
    chosen = layout.settings(outcome.settings).replace("regressor__", "")
    if tried is not None and tried.n_settings < candidate.n_settings:
        chosen += f" (of {tried.n_settings}, not {candidate.n_settings}: time limit)"
    return (
        outcome.name,
        layout.score(outcome.score, outcome.deviation),
        layout.score(outcome.held_out),
        layout.seconds(outcome.fit_seconds),
        layout.seconds(outcome.row_seconds),
        chosen,
    )


def _tuned(candidate, steps, train, test, scoring, cv, arguments, progress):
    try:
        return tuned(
            candidate,
            steps,
            train,
            test,
            scoring=scoring,
            cv=cv,
            n_jobs=arguments.jobs,
            progress=progress,
        )
    except (AttributeError, TypeError, ValueError) as error:
        # A score that the target or the model does not have, as a rule.
        reason = str(error).strip().splitlines()[-1]
        raise CommandError(f"{candidate.name} scored by {scoring} failed: {reason}") from error


def _affordable(candidate, steps, train, cv, jobs, deadline):
    """The candidate with as many settings as there is time for; None if for no one."""
    if deadline is None:
        return candidate
    began = time.monotonic()
    if began >= deadline:
        return None
    clone(pipeline(steps, candidate)).fit(*train)
    now = time.monotonic()
    at_once = jobs if jobs > 0 else 1
    fits = int((deadline - now) / (now - began)) * at_once - 1
    return candidate.shortened(fits // cv.n_splits) if fits >= cv.n_splits else None


# ----------------------------------------------------------------------------- telling
def _show_columns(stdout, arguments, table, target, columns, notes):
    layout.say(stdout, f"{arguments.data}: {layout.plural(table.n_rows, 'row')} to learn from")
    for line in target.notes:
        layout.say(stdout, line)
    layout.say(stdout, "")
    widest = min(40, max([len(column.name) for column in columns], default=6))
    shown = layout.Table(stdout, {"column": -widest, "used as": -10, "missing": 7, "entries": -7})
    for column in columns:
        kind = column.kind if column.used else "left out"
        reason = {"missing": "all missing", "constant": "constant", "identifier": "identifier"}
        words = [reason.get(column.kind, ""), notes[column.name] or column.note]
        shown.row(column.name, kind, str(column.missing), ": ".join(filter(None, words)))
    layout.say(stdout, "")


def _report(stdout, arguments, out, best, baseline, scoring, n_rows):
    layout.say(stdout, "")
    if best is baseline:
        layout.say(stdout, f"no model does better than the baseline, {best.name}")
    layout.say(
        stdout,
        f"best: {best.name}, {scoring} {layout.score(best.score, best.deviation)} on the folds, "
        f"{layout.score(best.held_out)} on the rows held out",
    )
    layout.say(
        stdout,
        f"saved: {out}, fitted to all {layout.plural(n_rows, 'row')}; for predictions: "
        f"mlkit predict {out} {Path(arguments.data).name}",
    )


def _metadata(arguments, target, columns, made, scoring, best):
    return {
        MARK: SCHEMA,
        "target": target.name,
        "task": target.task,
        "columns": [column.as_dict() for column in columns],
        "dropped": list(arguments.drop),
        "features": made.names,
        "scoring": scoring,
        "cross_validated": best.score,
        "held_out": best.held_out,
    }
