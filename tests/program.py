"""The program as a process: a data folder of its own, and what is started on it."""

import contextlib
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from dlmanager.core.job import Job, NewJob
from dlmanager.core.settings import Settings
from dlmanager.paths import Paths, profile_paths
from dlmanager.store.job_store import JobStore
from dlmanager.store.settings_file import write_settings

ROOT = Path(__file__).parents[1]


def wait_until(is_true: Callable[[], bool], timeout_s: float = 5) -> None:
    """Wait for what only a file or another process can show."""
    end_at = time.monotonic() + timeout_s
    while not is_true():
        assert time.monotonic() < end_at, "it did not come about"
        time.sleep(0.02)


def catches(pid: int, number: signal.Signals) -> bool:
    """Whether a process has a handler for a signal, as the kernel knows it."""
    status = Path(f"/proc/{pid}/status").read_text()
    return bool(int(status.partition("SigCgt:")[2].split()[0], 16) >> (number - 1) & 1)


class Profile:
    """A data folder with its own sockets and downloads, and the processes that use it."""

    def __init__(self, data_dir: Path, folder: Path) -> None:
        self.data_dir = data_dir
        self.folder = folder
        self.started: list[subprocess.Popen[str]] = []

    @property
    def paths(self) -> Paths:
        return profile_paths(str(self.data_dir))

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """While another program keeps everybody from the database."""
        JobStore(self.paths.database).close()
        with contextlib.closing(sqlite3.connect(self.paths.database, isolation_level=None)) as one:
            one.execute("BEGIN EXCLUSIVE")
            yield
            one.execute("ROLLBACK")

    def kill_all(self) -> None:
        for process in self.started:
            process.kill()
            process.communicate()

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the program with these arguments."""
        return self.python("-m", "dlmanager", "--data-dir", str(self.data_dir), *arguments)

    def python(self, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self.started.append(process)
        return process

    def open_window(self, *links: str) -> subprocess.Popen[str]:
        """Start the program with a window and wait until it is there."""
        process = self.start(*links)
        wait_until(lambda: self.paths.socket.exists() or process.poll() is not None, 20)
        assert process.poll() is None, process.communicate()
        wait_until(lambda: catches(process.pid, signal.SIGHUP))
        return process

    def write_settings(self, **values: object) -> None:
        write_settings(
            self.paths.settings,
            Settings(download_directory=str(self.folder), **values),  # type: ignore[arg-type]
        )

    def add(self, *orders: NewJob) -> list[Job]:
        store = JobStore(self.paths.database)
        try:
            return store.add(orders, 1)
        finally:
            store.close()

    @property
    def jobs(self) -> list[Job]:
        store = JobStore(self.paths.database)
        try:
            return store.list_jobs()
        finally:
            store.close()

    @property
    def log(self) -> str:
        return self.paths.log.read_text("utf-8")
