"""README: its example runs, and the modules it lists are all there is."""

import re
from importlib import import_module
from pathlib import Path

import mlkit

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_the_example_runs(capsys):
    for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL):
        exec(compile(block, "README.md", "exec"), {})
    score = float(capsys.readouterr().out.split()[-1])
    assert score > 0.98


def test_the_table_lists_what_is_there():
    table = README[README.index("| Module |") :]
    listed = set()
    for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE):
        listed.update(re.findall(r"`(\w+)`", row))
    for name in listed:
        import_module(f"mlkit.{name}")
    public = {name for name in mlkit.__all__ if name.islower() and not name.startswith("_")}
    modules = public - {"clone", "config_context", "get_config", "set_config", "show_versions"}
    assert listed == modules
