"""Model files as commands see them: what is wrong becomes one line."""

from contextlib import contextmanager

from .. import persist
from .errors import CommandError


@contextmanager
def _told(path, doing):
    try:
        yield
    except persist.ModelFileError as error:
        raise CommandError(str(error)) from None
    except FileNotFoundError:
        raise CommandError(f"{path}: there is no such file") from None
    except OSError as error:
        raise CommandError(f"{path}: cannot be {doing}: {error.strerror or error}") from None


def save_model(model, path, plan):
    """Save a model and what is known of its columns; see `mlkit.persist.save`."""
    with _told(path, "written"):
        persist.save(model, path, metadata=plan)


def load_model(path):
    """The model of a file; see `mlkit.persist.load`."""
    with _told(path, "read"):
        return persist.load(path)


def read_plan(path):
    """What was saved with a model; see `mlkit.persist.inspect`."""
    with _told(path, "read"):
        return persist.inspect(path).metadata or {}
