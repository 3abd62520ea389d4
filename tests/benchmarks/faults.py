"""What becomes of a file when the server fails, beside other programs: wrong files, and none.

Each program fetches each scripted fault (tests/integration/faults/answers.py) and is started again
until it says that it is done, four times at the most. A file that it calls complete and that is
not the right one is *wrong*; a file that was to be had and is not there is *never got*.
"""

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from dlmanager.core.job import Status
from dlmanager.store.job_store import JobStore
from tests.benchmarks.measuring import (
    Failed,
    Figure,
    Options,
    dlmanager,
    environment,
    run,
    say,
    wget_path,
)
from tests.integration.faults.answers import FAULTS, Fault
from tests.integration.faults.scripted import FILE
from tests.integration.loopback_server import LoopbackServer

MOST_TRIES = 4
_TIMEOUT_S = 20

Fetch = Callable[[str, Path, Options], Path | None]
"""Fetches a link into an empty folder; the file that it calls complete, None if it gave up."""


def measure_faults(options: Options) -> list[Figure]:
    """Count the wrong and the missing files of each program that is there."""
    figures = []
    for name, fetch in _programs().items():
        say(f"{len(FAULTS)} faults of a server, {name}")
        wrong, missing = _judge_all(fetch, options)
        say(f"  wrong: {', '.join(wrong) or '-'}; never got: {', '.join(missing) or '-'}")
        limit = 0.0 if name == "dlmanager" else None
        figures += [
            Figure(f"faults: {name}, wrong files called complete", "", (len(wrong),), limit=limit),
            Figure(f"faults: {name}, files never got", "", (len(missing),), limit=limit),
        ]
    return figures


def _programs() -> Mapping[str, Fetch]:
    programs: dict[str, Fetch] = {
        "dlmanager": _by_dlmanager,
        "wget -c": _by_command([wget_path(), "-q", "-c", "--tries=1", "-O"]),
    }
    if curl := shutil.which("curl"):
        programs["curl -C -"] = _by_command([curl, "-s", "-f", "-L", "-C", "-", "-o"])
    if aria2 := shutil.which("aria2c"):
        programs["aria2c -c"] = _by_command(
            [aria2, "-q", "-c", "-x1", "--no-conf", "--max-tries=1", "--dir=/", "-o"]
        )
    return programs


def _judge_all(fetch: Fetch, options: Options) -> tuple[list[str], list[str]]:
    wrong, missing = [], []
    for fault in FAULTS:
        with (
            LoopbackServer() as server,
            tempfile.TemporaryDirectory(prefix="fault-", dir=options.folder) as folder,
        ):
            file = fetch(fault.play(server), Path(folder), options)
            if file is None:
                if fault.right is not None:
                    missing.append(fault.name)
            elif not _is_right(file, fault):
                wrong.append(fault.name)
    return wrong, missing


def _is_right(file: Path, fault: Fault) -> bool:
    # Where we give up, another program may well have found the file among what the server said.
    wanted = fault.right or FILE
    return file.exists() and file.read_bytes() == wanted.read(0, wanted.size)


def _by_command(command: list[str]) -> Fetch:
    def fetch(url: str, folder: Path, options: Options) -> Path | None:
        target = folder / "file"
        for _ in range(MOST_TRIES):
            with contextlib.suppress(subprocess.TimeoutExpired):
                done = subprocess.run(
                    [*command, str(target), url],
                    env=environment(options),
                    cwd=folder,
                    capture_output=True,
                    timeout=_TIMEOUT_S,
                )
                if done.returncode == 0:
                    return target
        return None

    return fetch


def _by_dlmanager(url: str, folder: Path, options: Options) -> Path | None:
    data_dir, target = folder / "data", folder / "target"
    data_dir.mkdir()
    target.mkdir()
    (data_dir / "settings.toml").write_text(
        f"max_retries = {MOST_TRIES - 1}\ninitial_retry_delay_ms = 100\n"
    )
    run(dlmanager(data_dir, "add", url, "--to", str(target)), options)
    with contextlib.suppress(Failed):  # it ends with 1 when a download has failed
        run(dlmanager(data_dir, "run", "--until-idle"), options)
    store = JobStore(data_dir / "queue.db")
    [job] = store.list_jobs()
    store.close()
    return Path(job.path or "") if job.status is Status.COMPLETED else None
