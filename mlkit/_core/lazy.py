"""Public names imported on first use, so that ``import mlkit`` costs milliseconds."""

from importlib import import_module


def attach(package, names_by_file=None, submodules=()):
    """Return ``__getattr__``, ``__dir__`` and ``__all__`` for a package (PEP 562).

    Parameters
    ----------
    package : str
        ``__name__`` of the package, or of a plain module, from which relative names then count.
    names_by_file : dict of str to list of str
        Public names by the module, relative to the package, that defines them
        (``"_lasso"``, ``".._core.config"``).
    submodules : sequence of str
        Submodules that are attributes of the package.
    """
    home = {name: file for file, names in (names_by_file or {}).items() for name in names}
    public = sorted({*home, *submodules})

    def __getattr__(name):
        if name in home:
            file = home[name]
            module = import_module(file if file.startswith(".") else f".{file}", package)
            value = getattr(module, name)
        elif name in submodules:
            value = import_module(f".{name}", package)
        else:
            raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name)
        vars(import_module(package))[name] = value
        return value

    def __dir__():
        return public

    return __getattr__, __dir__, public
