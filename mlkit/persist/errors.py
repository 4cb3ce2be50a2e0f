"""What is raised for a model that no file can hold, or a file that is no sound model."""


class ModelFileError(ValueError):
    """A model cannot be saved, or a file is not a sound model file.

    The message names the file, or the attribute of the model, and what is wrong with it.

    Examples
    --------
    >>> from mlkit.persist import ModelFileError
    >>> issubclass(ModelFileError, ValueError)
    True
    """
