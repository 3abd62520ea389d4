"""The program with a window: its start, its life, its end, and why there is none."""

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence

from dlmanager import __version__
from dlmanager.app import (
    UNUSABLE,
    follow_settings,
    make_orchestrator,
    start_when_possible,
    system_network,
)
from dlmanager.cli import complain
from dlmanager.core.errors import (
    DlmanagerError,
    QueueInUse,
    StoreUnusable,
    StoreUnusableNow,
    Surroundings,
)
from dlmanager.core.settings import Settings
from dlmanager.desktop.single_instance import InstanceServer, hand_over
from dlmanager.engine.orchestrator import DownloadQueueOrchestrator
from dlmanager.engine.settings_keeper import SettingsKeeper
from dlmanager.engine.tasks import Tasks
from dlmanager.event_loop import event_loop, signal_name, stop_signals
from dlmanager.log import Life, life_in_log, start_logging
from dlmanager.occupied_queue import give_links
from dlmanager.paths import Paths, make_socket_folder
from dlmanager.usable_settings import chosen_language, settings_or_defaults

_logger = logging.getLogger("dlmanager")


def run_window(paths: Paths, links: Sequence[str]) -> int:
    """Open the window, or raise the one that runs; returns the exit status."""
    if not _has_display():
        complain(
            "there is no display for a window. `dlmanager run` works on the queue without one."
        )
        return UNUSABLE
    make_socket_folder(paths.socket)
    if hand_over(paths.socket, links):
        return 0
    # From here on: a second start needs no widgets, and is to be over soon.
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
    use_language(application, chosen_language(paths))
    keeper = PaletteKeeper(application)
    with event_loop(application) as runner:
        try:
            start_logging(paths)
        except Surroundings as error:
            return runner.run(_tell_and_end(str(error)))
        return runner.run(_with_window(paths, links, keeper.wear))


def _has_display() -> bool:
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


async def _with_window(
    paths: Paths, links: Sequence[str], wear: Callable[[Settings], None] | None = None
) -> int:
    """wear: shows the colours that settings choose; None leaves them as they are."""
    with life_in_log("window", paths) as life:
        return await _window_and_queue(paths, links, life, wear)


async def _window_and_queue(
    paths: Paths, links: Sequence[str], life: Life, wear: Callable[[Settings], None] | None
) -> int:
    settings, trouble = settings_or_defaults(paths)
    if wear is not None:
        wear(settings)
    sentences = [trouble] if trouble is not None else []
    orchestrator = make_orchestrator(paths, settings, system_network())
    orchestrator.noticed.connect(sentences.append)
    try:
        # The window is there first, then its banner; a disk that it has to wait for is told in it.
        with contextlib.suppress(StoreUnusableNow):
            await orchestrator.start(awaits_wget=False)
    except QueueInUse as error:
        life.reason = f"error: {error}"
        sentence = await give_links(paths, links, error)
        return 0 if sentence is None else await _tell_and_end(sentence)
    except DlmanagerError as error:
        life.reason = f"error: {error}"
        return await _tell_and_end(str(error))
    quit_asked: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    try:
        with stop_signals(quit_asked):  # to the very end: a second must not cut the stop short
            care = follow_settings(paths, settings, orchestrator)
            if wear is not None:
                care.changed.connect(wear)
            try:
                await _window_life(paths, care, orchestrator, links, sentences, quit_asked)
            finally:
                care.close()
                await orchestrator.stop()
    except (QueueInUse, StoreUnusable) as error:  # it waited in vain
        life.reason = f"error: {error}"
        return await _tell_and_end(str(error))
    life.reason = signal_name(quit_asked) or "it was quit"
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
    from dlmanager.window_parts import begin_notifications, make_window

    def on_quit() -> None:
        if not quit_asked.done():
            quit_asked.set_result(0)

    def on_links(received: Sequence[str]) -> None:
        window.bring_to_front()
        if not orchestrator.is_running:
            waiting_links.extend(received)
        elif received:
            window.add_links(received)

    tasks = Tasks(_logger)
    window = make_window(paths, care, orchestrator, tasks)
    end_notifications = begin_notifications(window, tasks)
    window.quit_requested.connect(on_quit)
    waiting_links = list(links)
    try:
        with _later_starts(paths, on_links):
            if not orchestrator.is_running:
                window.show()
            if await start_when_possible(orchestrator, quit_asked, awaits_wget=False):
                window.load(await orchestrator.list_jobs())
                window.show()
                if waiting_links:
                    window.add_links(waiting_links)
                if sentences:
                    window.warn(" ".join(sentences))
                orchestrator.noticed.connect(lambda _: window.warn(" ".join(sentences)))
                await quit_asked
    finally:
        window.close_for_good()
        end_notifications()
        await tasks.settle()


@contextlib.contextmanager
def _later_starts(paths: Paths, on_links: Callable[[Sequence[str]], None]) -> Iterator[None]:
    """Take the links of later starts meanwhile."""
    server = InstanceServer(paths.socket)
    server.links_received.connect(on_links)
    if (reason := server.listen()) is not None:
        _logger.warning("no later start will find this window: %s (%s)", reason, paths.socket)
    try:
        yield
    finally:
        server.close()


async def _tell_and_end(sentence: str) -> int:
    """Show why there is no window, on the terminal and on the screen."""
    from PySide6.QtWidgets import QMessageBox

    from dlmanager.gui.sentences import in_window_language

    complain(sentence)
    box = QMessageBox(QMessageBox.Icon.Warning, "dlmanager", in_window_language(sentence))
    closed = asyncio.get_running_loop().create_future()
    box.finished.connect(lambda result: closed.set_result(None) if not closed.done() else None)
    with stop_signals(closed):
        box.open()
        await closed
    return UNUSABLE
