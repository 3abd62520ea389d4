from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from dlmanager.core.errors import BadInput, ErrorKind
from dlmanager.core.job import Status
from dlmanager.gui.login_dialog import LoginDialog
from tests.gui.fake_queue import FakeQueue, finish, make_job

Open = Callable[..., LoginDialog]


@pytest.fixture
def show(qtbot: QtBot, queue: FakeQueue) -> Open:
    def make(url: str = "https://example.org/a.iso") -> LoginDialog:
        failed = make_job("a", Status.FAILED, url=url, error_kind=ErrorKind.AUTH, http_status=401)
        (job,) = queue.hold(failed)
        dialog = LoginDialog(queue, job, start_task=finish)
        qtbot.addWidget(dialog)
        dialog.open()
        qtbot.waitExposed(dialog)
        return dialog

    return make


def said(dialog: LoginDialog) -> str:
    return " ".join(each.text() for each in dialog.findChildren(QLabel) if each.isVisible())


def test_what_is_typed_goes_into_the_link_whatever_it_is(
    show: Open, queue: FakeQueue, qtbot: QtBot
) -> None:
    dialog = show()
    assert dialog.focusWidget() is dialog._user
    qtbot.keyClicks(dialog._user, "eva@home")
    qtbot.keyClicks(dialog._password, "p/a:s s#1")
    with qtbot.waitSignal(dialog.changed):
        qtbot.keyClick(dialog._password, Qt.Key.Key_Return)
    link = "https://eva%40home:p%2Fa%3As%20s%231@example.org/a.iso"
    assert queue.calls == [("change_link", ["a", link])]
    assert not dialog.isVisible()


def test_a_password_is_not_shown_and_a_name_is_needed(show: Open, qtbot: QtBot) -> None:
    dialog = show()
    assert dialog._password.echoMode() is QLineEdit.EchoMode.Password
    qtbot.keyClicks(dialog._password, "secret")
    assert not dialog._do.isEnabled()
    qtbot.keyClicks(dialog._user, "eva")
    assert dialog._do.isEnabled()


@pytest.mark.parametrize(
    "url, is_told", [("http://example.org/a", True), ("https://example.org/a", False)]
)
def test_it_says_who_asks_and_whether_others_can_read_along(
    show: Open, url: str, is_told: bool
) -> None:
    words = said(show(url))
    assert "example.org wants a user name and a password." in words
    assert ("not encrypted" in words) is is_told


def test_what_keeps_them_from_being_used_is_told_and_they_stay(
    show: Open, queue: FakeQueue, qtbot: QtBot
) -> None:
    dialog = show()
    queue.failure = BadInput("This download is finished.")
    qtbot.keyClicks(dialog._user, "eva")
    qtbot.mouseClick(dialog._do, Qt.MouseButton.LeftButton)
    assert "This download is finished." in said(dialog)
    assert dialog.isVisible()
    assert dialog._user.text() == "eva"
