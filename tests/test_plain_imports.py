import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parent.parent
_PROGRAM = """
import linecache
import dlmanager.{start}
import dlmanager.engine.attempt  # one that nothing of the start has imported
print(sorted(name for name in linecache.cache if "/dlmanager/engine/" in name))
"""


@pytest.mark.parametrize("start", ["app", "window_app"])
def test_pyside_reads_the_source_of_none_of_our_modules(start: str):
    program = _PROGRAM.format(start=start)
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=_ROOT, capture_output=True, text=True, check=False
    )
    assert (ended.stdout, ended.stderr) == ("[]\n", "")
