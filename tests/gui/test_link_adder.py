"""Every way by which links come into the window."""

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
)
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from dlmanager.core.settings import Settings
from dlmanager.gui.add_dialog import AddDialog
from dlmanager.gui.link_adder import MOST_AT_ONCE
from dlmanager.gui.main_window import MainWindow
from tests.gui.fake_queue import FakeQueue, make_job

A, B, C = (f"https://example.org/{name}.iso" for name in "abc")
ACTIONS = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction | Qt.DropAction.LinkAction
LEFT, NO_KEYS = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def dialogs(window: MainWindow) -> list[AddDialog]:
    return [dialog for dialog in window.findChildren(AddDialog) if dialog.isVisible()]


def message(window: MainWindow) -> str:
    return window._status_line.message


def drag_over(target: QWidget, mime: QMimeData) -> bool:
    enter = QDragEnterEvent(QPoint(50, 50), ACTIONS, mime, LEFT, NO_KEYS)
    enter.ignore()
    QApplication.sendEvent(target, enter)
    if enter.isAccepted():
        move = QDragMoveEvent(QPoint(60, 60), ACTIONS, mime, LEFT, NO_KEYS)
        move.accept()
        QApplication.sendEvent(target, move)
    return enter.isAccepted()


def drop(target: QWidget, mime: QMimeData) -> None:
    assert drag_over(target, mime)
    event = QDropEvent(QPointF(60, 60), ACTIONS, mime, LEFT, NO_KEYS)
    QApplication.sendEvent(target, event)
    assert event.isAccepted()
    assert event.dropAction() is Qt.DropAction.CopyAction


def holding(name: str, data: bytes) -> QMimeData:
    mime = QMimeData()
    mime.setData(name, data)
    return mime


def of_files(*paths: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


# Drops


@pytest.mark.parametrize(
    "mime",
    [
        holding("text/uri-list", f"{A}\r\n{B}\r\n".encode()),
        holding("text/x-moz-url", f"{A}\nOne\n{B}\nTwo".encode("utf-16-le")),
        holding("text/html", f'<p><a href="{A}">One</a> <a href={B}>Two</a>'.encode()),
        holding("text/plain", f"Take {A} and, if you like, ({B}).".encode()),
    ],
    ids=["uri list", "Firefox", "HTML", "text"],
)
@pytest.mark.parametrize("has_rows", [False, True], ids=["empty", "with rows"])
def test_several_links_come_by_each_kind_of_drop(
    window: MainWindow, queue: FakeQueue, mime: QMimeData, has_rows: bool
) -> None:
    if has_rows:
        window.load(queue.hold(make_job("other")))
    drop(window, mime)
    assert [order.url for order in queue.orders] == [A, B]
    assert dialogs(window) == []


def test_a_target_is_shown_while_something_is_dragged_over_the_window(
    window: MainWindow, queue: FakeQueue
) -> None:
    overlay = window._drop_overlay
    assert not overlay.isVisible()
    drag_over(window, holding("text/plain", A.encode()))
    assert overlay.isVisible()
    assert overlay.geometry() == window.rect()
    window.resize(820, 520)
    assert overlay.geometry() == window.rect()
    assert not window.grab().isNull()
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert not overlay.isVisible()
    drop(window, holding("text/plain", A.encode()))
    assert not overlay.isVisible()


def test_no_target_is_shown_for_what_cannot_be_dropped(window: MainWindow) -> None:
    assert not drag_over(window, holding("image/png", b"x"))
    assert not window._drop_overlay.isVisible()


def test_the_own_finished_files_are_not_dropped_on_the_window(window: MainWindow) -> None:
    class OwnDrag(QDragEnterEvent):
        def source(self) -> QWidget:
            return window._table

    mime = holding("text/uri-list", b"file:///tmp/a.iso")
    enter = OwnDrag(QPoint(50, 50), ACTIONS, mime, LEFT, NO_KEYS)
    enter.ignore()
    QApplication.sendEvent(window, enter)
    assert not enter.isAccepted()
    assert not window._drop_overlay.isVisible()


# What is left to decide


def test_what_needs_a_look_comes_to_the_dialog_beside_what_was_added(
    window: MainWindow, queue: FakeQueue
) -> None:
    window.load(queue.hold(make_job("b", url=B)))
    window.add_links([A, A, B, "https://example.org/[1-3].zip", "nonsense"])
    assert [order.url for order in queue.orders] == [A]
    (dialog,) = dialogs(window)
    assert dialog._links.toPlainText() == f"{B}\nhttps://example.org/[1-3].zip\nnonsense"
    assert dialog._done.text() == "Added 1 download. What is left needs a look."
    assert dialog._duplicates.text == "One of the links is in the list already: b.iso."
    assert dialog._ranges.text().startswith("Line 2 stands for 3 downloads")


def test_a_link_that_is_there_already_is_found_in_the_list(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot
) -> None:
    window.load(queue.hold(*(make_job(f"{n}", url=f"{A}?{n}") for n in range(200))))
    window.add_links([f"{A}?7"])
    (dialog,) = dialogs(window)
    qtbot.mouseClick(dialog._duplicates._show, LEFT)
    assert dialogs(window) == []
    assert [job.id for job in window._table.selected_jobs()] == ["7"]
    row = window._jobs.row_of("7")
    assert row is not None
    assert (
        window._table.viewport()
        .rect()
        .contains(window._table.visualRect(window._jobs.index(row, 0)).center())
    )


def test_a_link_that_a_filter_hides_is_found_too(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot
) -> None:
    window.load(queue.hold(make_job("a", url=A), make_job("b", url=B)))
    window._list.search("b.iso")
    assert window._jobs.row_of("a") is None
    window.add_links([A])
    (dialog,) = dialogs(window)
    qtbot.mouseClick(dialog._duplicates._show, LEFT)
    assert [job.id for job in window._table.selected_jobs()] == ["a"]
    assert not window._list.is_filtered


def test_the_folder_is_the_one_that_the_settings_name_now(
    window: MainWindow, queue: FakeQueue, tmp_path: Path
) -> None:
    (tmp_path / "isos").mkdir()
    window.set_settings(Settings(download_directory=str(tmp_path / "isos")))
    window.add_links([A])
    window.open_add_dialog()
    assert queue.orders[0].target_directory == str(tmp_path / "isos")
    assert dialogs(window)[0]._folder.text() == str(tmp_path / "isos")


def test_very_many_links_are_looked_at_in_the_dialog_first(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot
) -> None:
    links = [f"{A}?{n}" for n in range(MOST_AT_ONCE + 1)]
    window.add_links(links)
    assert queue.orders == []
    (dialog,) = dialogs(window)
    wanted = f"&Add {len(links)} downloads"
    qtbot.waitUntil(lambda: dialog._add.text() == wanted, timeout=10_000)


# Keys


def test_ctrl_n_opens_the_dialog_with_the_keyboard_in_it(window: MainWindow, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().clear()
    with qtbot.waitActive(window):
        window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    (dialog,) = dialogs(window)
    assert dialog.focusWidget() is dialog._links
    qtbot.keyClicks(dialog._links, A)
    qtbot.keyClick(dialog._links, Qt.Key.Key_Escape)
    assert dialogs(window) == []


@pytest.mark.parametrize("has_rows", [False, True], ids=["empty page", "table"])
def test_ctrl_v_pastes_into_the_dialog_wherever_the_keyboard_is(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot, has_rows: bool
) -> None:
    if has_rows:
        window.load(queue.hold(make_job("other")))
    QGuiApplication.clipboard().setText(f"see {A}, or {B}")
    with qtbot.waitActive(window):
        window.activateWindow()
    focus = window.focusWidget() or window
    qtbot.keyClick(focus, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    (dialog,) = dialogs(window)
    assert dialog._links.toPlainText() == f"{A}\n{B}"


def test_copied_files_are_imported_by_ctrl_v(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "a.url"
    path.write_text(f"[InternetShortcut]\nURL={A}\n")
    QGuiApplication.clipboard().setMimeData(of_files(path))
    window._actions.paste.trigger()
    (dialog,) = dialogs(window)
    assert dialog._links.toPlainText() == A


# Files

METALINK = (
    '<metalink xmlns="urn:ietf:params:xml:ns:metalink">'
    f'<file name="better.iso"><url>{A}</url></file><file name="x"/></metalink>'
)


def test_dropped_files_are_imported(window: MainWindow, queue: FakeQueue, tmp_path: Path) -> None:
    texts = {
        "a.meta4": METALINK,
        "b.desktop": f"[Desktop Entry]\nType=Link\nURL={B}\n",
        "c.html": f'<a href="{C}">c</a><a href="d">d</a>',
        "d.txt": f"{A}\n{C}?d\n",
    }
    paths = []
    for name, text in texts.items():
        paths.append(tmp_path / name)
        paths[-1].write_text(text)
    drop(window, of_files(*paths, tmp_path / "gone.txt"))
    (dialog,) = dialogs(window)
    assert dialog._links.toPlainText().split("\n") == [A, B, C, f"{C}?d"]
    problems = dialog._left_out.text().split("\n")
    assert problems[0] == "a.meta4, Entry 2 (x): It names no link."
    assert problems[1].startswith("c.html, Line 1: The page does not tell its own address")
    assert problems[2] == "gone.txt cannot be read (No such file or directory)."
    dialog.accept()
    assert [order.filename for order in queue.orders] == ["better.iso", None, None, None]


def test_a_bare_link_hides_nothing_that_another_file_says_of_it(
    window: MainWindow, queue: FakeQueue, tmp_path: Path
) -> None:
    (tmp_path / "a.meta4").write_text(METALINK)
    (tmp_path / "b.txt").write_text(A)
    window._adder.import_files([str(tmp_path / "a.meta4"), str(tmp_path / "b.txt")])
    dialog = window._adder._dialog
    assert dialog is not None
    dialog.check()
    dialog.accept()
    assert [(order.url, order.filename) for order in queue.orders] == [(A, "better.iso")]


def test_dropped_files_of_another_kind_are_told(window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "a.iso").write_bytes(b"x")
    drop(window, of_files(tmp_path / "a.iso"))
    assert message(window) == "a.iso is not a file with links."
    assert dialogs(window) == []


@pytest.mark.parametrize(
    "name, text, said",
    [
        ("a.txt", "Nothing here.", "There is no link in a.txt."),
        ("a.url", "", "a.url, Line 1: This is no internet shortcut: it names no URL."),
    ],
)
def test_a_file_without_a_link_is_told(
    window: MainWindow, tmp_path: Path, name: str, text: str, said: str
) -> None:
    (tmp_path / name).write_text(text)
    drop(window, of_files(tmp_path / name))
    assert message(window) == said
    assert dialogs(window) == []


def test_import_asks_for_files_by_their_kinds(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "list").write_text(f"{A}\n{B}\n")
    with qtbot.waitActive(window):
        window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    (chooser,) = window.findChildren(QFileDialog)
    assert chooser.fileMode() is QFileDialog.FileMode.ExistingFiles
    filters = " ".join(chooser.nameFilters())
    for pattern in ("*.txt", "*.url", "*.desktop", "*.metalink", "*.meta4", "*.html", "(*)"):
        assert pattern in filters
    chooser.filesSelected.emit([str(tmp_path / "list")])
    chooser.close()
    (dialog,) = dialogs(window)
    assert dialog._links.toPlainText() == f"{A}\n{B}"


def test_files_dropped_on_the_dialog_are_imported(window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "a.url").write_text(f"[InternetShortcut]\nURL={A}\n")
    window.open_add_dialog([B])
    (dialog,) = dialogs(window)
    drop(dialog._links.viewport(), of_files(tmp_path / "a.url"))
    assert dialog._links.toPlainText() == f"{B}\n{A}"
