"""No file above 800 lines, no function above 60, and no drawer that gets filled."""

import ast
import re

import pytest

from .house import CYTHON, NATIVE, PACKAGE, PYTHON, ROOT, parse

MOST_LINES = 800
MOST_FUNCTION_LINES = 60  # the docstring not counted: public ones are half documentation
DRAWERS = {"base", "common", "helper", "helpers", "misc", "util", "utils", "tools", "stuff"}


def short(file):
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize(
    "file", [*PYTHON, *CYTHON, *NATIVE, *sorted((ROOT / "tests").rglob("*.py"))], ids=short
)
def test_files_are_short(file):
    assert len(file.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def python_functions(file):
    """Name and lines of each function, its docstring left out."""
    for node in ast.walk(parse(file)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        lines = node.end_lineno - node.lineno + 1
        first = node.body[0]
        if isinstance(first, ast.Expr) and isinstance(getattr(first.value, "value", None), str):
            lines -= first.end_lineno - first.lineno + 1
        yield node.name, lines


def cython_functions(file):
    """The same for Cython, by indentation: from ``def`` to the next line as far left."""
    text = re.sub(r'"""(?:.|\n)*?"""', '""', file.read_text(encoding="utf-8"))
    lines = text.splitlines()
    start = re.compile(r"(\s*)(?:def|cdef|cpdef)\s[^=]*?(\w+)\(")
    for number, line in enumerate(lines):
        head = start.match(line)
        if head is None or line.rstrip().endswith(")"):
            continue
        indent, end = len(head[1]), number + 1
        while end < len(lines):
            rest = lines[end]
            closes = rest.strip().startswith(")")
            if rest.strip() and not closes and len(rest) - len(rest.lstrip()) <= indent:
                break
            end += 1
        body = lines[number:end]
        while body and not body[-1].strip():
            body.pop()
        yield head[2], len(body)


@pytest.mark.parametrize("file", [*PYTHON, *CYTHON], ids=short)
def test_functions_are_short(file):
    functions = python_functions(file) if file.suffix == ".py" else cython_functions(file)
    long = {name: lines for name, lines in functions if lines > MOST_FUNCTION_LINES}
    assert not long


def test_cython_functions_are_measured(tmp_path):
    file = tmp_path / "some.pyx"
    file.write_text(
        'cdef int one(\n    int a,\n) noexcept nogil:\n    """Doc\n    more."""\n    return a\n\n\n'
        "def two(x):\n    return x\n"
    )
    assert dict(cython_functions(file)) == {"one": 5, "two": 2}


@pytest.mark.parametrize("file", [*PYTHON, *CYTHON, *NATIVE], ids=short)
def test_no_drawers(file):
    name = file.name.split(".")[0].lstrip("_")
    parts = file.relative_to(PACKAGE).parts
    face = parts in (("base.py",), ("utils", "__init__.py")) or file.name == "_base.py"
    assert face or name not in DRAWERS, "name a file after what it holds"
