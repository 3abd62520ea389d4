"""Who may talk to us, and what of ours others may see: real processes during a real download."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from dlmanager.core.job import NewJob
from dlmanager.paths import profile_paths
from dlmanager.store.job_store import JobStore
from tests.integration.conftest import MEGABYTE

ROOT = Path(__file__).parents[2]


def wait_until(is_true: Callable[[], bool], timeout_s: float = 20) -> None:
    """Wait for what only a file or another process can show."""
    end_at = time.monotonic() + timeout_s
    while not is_true():
        assert time.monotonic() < end_at, "it did not come about"
        time.sleep(0.02)


@pytest.fixture(params=["window", "run"])
def program(request, tmp_path: Path, server, folder: Path) -> Iterator[psutil.Process]:
    """The program in the middle of a download, started with the widest umask there is."""
    data_dir = tmp_path / "data"
    store = JobStore(data_dir / "queue.db")
    store.add([NewJob(server.serve("/a.bin", MEGABYTE), str(folder))], 1)
    store.close()
    arguments = [] if request.param == "window" else ["run"]
    with server.hold("/a.bin", 500_000) as gate:
        process = subprocess.Popen(
            [sys.executable, "-m", "dlmanager", "--data-dir", str(data_dir), *arguments],
            stdout=subprocess.DEVNULL,
            cwd=ROOT,
            umask=0,
        )
        try:
            assert gate.reached.wait(20)
            if request.param == "window":
                wait_until(profile_paths(str(data_dir)).socket.exists)
            yield psutil.Process(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def test_nothing_listens_on_a_network_port(program: psutil.Process):
    family = [program, *program.children(recursive=True)]
    assert len(family) == 2
    assert "wget" in family[1].name()
    for process in family:
        for connection in process.net_connections(kind="inet"):
            # wget's own connection to the server, and nothing that waits for others.
            assert process is family[1]
            assert connection.status != psutil.CONN_LISTEN
            assert connection.raddr
            assert connection.type.name == "SOCK_STREAM"


def test_what_is_ours_is_for_nobody_else(program: psutil.Process, tmp_path: Path, folder: Path):
    data_dir = tmp_path / "data"
    names = {path.name for path in data_dir.rglob("*")}
    assert names >= {"queue.db", "queue.db-wal", "queue.db-shm", "queue.db.lock", "dlmanager.log"}
    for path in [data_dir, *data_dir.rglob("*")]:
        facts = path.lstat()
        wanted = 0o700 if stat.S_ISDIR(facts.st_mode) else 0o600
        assert (path, stat.S_IMODE(facts.st_mode)) == (path, wanted)
        assert facts.st_uid == os.getuid()
    (part,) = folder.glob("*.part")
    assert stat.S_IMODE(part.stat().st_mode) == 0o600
