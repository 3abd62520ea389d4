"""Off the list and back, to the trash, once more: with the keys and clicks of a person."""

from collections.abc import Sequence

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QToolButton
from pytestqt.qtbot import QtBot

from dlmanager.core.errors import ErrorKind, StoreUnusable
from dlmanager.core.job import Job, Status, Verification
from dlmanager.gui.checksum_dialogs import ExpectDialog, VerifyDialog
from dlmanager.gui.job_row import Column
from dlmanager.gui.link_dialog import LinkDialog
from dlmanager.gui.main_window import MainWindow
from dlmanager.gui.row_actions import UNDO_MS
from tests.gui.conftest import Desktop
from tests.gui.fake_queue import FakeQueue, make_job
from tests.gui.test_main_window import action, answer, fill, message, select

Key, Modifier = Qt.Key, Qt.KeyboardModifier


def done(job_id: str, **fields: object) -> Job:
    return make_job(job_id, Status.COMPLETED, final_path=f"/tmp/{job_id}.iso", **fields)


def activate(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitActive(window):
        window.activateWindow()
    window._table.setFocus()


def selected(window: MainWindow) -> set[str]:
    return {job.id for job in window._table.selected_jobs()}


def undo_button(window: MainWindow) -> QToolButton:
    (button,) = window._status_line.findChildren(QToolButton)
    return button


# Off the list and back


def test_ctrl_z_brings_back_what_was_removed(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot
) -> None:
    fill(window, queue, make_job("a"), done("b"), make_job("c", Status.FAILED))
    select(window, "a", "b")
    activate(window, qtbot)
    qtbot.keyClick(window._table, Key.Key_Delete)
    assert window._jobs.rowCount() == 1
    qtbot.keyClick(window._table, Key.Key_Z, Modifier.ControlModifier)
    assert window._jobs.rowCount() == 3
    assert selected(window) == {"a", "b"}
    assert message(window) == "Brought back 2 downloads."
    assert not action(window, "undo_remove").isEnabled()
    qtbot.keyClick(window._table, Key.Key_Z, Modifier.ControlModifier)
    assert [name for name, _ in queue.calls] == ["remove", "restore"]


def test_after_a_removal_the_next_row_is_selected(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot
) -> None:
    fill(window, queue, *(make_job(name, created_at=place) for place, name in enumerate("dcba")))
    window._table.selectRow(1)
    activate(window, qtbot)
    qtbot.keyClick(window._table, Key.Key_Delete)
    assert selected(window) == {"c"}
    qtbot.keyClick(window._table, Key.Key_Delete)
    qtbot.keyClick(window._table, Key.Key_Delete)
    assert selected(window) == {"a"}  # none is below


def test_ctrl_z_works_in_a_list_that_removing_has_emptied(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot
) -> None:
    fill(window, queue, make_job("a"))
    select(window, "a")
    activate(window, qtbot)
    qtbot.keyClick(window._table, Key.Key_Delete)
    assert window._table.isHidden()
    qtbot.keyClick(window, Key.Key_Z, Modifier.ControlModifier)
    assert window._jobs.rowCount() == 1
    assert selected(window) == {"a"}


def test_the_button_beside_the_message_does_the_same(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot
) -> None:
    fill(window, queue, make_job("a"))
    assert undo_button(window).isHidden()
    select(window, "a")
    action(window, "remove").trigger()
    button = undo_button(window)
    assert button.isVisible()
    assert button.text() == "Undo"
    assert message(window) == "Removed 1 download."
    gap = button.x() - window._status_line._message.geometry().right()
    assert 0 <= gap < 20
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window._jobs.rowCount() == 1
    assert button.isHidden()


def test_the_button_goes_with_its_message(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot
) -> None:
    fill(window, queue, make_job("a"))
    select(window, "a")
    action(window, "remove").trigger()
    window.tell("Something else, which may be longer than what was said before it.")
    assert undo_button(window).isHidden()
    assert action(window, "undo_remove").isEnabled()
    line = window._status_line
    qtbot.waitUntil(lambda: line._message.width() >= line._message.sizeHint().width())


def test_the_message_and_its_button_go_after_a_while(window: MainWindow, queue: FakeQueue) -> None:
    fill(window, queue, make_job("a"))
    select(window, "a")
    action(window, "remove").trigger()
    window._status_line._clear_timer.timeout.emit()
    assert message(window) == ""
    assert undo_button(window).isHidden()


def test_one_undo_is_for_the_last_removal(window: MainWindow, queue: FakeQueue) -> None:
    fill(window, queue, make_job("a"), make_job("b"))
    for job_id in ("a", "b"):
        select(window, job_id)
        action(window, "remove").trigger()
    action(window, "undo_remove").trigger()
    assert queue.calls[-1] == ("restore", ["b"])


def test_an_undo_is_offered_for_a_while(window: MainWindow, queue: FakeQueue) -> None:
    assert not action(window, "undo_remove").isEnabled()
    fill(window, queue, make_job("a"))
    select(window, "a")
    action(window, "remove").trigger()
    timer = window._rows._undo_timer
    assert timer.isActive()
    assert timer.interval() == UNDO_MS
    timer.timeout.emit()
    assert not action(window, "undo_remove").isEnabled()


def test_undo_in_the_search_field_is_for_its_text(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot
) -> None:
    fill(window, queue, make_job("a"), make_job("b"))
    select(window, "a")
    activate(window, qtbot)
    qtbot.keyClick(window._table, Key.Key_Delete)
    action(window, "search").trigger()
    field = window._tool_bar._search
    qtbot.keyClicks(field, "iso")
    qtbot.keyClick(field, Key.Key_Z, Modifier.ControlModifier)
    assert field.text() == ""
    assert [name for name, _ in queue.calls] == ["remove"]


def test_what_cannot_be_removed_is_told_and_cannot_be_undone(
    window: MainWindow, queue: FakeQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(job_ids: Sequence[str], *, undo_ms: int = 0) -> None:
        raise StoreUnusable("The disk is full.")

    monkeypatch.setattr(queue, "remove", fail)
    fill(window, queue, make_job("a"))
    select(window, "a")
    action(window, "remove").trigger()
    assert message(window) == "The disk is full."
    assert not action(window, "undo_remove").isEnabled()


def test_bytes_that_would_be_lost_are_asked_for_and_come_back_all_the_same(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot
) -> None:
    fill(window, queue, make_job("a", Status.PAUSED, bytes_done=5_000_000))
    select(window, "a")
    action(window, "remove").trigger()
    answer(window, qtbot, "Remove")
    action(window, "undo_remove").trigger()
    job = window._jobs.job("a")
    assert job is not None
    assert job.bytes_done == 5_000_000


# Files


def test_shift_delete_moves_finished_files_to_the_trash_and_off_the_list(
    window: MainWindow, queue: FakeQueue, desktop: Desktop, qtbot: QtBot
) -> None:
    fill(window, queue, done("a"), done("b"), make_job("c"))
    window._table.selectAll()
    activate(window, qtbot)
    qtbot.keyClick(window._table, Key.Key_Delete, Modifier.ShiftModifier)
    assert sorted(desktop.trashed) == ["/tmp/a.iso", "/tmp/b.iso"]
    assert {row_id for _, ids in queue.calls for row_id in ids} == {"a", "b"}
    assert window._jobs.job("c") is not None
    assert message(window) == "Moved 2 files to the trash."
    assert not action(window, "undo_remove").isEnabled()


def test_one_deleted_file_is_named(window: MainWindow, queue: FakeQueue) -> None:
    fill(window, queue, done("a"))
    select(window, "a")
    action(window, "delete_file").trigger()
    assert message(window) == "Moved a.iso to the trash."


def test_a_file_that_cannot_be_moved_to_the_trash_stays_with_its_row(
    window: MainWindow, queue: FakeQueue, desktop: Desktop
) -> None:
    desktop.opens = False
    fill(window, queue, done("a"))
    select(window, "a")
    action(window, "delete_file").trigger()
    assert queue.calls == []
    assert message(window) == "a.iso could not be moved to the trash."
    fill(window, queue, done("b"))
    select(window, "a", "b")
    action(window, "delete_file").trigger()
    assert message(window).endswith(
        ".iso could not be moved to the trash. 2 files in all stayed where they are."
    )


def test_the_row_of_a_file_that_is_gone_goes_too(
    window: MainWindow, queue: FakeQueue, desktop: Desktop
) -> None:
    desktop.gone = {"/tmp/a.iso", "/tmp/b.iso"}
    fill(window, queue, done("a"), done("b"), done("c"))
    select(window, "a")
    action(window, "delete_file").trigger()
    assert message(window) == "a.iso was not there any more. It is off the list now."
    select(window, "b", "c")
    action(window, "delete_file").trigger()
    assert message(window) == "Moved c.iso to the trash."
    assert window._jobs.rowCount() == 0


# Once more


def test_ctrl_d_downloads_the_finished_ones_again(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot
) -> None:
    fill(window, queue, done("a"), make_job("b"))
    window._table.selectAll()
    activate(window, qtbot)
    qtbot.keyClick(window._table, Key.Key_D, Modifier.ControlModifier)
    assert queue.calls == [("download_again", ["a"])]
    assert message(window) == "Downloading a.iso again."
    assert selected(window) == {"new1"}


# Another link, and the details


def test_ctrl_e_asks_for_another_link(window: MainWindow, queue: FakeQueue, qtbot: QtBot) -> None:
    fill(window, queue, make_job("a", Status.FAILED))
    select(window, "a")
    activate(window, qtbot)
    qtbot.keyClick(window._table, Key.Key_E, Modifier.ControlModifier)
    (dialog,) = window.findChildren(LinkDialog)
    assert dialog.isModal()
    qtbot.keyClicks(dialog._field, "https://example.com/b.iso")
    qtbot.keyClick(dialog._field, Key.Key_Return)
    assert queue.calls == [("change_link", ["a", "https://example.com/b.iso"])]
    assert message(window) == "Changed the link."
    assert not dialog.isVisible()


def test_ctrl_k_asks_for_a_checksum(window: MainWindow, queue: FakeQueue, qtbot: QtBot) -> None:
    fill(window, queue, make_job("a", Status.FAILED))
    select(window, "a")
    activate(window, qtbot)
    qtbot.keyClick(window._table, Key.Key_K, Modifier.ControlModifier)
    (dialog,) = window.findChildren(ExpectDialog)
    assert dialog.isModal()
    qtbot.keyClicks(dialog._field.edit, "0a" * 16)
    qtbot.keyClick(dialog._field.edit, Key.Key_Return)
    assert queue.calls == [("expect_checksum", ["a", f"md5:{'0a' * 16}"])]
    assert message(window) == "Changed the checksum."
    assert not dialog.isVisible()


def test_the_column_follows_what_a_check_finds(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot
) -> None:
    fill(window, queue, done("a"))
    select(window, "a")
    action(window, "checksum").trigger()
    (dialog,) = window.findChildren(VerifyDialog)
    qtbot.keyClicks(dialog._field.edit, "0a" * 16)
    qtbot.keyClick(dialog._field.edit, Key.Key_Return)
    index = window._jobs.index(0, Column.VERIFICATION)
    assert index.data() == "Mismatch"
    dialog.reject()


@pytest.mark.parametrize(
    "job, remedies",
    [
        (make_job("a", Status.FAILED, error_kind=ErrorKind.CHECKSUM), ["checksum", "retry"]),
        (done("a", verification=Verification.MISMATCH), ["checksum", "download_again"]),
        (make_job("a", Status.FAILED, error_kind=ErrorKind.NOT_FOUND), ["edit_link", "retry"]),
        (done("a", verification=Verification.CHECKSUM), []),
    ],
    ids=["came wrong", "found wrong", "another failure", "right"],
)
def test_what_is_wrong_by_its_checksum_offers_to_correct_that(
    window: MainWindow, queue: FakeQueue, job: Job, remedies: list[str]
) -> None:
    fill(window, queue, job)
    select(window, "a")
    window._on_selection_changed()
    assert window._details.general.offered == [action(window, each) for each in remedies]


def test_the_end_of_the_window_stops_what_is_verified(window: MainWindow, queue: FakeQueue) -> None:
    window.close_for_good()
    assert queue.stopped == [None]


def test_ctrl_i_shows_the_facts_below(window: MainWindow, queue: FakeQueue, qtbot: QtBot) -> None:
    fill(window, queue, make_job("a"))
    action(window, "details").setChecked(False)
    select(window, "a")
    activate(window, qtbot)
    qtbot.keyClick(window._table, Key.Key_I, Modifier.ControlModifier)
    assert window._details.isVisible()
    assert window._details.page is window._details.general


def test_the_context_menu_and_the_menu_bar_have_every_action(
    window: MainWindow, queue: FakeQueue
) -> None:
    fill(window, queue, done("a"))
    offered = {each for menu in window.menuBar().findChildren(QMenu) for each in menu.actions()}
    actions = window._actions
    for each in actions.of_jobs:
        assert each is None or each in offered
    assert actions.undo_remove in offered
    shown = {button.defaultAction() for button in window._tool_bar.findChildren(QToolButton)}
    for each in (actions.download_again, actions.edit_link, actions.delete_file):
        assert each in actions.of_jobs
        assert each in shown


def test_several_are_opened_each_and_each_folder_once(
    window: MainWindow, queue: FakeQueue, desktop: Desktop
) -> None:
    fill(window, queue, done("a"), done("b"), make_job("c", target_directory="/var"))
    window._table.selectAll()
    action(window, "open").trigger()
    assert sorted(desktop.opened) == ["/tmp/a.iso", "/tmp/b.iso"]
    action(window, "open_folder").trigger()
    assert len(desktop.shown) == 2
    assert "/var" in desktop.shown
