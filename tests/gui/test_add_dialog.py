from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QPalette, QTextCursor
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QDialog, QFileDialog
from pytestqt.qtbot import QtBot

from dlmanager.core.errors import StoreUnusable
from dlmanager.core.job import NewJob
from dlmanager.gui.add_dialog import AddDialog
from tests.gui.fake_queue import FakeQueue, finish

Open = Callable[..., AddDialog]
A, B = "https://example.org/a.iso", "https://example.org/b.iso"


@pytest.fixture
def open_dialog(qtbot: QtBot, queue: FakeQueue, tmp_path: Path) -> Open:
    def opened(*links: str, folder: str = str(tmp_path)) -> AddDialog:
        dialog = AddDialog(queue, start_task=finish, folder=folder, links=links)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)  # looked at when closed
        qtbot.addWidget(dialog)
        dialog.open()
        qtbot.waitExposed(dialog)
        return dialog

    return opened


def write(dialog: AddDialog, text: str) -> None:
    dialog._links.setPlainText(text)
    dialog.check()


def test_an_empty_dialog_says_nothing_is_wrong_and_adds_nothing(
    open_dialog: Open, queue: FakeQueue
) -> None:
    dialog = open_dialog()
    assert not dialog._add.isEnabled()
    assert not dialog._links_problem.isVisible()
    dialog.accept()
    assert dialog.isVisible()
    assert queue.orders == []


def test_the_links_of_the_clipboard_are_there_and_enough(
    open_dialog: Open, queue: FakeQueue, tmp_path: Path
) -> None:
    dialog = open_dialog(A, B)
    added = QSignalSpy(dialog.added)
    assert dialog._add.text() == "&Add 2 downloads"
    dialog.accept()
    assert queue.orders == [NewJob(A, str(tmp_path)), NewJob(B, str(tmp_path))]
    assert dialog.result() == QDialog.DialogCode.Accepted
    assert [job.url for job in added.at(0)[0]] == [A, B]


def test_typing_is_checked_by_itself(open_dialog: Open, qtbot: QtBot) -> None:
    dialog = open_dialog()
    qtbot.keyClicks(dialog._links, "example.org/a.iso")
    qtbot.waitUntil(dialog._links_problem.isVisible, timeout=2000)
    assert dialog._links_problem.text() == "Add https:// in front of this link: example.org/a.iso"
    assert not dialog._add.isEnabled()
    dialog._links.moveCursor(QTextCursor.MoveOperation.Start)
    qtbot.keyClicks(dialog._links, "https://")
    qtbot.waitUntil(dialog._add.isEnabled, timeout=2000)
    assert not dialog._links_problem.isVisible()


def test_bad_lines_are_told_by_number_and_marked(open_dialog: Open) -> None:
    dialog = open_dialog()
    write(dialog, f"{A}\n\nftp://a.org/x\nnonsense\n")
    lines = dialog._links_problem.text().split("\n")
    assert [line.partition(":")[0] for line in lines] == ["Line 3", "Line 4"]
    marked = [mark.cursor.blockNumber() for mark in dialog._links.extraSelections()]
    assert marked == [2, 3]
    assert dialog._add.isEnabled()
    assert dialog._add.text() == "&Add"


def test_many_bad_lines_are_summed_up(open_dialog: Open) -> None:
    dialog = open_dialog()
    write(dialog, "\n".join(f"nonsense{n}" for n in range(4)))
    assert dialog._links_problem.text().endswith("\nand 1 more line that cannot be used")
    write(dialog, "\n".join(f"nonsense{n}" for n in range(9)))
    assert dialog._links_problem.text().endswith("\nand 6 more lines that cannot be used")


def test_a_link_given_twice_is_added_once(open_dialog: Open, queue: FakeQueue) -> None:
    dialog = open_dialog(A, A)
    dialog.accept()
    assert len(queue.orders) == 1


def test_good_lines_are_added_and_bad_ones_stay_to_be_mended(
    open_dialog: Open, queue: FakeQueue
) -> None:
    dialog = open_dialog(A, "nonsense", B, "ftp://a.org/x")
    dialog.accept()
    assert [order.url for order in queue.orders] == [A, B]
    assert dialog.isVisible()
    assert dialog._links.toPlainText() == "nonsense\nftp://a.org/x"
    assert dialog._done.text() == "Added 2 downloads. What is left could not be used."
    write(dialog, "https://mended.org/x")
    assert not dialog._done.isVisible()
    dialog.accept()
    assert not dialog.isVisible()
    assert len(queue.orders) == 3


def test_what_was_added_is_told_calmly_and_what_is_left_can_be_closed(
    open_dialog: Open, queue: FakeQueue, qtbot: QtBot
) -> None:
    dialog = open_dialog(A, "nonsense")
    assert dialog._leave.text().replace("&", "") == "Cancel"
    dialog.accept()
    assert dialog._done.isVisible()
    assert not dialog._failure.isVisible()
    text = QPalette.ColorRole.WindowText
    assert dialog._done.palette().color(text) == dialog.palette().color(text)
    assert dialog._links_problem.palette().color(text) != dialog.palette().color(text)
    assert dialog._leave.text().replace("&", "") == "Close"
    qtbot.mouseClick(dialog._leave, Qt.MouseButton.LeftButton)
    assert not dialog.isVisible()
    assert len(queue.orders) == 1


def test_the_dialog_can_begin_with_what_others_have_added(open_dialog: Open) -> None:
    dialog = open_dialog("nonsense")
    dialog.note_added(3)
    assert dialog._done.text() == "Added 3 downloads. What is left could not be used."
    assert dialog._leave.text().replace("&", "") == "Close"


def test_a_bad_folder_is_told_beside_the_folder(open_dialog: Open, tmp_path: Path) -> None:
    dialog = open_dialog(A, folder=str(tmp_path / "gone"))
    assert dialog._folder_problem.text() == f"The folder {tmp_path / 'gone'} does not exist."
    assert not dialog._links_problem.isVisible()
    assert not dialog._add.isEnabled()
    dialog._folder.setText(f" {tmp_path} ")
    dialog.check()
    assert not dialog._folder_problem.isVisible()
    assert dialog._add.isEnabled()


def test_a_name_can_be_given_to_a_single_link(open_dialog: Open, queue: FakeQueue) -> None:
    dialog = open_dialog(A)
    assert dialog._name.isEnabled()
    dialog._name.setText("  thesis.pdf ")
    dialog.accept()
    assert queue.orders[0].filename == "thesis.pdf"


def test_a_bad_name_is_told_beside_the_name(open_dialog: Open) -> None:
    dialog = open_dialog(A)
    dialog._name.setText("a/b")
    dialog.check()
    assert dialog._name_problem.text() == "A file name cannot hold a slash."
    assert not dialog._add.isEnabled()


def test_several_links_have_no_common_name(open_dialog: Open, queue: FakeQueue) -> None:
    dialog = open_dialog(A)
    dialog._name.setText("one.iso")
    dialog.add_lines([A, B])
    dialog.check()
    assert not dialog._name.isEnabled()
    dialog.accept()
    assert [order.filename for order in queue.orders] == [None, None]


def test_added_paused_if_so_wished(open_dialog: Open, queue: FakeQueue) -> None:
    dialog = open_dialog(A)
    dialog._paused.click()
    dialog.accept()
    assert queue.orders[0].paused


def test_nothing_typed_is_lost_when_adding_fails(open_dialog: Open, queue: FakeQueue) -> None:
    queue.failure = StoreUnusable("The disk is full.")
    dialog = open_dialog(A, B)
    dialog.accept()
    assert dialog.isVisible()
    assert dialog._failure.text() == "The disk is full."
    assert dialog._links.toPlainText() == f"{A}\n{B}"
    assert dialog._add.isEnabled()
    queue.failure = None
    dialog.accept()
    assert not dialog.isVisible()


def test_a_second_click_while_adding_adds_nothing_twice(
    qtbot: QtBot, queue: FakeQueue, tmp_path: Path
) -> None:
    started = []
    dialog = AddDialog(queue, start_task=started.append, folder=str(tmp_path), links=[A])
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.open()
    dialog.accept()
    assert not dialog._add.isEnabled()
    dialog.accept()
    dialog.reject()
    assert len(started) == 1
    assert dialog.isVisible()
    finish(started[0])
    assert not dialog.isVisible()


@pytest.mark.parametrize(
    "before, pasted, after",
    [
        ("", f"see {A}, or {B}.", f"{A}\n{B}\n"),
        ("", A, A),
        ("typed", A, f"typed\n{A}"),
        ("", "no link", "no link"),
        ("", f"{A}\nftp://x/y\nnonsense", f"{A}\nftp://x/y\nnonsense\n"),
        ("", "http://x/a b.bin", "http://x/a b.bin"),
    ],
    ids=[
        "prose",
        "one",
        "below what is there",
        "anything else as it is",
        "lines",
        "a blank within",
    ],
)
def test_links_are_found_in_pasted_text(
    open_dialog: Open, before: str, pasted: str, after: str
) -> None:
    dialog = open_dialog()
    write(dialog, before)
    dialog._links.moveCursor(QTextCursor.MoveOperation.End)
    mime = QMimeData()
    mime.setText(pasted)
    assert dialog._links.canInsertFromMimeData(mime)
    dialog._links.insertFromMimeData(mime)
    assert dialog._links.toPlainText() == after


def test_each_pasted_line_is_judged_like_a_typed_one(open_dialog: Open) -> None:
    dialog = open_dialog()
    mime = QMimeData()
    mime.setText(f"{A}\nhttp://x/a b.bin\nftp://x/y\nnonsense")
    dialog._links.insertFromMimeData(mime)
    dialog.check()
    problems = dialog._links_problem.text().split("\n")
    assert problems[0].startswith("Line 2: This link has a blank in it.")
    assert problems[1:] == [
        "Line 3: Only http and https links can be downloaded, not ftp.",
        "Line 4: This is not a link: nonsense",
    ]
    assert dialog._add.text() == "&Add"


def test_further_links_go_below(open_dialog: Open) -> None:
    dialog = open_dialog(A)
    dialog.add_lines([A, B])
    assert dialog._links.toPlainText() == f"{A}\n{B}"


def test_folder_chosen_in_the_browser_is_taken(
    open_dialog: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    dialog = open_dialog(A)
    qtbot.mouseClick(dialog._browse, Qt.MouseButton.LeftButton)
    (chooser,) = dialog.findChildren(QFileDialog)
    assert chooser.fileMode() is QFileDialog.FileMode.Directory
    (tmp_path / "isos").mkdir()
    chooser.fileSelected.emit(str(tmp_path / "isos"))
    chooser.close()
    assert dialog._folder.text() == str(tmp_path / "isos")


def test_return_writes_a_line_and_ctrl_return_adds(
    open_dialog: Open, queue: FakeQueue, qtbot: QtBot
) -> None:
    dialog = open_dialog(A)
    with qtbot.waitActive(dialog):
        dialog.activateWindow()
    qtbot.keyClick(dialog._links, Qt.Key.Key_Return)
    assert dialog._links.toPlainText() == f"{A}\n"
    qtbot.keyClick(dialog._links, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert len(queue.orders) == 1


def test_escape_leaves_without_adding(open_dialog: Open, queue: FakeQueue, qtbot: QtBot) -> None:
    dialog = open_dialog(A)
    qtbot.keyClick(dialog._links, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert queue.orders == []


def test_problems_are_shown_as_plain_text(open_dialog: Open) -> None:
    dialog = open_dialog("<b>x</b>")
    assert dialog._links_problem.textFormat() is Qt.TextFormat.PlainText
    assert "<b>x</b>" in dialog._links_problem.text()


def test_ten_thousand_links_are_taken(open_dialog: Open, queue: FakeQueue) -> None:
    dialog = open_dialog(*(f"https://example.org/{n}" for n in range(10_000)))
    assert dialog._add.text() == "&Add 10,000 downloads"
    dialog.accept()
    assert len(queue.orders) == 10_000
