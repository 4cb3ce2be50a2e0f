"""Arguments of the commands, and their errors as one line."""

import argparse
import os
import sys

from .._version import __version__
from . import demo, fit, predict
from .errors import CommandError


def main(argv=None):
    """Run a command of the command line.

    Parameters
    ----------
    argv : list of str, default=None
        Arguments after the program's name; None takes those of the process.

    Returns
    -------
    int
        0, or 2 after an error that was told in one line on stderr; 130 if interrupted.

    Examples
    --------
    >>> from mlkit.cli import main
    >>> main(["fit", "nowhere.csv", "--target", "y"])
    2
    """
    parser = _parser()
    try:
        arguments = parser.parse_args(argv)
        if arguments.run is None:
            parser.print_help()
            return 0
    except SystemExit as end:
        return end.code or 0
    try:
        arguments.run(arguments)
    except CommandError as error:
        print(f"mlkit {arguments.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"mlkit {arguments.command}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python must not complain when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return 0


def _parser():
    parser = argparse.ArgumentParser(prog="mlkit", description="Machine learning on tables.")
    parser.add_argument("--version", action="version", version=f"mlkit {__version__}")
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND")
    _add_demo(commands)
    _add_fit(commands)
    _add_predict(commands)
    return parser


def _add_demo(commands):
    command = commands.add_parser(
        "demo",
        help="train and compare models on real data",
        description="Train, tune and compare models on the data sets that come with mlkit.",
    )
    command.add_argument("--quick", action="store_true", help="fewer folds and settings")
    _add_jobs_and_seed(command)
    command.set_defaults(run=demo.run)


def _add_fit(commands):
    command = commands.add_parser(
        "fit",
        help="learn to predict a column of a table",
        description="Learn to predict a column of a CSV or Parquet file: decide what each column "
        "is, tune and compare models, save the best.",
    )
    command.add_argument("data", help="a .csv, .tsv or .txt file, also with .gz, or .parquet")
    command.add_argument("--target", required=True, metavar="COLUMN", help="what to predict")
    command.add_argument("--out", metavar="FILE", help="the model file (DATA.mlkit)")
    command.add_argument(
        "--task",
        choices=["auto", "classification", "regression"],
        default="auto",
        help="by the target if not given",
    )
    command.add_argument(
        "--scoring", metavar="NAME", help="the score that decides (accuracy or r2)"
    )
    command.add_argument(
        "--time-limit", type=_time, metavar="S", help="seconds after which no more is tried"
    )
    command.add_argument(
        "--test-size",
        type=_share,
        default=0.25,
        metavar="F",
        help="share of the rows held out to judge the models (0.25)",
    )
    command.add_argument(
        "--drop", type=_names, default=[], metavar="COLUMN,...", help="columns to leave out"
    )
    _add_jobs_and_seed(command)
    command.set_defaults(run=fit.run)


def _add_predict(commands):
    command = commands.add_parser(
        "predict",
        help="apply a model that fit saved",
        description="Predict each row of a table by a model that mlkit fit saved.",
    )
    command.add_argument("model", help="a model file of mlkit fit")
    command.add_argument("data", help="a table with the columns that the model knows")
    command.add_argument("--out", metavar="FILE", help="a CSV file (standard output)")
    command.add_argument("--proba", action="store_true", help="also the probability of each class")
    command.add_argument(
        "--ignore-unknown", action="store_true", help="pass over columns that the model never saw"
    )
    command.set_defaults(run=predict.run)


def _add_jobs_and_seed(command):
    command.add_argument(
        "--jobs", type=_jobs, default=1, metavar="N", help="processes; -1 is one a core (1)"
    )
    command.add_argument(
        "--seed", type=_seed, default=0, metavar="N", help="decides which rows are held out (0)"
    )


def _time(text):
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError("must be a number of seconds above 0")
    return value


def _share(text):
    value = float(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError("must lie between 0 and 1")
    return value


def _names(text):
    return [name.strip() for name in text.split(",") if name.strip()]


def _jobs(text):
    value = int(text)
    if value == 0:
        raise argparse.ArgumentTypeError("must be 1 or more, or -1 for one process a core")
    return value


def _seed(text):
    value = int(text)
    if not 0 <= value < 1 << 32:
        raise argparse.ArgumentTypeError("must lie between 0 and 2**32 - 1")
    return value
