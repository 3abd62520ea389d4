"""What every test may use: an event loop that is Qt's and asyncio's, and a job to start from."""

import asyncio
import gc
import logging
import os
import signal
import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from dlmanager.core.job import Job, Status
from tests.closing_lines import KILLS, ClosingLines, Kills
from tests.integration.loopback_server import LoopbackServer
from tests.program import Profile


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the long tests too")
    parser.addoption("--closing-lines", metavar="FILE", help="write the closing lines there too")


def pytest_configure(config: pytest.Config) -> None:
    # A shell starts what runs in its background with SIGINT ignored, `nohup` with SIGHUP, and
    # every process that a test starts would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    config.addinivalue_line("markers", "long: takes minutes; runs with --long alone")
    config.addinivalue_line(
        "markers",
        "fault(number): proves what must become of a fault of the list in "
        "tests/integration/README.md",
    )
    config.pluginmanager.register(ClosingLines(), "closing-lines")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--long"):
        skip = pytest.mark.skip(reason="long: runs with --long")
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(skip)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave what is there for good out of the collections after each test: they take seconds."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def own_surroundings(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No test sees the person's files or settings, and none leaves anything there."""
    for name in list(_VARIABLES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    # Nothing of a test is shown on the desktop of whoever runs it.
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")


_VARIABLES = (
    "DLMANAGER_DATA_DIR",
    "XDG_DATA_HOME",
    "XDG_CONFIG_HOME",
    "XDG_STATE_HOME",
    "XDG_CACHE_HOME",
    "XDG_RUNTIME_DIR",
    "XDG_DOWNLOAD_DIR",
)


@pytest.fixture(autouse=True)
def no_unexpected_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """An error in the log that the test does not take away with `caplog.clear()` is a failure."""
    yield
    errors = [
        record.getMessage()
        for when in ("setup", "call")
        for record in caplog.get_records(when)
        if record.levelno >= logging.ERROR
    ]
    assert not errors


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> Kills:
    """Where a test notes each kill that it does; counted over the whole run."""
    return request.node.stash.setdefault(KILLS, Kills())


@pytest.fixture
def loop(qapp: QApplication) -> Iterator[QEventLoop]:
    """A qasync loop; when the test ends no task may be left."""
    loop = QEventLoop(qapp)
    asyncio.set_event_loop(loop)
    yield loop
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.wait(left))
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    asyncio.set_event_loop(None)
    # Qt objects in reference cycles must go on this thread: a collection that happens to run on
    # a worker would destroy them, and their timers, under the feet of Qt.
    gc.collect()
    assert not left, f"tasks left behind: {left}"


# Whoever runs pytest by hand need not remember it.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# The words of the system's errors are English, whatever a test does to LANGUAGE: the C library
# keeps the language that it once found.
os.environ["LC_MESSAGES"] = "C"

Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture
def at_end() -> list[Callable[[], Awaitable[None]]]:
    """What `run` awaits after the test's coroutine, whatever became of it."""
    return []


@pytest.fixture
def run(loop: QEventLoop, at_end: list[Callable[[], Awaitable[None]]]) -> Run:
    """Run a coroutine to its end on the test's loop, at most 30 seconds."""

    async def bounded(coroutine: Coroutine[Any, Any, Any]) -> Any:
        try:
            async with asyncio.timeout(30):
                return await coroutine
        finally:
            for end in at_end:
                await end()

    return lambda coroutine: loop.run_until_complete(bounded(coroutine))


@pytest.fixture
def make_job() -> Callable[..., Job]:
    """Makes a job with chosen fields, without any store."""

    def make(**fields: Any) -> Job:
        values: dict[str, Any] = {
            "id": "0f8d2c5e-0000-4000-8000-000000000001",
            "url": "http://127.0.0.1/file.bin",
            "target_directory": "/tmp",
            "filename": None,
            "status": Status.PENDING,
            "progress_percent": 0,
            "progress_summary": None,
            "retry_count": 0,
            "max_retries": 3,
            "next_retry_at": None,
            "pid": None,
            "created_at": 1_000,
            "updated_at": 1_000,
        }
        return Job(**{**values, **fields})

    return make


@pytest.fixture
def runtime() -> Iterator[Path]:
    """A folder for sockets; not in tmp_path, as a socket's path may hold 107 bytes only."""
    with tempfile.TemporaryDirectory(prefix="dlmanager-") as folder:
        yield Path(folder)


@pytest.fixture
def profile(tmp_path: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Profile]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    # No session bus, so that no test asks anything of the desktop that runs it.
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
    (tmp_path / "downloads").mkdir()
    profile = Profile(tmp_path / "data", tmp_path / "downloads")
    yield profile
    profile.kill_all()


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer() as server:
        yield server
