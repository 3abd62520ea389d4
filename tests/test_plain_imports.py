import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_PROGRAM = """
import linecache
import dlmanager.app
import dlmanager.engine.attempt  # one that nothing of the start has imported
print(sorted(name for name in linecache.cache if "/dlmanager/engine/" in name))
"""


def test_pyside_reads_the_source_of_none_of_our_modules():
    ended = subprocess.run(
        [sys.executable, "-c", _PROGRAM], cwd=_ROOT, capture_output=True, text=True, check=False
    )
    assert (ended.stdout, ended.stderr) == ("[]\n", "")
