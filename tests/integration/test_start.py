"""`dlmanager run` on a disk that keeps it from starting: told, waited out, and ended well."""

import contextlib
import signal
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from dlmanager.engine.file_lock import queue_lock
from dlmanager.store.job_store import JobStore
from tests.integration.conftest import small_disk_at
from tests.integration.loopback_server import Content, LoopbackServer
from tests.integration.site import Site

CONTENT = Content(100_000, seed=1)


class Trouble(Protocol):
    """What keeps the program from starting, as long as the context lasts. words: it says so."""

    words: str

    def __call__(self, site: Site) -> contextlib.AbstractContextManager[None]: ...


class Locked:
    words = "in use by another program"

    @contextlib.contextmanager
    def __call__(self, site: Site) -> Iterator[None]:
        with contextlib.closing(sqlite3.connect(site.database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")


class ReadOnly:
    words = "Read-only file system"

    @contextlib.contextmanager
    def __call__(self, site: Site) -> Iterator[None]:
        subprocess.run(["mount", "-o", "remount,ro", str(site.data_dir)], check=True)
        try:
            yield
        finally:
            subprocess.run(["mount", "-o", "remount,rw", str(site.data_dir)], check=True)


class Full:
    words = "is full"

    @contextlib.contextmanager
    def __call__(self, site: Site) -> Iterator[None]:
        ballast = site.data_dir / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        yield
        ballast.unlink()


TROUBLES: dict[str, Trouble] = {"locked": Locked(), "read-only": ReadOnly(), "full": Full()}


@pytest.fixture(params=TROUBLES)
def trouble(request: pytest.FixtureRequest) -> Trouble:
    return TROUBLES[request.param]


@pytest.fixture
def site(tmp_path: Path, trouble: Trouble) -> Iterator[Site]:
    """With a database, on a small disk of its own where the trouble is the disk's."""
    site = Site(tmp_path)
    with contextlib.ExitStack() as stack:
        if not isinstance(trouble, Locked):
            stack.enter_context(small_disk_at(site.data_dir))
        JobStore(site.database).close()
        yield site


class Running:
    """A `dlmanager` whose standard error is read while it runs."""

    def __init__(self, site: Site, *arguments: str) -> None:
        self.process = subprocess.Popen(
            site.command(*arguments),
            env=site.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said: list[str] = []
        self._has_spoken = threading.Event()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)
            self._has_spoken.set()

    def wait_for_a_word(self) -> None:
        assert self._has_spoken.wait(20)

    def end(self, number: signal.Signals | None = None) -> int:
        if number is not None:
            self.process.send_signal(number)
        try:
            return self.process.wait(20)
        finally:
            self.process.kill()
            self._reader.join()
            self.process.communicate()


def wait_for_file(path: Path, running: Running) -> None:
    """Until a file is there, or the program has ended."""
    ticking = threading.Event()
    for _ in range(1_000):
        if path.exists():
            return
        assert running.process.poll() is None, running.said
        ticking.wait(0.02)
    raise AssertionError(f"{path} did not come: {running.said}")


@pytest.mark.fault(49)
def test_it_is_told_once_and_waited_out(site: Site, server: LoopbackServer, trouble: Trouble):
    site.add(server.serve("/a.bin", CONTENT))
    with trouble(site):
        running = Running(site, "run")
        running.wait_for_a_word()
    wait_for_file(site.folder / "a.bin", running)
    assert running.end(signal.SIGTERM) == 0
    (line,) = running.said
    assert line.startswith("dlmanager: ")
    assert trouble.words in line
    log = (site.data_dir / "logs" / "dlmanager.log").read_text()
    assert "run ended: signal SIGTERM" in log


def test_a_signal_ends_the_wait_in_good_order(site: Site, trouble: Trouble):
    with trouble(site):
        running = Running(site, "run")
        running.wait_for_a_word()
        assert running.end(signal.SIGTERM) == 0
        assert len(running.said) == 1
    lock = queue_lock(site.database)
    assert lock.acquire()
    lock.release()


def test_who_wants_an_end_is_told_at_once(site: Site, trouble: Trouble):
    with trouble(site):
        running = Running(site, "run", "--until-idle")
        assert running.end() == 2
    (line,) = running.said
    assert trouble.words in line
