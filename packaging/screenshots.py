"""Make the pictures of resources/screenshots from a real run: real queue, real wget, real window.

The files come from a server on this machine. Run it as `./dev screenshots`.
"""

import asyncio
import logging
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from PySide6.QtCore import QLocale, QSize  # noqa: E402
from PySide6.QtWidgets import QApplication, QDialog, QWidget  # noqa: E402
from qasync import QEventLoop  # noqa: E402

from dlmanager.core.job import Status  # noqa: E402
from dlmanager.desktop.link_files import read_link_file  # noqa: E402
from dlmanager.desktop.trash import move_to_trash  # noqa: E402
from dlmanager.engine.disk_space import free_bytes  # noqa: E402
from dlmanager.engine.orchestrator import DownloadQueueOrchestrator  # noqa: E402
from dlmanager.engine.tasks import Tasks  # noqa: E402
from dlmanager.gui.add_dialog import AddDialog  # noqa: E402
from dlmanager.gui.details_panel import DetailsPanel  # noqa: E402
from dlmanager.gui.job_table_view import JobTableView  # noqa: E402
from dlmanager.gui.main_window import MainWindow  # noqa: E402
from dlmanager.gui.palette import dark_palette, light_palette  # noqa: E402
from dlmanager.resources import application_icon  # noqa: E402
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
    with (
        asyncio.Runner(loop_factory=lambda: loop) as runner,
        tempfile.TemporaryDirectory() as folder,
        LoopbackServer() as server,
    ):
        runner.run(make_pictures(application, server, Path(folder)))
    return 0


async def make_pictures(application: QApplication, server: LoopbackServer, folder: Path) -> None:
    """Run a queue and take the pictures at the right moments."""
    orchestrator = DownloadQueueOrchestrator(
        db=folder / "data" / "queue.db", initial_retry_delay_ms=40_000
    )
    tasks = Tasks(logging.getLogger("screenshots"))
    downloads = folder / "Downloads"
    downloads.mkdir()
    window = MainWindow(
        orchestrator,
        start_task=tasks.start,
        download_directory=str(downloads),
        open_file=lambda path: None,
        open_in_browser=lambda link: True,
        show_in_folder=lambda path, failed: None,
        move_to_trash=lambda path: asyncio.to_thread(move_to_trash, path),
        make_settings_dialog=QDialog,
        make_about_dialog=QDialog,
        read_link_file=lambda path: asyncio.to_thread(read_link_file, path),
        free_bytes=lambda folder: asyncio.to_thread(free_bytes, folder),
    )
    window.resize(SIZE)
    application.setPalette(light_palette())
    await orchestrator.start()
    window.show()
    await take(window, "empty")
    await fill(orchestrator, server, downloads)
    window.resize(SIZE_WITH_DETAILS)
    table, details = window.findChild(JobTableView), window.findChild(DetailsPanel)
    await asyncio.sleep(4)  # so that speeds and the time left are steady
    table.setCurrentIndex(table.model().index(0, 0))
    await take(window, "window-light")
    application.setPalette(dark_palette())
    await take(window, "window-dark")
    application.setPalette(light_palette())
    await asyncio.sleep(8)  # so that there is something to draw
    details.show_page(details.speed)
    await take(window, "details")
    window.open_add_dialog(
        [
            "https://example.org/atlas/rivers.pdf",
            "https://example.org/atlas/sheet-[01-24].zip",
            "ftp://example.org/old.zip",
        ]
    )
    await take(window.findChild(AddDialog), "add")
    await orchestrator.pause_all()
    window.close_for_good()
    await tasks.settle()
    await orchestrator.stop()


async def fill(
    orchestrator: DownloadQueueOrchestrator, server: LoopbackServer, downloads: Path
) -> None:
    """Bring the queue to where something has finished, something failed and three files run."""
    for name, megabytes in FINISHED.items():
        url = server.serve(f"/{name}", Content(size=round(megabytes * MEGABYTE)))
        orchestrator.enqueue_download(url, downloads)
    gone = orchestrator.enqueue_download(server.answer("/old-driver.zip", 404), downloads)
    busy = server.on("/thesis.pdf", status(500))  # a 503 would make its whole host wait
    retrying = orchestrator.enqueue_download(busy, downloads)
    await reached(orchestrator, gone, Status.FAILED)
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
