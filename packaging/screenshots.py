"""Make the pictures of resources/screenshots from a real run: real queue, real wget, real window.

The files come from a server on this machine. Run it as `./dev screenshots`.
"""

import asyncio
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from PySide6.QtCore import QLocale, QSize  # noqa: E402
from PySide6.QtWidgets import QApplication, QWidget  # noqa: E402
from qasync import QEventLoop  # noqa: E402

from dlmanager.app import follow_settings, make_orchestrator  # noqa: E402
from dlmanager.core.job import Job, Status  # noqa: E402
from dlmanager.core.settings import Page, Settings  # noqa: E402
from dlmanager.engine.orchestrator import DownloadQueueOrchestrator  # noqa: E402
from dlmanager.engine.tasks import Tasks  # noqa: E402
from dlmanager.gui.actions import Actions  # noqa: E402
from dlmanager.gui.add_dialog import AddDialog  # noqa: E402
from dlmanager.gui.details_panel import DetailsPanel  # noqa: E402
from dlmanager.gui.job_table_view import JobTableView  # noqa: E402
from dlmanager.gui.main_window import MainWindow  # noqa: E402
from dlmanager.gui.palette import dark_palette, light_palette  # noqa: E402
from dlmanager.gui.settings_dialog import SettingsDialog  # noqa: E402
from dlmanager.gui.tool_bar import ToolBar  # noqa: E402
from dlmanager.paths import default_download_directory, profile_paths  # noqa: E402
from dlmanager.resources import application_icon  # noqa: E402
from dlmanager.window_parts import make_window  # noqa: E402
from tests.integration.loopback_server import Content, LoopbackServer, status  # noqa: E402

PICTURES = ROOT / "resources" / "screenshots"
SIZE = QSize(1160, 502)
SIZE_WITH_DETAILS = QSize(1160, 720)
MEGABYTE = 1_000_000

FINISHED = {
    "field-notes-2026.pdf": 2.2,
    "photos-autumn.zip": 31.0,
    "lecture-07.mp4": 58.0,
    "soil-samples.csv": 0.7,
}
RUNNING = {
    "debian-12.9-netinst.iso": (66.0, 3.1),
    "census-2021.tar.zst": (410.0, 9.4),
    "interview-raw.flac": (120.0, 6.0),
}
WAITING = ("atlas-of-rivers.epub", "survey-2025.ods")


def main() -> int:
    """Make all pictures; returns the exit status."""
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom))
    application = QApplication(["dlmanager"])
    application.setWindowIcon(application_icon())
    application.setQuitOnLastWindowClosed(False)
    PICTURES.mkdir(parents=True, exist_ok=True)
    loop = QEventLoop(application)
    os.environ["DBUS_SESSION_BUS_ADDRESS"] = "disabled:"  # nothing is told to who makes them
    with (
        asyncio.Runner(loop_factory=lambda: loop) as runner,
        tempfile.TemporaryDirectory() as folder,
        LoopbackServer() as server,
    ):
        os.environ["HOME"] = folder
        runner.run(make_pictures(application, server, Path(folder)))
    return 0


async def make_pictures(application: QApplication, server: LoopbackServer, folder: Path) -> None:
    """Run a queue and take the pictures at the right moments."""
    paths = profile_paths(str(folder / "data"))
    settings = Settings(initial_retry_delay_ms=40_000)
    orchestrator = make_orchestrator(paths, settings)
    tasks = Tasks(logging.getLogger("screenshots"))
    window = make_window(paths, follow_settings(paths, settings, orchestrator), orchestrator, tasks)
    window.resize(SIZE)
    application.setPalette(light_palette())
    await orchestrator.start()
    window.show()
    await take(window, "empty")
    refused = await fill(orchestrator, server, default_download_directory())
    window.resize(SIZE_WITH_DETAILS)
    await asyncio.sleep(4)  # so that speeds and the time left are steady
    await picture_window(application, window, refused)
    await picture_dialogs(window)
    await orchestrator.pause_all()
    window.close_for_good()
    await tasks.settle()
    await orchestrator.stop()


async def picture_window(application: QApplication, window: MainWindow, refused: str) -> None:
    """Take the window as it is at work; refused: the download whose server wants a password."""
    table, details = window.findChild(JobTableView), window.findChild(DetailsPanel)
    running = next(job.id for job in jobs_of(table) if job.status is Status.PROCESSING)
    table.show_jobs([running])
    await take(window, "window-light")
    application.setPalette(dark_palette())
    await asyncio.sleep(1)  # the details follow with the next second
    await take(window, "window-dark")
    application.setPalette(light_palette())
    await asyncio.sleep(1)
    table.show_jobs([refused])
    await take(window, "failed")
    table.show_jobs([running])
    await asyncio.sleep(6)  # so that there is something to draw
    details.show_page(details.speed)
    await take(window, "details")
    window.findChild(ToolBar).search_for("20")
    await take(window, "filtered")
    window.findChild(ToolBar).search_for("")


async def picture_dialogs(window: MainWindow) -> None:
    """Take the dialogs."""
    window.open_add_dialog(
        [
            "https://example.org/atlas/rivers.pdf",
            "https://example.org/atlas/sheet-[01-24].zip",
            "ftp://example.org/old.zip",
        ]
    )
    await take(window.findChild(AddDialog), "add")
    window.findChild(AddDialog).reject()
    window.findChild(Actions).settings.trigger()
    window.findChild(SettingsDialog).show_page(Page.QUEUE)
    await take(window.findChild(SettingsDialog), "settings")
    window.findChild(SettingsDialog).reject()


def jobs_of(table: JobTableView) -> Iterator[Job]:
    """The jobs in the table, from the top."""
    return (table.jobs.job_at(row) for row in range(table.jobs.rowCount()))


async def fill(
    orchestrator: DownloadQueueOrchestrator, server: LoopbackServer, downloads: Path
) -> str:
    """Bring the queue to where something has finished, something failed and three files run.

    Returns the id of the one whose server wants a password.
    """
    for name, megabytes in FINISHED.items():
        url = server.serve(f"/{name}", Content(size=round(megabytes * MEGABYTE)))
        orchestrator.enqueue_download(url, downloads)
    locked = server.serve("/minutes-board.zip", Content(size=MEGABYTE), credentials=("ann", "p"))
    refused = orchestrator.enqueue_download(locked, downloads)
    busy = server.on("/thesis.pdf", status(500))  # a 503 would make its whole host wait
    retrying = orchestrator.enqueue_download(busy, downloads)
    await reached(orchestrator, refused, Status.FAILED)
    await reached(orchestrator, retrying, Status.RETRYING)
    paused = server.serve("/holiday-film.mkv", Content(size=90 * MEGABYTE), rate_bytes_s=40e6)
    paused_id = orchestrator.enqueue_download(paused, downloads)
    await asyncio.sleep(1)
    await orchestrator.pause([paused_id])
    for name, (megabytes, speed) in RUNNING.items():
        content = Content(size=round(megabytes * MEGABYTE))
        url = server.serve(f"/{name}", content, rate_bytes_s=speed * MEGABYTE)
        orchestrator.enqueue_download(url, downloads)
    for name in WAITING:
        orchestrator.enqueue_download(server.serve(f"/{name}", Content(size=MEGABYTE)), downloads)
    return refused


async def reached(orchestrator: DownloadQueueOrchestrator, job_id: str, wanted: Status) -> None:
    """Wait until a job is in a state."""
    async with asyncio.timeout(30):
        while (job := orchestrator.get_job_status(job_id)) and job.status is not wanted:
            await asyncio.sleep(0.05)


async def take(widget: QWidget, name: str) -> None:
    """Save a picture of a widget once it has been laid out."""
    await asyncio.sleep(0.3)
    path = PICTURES / f"{name}.png"
    widget.grab().save(str(path))
    print(path.relative_to(ROOT))


if __name__ == "__main__":
    sys.exit(main())
