"""Who may import whom: the table of ARCHITECTURE.md, checked on every import there is."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "dlmanager"

OURS = {
    "core": {"core"},
    "wget": {"core", "wget"},
    "store": {"core", "store"},
    "engine": {"core", "wget", "store", "engine"},
    "desktop": {"core", "desktop"},
    "gui": {"core", "gui", "engine.coalescer", "resources"},
}
OTHERS = {
    "core": {"ada_url", "pathvalidate"},
    "wget": set(),
    "store": {"keyring", "peewee", "playhouse", "tomli_w"},
    "engine": {"PySide6.QtCore", "psutil"},
    "desktop": {"PySide6", "jeepney"},
    "gui": {"PySide6"},
}


def imports_of(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            yield node.module or ""


def is_within(module: str, allowed: set[str]) -> bool:
    return any(module == each or module.startswith(f"{each}.") for each in allowed)


@pytest.mark.parametrize("layer", OURS)
def test_a_layer_imports_only_what_it_may(layer: str):
    breaches = []
    for path in (PACKAGE / layer).rglob("*.py"):
        for module in imports_of(path):
            ours = module.removeprefix("dlmanager").removeprefix(".")
            if module.split(".")[0] == "dlmanager":
                allowed = ours == "" or is_within(ours, OURS[layer])
            else:
                allowed = module.split(".")[0] in sys.stdlib_module_names or is_within(
                    module, OTHERS[layer]
                )
            if not allowed:
                breaches.append(f"{path.relative_to(PACKAGE)} imports {module}")
    assert breaches == []


def test_core_touches_neither_files_nor_processes():
    breaches = []
    for path in (PACKAGE / "core").rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        modules = {module.split(".")[0] for module in imports_of(path)}
        if "open" in names or modules & {"os", "subprocess", "pathlib", "socket", "shutil", "io"}:
            breaches.append(path.name)
    assert breaches == []


def test_qasync_is_known_to_one_module_alone():
    users = {path.name for path in PACKAGE.rglob("*.py") if "qasync" in set(imports_of(path))}
    assert users == {"event_loop.py"}


def test_every_module_says_what_it_holds():
    silent = [
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert silent == []
