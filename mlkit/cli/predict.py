"""``mlkit predict``: a saved model and a table become predictions."""

import csv
import os
import secrets
import sys
import warnings
from contextlib import suppress
from pathlib import Path

from ..preprocessing._column_kinds import Column
from .errors import CommandError
from .fit import MARK, SCHEMA, rows_of
from .layout import plural, say
from .model_file import load_model, read_plan
from .read import read_table, shown


def run(arguments, stdout=None, stderr=None):
    """Predict each row of a table and write the predictions as CSV."""
    stdout, stderr = stdout or sys.stdout, stderr or sys.stderr
    plan = _plan(arguments.model)
    columns = [Column(**each) for each in plan["columns"]]
    table = read_table(arguments.data)
    _check_columns(arguments, plan, columns, table)
    made = rows_of([column for column in columns if column.used], table)
    if made.names != plan["features"]:
        raise CommandError(f"{arguments.model}: its columns and its features differ")
    for name, count in made.strays.items():
        entries = "1 entry is" if count == 1 else f"{count} entries are"
        say(stderr, f"note: column {name!r}: {entries} not of its kind and count as missing")
    model = load_model(arguments.model)
    if arguments.proba and not hasattr(model, "predict_proba"):
        raise CommandError(f"--proba: {arguments.model} predicts no probabilities")
    with warnings.catch_warnings():
        # Checked above, by name: what the model gets is an array.
        warnings.simplefilter("ignore", UserWarning)
        predicted = [model.predict(made.X)]
        header = [plan["target"]]
        if arguments.proba:
            predicted += list(model.predict_proba(made.X).T)
            header += [f"P({label})" for label in model.classes_]
    rows = zip(*(column.tolist() for column in predicted), strict=True)
    if arguments.out is None:
        _write(stdout, header, rows)
        return
    _write_file(arguments.out, header, rows)
    say(stderr, f"saved: {arguments.out}, {plural(table.n_rows, 'prediction')}")


def _plan(path):
    """What `mlkit fit` wrote about columns."""
    plan = read_plan(path)
    if plan.get(MARK) != SCHEMA:
        raise CommandError(f"{path}: is a model, but not one that mlkit fit of this version saved")
    try:
        [Column(**each) for each in plan["columns"]]
        _ = plan["target"] + "", plan["features"] + [], plan["dropped"] + []
    except (KeyError, TypeError) as error:
        raise CommandError(f"{path}: its description of columns is damaged: {error}") from None
    return plan


def _check_columns(arguments, plan, columns, table):
    missing = [each.name for each in columns if each.used and each.name not in table.columns]
    if missing:
        noun = "column" if len(missing) == 1 else "columns"
        raise CommandError(
            f"{arguments.data}: {noun} {shown(missing)} missing, which {arguments.model} needs"
        )
    known = {each.name for each in columns} | {plan["target"], *plan["dropped"]}
    unknown = [name for name in table.columns if name not in known]
    if unknown and not arguments.ignore_unknown:
        noun = "column" if len(unknown) == 1 else "columns"
        raise CommandError(
            f"{arguments.data}: {noun} {shown(unknown)} unknown to {arguments.model}; give "
            "--ignore-unknown if that is right"
        )


def _write(stream, header, rows):
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)


def _write_file(out, header, rows):
    """Write a file that takes its place when it is complete."""
    scratch = f"{out}.{secrets.token_hex(4)}.part"
    try:
        if Path(out).is_dir():
            raise IsADirectoryError(None, "is a folder")
        with open(scratch, "x", encoding="utf-8", newline="") as stream:
            _write(stream, header, rows)
        os.replace(scratch, out)
    except OSError as error:
        with suppress(OSError):
            os.unlink(scratch)
        raise CommandError(f"{out}: cannot be written: {error.strerror or error}") from None
