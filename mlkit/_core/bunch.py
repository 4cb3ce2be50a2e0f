"""A dictionary whose keys are also attributes."""


class Bunch(dict):
    """A dictionary whose keys are also attributes.

    Parameters
    ----------
    **kwargs : dict
        Its items.

    Examples
    --------
    >>> from mlkit.utils import Bunch
    >>> b = Bunch(a=1)
    >>> b.b = b.a + 1
    >>> b["b"]
    2
    """

    def __init__(self, **kwargs):
        super().__init__(kwargs)

    def __getattr__(self, key):
        try:
            return self[key]
        except KeyError:
            raise AttributeError(key) from None

    def __setattr__(self, key, value):
        self[key] = value

    def __delattr__(self, key):
        try:
            del self[key]
        except KeyError:
            raise AttributeError(key) from None

    def __setstate__(self, state):
        """Leave out attributes that an old pickle holds beside the items: they would hide them."""

    def __dir__(self):
        return [*super().__dir__(), *(key for key in self if isinstance(key, str))]

    def copy(self):
        """Return a shallow copy of the same kind."""
        return Bunch(**self)
