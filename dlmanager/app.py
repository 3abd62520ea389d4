"""The composition root: builds the queue of a profile, and works on it without a window."""

import asyncio
import logging
from typing import Any

from PySide6.QtCore import QCoreApplication, QTimer

from dlmanager import plain_imports  # noqa: F401 (before the modules that it is for)

# isort: split
from dlmanager.cli import complain
from dlmanager.core.errors import StoreUnusableNow
from dlmanager.core.settings import Settings
from dlmanager.engine.network_care import SystemNetwork
from dlmanager.engine.orchestrator import DownloadQueueOrchestrator
from dlmanager.engine.settings_keeper import SettingsKeeper
from dlmanager.engine.wget_check import check_wget, find_wget
from dlmanager.event_loop import event_loop, signal_name, stop_signals
from dlmanager.log import life_in_log, start_logging
from dlmanager.paths import Paths
from dlmanager.store.secret_store import SecretStore
from dlmanager.store.settings_file import read_settings
from dlmanager.terminal import Report

UNUSABLE = 2
FIRST_START_GAP_S = 1.0
MAX_START_GAP_S = 30.0
MAX_TIME_AWAY_MS = 10 * 60 * 1000
"""How long a run that is to end by itself waits for the network."""

_AWAY = (
    "No server could be reached for ten minutes. Check the network and run it again: every "
    "download goes on from where it stopped."
)

_logger = logging.getLogger("dlmanager")


# Without a window


def run_headless(paths: Paths, *, until_idle: bool) -> int:
    """Work on the queue without a window; returns the exit status.

    A disk that is full or read-only, and a database that is locked, are told and waited out, but
    not with until_idle. Raises QueueInUse, StoreUnusable, SettingsUnreadable before anything was
    done.
    """
    settings = read_settings(paths.settings)
    start_logging(paths)
    application = QCoreApplication(["dlmanager"])
    with event_loop(application) as runner:
        return runner.run(_headless(paths, settings, until_idle=until_idle))


async def _headless(paths: Paths, settings: Settings, *, until_idle: bool) -> int:
    orchestrator = make_orchestrator(paths, settings, system_network())
    report = Report()
    orchestrator.jobs_changed.connect(report.on_jobs_changed)
    orchestrator.jobs_removed.connect(report.on_jobs_removed)
    orchestrator.progressed.connect(report.on_progressed)
    orchestrator.noticed.connect(complain)
    if not until_idle:
        orchestrator.problem_changed.connect(report.on_problem)
    caught: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    with life_in_log("run", paths) as life, stop_signals(caught):
        if until_idle:
            await orchestrator.start()
        elif not await start_when_possible(orchestrator, caught):
            life.reason = signal_name(caught) or "unknown"
            return 0
        care = follow_settings(paths, settings, orchestrator)
        try:
            status = await _until_done(orchestrator, report, caught, until_idle=until_idle)
        finally:
            care.close()
            await orchestrator.stop()
            report.close()
        if status == UNUSABLE:
            life.reason = "the queue cannot work"
        else:
            life.reason = signal_name(caught) or "nothing is left to do"
    return status


async def _until_done(
    orchestrator: DownloadQueueOrchestrator,
    report: Report,
    caught: asyncio.Future[int],
    *,
    until_idle: bool,
) -> int:
    """Wait for the end of the run; returns the exit status."""
    if not until_idle:
        await caught
        return 0
    stuck: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def on_problem(problem: str | None) -> None:
        if problem is not None and not stuck.done():
            stuck.set_result(problem)

    orchestrator.problem_changed.connect(on_problem)
    on_problem(orchestrator.problem)
    patience = QTimer(orchestrator, singleShot=True, interval=MAX_TIME_AWAY_MS)
    patience.timeout.connect(lambda: on_problem(_AWAY))
    orchestrator.network_away_changed.connect(
        lambda is_away: patience.start() if is_away else patience.stop()
    )
    idle = asyncio.ensure_future(orchestrator.wait_until_idle())
    waited_for: list[asyncio.Future[Any]] = [caught, stuck, idle]
    await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
    if idle.done():
        return 1 if report.failed else 0
    idle.cancel()
    patience.stop()
    if caught.done():
        return 128 + caught.result()
    complain(stuck.result())
    return UNUSABLE


# With and without a window


async def start_when_possible(
    orchestrator: DownloadQueueOrchestrator,
    ended: asyncio.Future[int],
    *,
    awaits_wget: bool = True,
) -> bool:
    """Start the queue, however long the disk keeps it from that; False if we had to end before.

    ended: see `stop_signals`. What keeps the queue is told as its problem. Raises QueueInUse, and
    StoreUnusable where waiting does not help.
    """
    gap_s = FIRST_START_GAP_S
    while not ended.done():
        try:
            await orchestrator.start(awaits_wget=awaits_wget)
        except StoreUnusableNow as error:
            _logger.info("the queue is started again in %.0f s: %s", gap_s, error)
        else:
            return True
        await asyncio.wait([ended], timeout=gap_s)
        gap_s = min(MAX_START_GAP_S, gap_s * 2)
    return False


def system_network() -> SystemNetwork:
    """What the system says of its network."""
    from dlmanager.desktop.system_network import QtSystemNetwork

    return QtSystemNetwork()


def ask_wget(wget_executable_path: str) -> str:
    """Make sure that a wget can be worked with, as a start does; returns its path in full.

    Takes up to `wget_check.CHECK_TIMEOUT_S`. Raises WgetUnusable.
    """
    wget_path = find_wget(wget_executable_path)
    application = QCoreApplication.instance() or QCoreApplication(["dlmanager"])
    with event_loop(application) as runner:
        runner.run(check_wget(wget_path))
    return wget_path


def make_orchestrator(
    paths: Paths, settings: Settings, system_network: SystemNetwork | None = None
) -> DownloadQueueOrchestrator:
    """The orchestrator of a profile, set as its settings say."""
    return DownloadQueueOrchestrator(
        db=paths.database,
        wget_executable_path=settings.wget_executable_path or None,
        logger=_logger,
        max_concurrent_downloads=settings.max_concurrent_downloads,
        poll_interval_ms=settings.poll_interval_ms,
        max_retries=settings.max_retries,
        initial_retry_delay_ms=settings.initial_retry_delay_ms,
        progress_throttle_ms=settings.progress_throttle_ms,
        low_speed_limit_bytes_s=settings.low_speed_limit_bytes_s,
        low_speed_time_s=settings.low_speed_time_s,
        header_timeout_s=settings.header_timeout_s,
        max_downloads_per_host=settings.max_downloads_per_host,
        low_priority_wait_s=settings.low_priority_wait_s,
        system_network=system_network,
        proxy=settings.proxy,
        no_proxy=settings.no_proxy,
    )


def follow_settings(
    paths: Paths, settings: Settings, orchestrator: DownloadQueueOrchestrator
) -> SettingsKeeper:
    """Let the queue work by the settings as they are, whoever changes them; to be closed."""
    secrets = SecretStore(paths.database.parent)
    keeper = SettingsKeeper(paths.settings, settings, secrets, orchestrator)
    keeper.changed.connect(orchestrator.use_settings)
    return keeper
