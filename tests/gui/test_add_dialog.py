import asyncio
import gc
import logging
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QObject, Qt, QTimer, QUrl
from PySide6.QtGui import QGuiApplication, QPalette, QTextCursor
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QDialog, QFileDialog
from pytestqt.qtbot import QtBot

from dlmanager.core.checksum_kind import Checksum, ChecksumKind
from dlmanager.core.errors import StoreUnusable
from dlmanager.core.job import NewJob
from dlmanager.core.link_files import FileLink
from dlmanager.core.priority import Priority
from dlmanager.engine.tasks import Tasks
from dlmanager.gui import line_check
from dlmanager.gui.add_dialog import AddDialog
from dlmanager.gui.window_state import WindowState
from tests.gui.fake_queue import FakeQueue, finish, free_at_once, make_job

Open = Callable[..., AddDialog]
A, B = "https://example.org/a.iso", "https://example.org/b.iso"


def make_dialog(
    queue: FakeQueue,
    folder: str,
    links: Sequence[str],
    state: WindowState,
    start_task: Callable[[Coroutine[Any, Any, None]], None] = finish,
    suggests_links: bool = False,
) -> AddDialog:
    return AddDialog(
        queue,
        start_task=start_task,
        folder=folder,
        state=state,
        free_bytes=free_at_once,
        jobs_by_link=lambda: {job.url: job for job in queue.jobs.values()},
        links=links,
        suggests_links=suggests_links,
    )


@pytest.fixture
def state(tmp_path: Path) -> WindowState:
    return WindowState(tmp_path / "window.ini")


@pytest.fixture
def open_dialog(qtbot: QtBot, queue: FakeQueue, tmp_path: Path, state: WindowState) -> Open:
    def opened(*links: str, folder: str = str(tmp_path), suggests_links: bool = False) -> AddDialog:
        dialog = make_dialog(queue, folder, links, state, suggests_links=suggests_links)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)  # looked at when closed
        qtbot.addWidget(dialog)
        dialog.open()
        qtbot.waitExposed(dialog)
        return dialog

    return opened


def wait_for(dialog: AddDialog, text: str) -> None:
    """Let the check of more links than are checked at once come to its end."""
    while dialog._checking.is_busy:
        dialog._checking._take_slice()
    assert dialog._add.text() == text


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


def test_added_with_the_chosen_priority(open_dialog: Open, queue: FakeQueue) -> None:
    dialog = open_dialog("https://a.example/1.iso")
    assert dialog._priority.currentText() == "Normal"
    dialog._priority.setCurrentText("Low")
    dialog.accept()
    assert [each.priority for each in queue.orders] == [Priority.LOW]


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
    qtbot: QtBot, queue: FakeQueue, tmp_path: Path, state: WindowState
) -> None:
    started: list[Coroutine[Any, Any, None]] = []
    dialog = make_dialog(queue, str(tmp_path), [A], state, start_task=started.append)
    finish(started.pop())  # the question after the free space
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


# Many links


def turns_ms(owner: QObject) -> list[float]:
    """Return how long each turn of the event loop works from now on, without what others take."""
    found: list[float] = []
    last_s = time.thread_time()

    def on_turn() -> None:
        nonlocal last_s
        now_s = time.thread_time()
        found.append((now_s - last_s) * 1000)
        last_s = now_s

    ticks = QTimer(owner)
    ticks.timeout.connect(on_turn)
    ticks.start(0)
    return found


def test_ten_thousand_links_are_checked_and_added_by_and_by(
    open_dialog: Open, queue: FakeQueue, qtbot: QtBot
) -> None:
    dialog = open_dialog(*(f"https://example.org/{n}" for n in range(10_000)))
    qtbot.waitUntil(lambda: dialog._add.text() == "&Add 10,000 downloads", timeout=30_000)
    dialog.accept()
    assert len(queue.orders) == 10_000
    assert not dialog.isVisible()


def test_adding_waits_for_the_end_of_the_check(
    open_dialog: Open, queue: FakeQueue, qtbot: QtBot
) -> None:
    dialog = open_dialog(*(f"https://example.org/{n}" for n in range(3000)))
    dialog.accept()
    assert queue.orders == []
    assert dialog.isVisible()
    dialog.accept()
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=30_000)
    assert len(queue.orders) == 3000


def test_what_is_left_while_it_is_checked_leaves_nothing_behind(
    open_dialog: Open, queue: FakeQueue, qtbot: QtBot
) -> None:
    dialog = open_dialog(*(f"https://example.org/{n}" for n in range(3000)))
    dialog.accept()
    dialog.reject()
    qtbot.wait(50)
    assert queue.orders == []
    assert not dialog._links.is_busy


@pytest.fixture
def no_collection() -> Iterator[None]:
    """No collection of garbage by a worker, which would destroy Qt's objects, as in the program."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collection")
def test_many_pasted_lines_do_not_stop_the_window(
    run: Callable[[Coroutine[Any, Any, list[float]]], list[float]],
    queue: FakeQueue,
    state: WindowState,
    qtbot: QtBot,
    tmp_path: Path,
) -> None:
    tasks = Tasks(logging.getLogger("test"))
    count = 30_000
    mime = QMimeData()
    mime.setText("".join(f"https://example.org/{n}\n" for n in range(count)))

    async def paste() -> list[float]:
        dialog = make_dialog(queue, str(tmp_path), [], state, start_task=tasks.start)
        qtbot.addWidget(dialog)
        dialog.open()
        turns = turns_ms(dialog)
        dialog._links.insertFromMimeData(mime)
        while dialog._add.text() != "&Add 30,000 downloads":
            await asyncio.sleep(0.02)
        assert dialog._links.document().blockCount() == count
        dialog.reject()
        await tasks.settle()
        return turns

    # All of it at once would be seconds; a slow machine needs more for a turn than a fast one.
    assert max(run(paste())) < 150


@pytest.mark.usefixtures("no_collection")
def test_a_long_text_without_a_link_is_there_to_be_mended(
    run: Callable[[Coroutine[Any, Any, None]], None],
    queue: FakeQueue,
    state: WindowState,
    qtbot: QtBot,
    tmp_path: Path,
) -> None:
    tasks = Tasks(logging.getLogger("test"))
    mime = QMimeData()
    mime.setText("\n".join(f"example.org/{n}.zip" for n in range(3000)))

    async def paste() -> None:
        dialog = make_dialog(queue, str(tmp_path), [], state, start_task=tasks.start)
        qtbot.addWidget(dialog)
        dialog.open()
        dialog._links.insertFromMimeData(mime)
        while not dialog._links_problem.isVisible():
            await asyncio.sleep(0.02)
        dialog.reject()
        await tasks.settle()
        assert dialog._links_problem.text().startswith("Line 1: Add https:// in front")

    run(paste())


# Ranges


def test_a_range_is_shown_before_it_is_added(open_dialog: Open, queue: FakeQueue) -> None:
    dialog = open_dialog("https://example.org/f[001-120].zip")
    wait_for(dialog, "&Add 120 downloads")
    assert dialog._ranges.isVisible()
    assert dialog._ranges.text() == (
        "Line 1 stands for 120 downloads: https://example.org/f001.zip to f120.zip"
    )
    assert not dialog._name.isEnabled()
    dialog.accept()
    assert [order.url for order in queue.orders[:2]] == [
        "https://example.org/f001.zip",
        "https://example.org/f002.zip",
    ]
    assert len(queue.orders) == 120


@pytest.mark.parametrize(
    "link, last",
    [
        ("https://example.org/[1-2]/a/b.zip", "2/a/b.zip"),
        ("https://m[1-2].example.org/a.zip", "m2.example.org/a.zip"),
        ("https://example.org/[1-1]/", "https://example.org/1/"),
    ],
)
def test_the_end_of_a_range_is_told_by_what_differs(
    open_dialog: Open, link: str, last: str
) -> None:
    assert open_dialog(link)._ranges.text().endswith(f" to {last}")


def test_several_ranges_are_summed_up(open_dialog: Open) -> None:
    long = "x" * 100
    dialog = open_dialog(f"https://example.org/{long}[1-2].zip", A, "https://example.org/[1-3]")
    first, second = dialog._ranges.text().split("\n")
    assert first.count("…") == 2
    assert first.endswith("xx2.zip")
    assert second == "Ranges in all: 2, for 5 downloads"
    assert dialog._add.text() == "&Add 6 downloads"


def test_a_slip_of_a_digit_is_told(open_dialog: Open) -> None:
    dialog = open_dialog("https://example.org/[1-100000]")
    assert "100,000 links, and 10,000 is the most" in dialog._links_problem.text()
    assert not dialog._add.isEnabled()


def test_no_more_than_the_most_come_at_once(
    open_dialog: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_check, "MAX_LINKS", 3)
    dialog = open_dialog(A, "https://example.org/[1-9]", B, "https://example.org/c")
    assert dialog._add.text() == "&Add 3 downloads"
    assert dialog._links_problem.text() == ("Line 2: More than 3 links cannot be added at once.")


# Duplicates


def test_a_link_that_is_in_the_list_is_told_and_skipped(
    open_dialog: Open, queue: FakeQueue
) -> None:
    queue.hold(make_job("a", url=A))
    dialog = open_dialog("HTTPS://EXAMPLE.org/./a.iso#part", B)
    assert dialog._duplicates.isVisible()
    assert dialog._duplicates.text == "One of the links is in the list already: a.iso."
    assert dialog._add.text() == "&Add"
    dialog.accept()
    assert [order.url for order in queue.orders] == [B]
    assert not dialog.isVisible()


def test_a_link_alone_that_is_in_the_list_leaves_nothing_to_add(
    open_dialog: Open, queue: FakeQueue
) -> None:
    queue.hold(make_job("a", url=A))
    dialog = open_dialog(A)
    assert dialog._duplicates.text == "This link is in the list already: a.iso."
    assert not dialog._add.isEnabled()


def test_duplicates_are_downloaded_again_if_so_wished(
    open_dialog: Open, queue: FakeQueue, qtbot: QtBot
) -> None:
    queue.hold(make_job("a", url=A))
    dialog = open_dialog(A, B)
    dialog._duplicates._choice.setFocus()
    qtbot.keyClick(dialog._duplicates._choice, Qt.Key.Key_Down)
    assert dialog._add.text() == "&Add 2 downloads"
    dialog.accept()
    assert [order.url for order in queue.orders] == [A, B]


def test_the_row_of_a_duplicate_is_shown(open_dialog: Open, queue: FakeQueue, qtbot: QtBot) -> None:
    queue.hold(make_job("a", url=A), make_job("b", url=B))
    dialog = open_dialog(A, B, A)
    assert dialog._duplicates.text == "3 of the links are in the list already, a.iso among them."
    shown = QSignalSpy(dialog.show_requested)
    qtbot.mouseClick(dialog._duplicates._show, Qt.MouseButton.LeftButton)
    assert shown.at(0)[0] == ["a", "b"]
    assert not dialog.isVisible()


def test_what_was_typed_stays_when_a_row_is_shown(
    open_dialog: Open, queue: FakeQueue, qtbot: QtBot
) -> None:
    queue.hold(make_job("a", url=A))
    dialog = open_dialog(A, "nonsense")
    qtbot.mouseClick(dialog._duplicates._show, Qt.MouseButton.LeftButton)
    assert dialog.isVisible()


@pytest.mark.parametrize(
    "lines, text, count",
    [
        ([A, B, A], "The link in line 1 is there twice.", 2),
        ([A, f"{A}#x", "https://example.org:443/a.iso"], "2 links are there more than once.", 1),
        (["https://example.org/[1-2]", "https://example.org/2"], "The link in line 1 is", 2),
    ],
)
def test_links_that_are_there_twice_are_told(
    open_dialog: Open, queue: FakeQueue, lines: list[str], text: str, count: int
) -> None:
    dialog = open_dialog(*lines)
    assert dialog._duplicates.text.startswith(text)
    assert not dialog._duplicates._show.isVisible()
    dialog.accept()
    assert len(queue.orders) == count


# Folder, retries, keys


def test_folders_of_before_are_offered_the_last_one_first(
    open_dialog: Open, state: WindowState, tmp_path: Path
) -> None:
    for number in range(12):
        (tmp_path / f"{number}").mkdir()
        state.note_folder(str(tmp_path / f"{number}"))
    dialog = open_dialog(A)
    offered = [dialog._folders.itemText(n) for n in range(dialog._folders.count())]
    assert offered == [str(tmp_path), *(str(tmp_path / f"{n}") for n in range(11, 1, -1))]
    assert dialog._folder.text() == str(tmp_path)
    dialog._folders.setCurrentIndex(1)
    dialog.accept()
    assert state.folders[:2] == (str(tmp_path / "11"), str(tmp_path / "10"))


def test_a_folder_that_was_saved_in_is_remembered(
    open_dialog: Open, state: WindowState, tmp_path: Path
) -> None:
    open_dialog(A).accept()
    assert state.folders == (str(tmp_path),)


def test_free_space_is_shown_for_the_folder(open_dialog: Open, tmp_path: Path) -> None:
    dialog = open_dialog(A)
    assert dialog._free_space.text().replace("\N{NO-BREAK SPACE}", " ") == "128 GB free"
    dialog._folder.setText(str(tmp_path / "gone"))
    dialog.check()
    assert dialog._free_space.text() == ""


def test_free_space_that_comes_after_the_dialog_is_left_alone(
    qtbot: QtBot, queue: FakeQueue, state: WindowState, tmp_path: Path
) -> None:
    started: list[Coroutine[Any, Any, None]] = []
    dialog = make_dialog(queue, str(tmp_path), [A], state, start_task=started.append)
    qtbot.addWidget(dialog)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    dialog.open()
    dialog.reject()
    finish(started[0])
    assert dialog._free_space.text() == ""


def test_retries_begin_as_the_queue_has_them_and_go_with_the_order(
    open_dialog: Open, queue: FakeQueue, qtbot: QtBot
) -> None:
    queue.max_retries = 7
    dialog = open_dialog(A)
    assert dialog._retries.value() == 7
    dialog._retries.setValue(0)
    qtbot.keyClick(dialog._retries, Qt.Key.Key_Down)
    assert dialog._retries.text() == "until it succeeds"
    dialog.accept()
    assert queue.orders[0].max_retries == -1


def test_return_is_all_that_is_left_when_it_opens_with_links(
    open_dialog: Open, queue: FakeQueue, qtbot: QtBot
) -> None:
    dialog = open_dialog(A)
    with qtbot.waitActive(dialog):
        dialog.activateWindow()
    assert dialog.focusWidget() is dialog._add
    qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Return)
    assert [order.url for order in queue.orders] == [A]


def test_links_that_nobody_asked_for_give_way_to_what_is_typed(
    open_dialog: Open, queue: FakeQueue, qtbot: QtBot
) -> None:
    dialog = open_dialog(A, B, suggests_links=True)
    with qtbot.waitActive(dialog):
        dialog.activateWindow()
    assert dialog.focusWidget() is dialog._links
    qtbot.keyClicks(dialog.focusWidget(), "https://c")
    qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Return)
    assert dialog._links.toPlainText() == "https://c\n"
    assert queue.orders == []


def test_links_that_nobody_asked_for_are_taken_with_return_as_the_first_key(
    open_dialog: Open, queue: FakeQueue, qtbot: QtBot
) -> None:
    dialog = open_dialog(A, B, suggests_links=True)
    qtbot.keyClick(dialog._links, Qt.Key.Key_Return)
    assert [order.url for order in queue.orders] == [A, B]


def test_return_after_some_were_added_throws_nothing_away(
    open_dialog: Open, queue: FakeQueue, qtbot: QtBot
) -> None:
    dialog = open_dialog(A, "nonsense")
    with qtbot.waitActive(dialog):
        dialog.activateWindow()
    qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Return)
    assert [order.url for order in queue.orders] == [A]
    qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert dialog._links.toPlainText() == "nonsense\n"


def test_a_long_link_shows_how_it_begins(open_dialog: Open) -> None:
    long = f"https://example.org/{'long-' * 60}.iso"
    dialog = open_dialog(A, long)
    bar = dialog._links.horizontalScrollBar()
    assert bar.maximum() > 0
    assert bar.value() == 0
    mime = QMimeData()
    mime.setText(long)
    dialog._links.insertFromMimeData(mime)
    assert bar.value() == 0


def test_the_dialog_grows_for_its_sentences_so_that_the_links_stay_in_sight(
    open_dialog: Open, queue: FakeQueue
) -> None:
    queue.hold(make_job("a", url=A))
    bad = [f"nonsense{n}" for n in range(5)]
    dialog = open_dialog(A, *bad, "https://example.org/[1-20]")
    assert dialog._links.height() >= 6 * dialog.fontMetrics().lineSpacing()


def test_a_range_that_cannot_be_used_stands_for_nothing(open_dialog: Open) -> None:
    dialog = open_dialog("www.example.org/[1-60]", A)
    assert dialog._links_problem.isVisible()
    assert not dialog._ranges.isVisible()


def test_links_are_pasted_wherever_the_keyboard_is(open_dialog: Open, qtbot: QtBot) -> None:
    dialog = open_dialog(A)
    with qtbot.waitActive(dialog):
        dialog.activateWindow()
    QGuiApplication.clipboard().setText(B)
    dialog._browse.setFocus()
    qtbot.keyClick(dialog._browse, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert dialog._links.toPlainText() == f"{A}\n{B}"


def test_a_name_field_keeps_what_is_pasted_into_it(open_dialog: Open, qtbot: QtBot) -> None:
    dialog = open_dialog(A)
    with qtbot.waitActive(dialog):
        dialog.activateWindow()
    QGuiApplication.clipboard().setText("b.iso")
    dialog._name.setFocus()
    qtbot.keyClick(dialog._name, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert dialog._name.text() == "b.iso"
    assert dialog._links.toPlainText() == A


def test_names_that_a_file_tells_go_with_their_links(open_dialog: Open, queue: FakeQueue) -> None:
    dialog = open_dialog()
    dialog.add_lines([A, B], {B: FileLink(B, "better.iso")})
    dialog.check()
    dialog.accept()
    assert [order.filename for order in queue.orders] == [None, "better.iso"]


class TestSeveralLinksToOneFile:
    def test_are_one_download_where_the_person_says_so(
        self, open_dialog: Open, queue: FakeQueue, qtbot: QtBot
    ) -> None:
        dialog = open_dialog(A, B)
        assert dialog._one_file.isVisible()
        assert not dialog._name.isEnabled()
        qtbot.keyClick(dialog._one_file, Qt.Key.Key_Space)
        dialog.check()
        assert dialog._name.isEnabled()
        dialog._name.setText("one.iso")
        dialog.check()
        assert dialog._add.text() == "&Add"
        dialog.accept()
        (order,) = queue.orders
        assert (order.url, order.filename) == (A, "one.iso")
        assert [each.url for each in order.mirrors] == [B]

    def test_are_offered_quietly_where_their_names_differ(self, open_dialog: Open) -> None:
        dialog = open_dialog(A, "https://mirror.example.org/a.iso")
        text = QPalette.ColorRole.WindowText
        assert dialog._one_file.palette().color(text) == dialog.palette().color(text)
        write(dialog, f"{A}\n{B}")
        assert dialog._one_file.isVisible()
        assert dialog._one_file.palette().color(text) != dialog.palette().color(text)

    def test_are_several_downloads_else(self, open_dialog: Open, queue: FakeQueue) -> None:
        open_dialog(A, B).accept()
        assert [order.mirrors for order in queue.orders] == [(), ()]

    def test_are_not_asked_for_where_there_is_one_link_or_a_range(self, open_dialog: Open) -> None:
        assert not open_dialog(A)._one_file.isVisible()
        assert not open_dialog(A, A)._one_file.isVisible()
        assert not open_dialog("https://example.org/[1-3].iso")._one_file.isVisible()

    def test_a_box_that_went_away_counts_no_more(self, open_dialog: Open, queue: FakeQueue) -> None:
        dialog = open_dialog(A, B)
        dialog._one_file.setChecked(True)
        write(dialog, A)
        dialog.accept()
        assert [order.mirrors for order in queue.orders] == [()]

    def test_a_file_tells_of_them(self, open_dialog: Open, queue: FakeQueue) -> None:
        dialog = open_dialog()
        dialog.add_lines([A], {A: FileLink(A, None, (B,), 7)})
        dialog.check()
        dialog.accept()
        (order,) = queue.orders
        assert ([each.url for each in order.mirrors], order.expected_bytes) == ([B], 7)


def test_what_a_file_could_not_give_is_told(open_dialog: Open) -> None:
    dialog = open_dialog(A)
    dialog.note_left_out([f"x, Line {n}: No." for n in range(5)])
    assert dialog._left_out.text().split("\n") == [
        "x, Line 0: No.",
        "x, Line 1: No.",
        "x, Line 2: No.",
        "and 2 more that cannot be used",
    ]


def test_files_dropped_on_the_links_are_told(open_dialog: Open) -> None:
    dialog = open_dialog()
    dropped = QSignalSpy(dialog.files_dropped)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile("/tmp/a b.url")])
    dialog._links.insertFromMimeData(mime)
    assert dropped.at(0)[0] == ["/tmp/a b.url"]
    assert dialog._links.toPlainText() == ""


def test_everything_can_be_reached_at_800_by_500(open_dialog: Open, queue: FakeQueue) -> None:
    queue.hold(make_job("a", url=A))
    dialog = open_dialog(A, "nonsense", "ftp://x", "x y", "https://example.org/[1-20]", folder="/x")
    assert dialog.minimumSizeHint().width() <= 800
    assert dialog.minimumSizeHint().height() <= 500


SHA256 = "0a" * 32
OTHER = "1b" * 32
EXPECTED = Checksum(ChecksumKind.SHA256, SHA256)


class TestChecksums:
    @staticmethod
    def give(dialog: AddDialog, text: str) -> None:
        dialog._checksums.setPlainText(text)
        dialog.check()

    def test_one_is_expected_of_one_link_whatever_its_name(
        self, open_dialog: Open, queue: FakeQueue
    ) -> None:
        dialog = open_dialog(A)
        self.give(dialog, f"{SHA256.upper()} *another-name.iso\n")
        assert dialog._checksums_found.text() == "SHA-256"
        assert not dialog._checksums_problem.isVisible()
        dialog.accept()
        assert [order.checksum for order in queue.orders] == [EXPECTED]

    def test_it_is_checked_while_it_is_typed_and_nothing_added_while_it_is_wrong(
        self, open_dialog: Open, queue: FakeQueue, qtbot: QtBot
    ) -> None:
        dialog = open_dialog(A)
        dialog._checksums.setFocus()
        qtbot.keyClicks(dialog._checksums, SHA256[:-1])
        qtbot.waitUntil(dialog._checksums_problem.isVisible, timeout=2000)
        assert dialog._checksums_problem.text().startswith("This checksum has 63 digits.")
        assert not dialog._add.isEnabled()
        assert dialog._checksums_found.text() == ""
        qtbot.keyClicks(dialog._checksums, SHA256[-1])
        qtbot.waitUntil(dialog._add.isEnabled, timeout=2000)
        assert not dialog._checksums_problem.isVisible()
        qtbot.keyClick(dialog._checksums, Qt.Key.Key_Return)
        assert [order.checksum for order in queue.orders] == [EXPECTED]

    def test_without_any_nothing_is_expected(self, open_dialog: Open, queue: FakeQueue) -> None:
        dialog = open_dialog(A)
        self.give(dialog, " \n")
        dialog.accept()
        assert [order.checksum for order in queue.orders] == [None]

    def test_a_pasted_list_is_matched_to_the_links_by_name(
        self, open_dialog: Open, queue: FakeQueue
    ) -> None:
        dialog = open_dialog(A, B, "https://example.org/c.iso")
        pasted = QMimeData()
        pasted.setText(f"# today\n{SHA256}  ./a.iso\nnonsense\n{OTHER} *iso/c.iso\n{OTHER}  d\n")
        dialog._checksums.insertFromMimeData(pasted)
        dialog.check()
        assert dialog._checksums_found.text() == "for 2 of 3 downloads"
        assert dialog._checksums_problem.text().startswith("Line 3: A checksum is made of")
        assert dialog._checksums.height() > 2 * dialog.fontMetrics().lineSpacing()
        dialog.accept()
        assert [order.checksum for order in queue.orders] == [
            EXPECTED,
            None,
            Checksum(ChecksumKind.SHA256, OTHER),
        ]

    def test_one_with_a_name_is_a_list_for_several_links(
        self, open_dialog: Open, queue: FakeQueue
    ) -> None:
        dialog = open_dialog(A, B)
        self.give(dialog, f"SHA256 (b.iso) = {SHA256}")
        assert dialog._checksums_found.text() == "for 1 of 2 downloads"
        dialog.accept()
        assert [order.checksum for order in queue.orders] == [None, EXPECTED]

    def test_one_without_a_name_does_not_tell_which_of_several_it_is_for(
        self, open_dialog: Open
    ) -> None:
        dialog = open_dialog(A, B)
        self.give(dialog, SHA256)
        assert dialog._checksums_problem.text().startswith("Of several links, which one")
        assert not dialog._add.isEnabled()
        write(dialog, A)
        assert dialog._add.isEnabled()

    def test_a_list_that_names_none_of_the_links_is_told(self, open_dialog: Open) -> None:
        dialog = open_dialog(A)
        self.give(dialog, f"{SHA256}  x\n{OTHER}  y")
        words = "No link here has the name of a file in this list."
        assert dialog._checksums_problem.text() == words
        assert dialog._checksums_found.text() == ""

    def test_one_with_another_name_is_told_of_where_there_are_several(
        self, open_dialog: Open
    ) -> None:
        dialog = open_dialog(A, B)
        self.give(dialog, f"{SHA256}  x.iso")
        words = "No link here has the name of a file in this list."
        assert dialog._checksums_problem.text() == words

    def test_a_list_of_nothing_is_a_problem(self, open_dialog: Open) -> None:
        dialog = open_dialog(A)
        self.give(dialog, "what\nis this")
        assert dialog._checksums_problem.text().startswith("A checksum is made of")
        assert not dialog._add.isEnabled()

    def test_the_name_that_is_chosen_is_the_one_that_counts(
        self, open_dialog: Open, queue: FakeQueue
    ) -> None:
        dialog = open_dialog("https://example.org/get?id=5")
        dialog._name.setText("mine.iso")
        self.give(dialog, f"{OTHER}  x\n{SHA256}  mine.iso")
        dialog.accept()
        assert [order.checksum for order in queue.orders] == [EXPECTED]

    def test_before_there_is_a_link_its_kind_is_told(self, open_dialog: Open) -> None:
        dialog = open_dialog()
        self.give(dialog, SHA256)
        assert dialog._checksums_found.text() == "SHA-256"
        assert not dialog._checksums_problem.isVisible()
