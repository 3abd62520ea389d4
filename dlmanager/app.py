"""The composition root: builds every object, makes every connection, starts and shuts down."""

import asyncio
import contextlib
import faulthandler
import functools
import logging
import logging.handlers
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QCoreApplication,
    QMessageLogContext,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)

from dlmanager import plain_imports  # noqa: F401 (before the modules that it is for)

# isort: split
from dlmanager import __version__
from dlmanager.cli import complain
from dlmanager.core.errors import (
    DlmanagerError,
    InvalidFolder,
    QueueInUse,
    SettingsUnreadable,
    StoreUnusable,
    StoreUnusableNow,
    Surroundings,
    WgetUnusable,
    may_pass,
)
from dlmanager.core.settings import Settings
from dlmanager.engine.clock import now_ms
from dlmanager.engine.disk_space import free_bytes
from dlmanager.engine.network_care import SystemNetwork
from dlmanager.engine.new_jobs import add_orders
from dlmanager.engine.orchestrator import DownloadQueueOrchestrator
from dlmanager.engine.orders import check_folder, check_order
from dlmanager.engine.settings_keeper import SettingsKeeper
from dlmanager.engine.tasks import Tasks
from dlmanager.engine.wget_check import check_wget, find_wget
from dlmanager.garbage import MainThreadCollector
from dlmanager.paths import Paths, default_download_directory, make_socket_folder
from dlmanager.store.database_care import refuse_to_begin_anew
from dlmanager.store.secret_store import SecretStore
from dlmanager.store.settings_file import read_settings
from dlmanager.store.store_thread import StoreThread
from dlmanager.terminal import Report

if TYPE_CHECKING:
    from PySide6.QtWidgets import QDialog, QWidget

    from dlmanager.core.link_files import LinkFile
    from dlmanager.gui.main_window import MainWindow

UNUSABLE = 2
LOG_BYTES = 1_000_000
LOG_FILES = 3
FIRST_START_GAP_S = 1.0
MAX_START_GAP_S = 30.0
MAX_TIME_AWAY_MS = 10 * 60 * 1000
"""How long a run that is to end by itself waits for the network."""
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

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
    with _event_loop(application) as runner:
        return runner.run(_headless(paths, settings, until_idle=until_idle))


async def _headless(paths: Paths, settings: Settings, *, until_idle: bool) -> int:
    orchestrator = make_orchestrator(paths, settings, _system_network())
    report = Report()
    orchestrator.jobs_changed.connect(report.on_jobs_changed)
    orchestrator.jobs_removed.connect(report.on_jobs_removed)
    orchestrator.progressed.connect(report.on_progressed)
    orchestrator.noticed.connect(complain)
    if not until_idle:
        orchestrator.problem_changed.connect(report.on_problem)
    caught: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    with _life_in_log("run", paths) as life, _stop_signals(caught):
        if until_idle:
            await orchestrator.start()
        elif not await _start_when_possible(orchestrator, caught):
            life.reason = _signal_name(caught) or "unknown"
            return 0
        _follow_settings(paths, settings, orchestrator)
        try:
            status = await _until_done(orchestrator, report, caught, until_idle=until_idle)
        finally:
            await orchestrator.stop()
            report.close()
        if status == UNUSABLE:
            life.reason = "the queue cannot work"
        else:
            life.reason = _signal_name(caught) or "nothing is left to do"
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


# With a window


def run_window(paths: Paths, links: Sequence[str]) -> int:
    """Open the window, or raise the one that runs; returns the exit status."""
    if not _has_display():
        complain(
            "there is no display for a window. `dlmanager run` works on the queue without one."
        )
        return UNUSABLE
    from dlmanager.desktop.single_instance import hand_over

    make_socket_folder(paths.socket)
    if hand_over(paths.socket, links):
        return 0
    from PySide6.QtWidgets import QApplication

    from dlmanager.gui.language import use_language
    from dlmanager.gui.palette import PaletteKeeper
    from dlmanager.resources import application_icon

    application = QApplication(["dlmanager"])
    application.setApplicationName("dlmanager")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("dlmanager")
    application.setWindowIcon(application_icon())
    # Quitting is ours: it ends every wget in good order first.
    application.setQuitOnLastWindowClosed(False)
    # Once, before anything has a word: what is shown is not put into other words at run time.
    use_language(application, _chosen_language(paths))
    keeper = PaletteKeeper(application)
    with _event_loop(application) as runner:
        try:
            start_logging(paths)
        except Surroundings as error:
            return runner.run(_tell_and_end(str(error)))
        return runner.run(_with_window(paths, links, keeper.wear))


async def _with_window(
    paths: Paths, links: Sequence[str], wear: Callable[[Settings], None] | None = None
) -> int:
    """wear: shows the colours that settings choose; None leaves them as they are."""
    with _life_in_log("window", paths) as life:
        return await _window_and_queue(paths, links, life, wear)


async def _window_and_queue(
    paths: Paths, links: Sequence[str], life: "_Life", wear: Callable[[Settings], None] | None
) -> int:
    settings, trouble = _settings_or_defaults(paths)
    if wear is not None:
        wear(settings)
    sentences = [trouble] if trouble is not None else []
    orchestrator = make_orchestrator(paths, settings, _system_network())
    orchestrator.noticed.connect(sentences.append)
    try:
        # The window is there first, then its banner; a disk that it has to wait for is told in it.
        with contextlib.suppress(StoreUnusableNow):
            await orchestrator.start(awaits_wget=False)
    except QueueInUse as error:
        life.reason = f"error: {error}"
        return await _hand_over_late(paths, links, error)
    except DlmanagerError as error:
        life.reason = f"error: {error}"
        return await _tell_and_end(str(error))
    quit_asked: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    try:
        with _stop_signals(quit_asked):  # to the very end: a second must not cut the stop short
            try:
                care = _follow_settings(paths, settings, orchestrator)
                if wear is not None:
                    care.changed.connect(wear)
                await _window_life(paths, care, orchestrator, links, sentences, quit_asked)
            finally:
                await orchestrator.stop()
    except (QueueInUse, StoreUnusable) as error:  # it waited in vain
        life.reason = f"error: {error}"
        return await _tell_and_end(str(error))
    life.reason = _signal_name(quit_asked) or "it was quit"
    return 0


async def _window_life(
    paths: Paths,
    care: SettingsKeeper,
    orchestrator: DownloadQueueOrchestrator,
    links: Sequence[str],
    sentences: Sequence[str],
    quit_asked: asyncio.Future[int],
) -> None:
    """Show the window until it is quit. sentences: what people must know; noticed ones join.

    A queue that could not be started yet is started as soon as it can be. Raises QueueInUse or
    StoreUnusable if it turns out that it never can.
    """
    from dlmanager.desktop.browser import open_in_browser
    from dlmanager.desktop.file_manager import open_file, show_in_folder
    from dlmanager.desktop.single_instance import InstanceServer
    from dlmanager.desktop.trash import move_to_trash
    from dlmanager.gui.main_window import MainWindow
    from dlmanager.gui.window_state import WindowState

    tasks = Tasks(_logger)
    window = MainWindow(
        orchestrator,
        start_task=tasks.start,
        download_directory=str(default_download_directory()),
        open_file=open_file,
        open_in_browser=open_in_browser,
        show_in_folder=show_in_folder,
        move_to_trash=lambda path: asyncio.to_thread(move_to_trash, path),
        make_settings_dialog=functools.partial(_make_settings_dialog, care, tasks),
        settings=care.settings,
        state=WindowState(paths.window),
        read_link_file=_read_link_file,
        free_bytes=lambda folder: asyncio.to_thread(free_bytes, folder),
    )
    end_notifications = _begin_notifications(window, tasks)

    def on_quit() -> None:
        if not quit_asked.done():
            quit_asked.set_result(0)

    def on_links(received: Sequence[str]) -> None:
        window.bring_to_front()
        if not orchestrator.is_running:
            waiting_links.extend(received)
        elif received:
            window.add_links(received)

    care.changed.connect(window.set_settings)
    window.quit_requested.connect(on_quit)
    server = InstanceServer(paths.socket)
    server.links_received.connect(on_links)
    server.listen()
    waiting_links = list(links)
    try:
        if not orchestrator.is_running:
            window.show()
        if await _start_when_possible(orchestrator, quit_asked, awaits_wget=False):
            window.load(await orchestrator.list_jobs())
            window.show()
            if waiting_links:
                window.add_links(waiting_links)
            if sentences:
                window.warn(" ".join(sentences))
            orchestrator.noticed.connect(lambda _: window.warn(" ".join(sentences)))
            await quit_asked
    finally:
        server.close()
        window.close_for_good()
        end_notifications()
        await tasks.settle()


async def _read_link_file(path: str) -> "LinkFile":
    from dlmanager.desktop.link_files import read_link_file

    return await asyncio.to_thread(read_link_file, path)


def _make_settings_dialog(care: SettingsKeeper, tasks: Tasks, parent: "QWidget") -> "QDialog":
    from dlmanager.gui.settings_dialog import SettingsDialog

    async def test_wget(path: str) -> tuple[str, str]:
        wget_path = find_wget(path)
        return wget_path, str(await check_wget(wget_path))

    found = {"download_directory": str(default_download_directory())}
    with contextlib.suppress(WgetUnusable):
        found["wget_executable_path"] = find_wget(None)
    return SettingsDialog(
        care, start_task=tasks.start, test_wget=test_wget, found=found, parent=parent
    )


def _begin_notifications(window: "MainWindow", tasks: Tasks) -> Callable[[], None]:
    """Show what the window announces; returns what is to be called in the end."""
    if sys.platform != "linux":
        window.announced.connect(window.show_at_tray)
        return lambda: None
    from dlmanager.desktop.notifications import BusNotifications
    from dlmanager.resources import APPLICATION_ICON, icon_path

    notifications = BusNotifications(
        start_task=tasks.start,
        on_chosen=window.answer,
        otherwise=window.show_at_tray,
        icon=str(icon_path(APPLICATION_ICON)),
    )
    window.announced.connect(notifications.show)
    return notifications.close


async def _hand_over_late(paths: Paths, links: Sequence[str], error: QueueInUse) -> int:
    """Somebody else has the queue: a window that was just starting, or a `dlmanager run`."""
    from dlmanager.desktop.single_instance import hand_over

    for _ in range(10):
        if hand_over(paths.socket, links):
            return 0
        await asyncio.sleep(0.3)
    try:
        added = _add_for_others(paths, links)
    except DlmanagerError as refused:
        return await _tell_and_end(str(refused))
    return await _tell_and_end(f"{error} Your links were added to it." if added else str(error))


def _add_for_others(paths: Paths, links: Sequence[str]) -> int:
    """Put links into a queue that another process works on; returns how many."""
    settings, _ = _settings_or_defaults(paths)
    folder = settings.download_directory or default_download_directory()
    orders = [check_order(link, folder, max_retries=settings.max_retries) for link in links]
    refuse_to_begin_anew(paths.database, now_ms())
    store = StoreThread(paths.database)
    try:
        secrets = SecretStore(paths.database.parent)
        return len(add_orders(store, secrets, orders, now_ms())) if orders else 0
    finally:
        store.close()


async def _tell_and_end(sentence: str) -> int:
    """Show why there is no window, on the terminal and on the screen."""
    from PySide6.QtWidgets import QMessageBox

    from dlmanager.gui.sentences import in_window_language

    complain(sentence)
    box = QMessageBox(QMessageBox.Icon.Warning, "dlmanager", in_window_language(sentence))
    closed = asyncio.get_running_loop().create_future()
    box.finished.connect(lambda result: closed.set_result(None) if not closed.done() else None)
    with _stop_signals(closed):
        box.open()
        await closed
    return UNUSABLE


def _settings_or_defaults(paths: Paths) -> tuple[Settings, str | None]:
    """The settings, and a sentence where they could not be used and the defaults count."""
    try:
        settings = read_settings(paths.settings)
    except SettingsUnreadable as error:
        _logger.error("%s", error)
        return Settings(), f"{error} Until then the defaults count."
    if settings.download_directory:
        try:
            check_folder(settings.download_directory)
        except InvalidFolder as error:
            _logger.warning("%s", error)
            sentence = f"{error} Until then downloads go to {default_download_directory()}."
            return replace(settings, download_directory=""), sentence
    return settings, None


def _chosen_language(paths: Paths) -> str:
    """The language for a window; why settings cannot be used is told when the window uses them."""
    try:
        return read_settings(paths.settings).language
    except SettingsUnreadable:
        return Settings().language


def _has_display() -> bool:
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


# Both


async def _start_when_possible(
    orchestrator: DownloadQueueOrchestrator,
    ended: asyncio.Future[int],
    *,
    awaits_wget: bool = True,
) -> bool:
    """Start the queue, however long the disk keeps it from that; False if we had to end before.

    ended: see `_stop_signals`. What keeps the queue is told as its problem. Raises QueueInUse, and
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


def _system_network() -> SystemNetwork:
    from dlmanager.desktop.system_network import QtSystemNetwork

    return QtSystemNetwork()


def ask_wget(wget_executable_path: str) -> str:
    """Make sure that a wget can be worked with, as a start does; returns its path in full.

    Takes up to `wget_check.CHECK_TIMEOUT_S`. Raises WgetUnusable.
    """
    wget_path = find_wget(wget_executable_path)
    application = QCoreApplication.instance() or QCoreApplication(["dlmanager"])
    with _event_loop(application) as runner:
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
        system_network=system_network,
        proxy=settings.proxy,
        no_proxy=settings.no_proxy,
    )


def _follow_settings(
    paths: Paths, settings: Settings, orchestrator: DownloadQueueOrchestrator
) -> SettingsKeeper:
    """Let the queue work by the settings as they are, whoever changes them."""
    secrets = SecretStore(paths.database.parent)
    keeper = SettingsKeeper(paths.settings, settings, secrets, orchestrator)
    keeper.changed.connect(orchestrator.use_settings)
    return keeper


@contextlib.contextmanager
def _event_loop(application: QCoreApplication) -> Iterator[asyncio.Runner]:
    """One loop for Qt and asyncio; blocking calls go to a few threads of our own."""
    from qasync import QEventLoop

    MainThreadCollector(application)
    with asyncio.Runner(loop_factory=lambda: QEventLoop(application)) as runner:
        runner.get_loop().set_default_executor(ThreadPoolExecutor(4, thread_name_prefix="worker"))
        yield runner


@contextlib.contextmanager
def _stop_signals(caught: asyncio.Future[Any]) -> Iterator[None]:
    """Resolve a future with the number of the signal that asks us to end."""
    loop = asyncio.get_running_loop()

    def on_signal(number: int) -> None:
        if not caught.done():
            caught.set_result(number)

    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, on_signal, number)
    try:
        yield
    finally:
        for number in _STOP_SIGNALS:
            loop.remove_signal_handler(number)


def _signal_name(ended: asyncio.Future[int]) -> str | None:
    """The signal that a future of `_stop_signals` was resolved with; None for anything else."""
    number = ended.result() if ended.done() else 0
    return f"signal {signal.Signals(number).name}" if number else None


class _Life:
    """What is known of the end of a window or a run."""

    reason = "unknown"


@contextlib.contextmanager
def _life_in_log(what: str, paths: Paths) -> Iterator[_Life]:
    """Frame a life with two lines in the log; the first one alone tells of a sudden end."""
    life = _Life()
    folder = paths.database.parent
    _logger.info(
        "%s started: dlmanager %s, pid %d, data in %s", what, __version__, os.getpid(), folder
    )
    try:
        yield life
    except BaseException as error:
        is_known = isinstance(error, DlmanagerError)
        life.reason = f"error: {error}" if is_known else f"uncaught {type(error).__name__}"
        raise
    finally:
        _logger.info("%s ended: %s", what, life.reason)


def start_logging(paths: Paths) -> None:
    """Log to the profile's file, Qt's messages, uncaught errors and crashes included.

    Where the disk is full or read-only, from when on it is not. Raises Surroundings if the file
    cannot be written for another reason.
    """
    handler = _PrivateLog(
        paths.log, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8", delay=True
    )
    try:
        handler.begin()
    except OSError as error:
        if not may_pass(error):
            raise Surroundings(
                f"The folder {paths.log.parent} cannot be written ({error.strerror}). "
                "Check its permissions, or choose another data folder."
            ) from error
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    qInstallMessageHandler(_on_qt_message)
    sys.excepthook = _on_uncaught


class _PrivateLog(logging.handlers.RotatingFileHandler):
    """A log that nobody else can read, the files of its rotation included; crashes go there too."""

    _crash_descriptor: int | None = None

    def begin(self) -> None:
        """Open the file, made with its folder when missing. Raises OSError; the next line tries."""
        self.stream = self._open()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's name)
        # What the disk does not take is not for the terminal, where its trouble is told once.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True, mode=0o700)

        def opener(path: str, flags: int) -> int:
            return os.open(path, flags, 0o600)

        file = open(self.baseFilename, self.mode, encoding=self.encoding, opener=opener)  # noqa: SIM115 (closed by the handler)
        assert isinstance(file, TextIOWrapper)
        # A descriptor of its own: the file is closed by a rotation, and at the end before Qt's
        # objects are torn down, and its number may then be that of another file.
        former, self._crash_descriptor = self._crash_descriptor, os.dup(file.fileno())
        faulthandler.enable(self._crash_descriptor)
        if former is not None:
            os.close(former)
        return file


def _on_qt_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    levels = {
        QtMsgType.QtDebugMsg: logging.DEBUG,
        QtMsgType.QtInfoMsg: logging.INFO,
        QtMsgType.QtWarningMsg: logging.WARNING,
    }
    logging.getLogger("qt").log(levels.get(kind, logging.ERROR), "%s", message)


def _on_uncaught(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    _logger.critical("uncaught error", exc_info=(kind, error, traceback))
    sys.__excepthook__(kind, error, traceback)
