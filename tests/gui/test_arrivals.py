"""Jobs that come while the filter hides them: what is said, and how they are seen."""

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from dlmanager.core.categories import Category
from dlmanager.core.job import Status
from dlmanager.gui.job_filter import Group
from dlmanager.gui.main_window import MainWindow
from tests.gui.fake_queue import FakeQueue, make_job

A, B = "https://example.org/a.iso", "https://example.org/b.pdf"


@pytest.fixture
def filled(window: MainWindow, queue: FakeQueue) -> MainWindow:
    window.load(queue.hold(make_job("old", Status.COMPLETED, final_path="/tmp/old.iso")))
    window.activateWindow()
    return window


def message(window: MainWindow) -> str:
    return window._status_line.message


def offer(window: MainWindow) -> QToolButton:
    """The button behind the message."""
    return window._status_line._offer


def choose(window: MainWindow, wanted: Group | Category) -> None:
    window._list.side_panel.choose(wanted)


def selected(window: MainWindow) -> list[str]:
    return [job.id for job in window._table.selected_jobs()]


def press(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(offer(window), Qt.MouseButton.LeftButton)


def test_without_a_filter_no_more_is_said(filled: MainWindow) -> None:
    filled.add_links([A])
    assert message(filled) == "Added 1 download."
    assert not offer(filled).isVisible()


@pytest.mark.parametrize(
    "links, hiding, sentence",
    [
        ([A], Group.COMPLETED, "Added 1 download. The filter hides it."),
        ([A, B], Group.COMPLETED, "Added 2 downloads. The filter hides them."),
        ([A, B], Category.DOCUMENTS, "Added 2 downloads. The filter hides 1 of them."),
        ([A, B], Group.WAITING, "Added 2 downloads."),
    ],
)
def test_what_the_filter_hides_is_said(
    filled: MainWindow, links: list[str], hiding: Group | Category, sentence: str
) -> None:
    choose(filled, hiding)
    filled.add_links(links)
    assert message(filled) == sentence
    assert offer(filled).isVisible() is ("hides" in sentence)


def test_the_button_shows_what_was_added(filled: MainWindow, qtbot: QtBot) -> None:
    choose(filled, Group.COMPLETED)
    filled._tool_bar.search_for("old")
    filled.add_links([A, B])
    assert offer(filled).text() == "Show"
    press(filled, qtbot)
    assert sorted(selected(filled)) == ["new1", "new2"]
    assert filled._list.side_panel.current is Group.ALL
    assert not filled._list.is_filtered
    assert filled._tool_bar._search.text() == ""
    assert filled._table.hasFocus()
    assert message(filled) == "Added 2 downloads."
    assert not offer(filled).isVisible()


def test_the_button_scrolls_to_what_was_added(
    filled: MainWindow, queue: FakeQueue, qtbot: QtBot
) -> None:
    queue.jobs_added.emit([make_job(f"r{n}", Status.PROCESSING, attempt=1) for n in range(200)])
    filled._tool_bar.search_for("nowhere")
    filled.add_links([A])
    press(filled, qtbot)
    row = filled._jobs.row_of("new1")
    assert row is not None
    assert row > 100
    shown = filled._table.visualRect(filled._jobs.index(row, 0))
    assert filled._table.viewport().rect().contains(shown.center())


def test_a_search_hides_too(filled: MainWindow) -> None:
    filled._tool_bar.search_for("old")
    filled.add_links([A])
    assert message(filled) == "Added 1 download. The filter hides it."


def test_what_the_dialog_added_is_told_as_well(filled: MainWindow, qtbot: QtBot) -> None:
    choose(filled, Group.COMPLETED)
    filled.open_add_dialog([A])
    dialog = filled._adder._dialog
    assert dialog is not None
    dialog.accept()
    assert message(filled) == "Added 1 download. The filter hides it."


def test_what_was_dropped_is_told_as_well(filled: MainWindow) -> None:
    choose(filled, Group.COMPLETED)
    dropped = QMimeData()
    dropped.setText(A)
    filled._adder.take_drop(dropped)
    assert message(filled) == "Added 1 download. The filter hides it."


def test_what_is_downloaded_again_is_told_as_well(filled: MainWindow, qtbot: QtBot) -> None:
    choose(filled, Group.COMPLETED)
    filled._table.selectRow(0)
    filled._on_selection_changed()
    filled._actions.download_again.trigger()
    assert message(filled) == "Downloading old.iso again. The filter hides it."
    assert selected(filled) == ["old"]
    press(filled, qtbot)
    assert selected(filled) == ["new1"]


def test_what_is_brought_back_is_told_as_well(filled: MainWindow) -> None:
    filled._table.selectRow(0)
    filled._on_selection_changed()
    filled._actions.remove.trigger()
    choose(filled, Group.FAILED)
    filled._actions.undo_remove.trigger()
    assert message(filled) == "Brought back 1 download. The filter hides it."


def test_what_starts_comes_out_of_hiding_and_needs_no_word(
    filled: MainWindow, queue: FakeQueue
) -> None:
    choose(filled, Group.ACTIVE)
    filled.add_links([A, B])
    assert message(filled) == "Added 2 downloads. The filter hides them."
    for job_id, said in (
        ("new1", "Added 2 downloads. The filter hides 1 of them."),
        ("new2", "Added 2 downloads."),
    ):
        job = queue.jobs[job_id]
        queue.jobs_changed.emit([job._replace(status=Status.PROCESSING, revision=5)])
        assert message(filled) == said
    assert not offer(filled).isVisible()


def test_another_filter_needs_no_word_if_it_shows_them(filled: MainWindow) -> None:
    choose(filled, Group.COMPLETED)
    filled.add_links([A])
    choose(filled, Group.WAITING)
    assert message(filled) == "Added 1 download."
    assert not offer(filled).isVisible()


def test_a_job_that_was_removed_is_not_hidden(filled: MainWindow, queue: FakeQueue) -> None:
    choose(filled, Group.COMPLETED)
    filled.add_links([A])
    queue.jobs_removed.emit(["new1"])
    assert message(filled) == "Added 1 download."


def test_other_news_is_left_alone(filled: MainWindow, queue: FakeQueue) -> None:
    choose(filled, Group.COMPLETED)
    filled.add_links([A])
    filled.tell("Paused 1 download.")
    assert not offer(filled).isVisible()
    choose(filled, Group.FAILED)
    queue.jobs_added.emit([make_job("other")])
    assert message(filled) == "Paused 1 download."


def test_the_words_go_when_their_time_is_over(filled: MainWindow) -> None:
    choose(filled, Group.COMPLETED)
    filled.add_links([A])
    filled._status_line._clear_timer.timeout.emit()
    choose(filled, Group.FAILED)
    assert message(filled) == ""
    assert not offer(filled).isVisible()
