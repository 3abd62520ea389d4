from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox, QPushButton
from pytestqt.qtbot import QtBot

from dlmanager.core.errors import BadInput
from dlmanager.core.job import Status
from dlmanager.gui.link_dialog import LinkDialog
from tests.gui.fake_queue import FakeQueue, finish, make_job

Open = Callable[..., LinkDialog]


@pytest.fixture
def show(qtbot: QtBot, queue: FakeQueue) -> Open:
    def make(bytes_done: int = 0, **fields: object) -> LinkDialog:
        (job,) = queue.hold(make_job("a", **{"status": Status.PAUSED, **fields}))
        dialog = LinkDialog(queue, job, bytes_done, start_task=finish)
        qtbot.addWidget(dialog)
        dialog.open()
        qtbot.waitExposed(dialog)
        return dialog

    return make


def type_link(dialog: LinkDialog, qtbot: QtBot, text: str) -> None:
    dialog._field.selectAll()
    qtbot.keyClicks(dialog._field, text)


def texts(dialog: LinkDialog) -> str:
    shown = (dialog._problem, dialog._promise, dialog._secrets_note)
    return " ".join(each.text() for each in shown if each.isVisible()).replace("\xa0", " ")


def test_the_old_link_is_there_to_be_replaced(show: Open, queue: FakeQueue) -> None:
    dialog = show()
    assert dialog._field.selectedText() == queue.jobs["a"].url
    assert dialog.focusWidget() is dialog._field
    assert not dialog._do.isEnabled()  # nothing to change yet


@pytest.mark.parametrize(
    "link, sentence",
    [
        ("ftp://example.org/a", "Only http and https links can be downloaded, not ftp."),
        ("example.org/a", "Add https:// in front of this link: example.org/a"),
    ],
)
def test_what_is_wrong_is_said_below_the_field_while_one_types(
    show: Open, queue: FakeQueue, qtbot: QtBot, link: str, sentence: str
) -> None:
    dialog = show()
    type_link(dialog, qtbot, link)
    assert texts(dialog) == sentence
    assert not dialog._do.isEnabled()
    qtbot.keyClick(dialog._field, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert queue.calls == []
    type_link(dialog, qtbot, "https://example.org/b")
    assert texts(dialog) == ""
    assert dialog._do.isEnabled()


def test_an_empty_field_is_no_mistake_yet(show: Open, qtbot: QtBot) -> None:
    dialog = show()
    qtbot.keyClick(dialog._field, Qt.Key.Key_Delete)
    assert texts(dialog) == ""
    assert not dialog._do.isEnabled()


@pytest.mark.parametrize(
    "bytes_done, status, promise",
    [
        (5_000_000, Status.PAUSED, "the 5.0 MB downloaded so far are kept. If not, the download"),
        (0, Status.FAILED, "The download then goes on with the new link."),
        (0, Status.PAUSED, ""),
    ],
)
def test_it_says_what_will_become_of_the_download(
    show: Open, bytes_done: int, status: Status, promise: str
) -> None:
    assert promise in texts(show(bytes_done, status=status))


def test_it_says_that_another_server_gets_no_password(show: Open, qtbot: QtBot) -> None:
    dialog = show(has_secrets=True)
    type_link(dialog, qtbot, "https://example.org/other.iso")
    assert texts(dialog) == ""
    type_link(dialog, qtbot, "https://example.com/a.iso")
    assert "are not given to another server" in texts(dialog)
    type_link(dialog, qtbot, "https://me:word@example.com/a.iso")
    assert texts(dialog) == ""


def test_a_new_password_for_the_same_link_is_a_change(show: Open, qtbot: QtBot) -> None:
    dialog = show()
    type_link(dialog, qtbot, "https://me:word@example.org/a.iso")
    assert dialog._do.isEnabled()


def test_a_click_changes_the_link(show: Open, queue: FakeQueue, qtbot: QtBot) -> None:
    dialog = show()
    type_link(dialog, qtbot, "https://example.com/b.iso")
    with qtbot.waitSignal(dialog.changed):
        qtbot.mouseClick(dialog._do, Qt.MouseButton.LeftButton)
    assert queue.jobs["a"].url == "https://example.com/b.iso"
    assert not dialog.isVisible()


@pytest.mark.parametrize("way", ["escape", "button"])
def test_it_can_be_left(show: Open, queue: FakeQueue, qtbot: QtBot, way: str) -> None:
    dialog = show()
    type_link(dialog, qtbot, "https://example.com/b.iso")
    if way == "escape":
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    else:
        box = dialog.findChild(QDialogButtonBox)
        assert box is not None
        button = box.button(QDialogButtonBox.StandardButton.Cancel)
        assert isinstance(button, QPushButton)
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert not dialog.isVisible()
    assert queue.calls == []


def test_why_it_could_not_be_changed_is_said_beside_the_link(
    show: Open, queue: FakeQueue, qtbot: QtBot
) -> None:
    queue.failure = BadInput("This download is finished.")
    dialog = show()
    type_link(dialog, qtbot, "https://example.com/b.iso")
    qtbot.keyClick(dialog._field, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert texts(dialog) == "This download is finished."
    assert dialog._field.text() == "https://example.com/b.iso"
    assert dialog._do.isEnabled()


def test_it_stays_until_the_queue_has_answered(qtbot: QtBot, queue: FakeQueue, show: Open) -> None:
    waiting: list[Coroutine[Any, Any, None]] = []
    dialog = show()
    dialog._start_task = waiting.append
    type_link(dialog, qtbot, "https://example.com/b.iso")
    qtbot.keyClick(dialog._field, Qt.Key.Key_Return)
    qtbot.keyClick(dialog._field, Qt.Key.Key_Return)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    assert not dialog._do.isEnabled()
    (only,) = waiting
    finish(only)
    assert not dialog.isVisible()


def test_names_and_links_are_plain_text(show: Open) -> None:
    dialog = show(filename="<b>a</b>.iso")
    assert dialog._name.text() == "<b>a</b>.iso"
    assert dialog._name.textFormat() is Qt.TextFormat.PlainText
