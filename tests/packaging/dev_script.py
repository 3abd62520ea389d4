"""Loads the parts of ./dev, which no package that is installed contains."""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "packaging" / "dev_script"


def load(name: str) -> ModuleType:
    """Import packaging/dev_script/<name>.py, whatever sys.path holds."""
    if "dev_script" not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            "dev_script", FOLDER / "__init__.py", submodule_search_locations=[str(FOLDER)]
        )
        assert spec is not None
        assert spec.loader is not None
        package = importlib.util.module_from_spec(spec)
        sys.modules["dev_script"] = package
        spec.loader.exec_module(package)
    return importlib.import_module(f"dev_script.{name}")
