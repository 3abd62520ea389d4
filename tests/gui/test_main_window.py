from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QGuiApplication, QKeySequence
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QMessageBox,
    QPushButton,
    QToolBar,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from dlmanager.core.errors import ErrorKind, StoreUnusable
from dlmanager.core.job import Job, Phase, Status, WaitingFor, Wish
from dlmanager.core.notification import Answer, Notification
from dlmanager.core.progress import JobProgress
from dlmanager.core.settings import Settings
from dlmanager.gui.add_dialog import AddDialog
from dlmanager.gui.job_row import Column
from dlmanager.gui.job_table_model import Role
from dlmanager.gui.main_window import MainWindow
from tests.gui.conftest import Desktop, OpenWindow
from tests.gui.fake_queue import FakeQueue, free_at_once, make_job, read_at_once

A, B = "https://example.org/a.iso", "https://example.org/b.iso"


def fill(window: MainWindow, queue: FakeQueue, *jobs: Job) -> None:
    window.load(queue.hold(*jobs))


def select(window: MainWindow, *job_ids: str) -> None:
    window._table.clearSelection()
    model = window._table.selectionModel()
    flags = model.SelectionFlag.Select | model.SelectionFlag.Rows
    for job_id in job_ids:
        row = window._jobs.row_of(job_id)
        assert row is not None
        model.select(window._jobs.index(row, 0), flags)


def message(window: MainWindow) -> str:
    return window._status_line.message


def action(window: MainWindow, name: str) -> QAction:
    found = getattr(window._actions, name)
    assert isinstance(found, QAction)
    return found


def question(window: MainWindow) -> QMessageBox | None:
    boxes = [box for box in window.findChildren(QMessageBox) if box.isVisible()]
    return boxes[0] if boxes else None


def answer(window: MainWindow, qtbot: QtBot, text: str) -> None:
    box = question(window)
    assert box is not None
    button = next(b for b in box.findChildren(QPushButton) if b.text().replace("&", "") == text)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def with_text(text: str) -> QMimeData:
    mime = QMimeData()
    mime.setText(text)
    return mime


def drop(target: QWidget, mime: QMimeData) -> tuple[bool, QDropEvent]:
    actions = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction | Qt.DropAction.LinkAction
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(50, 50), actions, mime, left, none)
    enter.ignore()
    QApplication.sendEvent(target, enter)
    event = QDropEvent(QPointF(50, 50), actions, mime, left, none)
    if enter.isAccepted():
        QApplication.sendEvent(target, event)
    return enter.isAccepted(), event


# The list


def test_an_empty_list_explains_itself_until_there_is_a_job(
    window: MainWindow, queue: FakeQueue
) -> None:
    assert window._list._empty_page.isVisible()
    queue.jobs_added.emit([make_job("a")])
    assert window._table.isVisible()
    queue.jobs_removed.emit(["a"])
    assert window._list._empty_page.isVisible()


def test_window_follows_the_signals_of_the_queue(window: MainWindow, queue: FakeQueue) -> None:
    job = make_job("a", Status.PROCESSING, attempt=1, phase=Phase.DOWNLOADING)
    queue.jobs_added.emit([job, make_job("b"), make_job("c", Status.RETRYING)])
    queue.progressed.emit([JobProgress("a", 1, Phase.DOWNLOADING, 5, 10, 14_300_000.0)])
    window._jobs.flush()
    speed = window._status_line._speed.text().replace("\N{NO-BREAK SPACE}", " ")
    assert speed == "↓ 14.3 MB/s"
    assert window._status_line._counts.text() == "1 active, 1 waiting, 1 retrying"
    queue.jobs_changed.emit([job._replace(status=Status.COMPLETED)])
    assert window._status_line._speed.text() == ""
    assert window._status_line._counts.text() == "1 waiting, 1 retrying"
    queue.jobs_removed.emit(["b", "c"])
    assert window._status_line._counts.text() == ""


@pytest.mark.fault(55)
def test_sizes_beyond_32_bits_are_shown(window: MainWindow, queue: FakeQueue) -> None:
    have, total = 2**42 + 1, 2**43
    job = make_job("a", Status.PROCESSING, attempt=1, phase=Phase.DOWNLOADING)
    queue.jobs_added.emit([job._replace(bytes_total=total)])
    queue.progressed.emit([JobProgress("a", 1, Phase.DOWNLOADING, have, total, 5e9)])
    window._jobs.flush()
    row = window._jobs.row_of("a")
    assert row is not None
    assert window._jobs.bytes_done_at(row) == have
    sizes = window._jobs.index(row, Column.SIZE)
    assert sizes.data(Role.SORT) == total
    assert sizes.data().replace("\N{NO-BREAK SPACE}", " ") == "8.8 TB"
    assert not window.grab().isNull()


def test_a_job_that_another_program_added_appears(window: MainWindow, queue: FakeQueue) -> None:
    queue.jobs_changed.emit([make_job("a")])
    assert window._table.isVisible()
    assert window._status_line._counts.text() == "1 waiting"


def test_a_problem_of_the_whole_queue_is_a_calm_banner(
    window: MainWindow, queue: FakeQueue
) -> None:
    assert not window._banner.isVisible()
    queue.set_problem("wget is missing. Install it.")
    assert window._banner.isVisible()
    assert window._banner.text == "wget is missing. Install it."
    assert question(window) is None
    queue.set_problem(None)
    assert not window._banner.isVisible()


def test_a_problem_that_was_there_before_is_shown(
    qtbot: QtBot, queue: FakeQueue, tmp_path: Path
) -> None:
    queue.problem = "wget is missing."
    window = MainWindow(
        queue,
        start_task=lambda task: task.close(),
        download_directory=str(tmp_path),
        open_file=lambda path: None,
        open_in_browser=lambda link: True,
        show_in_folder=lambda path, on_failed: None,
        move_to_trash=Desktop().move_to_trash,
        make_settings_dialog=QDialog,
        make_about_dialog=QDialog,
        read_link_file=read_at_once,
        free_bytes=free_at_once,
        tray_is_available=lambda: False,
    )
    qtbot.addWidget(window)
    assert window._banner.text == "wget is missing."
    assert not window._banner.isHidden()


def test_the_status_bar_tells_when_no_server_can_be_reached(
    window: MainWindow, queue: FakeQueue
) -> None:
    offline = window._status_line._offline
    assert not offline.isVisible()
    queue.network_away_changed.emit(True)
    assert (offline.isVisible(), offline.text()) == (True, "Offline")
    queue.network_away_changed.emit(False)
    assert not offline.isVisible()


def test_a_network_that_was_away_before_is_told(queue: FakeQueue, open_window: OpenWindow) -> None:
    queue.network_is_away = True
    assert open_window()._status_line._offline.isVisible()


def test_the_status_bar_tells_the_free_space(window: MainWindow) -> None:
    assert window._free_space.isVisible()
    assert window._free_space.text() == "128\u00a0GB free"


# Adding


def test_links_are_added_to_the_default_folder_at_once(
    window: MainWindow, queue: FakeQueue, tmp_path: Path
) -> None:
    window.add_links([A, B])
    assert [(order.url, order.target_directory) for order in queue.orders] == [
        (A, str(tmp_path)),
        (B, str(tmp_path)),
    ]
    assert message(window) == "Added 2 downloads."


@pytest.mark.parametrize("is_open", [False, True], ids=["closed", "open before"])
def test_links_that_cannot_be_used_wait_in_the_dialog_beside_what_was_added(
    window: MainWindow, queue: FakeQueue, is_open: bool
) -> None:
    if is_open:
        window.open_add_dialog()
    window.add_links([A, "ftp://x.org/", "x"])
    assert [order.url for order in queue.orders] == [A]
    assert message(window) == "Added 1 download."
    (dialog,) = window.findChildren(AddDialog)
    assert dialog._links.toPlainText() == "ftp://x.org/\nx"
    assert len(dialog._links.extraSelections()) == 2
    assert dialog._done.text() == "Added 1 download. What is left could not be used."


def test_no_links_say_nothing(window: MainWindow, queue: FakeQueue) -> None:
    window.add_links([])
    assert queue.orders == []
    assert message(window) == ""


def test_nothing_of_a_drop_vanishes(window: MainWindow, queue: FakeQueue) -> None:
    drop(window, with_text(f"{A}\nhttp://x/a b.bin\nftp://x/y\nnonsense"))
    assert [order.url for order in queue.orders] == [A]
    (dialog,) = window.findChildren(AddDialog)
    assert dialog._links.toPlainText() == "http://x/a b.bin\nftp://x/y\nnonsense"
    assert len(dialog._links.extraSelections()) == 3


def test_typing_replaces_what_was_on_the_clipboard(window: MainWindow, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setText(A)
    action(window, "add").trigger()
    (dialog,) = window.findChildren(AddDialog)
    qtbot.keyClicks(dialog.focusWidget(), "x")
    assert dialog._links.toPlainText() == "x"


def test_the_dialog_does_not_begin_with_a_clipboard_that_holds_no_link(
    window: MainWindow, queue: FakeQueue
) -> None:
    QGuiApplication.clipboard().setText("file:///tmp/copied.txt")
    action(window, "add").trigger()
    (dialog,) = window.findChildren(AddDialog)
    assert dialog._links.toPlainText() == ""


def test_links_of_which_none_can_be_used_come_to_the_dialog_to_be_mended(
    window: MainWindow, queue: FakeQueue
) -> None:
    window.add_links(["ftp://x.org/"])
    (dialog,) = window.findChildren(AddDialog)
    assert dialog.isVisible()
    assert dialog._links.toPlainText() == "ftp://x.org/"
    assert queue.orders == []


def test_links_that_the_queue_cannot_take_now_wait_in_the_dialog(
    window: MainWindow, queue: FakeQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(orders: object) -> list[Job]:
        raise StoreUnusable("The disk is full.")

    monkeypatch.setattr(queue, "add", refuse)
    window.add_links([A, B])
    (dialog,) = window.findChildren(AddDialog)
    assert dialog._links.toPlainText() == f"{A}\n{B}"
    assert message(window) == "The disk is full."


@pytest.mark.parametrize("wish", ["pause", "cancel", "remove", "pause_all"])
def test_a_wish_that_the_queue_cannot_take_now_is_told(
    window: MainWindow, queue: FakeQueue, monkeypatch: pytest.MonkeyPatch, wish: str
) -> None:
    async def refuse(*_: object, **__: object) -> list[Job]:
        raise StoreUnusable("The disk is full.")

    monkeypatch.setattr(queue, wish, refuse)
    fill(window, queue, make_job("a"))
    select(window, "a")
    action(window, wish).trigger()
    assert message(window) == "The disk is full."


def test_a_warning_stands_above_the_list_unless_the_queue_has_worse_to_tell(
    window: MainWindow, queue: FakeQueue
) -> None:
    window.warn("The settings cannot be read.")
    assert window._banner.text == "The settings cannot be read."


def test_a_message_goes_away_by_itself(window: MainWindow, qtbot: QtBot) -> None:
    window._status_line._clear_timer.setInterval(10)
    window.tell("Done.")
    assert message(window) == "Done."
    qtbot.waitUntil(lambda: message(window) == "", timeout=2000)


def test_a_long_message_does_not_widen_the_window(window: MainWindow) -> None:
    before = window.minimumSizeHint().width()
    window.tell("x" * 2000)
    assert window.minimumSizeHint().width() == before
    assert not window.grab().isNull()


@pytest.mark.parametrize("on_table", [False, True], ids=["empty page", "table"])
def test_dropped_links_are_copied_into_the_queue(
    window: MainWindow, queue: FakeQueue, on_table: bool
) -> None:
    if on_table:
        fill(window, queue, make_job("other"))
    mime = QMimeData()
    mime.setData("text/uri-list", f"{A}\r\n{B}\r\n".encode())
    accepted, event = drop(window, mime)
    assert accepted
    assert event.dropAction() is Qt.DropAction.CopyAction
    assert [order.url for order in queue.orders] == [A, B]


def test_dropped_text_is_searched_for_links(window: MainWindow, queue: FakeQueue) -> None:
    drop(window, with_text(f"Take {A} and, if you like, ({B})."))
    assert [order.url for order in queue.orders] == [A, B]


def test_a_drop_without_links_is_explained(window: MainWindow, queue: FakeQueue) -> None:
    drop(window, with_text("nothing here"))
    assert queue.orders == []
    assert message(window) == "There was no link in what was dropped."


def test_a_dragged_picture_is_not_taken(window: MainWindow) -> None:
    mime = QMimeData()
    mime.setData("image/png", b"x")
    accepted, _ = drop(window, mime)
    assert not accepted


def test_ctrl_v_brings_the_links_of_the_clipboard_to_the_dialog_and_return_adds_them(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot
) -> None:
    text = f"{A}\nhttp://x/a b.bin\nftp://x/y\nnonsense"
    QGuiApplication.clipboard().setText(text)
    with qtbot.waitActive(window):
        window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    (dialog,) = window.findChildren(AddDialog)
    assert dialog._links.toPlainText() == text
    assert len(dialog._links.extraSelections()) == 3
    assert queue.orders == []
    qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Return)
    assert [order.url for order in queue.orders] == [A]
    assert message(window) == "Added 1 download."


def test_paste_without_links_is_explained(window: MainWindow, queue: FakeQueue) -> None:
    QGuiApplication.clipboard().setText("nothing here")
    action(window, "paste").trigger()
    assert queue.orders == []
    assert message(window) == "There is no link on the clipboard."


def test_add_opens_one_dialog_with_the_links_of_the_clipboard(
    window: MainWindow, queue: FakeQueue
) -> None:
    QGuiApplication.clipboard().setText(A)
    action(window, "add").trigger()
    QGuiApplication.clipboard().setText(B)
    action(window, "add").trigger()
    (dialog,) = window.findChildren(AddDialog)
    assert dialog.isVisible()
    assert dialog._links.toPlainText() == f"{A}\n{B}"
    dialog.accept()
    assert [order.url for order in queue.orders] == [A, B]
    assert message(window) == "Added 2 downloads."
    window.open_add_dialog()
    assert sum(found.isVisible() for found in window.findChildren(AddDialog)) == 1


def test_adding_from_the_tray_shows_the_window_first(window: MainWindow) -> None:
    QGuiApplication.clipboard().clear()
    window.hide()
    action(window, "add").trigger()
    assert window.isVisible()
    assert window.findChildren(AddDialog)[0].isVisible()


# Wishes


@pytest.mark.parametrize("wish", [Wish.PAUSE, Wish.RESUME, Wish.CANCEL, Wish.RETRY])
@pytest.mark.parametrize("status", list(Status))
def test_every_action_on_every_state(
    window: MainWindow, queue: FakeQueue, status: Status, wish: Wish
) -> None:
    job = make_job("a", status)
    fill(window, queue, job)
    select(window, "a")
    assert action(window, wish.value).isEnabled() == job.allows(wish)
    action(window, wish.value).trigger()
    assert queue.calls == ([(wish.value, ["a"])] if job.allows(wish) else [])


def came_as_page(job_id: str = "a", **fields: Any) -> Job:
    return make_job(
        job_id,
        Status.FAILED,
        error_kind=ErrorKind.WEB_PAGE,
        error_message="The server sent a web page. <b>Keep</b> it?",
        **fields,
    )


def test_a_page_in_place_of_the_file_is_told_with_two_buttons(
    window: MainWindow, queue: FakeQueue, desktop: Desktop, qtbot: QtBot
) -> None:
    fill(window, queue, came_as_page(url="https://example.org/a.iso"), make_job("b"))
    action(window, "details").setChecked(False)
    assert not window._page_banner.isVisible()
    select(window, "a")
    assert window._page_banner.isVisible()
    assert window._page_banner.text == "The server sent a web page. <b>Keep</b> it?"
    browser, keep = window._page_banner.findChildren(QToolButton)
    assert (browser.accessibleName(), keep.accessibleName()) == ("Open in browser", "Keep the page")
    qtbot.mouseClick(browser, Qt.MouseButton.LeftButton)
    assert desktop.browsed == ["https://example.org/a.iso"]
    qtbot.mouseClick(keep, Qt.MouseButton.LeftButton)
    assert queue.calls == [("accept", ["a"])]
    assert message(window) == "Fetching the web page of 1 download."
    qtbot.waitUntil(lambda: not window._page_banner.isVisible(), timeout=1000)


def test_a_page_is_asked_about_in_one_place_at_a_time(window: MainWindow, queue: FakeQueue) -> None:
    fill(window, queue, came_as_page())
    select(window, "a")
    details = window._details
    offered = [action(window, name) for name in ("open_in_browser", "accept", "edit_link", "retry")]
    assert not window._page_banner.isVisible()
    assert details.general.offered == offered
    details.show_page(details.log)
    assert window._page_banner.isVisible()
    details.show_page(details.general)
    assert not window._page_banner.isVisible()
    action(window, "details").trigger()
    assert window._page_banner.isVisible()


def test_the_buttons_for_a_page_are_there_for_nothing_else(
    window: MainWindow, queue: FakeQueue
) -> None:
    fill(window, queue, came_as_page(), make_job("b"), make_job("c", Status.FAILED))
    for selected in (["b"], ["c"], ["a", "b"], []):
        window._table.clearSelection()
        select(window, *selected)
        assert not window._page_banner.isVisible()
        for name in ("open_in_browser", "accept"):
            assert not action(window, name).isVisible()
            assert not action(window, name).isEnabled()


def test_a_missing_browser_is_told(window: MainWindow, queue: FakeQueue, desktop: Desktop) -> None:
    desktop.opens = False
    fill(window, queue, came_as_page())
    select(window, "a")
    action(window, "open_in_browser").trigger()
    assert message(window).startswith("No browser opened.")


def test_only_the_jobs_that_allow_it_are_asked_for(window: MainWindow, queue: FakeQueue) -> None:
    fill(window, queue, make_job("a"), make_job("b", Status.COMPLETED), make_job("c"))
    select(window, "a", "b", "c")
    action(window, "pause").trigger()
    ((name, ids),) = queue.calls
    assert (name, set(ids)) == ("pause", {"a", "c"})
    assert message(window) == "Paused 2 downloads."


def test_actions_follow_the_state_of_the_selected_job(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot
) -> None:
    fill(window, queue, make_job("a"))
    select(window, "a")
    assert not action(window, "resume").isEnabled()
    action(window, "pause").trigger()
    qtbot.waitUntil(action(window, "resume").isEnabled, timeout=1000)
    assert not action(window, "pause").isEnabled()
    queue.jobs_removed.emit(["a"])
    qtbot.waitUntil(lambda: not action(window, "resume").isEnabled(), timeout=1000)


def test_pause_all_and_resume_all(window: MainWindow, queue: FakeQueue) -> None:
    fill(window, queue, make_job("a"), make_job("b", Status.PAUSED))
    action(window, "pause_all").trigger()
    action(window, "resume_all").trigger()
    assert [name for name, _ in queue.calls] == ["pause_all", "resume_all"]


@pytest.mark.parametrize("status", list(Status))
def test_remove_asks_only_when_bytes_would_be_thrown_away(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot, status: Status
) -> None:
    fill(window, queue, make_job("a", status, bytes_done=120_000_000))
    select(window, "a")
    action(window, "remove").trigger()
    if status is Status.COMPLETED:
        assert question(window) is None
    else:
        box = question(window)
        assert box is not None
        assert box.informativeText().replace("\N{NO-BREAK SPACE}", " ") == (
            "The 120 MB downloaded so far will be thrown away."
        )
        assert box.text() == "Remove a.iso from the list?"
        assert box.textFormat() is Qt.TextFormat.PlainText
        assert queue.calls == []
        answer(window, qtbot, "Remove")
    assert queue.calls == [("remove", ["a"])]
    assert window._jobs.rowCount() == 0
    assert message(window) == "Removed 1 download."


def test_remove_of_many_without_bytes_asks_nothing_as_it_can_be_undone(
    window: MainWindow, queue: FakeQueue
) -> None:
    fill(window, queue, make_job("a"), make_job("b"))
    select(window, "a", "b")
    action(window, "remove").trigger()
    assert question(window) is None
    assert set(queue.calls[0][1]) == {"a", "b"}
    assert action(window, "undo_remove").isEnabled()


def test_cancel_asks_when_bytes_would_be_thrown_away(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot
) -> None:
    fill(window, queue, make_job("a", Status.PAUSED, bytes_done=120_000_000))
    select(window, "a")
    action(window, "cancel").trigger()
    box = question(window)
    assert box is not None
    assert box.informativeText().replace("\N{NO-BREAK SPACE}", " ") == (
        "The 120 MB downloaded so far will be thrown away. To keep them, pause instead."
    )
    assert queue.calls == []
    answer(window, qtbot, "Cancel download")
    assert queue.calls == [("cancel", ["a"])]


def test_a_question_goes_when_nothing_is_left_to_cancel(
    window: MainWindow, queue: FakeQueue
) -> None:
    first = make_job("a", Status.PAUSED, bytes_done=120_000_000)
    second = make_job("b", Status.PROCESSING, bytes_done=120_000_000)
    fill(window, queue, first, second)
    select(window, "a", "b")
    action(window, "cancel").trigger()
    queue.jobs_changed.emit(queue.hold(first._replace(status=Status.CANCELLED)))
    assert question(window) is not None
    queue.jobs_changed.emit(queue.hold(second._replace(status=Status.COMPLETED)))
    assert question(window) is None
    assert message(window) == "Nothing is left to cancel."
    assert queue.calls == []
    queue.jobs_changed.emit(queue.hold(second._replace(status=Status.COMPLETED, pid=1)))


def test_remove_without_bytes_asks_nothing(window: MainWindow, queue: FakeQueue) -> None:
    fill(window, queue, make_job("a", Status.FAILED))
    select(window, "a")
    action(window, "remove").trigger()
    assert queue.calls == [("remove", ["a"])]


def test_remove_of_several_asks_once(window: MainWindow, queue: FakeQueue, qtbot: QtBot) -> None:
    partial = make_job("a", Status.PAUSED, bytes_done=5)
    done = make_job("b", Status.COMPLETED, bytes_done=5)
    fill(window, queue, partial, done)
    select(window, "a", "b")
    action(window, "remove").trigger()
    box = question(window)
    assert box is not None
    assert box.text() == "Remove 2 downloads from the list?"
    assert box.informativeText().replace("\N{NO-BREAK SPACE}", " ") == (
        "The 5 bytes downloaded so far will be thrown away. Finished files stay."
    )
    answer(window, qtbot, "Remove")
    assert set(queue.calls[0][1]) == {"a", "b"}


def test_live_bytes_count_too_when_removing(window: MainWindow, queue: FakeQueue) -> None:
    fill(window, queue, make_job("a", Status.PROCESSING))
    queue.progressed.emit([JobProgress("a", 0, Phase.DOWNLOADING, 5, 10, 1.0)])
    select(window, "a")
    action(window, "remove").trigger()
    assert question(window) is not None


@pytest.mark.parametrize("way", ["button", "escape", "return"])
def test_remove_can_be_thought_over(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot, way: str
) -> None:
    fill(window, queue, make_job("a", Status.PAUSED, bytes_done=5))
    select(window, "a")
    action(window, "remove").trigger()
    if way == "button":
        answer(window, qtbot, "Keep in the list")
    else:
        box = question(window)
        assert box is not None
        qtbot.keyClick(box, Qt.Key.Key_Escape if way == "escape" else Qt.Key.Key_Return)
    assert question(window) is None
    assert queue.calls == []


@pytest.mark.parametrize(
    "statuses, safe, agree",
    [
        ([Status.PROCESSING], "Keep downloading", "Cancel download"),
        ([Status.PAUSED], "Keep it", "Cancel download"),
        ([Status.PAUSED, Status.RETRYING], "Keep downloading", "Cancel 2 downloads"),
        ([Status.PAUSED, Status.FAILED], "Keep them", "Cancel 2 downloads"),
    ],
)
def test_return_throws_nothing_away(
    window: MainWindow,
    queue: FakeQueue,
    qtbot: QtBot,
    statuses: list[Status],
    safe: str,
    agree: str,
) -> None:
    fill(window, queue, *(make_job(f"{n}", s, bytes_done=5) for n, s in enumerate(statuses)))
    select(window, *queue.jobs)
    action(window, "cancel").trigger()
    box = question(window)
    assert box is not None
    labels = {button.text().replace("&", "") for button in box.findChildren(QPushButton)}
    assert labels == {safe, agree}
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert question(window) is None
    assert queue.calls == []


# Files and links


def test_open_opens_the_finished_file(
    window: MainWindow, queue: FakeQueue, desktop: Desktop
) -> None:
    fill(window, queue, make_job("a", Status.COMPLETED, final_path="/tmp/a.iso"))
    select(window, "a")
    action(window, "open").trigger()
    window._table.finished_activated.emit(queue.jobs["a"])
    assert desktop.opened == ["/tmp/a.iso", "/tmp/a.iso"]


def test_a_file_that_cannot_be_opened_is_told(
    window: MainWindow, queue: FakeQueue, desktop: Desktop
) -> None:
    desktop.opens = False
    fill(window, queue, make_job("a", Status.COMPLETED, final_path="/tmp/a.iso"))
    select(window, "a")
    action(window, "open").trigger()
    assert message(window) == "No program is known that opens it."
    action(window, "open_folder").trigger()
    assert message(window) == "The folder /tmp could not be opened."


@pytest.mark.parametrize(
    "status, shown", [(Status.COMPLETED, "/tmp/a.iso"), (Status.PENDING, "/tmp")]
)
def test_open_folder_shows_the_file_or_where_it_will_be(
    window: MainWindow, queue: FakeQueue, desktop: Desktop, status: Status, shown: str
) -> None:
    fill(window, queue, make_job("a", status, final_path="/tmp/a.iso"))
    select(window, "a")
    action(window, "open_folder").trigger()
    assert desktop.shown == [shown]


def test_copy_link_copies_what_is_selected(window: MainWindow, queue: FakeQueue) -> None:
    fill(window, queue, make_job("a", created_at=1), make_job("b", created_at=2))
    select(window, "b", "a")
    action(window, "copy_link").trigger()
    assert QGuiApplication.clipboard().text() == f"{B}\n{A}"
    assert message(window) == "Copied 2 links."
    select(window, "b")
    action(window, "copy_link").trigger()
    assert QGuiApplication.clipboard().text() == B
    assert message(window) == "Copied the link."


@pytest.mark.parametrize(
    "key, expected",
    [
        (Qt.Key.Key_Delete, "remove"),
        (Qt.Key.Key_Return, "open"),
        (Qt.Key.Key_Enter, "open"),
    ],
)
def test_keys_of_the_list(
    window: MainWindow,
    queue: FakeQueue,
    desktop: Desktop,
    qtbot: QtBot,
    key: Qt.Key,
    expected: str,
) -> None:
    fill(window, queue, make_job("a", Status.COMPLETED, final_path="/tmp/a.iso"))
    select(window, "a")
    with qtbot.waitActive(window):
        window.activateWindow()
    window._table.setFocus()
    qtbot.keyClick(window._table, key)
    done = "open" if desktop.opened else "".join(name for name, _ in queue.calls)
    assert done == expected


def test_ctrl_a_selects_all(window: MainWindow, queue: FakeQueue, qtbot: QtBot) -> None:
    fill(window, queue, make_job("a"), make_job("b"))
    action(window, "select_all").trigger()
    assert len(window._table.selected_jobs()) == 2


# Closing and the tray


def announced(window: MainWindow) -> list[Notification]:
    """What the window asks the desktop to show from now on."""
    told: list[Notification] = []
    window.announced.connect(told.append)
    return told


def test_closing_with_a_tray_hides_and_tells_once(
    window: MainWindow, queue: FakeQueue, desktop: Desktop
) -> None:
    desktop.has_tray = True
    told = announced(window)
    asked_to_quit = QSignalSpy(window.quit_requested)
    fill(window, queue, make_job("a", Status.PROCESSING))
    for _ in range(2):
        window.close()
        assert not window.isVisible()
        window.bring_to_front()
        assert window.isVisible()
    assert [each.title for each in told] == ["dlmanager goes on in the tray"]
    assert asked_to_quit.count() == 0
    window.hide()
    window.answer(told[0], told[0].click)
    assert window.isVisible()


def test_closing_without_a_tray_minimises_while_something_is_at_work(
    window: MainWindow, queue: FakeQueue
) -> None:
    fill(window, queue, make_job("a", Status.PROCESSING), make_job("b"))
    asked_to_quit = QSignalSpy(window.quit_requested)
    window.close()
    assert window.isVisible()
    assert window.isMinimized()
    assert question(window) is None
    assert asked_to_quit.count() == 0
    assert "choose Quit" in message(window)


def quit_by_hand(window: MainWindow) -> None:
    action(window, "quit").trigger()


def close_as_set(window: MainWindow) -> None:
    window.set_settings(Settings(close_to_tray=False))
    window.close()


@pytest.mark.parametrize("end", [quit_by_hand, close_as_set])
@pytest.mark.parametrize("button, quits", [("Quit", True), ("Cancel", False)])
def test_quitting_without_a_tray_asks_while_something_is_at_work(
    window: MainWindow,
    queue: FakeQueue,
    qtbot: QtBot,
    end: Callable[[MainWindow], None],
    button: str,
    quits: bool,
) -> None:
    fill(window, queue, make_job("a", Status.PROCESSING), make_job("b"))
    asked_to_quit = QSignalSpy(window.quit_requested)
    end(window)
    end(window)  # does not ask twice
    assert len([box for box in window.findChildren(QMessageBox) if box.isVisible()]) == 1
    assert window.isVisible()
    box = question(window)
    assert box is not None
    assert box.text() == "Quit and stop 2 downloads?"
    answer(window, qtbot, button)
    assert asked_to_quit.count() == quits
    if quits:
        assert window.close()


@pytest.mark.parametrize("end", [QWidget.close, quit_by_hand, close_as_set])
def test_without_a_tray_and_work_the_end_needs_no_question(
    window: MainWindow, queue: FakeQueue, end: Callable[[MainWindow], None]
) -> None:
    fill(window, queue, make_job("a", Status.COMPLETED))
    asked_to_quit = QSignalSpy(window.quit_requested)
    end(window)
    assert asked_to_quit.count() == 1
    assert question(window) is None


def test_closing_quits_where_the_person_wants_no_tray(
    window: MainWindow, queue: FakeQueue, desktop: Desktop
) -> None:
    desktop.has_tray = True
    asked_to_quit = QSignalSpy(window.quit_requested)
    close_as_set(window)
    assert asked_to_quit.count() == 1


def test_quit_with_a_tray_is_one_wish_and_needs_no_question(
    window: MainWindow, queue: FakeQueue, desktop: Desktop
) -> None:
    desktop.has_tray = True
    fill(window, queue, make_job("a", Status.PROCESSING))
    asked_to_quit = QSignalSpy(window.quit_requested)
    action(window, "quit").trigger()
    assert asked_to_quit.count() == 1
    assert question(window) is None
    assert window.close()


def test_the_end_of_the_program_closes_whatever_is_at_work(
    window: MainWindow, queue: FakeQueue, desktop: Desktop
) -> None:
    desktop.has_tray = True
    fill(window, queue, make_job("a", Status.PROCESSING))
    asked_to_quit = QSignalSpy(window.quit_requested)
    window.close_for_good()
    assert not window.isVisible()
    assert question(window) is None
    assert asked_to_quit.count() == 0


def test_click_on_the_tray_hides_and_shows(window: MainWindow, desktop: Desktop) -> None:
    desktop.has_tray = True
    assert action(window, "show_or_hide").text() == "&Hide dlmanager"
    window._tray.clicked.emit()
    assert not window.isVisible()
    assert action(window, "show_or_hide").text() == "&Show dlmanager"
    window._tray.clicked.emit()
    assert window.isVisible()
    assert action(window, "show_or_hide").text() == "&Hide dlmanager"


def test_without_a_tray_the_window_is_never_hidden(window: MainWindow) -> None:
    action(window, "show_or_hide").trigger()
    assert window.isVisible()


def test_a_hidden_window_comes_back_when_the_tray_goes_away(
    window: MainWindow, desktop: Desktop, qtbot: QtBot
) -> None:
    desktop.has_tray = True
    window.close()
    assert not window.isVisible()
    desktop.has_tray = False
    window._tray._watch.setInterval(10)
    qtbot.waitUntil(window.isVisible, timeout=2000)


def test_what_is_done_while_the_window_is_hidden_is_told_by_the_desktop(
    window: MainWindow, queue: FakeQueue, desktop: Desktop
) -> None:
    desktop.has_tray = True
    window.hide()
    told = announced(window)
    QGuiApplication.clipboard().setText("https://example.org/a.iso")
    action(window, "add_from_clipboard").trigger()
    assert [order.url for order in queue.orders] == ["https://example.org/a.iso"]
    assert not window.isVisible()
    assert [each.text for each in told] == ["Added 1 download."]


def test_a_clipboard_without_a_link_is_told_in_the_window(
    window: MainWindow, queue: FakeQueue, desktop: Desktop
) -> None:
    desktop.has_tray = True
    window.hide()
    QGuiApplication.clipboard().clear()
    action(window, "add_from_clipboard").trigger()
    assert window.isVisible()
    assert message(window) == "There is no link on the clipboard."


# Notifications


def ended_unseen(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot, *ended: Job
) -> list[Notification]:
    """Hide the window, end jobs, and return what the desktop is to show."""
    fill(window, queue, *(job._replace(status=Status.PROCESSING) for job in ended))
    window.hide()
    told = announced(window)
    queue.jobs_changed.emit(queue.hold(*ended))
    qtbot.waitUntil(lambda: bool(told), timeout=5000)
    return told


def finished_job(path: Path) -> Job:
    return make_job("a", Status.COMPLETED, final_path=str(path), bytes_done=5_000_000)


def test_a_click_on_a_finished_download_opens_the_file_and_the_button_its_folder(
    window: MainWindow, queue: FakeQueue, desktop: Desktop, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "a.iso"
    path.touch()
    (told,) = ended_unseen(window, queue, qtbot, finished_job(path))
    assert told.text.replace("\N{NO-BREAK SPACE}", " ") == "a.iso, 5.0 MB"
    window.answer(told, told.click)
    assert desktop.opened == [str(path)]
    window.answer(told, told.buttons[0].answer)
    assert desktop.shown == [str(path)]
    assert not window.isVisible()


def test_a_click_on_a_file_that_is_gone_brings_the_window_that_says_so(
    window: MainWindow, queue: FakeQueue, desktop: Desktop, qtbot: QtBot, tmp_path: Path
) -> None:
    desktop.opens = False
    (told,) = ended_unseen(window, queue, qtbot, finished_job(tmp_path / "a.iso"))
    window.answer(told, Answer.OPEN_FILE)
    assert window.isVisible()
    assert message(window)
    window.hide()
    window.answer(told, Answer.OPEN_FOLDER)
    assert window.isVisible()
    assert message(window) == f"The folder {tmp_path} could not be opened."


def test_a_click_on_a_failed_download_shows_its_row(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot
) -> None:
    fill(window, queue, make_job("b", created_at=2))
    failed = make_job("a", Status.FAILED, error_message="The file is gone (404).")
    (told,) = ended_unseen(window, queue, qtbot, failed)
    assert told.text == "a.iso: The file is gone (404)."
    window._list.search("b.iso")
    assert window._jobs.row_of("a") is None
    window.answer(told, told.click)
    assert window.isVisible()
    assert [job.id for job in window._table.selected_jobs()] == ["a"]


def test_a_failure_marks_the_tray_until_the_window_is_looked_at(
    window: MainWindow, queue: FakeQueue, desktop: Desktop, qtbot: QtBot
) -> None:
    desktop.has_tray = True
    ended_unseen(window, queue, qtbot, make_job("a", Status.FAILED))
    assert window._tray._failures == 1
    window.bring_to_front()
    qtbot.waitUntil(lambda: window._tray._failures == 0, timeout=2000)
    assert window._tray._icon is not None
    assert "failed" not in window._tray._icon.toolTip()


def test_who_looks_at_the_window_gets_no_notification(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot
) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    told = announced(window)
    fill(window, queue, make_job("a", Status.PROCESSING))
    queue.jobs_changed.emit(queue.hold(make_job("a", Status.FAILED)))
    due = window._herald._timer
    with qtbot.waitSignal(due.timeout, timeout=5000):
        pass
    assert told == []
    assert window._herald.unseen_failures == 0


def test_a_click_on_a_message_at_the_tray_counts(
    window: MainWindow, queue: FakeQueue, desktop: Desktop, qtbot: QtBot, tmp_path: Path
) -> None:
    desktop.has_tray = True
    path = tmp_path / "a.iso"
    path.touch()
    (told,) = ended_unseen(window, queue, qtbot, finished_job(path))
    window._tray.appear()
    window.show_at_tray(told)
    assert window._tray._icon is not None
    window._tray._icon.messageClicked.emit()
    assert desktop.opened == [str(path)]


def test_a_minimised_window_is_brought_back(window: MainWindow) -> None:
    window.showMinimized()
    window.bring_to_front()
    assert window.isVisible()
    assert not window.isMinimized()


# All together


def test_no_menu_entry_is_dead(window: MainWindow) -> None:
    entries = [
        entry
        for menu in window.menuBar().actions()
        for entry in menu.menu().actions()
        if not entry.isSeparator()
    ]
    for entry in entries:
        assert entry.text()
        assert QSignalSpy(entry.triggered).isValid()
        assert entry.receivers("2triggered(bool)") + entry.receivers("2triggered()") > 0


def test_toolbar_names_its_buttons(window: MainWindow) -> None:
    bar = window.findChild(QToolBar, "toolbar")
    buttons = [button for button in bar.findChildren(QToolButton) if button.text()]
    assert " ".join(button.accessibleName() for button in buttons) == (
        "Add Resume Pause Cancel Retry Open Folder Remove Delete file Priority Download again "
        "Edit link Properties"
    )
    for shown in (button.defaultAction() for button in buttons):
        if shown.shortcut():
            key = shown.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            assert key in shown.toolTip()


def test_ten_thousand_rows_are_shown(window: MainWindow, queue: FakeQueue) -> None:
    statuses = list(Status)
    fill(window, queue, *(make_job(str(n), statuses[n % 7]) for n in range(10_000)))
    window._table.selectAll()
    assert len(window._table.selected_rows()) == 10_000
    assert action(window, "pause").isEnabled()
    assert not window.grab().isNull()


def test_rows_and_details_say_how_many_downloads_a_host_may_have(
    window: MainWindow, queue: FakeQueue
) -> None:
    fill(window, queue, make_job("a", waiting_for=WaitingFor.HOST_LIMIT))
    jobs = window._table.jobs

    def words() -> str:
        return jobs.index(0, Column.STATUS).data()

    assert words() == "Waiting: 4 downloads from this host already"
    window.set_settings(Settings(max_downloads_per_host=2))
    assert words() == "Waiting: 2 downloads from this host already"
    assert window._details.general.downloads_per_host == 2
