"""Finished files are dragged out of the table, as files."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from dlmanager.core.job import Status
from dlmanager.gui.main_window import MainWindow
from tests.gui.fake_queue import FakeQueue, make_job

LEFT, NO_KEYS = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def move_mouse(target: QWidget, position: QPoint) -> None:
    """Move with the left button held down, which QTest does not."""
    at = QPointF(position)
    event = QMouseEvent(
        QEvent.Type.MouseMove, at, target.mapToGlobal(at), Qt.MouseButton.NoButton, LEFT, NO_KEYS
    )
    QApplication.sendEvent(target, event)


@pytest.fixture
def finished(window: MainWindow, queue: FakeQueue, tmp_path: Path) -> Callable[..., None]:
    def fill(*names: str) -> None:
        jobs = [
            make_job(name, Status.COMPLETED, final_path=str(tmp_path / f"{name}.iso"))
            for name in names
        ]
        window.load(queue.hold(*jobs, make_job("waiting")))

    return fill


def select(window: MainWindow, *job_ids: str) -> None:
    window._table.show_jobs(job_ids)


def test_finished_files_that_are_there_can_be_dragged_out(
    window: MainWindow, finished: Callable[..., None], tmp_path: Path
) -> None:
    (tmp_path / "a.iso").write_bytes(b"x")
    (tmp_path / "c.iso").mkdir()
    finished("a", "gone", "c")
    select(window, "a", "gone", "c", "waiting")
    files = window._table.dragged_files()
    assert files is not None
    assert files.urls() == [QUrl.fromLocalFile(str(tmp_path / "a.iso"))]
    assert files.hasFormat("text/uri-list")


def test_what_is_not_finished_or_gone_cannot_be_dragged(
    window: MainWindow, finished: Callable[..., None]
) -> None:
    finished("gone")
    select(window, "gone", "waiting")
    assert window._table.dragged_files() is None
    rows = {job_id: window._jobs.row_of(job_id) or 0 for job_id in ("gone", "waiting")}
    assert window._jobs.index(rows["gone"], 0).flags() & Qt.ItemFlag.ItemIsDragEnabled


class Drag:
    """In place of Qt's, which would wait for a real mouse."""

    made: "list[Drag]" = []  # noqa: RUF012 (one per test: see the fixture)

    def __init__(self, source: QWidget) -> None:
        self.mime: QMimeData | None = None
        self.actions: Qt.DropAction | None = None
        self.made.append(self)

    def setMimeData(self, mime: QMimeData) -> None:  # noqa: N802 (Qt's name)
        self.mime = mime

    def setPixmap(self, pixmap: object) -> None:  # noqa: N802 (Qt's name)
        pass

    def exec(self, actions: Qt.DropAction) -> None:
        self.actions = actions


@pytest.mark.parametrize("job_id, is_dragged", [("a", True), ("waiting", False)])
def test_the_mouse_drags_a_finished_row_out_as_a_copy(
    window: MainWindow,
    finished: Callable[..., None],
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    job_id: str,
    is_dragged: bool,
) -> None:
    monkeypatch.setattr(Drag, "made", [])
    monkeypatch.setattr("dlmanager.gui.job_table_view.QDrag", Drag)
    (tmp_path / "a.iso").write_bytes(b"x")
    finished("a")
    table = window._table
    row = window._jobs.row_of(job_id)
    assert row is not None
    start = table.visualRect(window._jobs.index(row, 0)).center()
    qtbot.mousePress(table.viewport(), LEFT, pos=start)
    for step in (5, 15, 30, 45):
        move_mouse(table.viewport(), start + QPoint(step, 0))
    qtbot.mouseRelease(table.viewport(), LEFT, pos=start + QPoint(45, 0))
    assert bool(Drag.made) is is_dragged
    if is_dragged:
        drag = Drag.made[0]
        assert drag.actions is Qt.DropAction.CopyAction
        assert drag.mime is not None
        assert drag.mime.urls() == [QUrl.fromLocalFile(str(tmp_path / "a.iso"))]
