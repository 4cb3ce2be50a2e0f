"""What runs: Python, the machine, the packages, the thread pools."""

import platform
import sys

_PACKAGES = (
    "mlkit", "pip", "setuptools", "numpy", "scipy", "Cython", "pandas", "matplotlib",
    "joblib", "threadpoolctl", "narwhals",
)  # fmt: skip


def system():
    """Python, its path and the machine, as a dictionary."""
    return {
        "python": sys.version.replace("\n", " "),
        "executable": sys.executable,
        "machine": platform.platform(),
    }


def packages():
    """Installed version by package, None where it is missing; nothing is imported."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = getattr(sys.modules.get(name), "__version__", None)
    return found


def show_versions():
    """Print Python, machine, packages and thread pools: what a report of a fault should say.

    Examples
    --------
    >>> import mlkit
    >>> mlkit.show_versions()  # doctest: +SKIP
    """
    _print("System", system())
    _print("Python dependencies", packages())
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return
    pools = threadpool_info()
    built_with_openmp = any(pool["user_api"] == "openmp" for pool in pools)
    print(f"\nOpenMP runtime loaded: {built_with_openmp}")
    if pools:
        print("\nthreadpoolctl info:")
        for pool in pools:
            print()
            for key, value in pool.items():
                print(f"{key:>15}: {value}")


def _print(title, entries):
    print(f"\n{title}:")
    for key, value in entries.items():
        print(f"{key:>15}: {value}")
