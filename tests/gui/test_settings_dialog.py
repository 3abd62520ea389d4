import asyncio
from collections.abc import Iterable
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QSpinBox,
    QWidget,
)

from dlmanager.core.errors import InvalidFolder, SettingsUnreadable, WgetUnusable
from dlmanager.core.settings import (
    Kind,
    Page,
    Settings,
    default_of,
    describe,
    setting_names,
    with_setting,
)
from dlmanager.gui.settings_dialog import SettingsDialog, choice_text


class Care(QObject):
    """Keeps settings in memory; refuses what it is told to refuse."""

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.settings = Settings()
        self.refusal: Exception | None = None
        self.asked: list[tuple[str, str]] = []

    async def set(self, name: str, text: str) -> None:
        self.asked.append((name, text))
        if self.refusal is not None:
            raise self.refusal
        self.use(with_setting(self.settings, name, text))

    async def reset(self, names: Iterable[str]) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.use(replace(self.settings, **{name: default_of(name) for name in names}))

    def use(self, settings: Settings) -> None:
        self.settings = settings
        self.changed.emit(settings)


@pytest.fixture
def care() -> Care:
    return Care()


@pytest.fixture
def dialog(care, qtbot) -> SettingsDialog:
    async def test_wget(path: str) -> tuple[str, str]:
        if path:
            raise WgetUnusable(f"{path} is no wget.")
        return "/usr/bin/wget", "1.21.3"

    dialog = SettingsDialog(
        care,
        start_task=asyncio.run,
        test_wget=test_wget,
        found={"wget_executable_path": "/usr/bin/wget"},
    )
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def editor(dialog: SettingsDialog, name: str) -> QWidget:
    dialog.show_page(describe(name).page)
    wanted = {
        Kind.NUMBER: QSpinBox,
        Kind.SWITCH: QCheckBox,
        Kind.CHOICE: QComboBox,
    }.get(describe(name).kind, QLineEdit)
    found = [
        each
        for each in dialog.findChildren(wanted)
        if each.accessibleName() == describe(name).label
    ]
    assert len(found) == 1
    return found[0]


def shown_texts(dialog: SettingsDialog) -> list[str]:
    return [label.text() for label in dialog.findChildren(QLabel) if label.isVisible()]


def test_every_setting_has_one_field_with_its_explanation(dialog):
    for name in setting_names():
        widget = editor(dialog, name)
        assert widget.isVisible()
        assert describe(name).explanation[1:] in widget.accessibleDescription()


def test_the_pages_are_listed(dialog):
    pages = dialog.findChild(QListWidget)
    assert [pages.item(row).text() for row in range(pages.count())] == list(Page)


@pytest.mark.parametrize("choice", ["system", "light", "dark", "en", "de", "compact"])
def test_a_choice_is_worded(choice):
    assert choice_text(choice) != choice


def test_a_number_counts_once_it_is_typed(dialog, care, qtbot):
    box = editor(dialog, "max_concurrent_downloads")
    box.selectAll()
    qtbot.keyClicks(box, "12")
    assert care.asked == []
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert care.settings.max_concurrent_downloads == 12
    assert dialog.isVisible()


def test_the_least_number_is_worded(dialog, care):
    box = editor(dialog, "max_retries")
    box.setValue(-1)
    assert box.text() == "until it succeeds"
    assert care.settings.max_retries == -1


def test_a_switch_counts_at_a_click(dialog, care, qtbot):
    box = editor(dialog, "notify_completed")
    qtbot.keyClick(box, Qt.Key.Key_Space)
    assert care.settings.notify_completed is False


def test_a_choice_counts_when_made(dialog, care, qtbot):
    box = editor(dialog, "colour_scheme")
    qtbot.keyClick(box, Qt.Key.Key_Down)
    assert care.settings.colour_scheme == "light"


def test_what_is_refused_is_said_below_and_stays_to_be_mended(dialog, care, qtbot):
    line = editor(dialog, "download_directory")
    care.refusal = InvalidFolder("There is no folder /nowhere. Make it first.")
    qtbot.keyClicks(line, "/nowhere")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert "There is no folder /nowhere. Make it first." in shown_texts(dialog)
    care.use(Settings(max_retries=8))
    assert line.text() == "/nowhere"
    care.refusal = None
    line.clear()
    qtbot.keyClicks(line, "/somewhere")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert care.settings.download_directory == "/somewhere"
    assert "There is no folder /nowhere. Make it first." not in shown_texts(dialog)


def test_leaving_a_field_as_it_was_asks_nothing(dialog, care, qtbot):
    line = editor(dialog, "download_directory")
    line.setFocus()
    qtbot.keyClick(line, Qt.Key.Key_Tab)
    assert care.asked == []


def test_what_others_change_is_shown(dialog, care):
    box = editor(dialog, "max_retries")
    care.use(Settings(max_retries=8))
    assert box.value() == 8
    assert care.asked == []


def test_what_is_being_typed_is_not_taken_away(dialog, care, qtbot):
    line = editor(dialog, "proxy")
    line.setFocus()
    qtbot.keyClicks(line, "http://pro")
    care.use(Settings(max_retries=8))
    assert line.text() == "http://pro"


def test_reset_is_for_the_page_that_is_shown(dialog, care, qtbot):
    care.use(Settings(max_retries=8, header_timeout_s=9))
    dialog.show_page(Page.QUEUE)
    button = next(b for b in dialog.findChildren(QPushButton) if "Reset" in b.text())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert care.settings == Settings(header_timeout_s=9)
    assert editor(dialog, "max_retries").value() == 3


def test_a_reset_that_fails_says_why(dialog, care, qtbot):
    care.refusal = SettingsUnreadable("The settings cannot be written.")
    button = next(b for b in dialog.findChildren(QPushButton) if "Reset" in b.text())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert "The settings cannot be written." in shown_texts(dialog)


def test_wget_is_tested_at_a_click(dialog, qtbot):
    line = editor(dialog, "wget_executable_path")
    button = next(b for b in dialog.findChildren(QPushButton) if b.text() == "&Test")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert "/usr/bin/wget is GNU wget 1.21.3. It can be used." in shown_texts(dialog)
    line.setText("/bin/cat")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert "/bin/cat is no wget." in shown_texts(dialog)
    assert "/usr/bin/wget is GNU wget 1.21.3. It can be used." not in shown_texts(dialog)


def test_the_wheel_scrolls_past_a_number(dialog, qtbot):
    box = editor(dialog, "poll_interval_ms")
    dialog.setFocus()
    before = box.value()
    position = box.rect().center()
    event = QWheelEvent(
        QPointF(position),
        QPointF(box.mapToGlobal(position)),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(box, event)
    assert box.value() == before
    assert not event.isAccepted()


def test_what_an_empty_text_means_here_is_shown(dialog):
    assert editor(dialog, "wget_executable_path").placeholderText() == "/usr/bin/wget"


def test_a_change_that_is_taken_after_the_dialog_was_closed_still_finds_its_field(care, qtbot):
    """Typing and pressing Esc at once must not be too quick."""
    begun = []
    dialog = SettingsDialog(care, start_task=begun.append, test_wget=lambda path: None)
    dialog.show()
    editor(dialog, "max_concurrent_downloads").setValue(5)
    dialog.close()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    (change,) = begun
    gone = QSignalSpy(dialog.destroyed)
    asyncio.run(change)
    assert care.settings.max_concurrent_downloads == 5
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert gone.count() == 1
