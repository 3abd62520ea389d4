"""What every measurement uses: figures, processes with what they cost, the server.

Children run as an installed program does: with compiled bytecode (kept in the temporary folder,
whatever this checkout's environment says), offscreen, and with a HOME of their own.
"""

import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PYTHON = sys.executable
GIB = 1024**3
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_STOP_TIMEOUT_S = 15
_SETTLED_S = 5


@dataclass(frozen=True, slots=True)
class Options:
    """What the person asked for. size: as the loopback server reads it, such as 1G.

    folder: a temporary one, removed at the end.
    """

    runs: int
    size: str
    size_bytes: int
    folder: Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    values: one a run. wget_values: wget's in the same runs, None if it has none.
    limit: the budget, of the ratio to wget where there is one, else of the median; None: the
    figure is for information.
    """

    name: str
    unit: str
    values: tuple[float, ...]
    wget_values: tuple[float, ...] | None = None
    limit: float | None = None

    @property
    def median(self) -> float:
        """The median of the values."""
        return statistics.median(self.values)

    @property
    def ratio(self) -> float | None:
        """The median by wget's median; None if wget has none."""
        if self.wget_values is None:
            return None
        return self.median / max(statistics.median(self.wget_values), 1e-9)

    @property
    def is_over(self) -> bool | None:
        """Whether the budget is exceeded; None without one."""
        if self.limit is None:
            return None
        return (self.median if self.ratio is None else self.ratio) > self.limit


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took. cpu_s: its own, user and system; children_cpu_s: of those it started."""

    wall_s: float
    cpu_s: float
    children_cpu_s: float


class Failed(Exception):
    """A measurement could not be made; says why."""


def say(text: str) -> None:
    """Tell on stderr what is being done."""
    sys.stderr.write(f"bench: {text}\n")
    sys.stderr.flush()


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * percent // 100) - 1)]


# Processes


def run(command: Sequence[str], options: Options, *, timeout_s: float = 120) -> Cost:
    """Run a command to its end; raises Failed unless it ends well in time.

    The costs are read between its end and its burial: a process that has ended but was not waited
    for still has its own times and those of its children apart in /proc, which rusage adds up.
    """
    with tempfile.TemporaryFile() as said:
        began_s = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(options),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
        alarm = threading.Timer(timeout_s, process.kill)
        alarm.start()
        try:
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            wall_s = time.perf_counter() - began_s
            cpu_s, children_cpu_s = _cpu_of(process.pid)
        finally:
            alarm.cancel()
            process.kill()  # nothing, if it has ended
            process.wait()
        if process.returncode != 0:
            said.seek(0)
            words = said.read().decode("utf-8", "replace")[-2000:]
            raise Failed(f"{' '.join(command)} ended with {process.returncode}\n{words}")
    return Cost(wall_s, cpu_s, children_cpu_s)


def dlmanager(data_dir: Path, *arguments: str) -> list[str]:
    """The command line of our program on a data folder."""
    return [PYTHON, "-m", "dlmanager", "--data-dir", str(data_dir), *arguments]


_PROBED = (
    # As dlmanager/__main__.py does before anything is imported.
    "import gc, runpy; gc.disable();"
    "runpy.run_module('tests.benchmarks.probed_program', run_name='__main__', alter_sys=True)"
)


def probed(scenario: str, data_dir: Path, options: Options) -> dict[str, Any]:
    """Run a scenario of `probed_program` in a process of its own and return what it found.

    The keys are those of LoopProbe.watch, the scenario's own, and began_at: when the process was
    started, as time.time() says.
    """
    result = options.folder / f"{scenario}.json"
    began_at = time.time()
    run([PYTHON, "-c", _PROBED, scenario, str(data_dir), str(result)], options)
    return {"began_at": began_at, **json.loads(result.read_text())}


def resident_bytes(command: Sequence[str], options: Options) -> int:
    """What a program that stays has in memory some seconds after its start; then it is ended."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(options),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(_SETTLED_S)
        # proc(5): the second word of statm counts pages in memory.
        pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    finally:
        process.terminate()
        if process.wait(_STOP_TIMEOUT_S) != 0:
            raise Failed(f"{' '.join(command)} ended with {process.returncode}")
    return pages * os.sysconf("SC_PAGE_SIZE")


def environment(options: Options) -> dict[str, str]:
    """The environment of a process that is measured."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONDONTWRITEBYTECODE", "DLMANAGER_DATA_DIR")
        and not name.startswith("XDG_")
    }
    home = options.folder / "home"
    home.mkdir(exist_ok=True)
    return {
        **kept,
        "HOME": str(home),
        "PYTHONPYCACHEPREFIX": str(options.folder / "bytecode"),
        "QT_QPA_PLATFORM": "offscreen",
    }


def wget_path() -> str:
    """The path of wget; raises Failed if there is none."""
    found = shutil.which("wget")
    if found is None:
        raise Failed("there is no wget to compare with")
    return found


def _cpu_of(pid: int) -> tuple[float, float]:
    """CPU seconds of a process and of its children that it has waited for (proc(5), stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system, children_user, children_system = (int(field) for field in fields[11:15])
    return (user + system) / _TICKS_PER_S, (children_user + children_system) / _TICKS_PER_S


# The server


@contextlib.contextmanager
def serving(files: Sequence[str], *arguments: str) -> Iterator[list[str]]:
    """Serve files (as NAME=SIZE) from a process of its own; gives their links, in order."""
    command = [PYTHON, "-m", "tests.integration.loopback_server", "--lifetime", "900"]
    command += [f"--file={file}" for file in files]
    process = subprocess.Popen(
        [*command, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    assert process.stdout is not None
    try:
        links = [process.stdout.readline().strip() for _ in files]
        if not all(links):
            raise Failed("the loopback server did not start")
        yield links
    finally:
        process.terminate()
        try:
            process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
