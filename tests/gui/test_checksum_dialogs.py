from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from dlmanager.core.checksum_kind import Checksum, ChecksumKind
from dlmanager.core.errors import CannotOpen, ErrorKind
from dlmanager.core.job import Job, Status, Verification
from dlmanager.gui.checksum_dialogs import ExpectDialog, VerifyDialog, checksum_dialog
from tests.gui.fake_queue import FakeQueue, finish, make_job

Open = Callable[..., Any]

MD5 = Checksum(ChecksumKind.MD5, "0a" * 16)
SHA256 = Checksum(ChecksumKind.SHA256, "1b" * 32)
SHA512 = Checksum(ChecksumKind.SHA512, "2c" * 64)
KNOWN = {"checksum_kind": MD5.kind, "checksum": MD5.hex}
WRONG = {
    **KNOWN,
    "checksum_found": "ff" * 16,
    "error_kind": ErrorKind.CHECKSUM,
    "verification": Verification.MISMATCH,
}


@pytest.fixture
def show(qtbot: QtBot, queue: FakeQueue) -> Open:
    def make(status: Status = Status.PAUSED, **fields: object) -> ExpectDialog | VerifyDialog:
        if status is Status.COMPLETED:
            fields = {"final_path": "/tmp/a.iso", **fields}
        (job,) = queue.hold(make_job("a", status, **fields))
        dialog = checksum_dialog(queue, job, start_task=finish)
        qtbot.addWidget(dialog)
        dialog.open()
        qtbot.waitExposed(dialog)
        return dialog

    return make


def give(dialog: ExpectDialog | VerifyDialog, text: str) -> None:
    dialog._field.edit.setPlainText(text)


def press_return(dialog: ExpectDialog | VerifyDialog, qtbot: QtBot) -> None:
    qtbot.keyClick(dialog._field.edit, Qt.Key.Key_Return)


def texts(dialog: ExpectDialog | VerifyDialog) -> str:
    """What is said below the field."""
    labels = [each for each in dialog.findChildren(QLabel) if each.isVisible() and each.text()]
    below_px = dialog._field.geometry().bottom()
    said = [each for each in labels if each.parent() is dialog and each.y() > below_px]
    return "\n".join(each.text() for each in sorted(said, key=QLabel.y))


# Of a file that is not finished


def test_what_is_expected_is_there_to_be_replaced(show: Open) -> None:
    dialog = show(**KNOWN)
    assert dialog._field.edit.toPlainText() == str(MD5)
    assert dialog._field.edit.textCursor().selectedText() == str(MD5)
    assert dialog.focusWidget() is dialog._field.edit
    assert dialog._field.kind.text() == "MD5"
    assert not dialog._do.isEnabled()  # nothing to save yet


def test_another_one_is_saved(show: Open, queue: FakeQueue, qtbot: QtBot) -> None:
    dialog = show(**KNOWN)
    give(dialog, SHA256.hex.upper())
    assert dialog._field.kind.text() == "SHA-256"
    assert "is held against this checksum, and kept only if it matches" in texts(dialog)
    with qtbot.waitSignal(dialog.changed):
        press_return(dialog, qtbot)
    assert queue.jobs["a"].expected_checksum == SHA256
    assert queue.calls == [("expect_checksum", ["a", str(SHA256)])]
    assert not dialog.isVisible()


def test_an_empty_field_takes_it_away(show: Open, queue: FakeQueue, qtbot: QtBot) -> None:
    dialog = show(**KNOWN)
    give(dialog, "  ")
    assert texts(dialog) == "Without a checksum, only the size of the file is checked."
    with qtbot.waitSignal(dialog.changed):
        press_return(dialog, qtbot)
    assert queue.jobs["a"].expected_checksum is None


def test_without_any_there_is_none_to_take_away(show: Open) -> None:
    assert not show()._do.isEnabled()


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("abc", "This checksum has 3 digits."),
        (f"crc32: {'0a' * 4}", "crc32 is no kind of checksum that can be checked here."),
        (f"{MD5.hex}  b.iso\n{MD5.hex}  c.iso", "This list has no checksum of a.iso."),
    ],
    ids=["too short", "unknown kind", "another list"],
)
def test_what_cannot_be_used_is_said_and_it_stays(
    show: Open, queue: FakeQueue, qtbot: QtBot, text: str, sentence: str
) -> None:
    dialog = show()
    give(dialog, text)
    assert texts(dialog).startswith(sentence)
    assert not dialog._do.isEnabled()
    press_return(dialog, qtbot)
    assert dialog.isVisible()
    assert queue.calls == []
    give(dialog, f"{MD5.hex}  b.iso\n{SHA256.hex} *a.iso\n")
    assert sentence not in texts(dialog)
    press_return(dialog, qtbot)
    assert queue.jobs["a"].expected_checksum == SHA256


@pytest.mark.parametrize("name", ["a.iso", "a (1).iso", "from-link.iso"])
def test_a_list_may_call_the_file_by_any_of_its_names(show: Open, name: str) -> None:
    dialog = show(
        Status.COMPLETED, final_path="/tmp/a (1).iso", url="https://example.org/from-link.iso"
    )
    give(dialog, f"{SHA256.hex}  {name}\n{SHA256.hex[:-1]}0  other.iso")
    assert dialog._field.checksum == SHA256


def test_why_it_could_not_be_saved_is_said(show: Open, queue: FakeQueue, qtbot: QtBot) -> None:
    queue.failure = CannotOpen("This download is finished by now.")
    dialog = show()
    give(dialog, MD5.hex)
    press_return(dialog, qtbot)
    assert dialog.isVisible()
    assert "This download is finished by now." in texts(dialog)
    assert dialog._do.isEnabled()


# Of one that came wrong


def test_what_came_wrong_is_tried_again(show: Open, queue: FakeQueue, qtbot: QtBot) -> None:
    dialog = show(Status.FAILED, **WRONG)
    assert dialog._do.text().replace("&", "") == "Save and retry"
    assert f"Expected:\n{MD5.hex}\nFound:\n{'ff' * 16}" in texts(dialog)
    assert "downloaded again, and kept only if it matches" in texts(dialog)
    give(dialog, str(SHA256))
    assert "Found:" in texts(dialog)  # to be compared
    with qtbot.waitSignal(dialog.changed):
        press_return(dialog, qtbot)
    assert queue.calls == [("expect_checksum", ["a", str(SHA256)]), ("retry", ["a"])]


def test_it_can_be_had_unchecked(show: Open, queue: FakeQueue, qtbot: QtBot) -> None:
    dialog = show(Status.FAILED, **WRONG)
    give(dialog, "")
    assert "nothing but its size is checked" in texts(dialog)
    press_return(dialog, qtbot)
    assert queue.calls == [("expect_checksum", ["a", "None"]), ("retry", ["a"])]


def test_what_failed_for_another_reason_is_left_so(
    show: Open, queue: FakeQueue, qtbot: QtBot
) -> None:
    dialog = show(Status.FAILED, error_kind=ErrorKind.NOT_FOUND)
    give(dialog, MD5.hex)
    press_return(dialog, qtbot)
    assert queue.calls == [("expect_checksum", ["a", str(MD5)])]


# Of a finished file


def test_a_file_that_matches_is_told_so(show: Open, queue: FakeQueue, qtbot: QtBot) -> None:
    queue.found_digits = MD5.hex
    dialog = show(Status.COMPLETED, **KNOWN)
    press_return(dialog, qtbot)
    assert queue.calls == [("verify", ["a", str(MD5)])]
    assert "The file matches this MD5 checksum." in texts(dialog)
    assert dialog.isVisible()
    assert dialog._bar.isHidden()
    assert dialog._cancel.text().replace("&", "") == "Close"
    qtbot.keyClick(dialog, Qt.Key.Key_Return)  # the likely choice
    assert not dialog.isVisible()
    assert len(queue.calls) == 1


def test_of_one_that_does_not_both_hashes_are_told(
    show: Open, queue: FakeQueue, qtbot: QtBot
) -> None:
    queue.found_digits = "3d" * 64
    dialog = show(Status.COMPLETED)
    assert not dialog._do.isEnabled()  # against what?
    give(dialog, SHA512.hex)
    press_return(dialog, qtbot)
    assert "The file does not match this SHA-512 checksum." in texts(dialog)
    half, found = "2c" * 32, "3d" * 32
    assert texts(dialog).endswith(f"Expected:\n{half}\n{half}\nFound:\n{found}\n{found}")
    for label in (dialog._mismatch, dialog._digits):
        assert label.heightForWidth(label.width()) <= label.height()
    give(dialog, MD5.hex)
    assert "does not match" not in texts(dialog)
    assert "Found" not in texts(dialog)
    assert dialog._do.isDefault()


def test_why_it_could_not_be_verified_is_said(show: Open, queue: FakeQueue, qtbot: QtBot) -> None:
    queue.failure = CannotOpen("a.iso is not there any more.")
    dialog = show(Status.COMPLETED, **KNOWN)
    press_return(dialog, qtbot)
    assert "a.iso is not there any more." in texts(dialog)
    assert dialog._bar.isHidden()
    assert dialog._do.isEnabled()


class Checking(FakeQueue):
    """A queue that verifies until it is told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.tell: Callable[[int, int], None] = lambda done, total: None
        self.result: Job | None = None

    async def verify(
        self, job_id: str, checksum: Checksum | None, on_progress: Callable[[int, int], None]
    ) -> Job | None:
        self.tell = on_progress
        await Waiting()
        if self.failure is not None:
            raise self.failure
        return self.result


class Waiting:
    def __await__(self) -> Any:
        yield


@pytest.fixture
def checking(qtbot: QtBot) -> tuple[Checking, VerifyDialog, list[Coroutine[Any, Any, None]]]:
    queue = Checking()
    tasks: list[Coroutine[Any, Any, None]] = []

    def start(task: Coroutine[Any, Any, None]) -> None:
        task.send(None)
        tasks.append(task)

    job = make_job("a", Status.COMPLETED, final_path="/tmp/a.iso", **KNOWN)
    dialog = VerifyDialog(queue, job, start_task=start)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.open()
    qtbot.waitExposed(dialog)
    press_return(dialog, qtbot)
    return queue, dialog, tasks


Checked = tuple[Checking, VerifyDialog, list[Coroutine[Any, Any, None]]]


def test_how_far_a_check_is_can_be_seen(checking: Checked, qtbot: QtBot) -> None:
    queue, dialog, tasks = checking
    assert dialog._bar.isVisible()
    assert not dialog._do.isEnabled()
    assert dialog._field.edit.isReadOnly()
    queue.tell(3_000_000_000, 6_000_000_000)
    assert dialog._bar.value() == 50
    assert dialog._bar.text() == "50\N{NO-BREAK SPACE}%"
    press_return(dialog, qtbot)
    assert len(tasks) == 1
    finish(tasks[0])  # somebody has stopped it
    assert dialog.isVisible()
    assert dialog._bar.isHidden()
    assert dialog._do.isEnabled()


@pytest.mark.parametrize("failure", [None, CannotOpen("It is gone.")], ids=["stopped", "failed"])
def test_leaving_stops_the_check(
    checking: Checked, qtbot: QtBot, failure: CannotOpen | None
) -> None:
    queue, dialog, tasks = checking
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert queue.stopped == ["a"]
    queue.tell(1, 2)
    assert dialog._bar.value() == 0
    queue.failure = failure
    finish(tasks[0])
    assert dialog._problem.text() == ""


def test_the_file_name_is_plain_text(show: Open) -> None:
    dialog = show(filename="<b>a</b>.iso")
    assert dialog._name.text() == "<b>a</b>.iso"
    assert dialog._name.textFormat() is Qt.TextFormat.PlainText
