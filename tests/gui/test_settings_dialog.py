import asyncio
import re
from collections.abc import Iterable

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QWidget,
)

from dlmanager.core.errors import InvalidFolder, InvalidSetting, SettingsUnreadable, WgetUnusable
from dlmanager.core.settings import (
    Kind,
    Page,
    Settings,
    default_of,
    describe,
    setting_names,
    with_defaults,
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
        self.use(with_defaults(self.settings, names))

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
        Kind.NUMBER: QAbstractSpinBox,
        Kind.SWITCH: QCheckBox,
        Kind.CHOICE: QComboBox,
        Kind.EXTENSIONS: QPlainTextEdit,
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


# Categories


def type_over(edit: QWidget, text: str, qtbot) -> None:
    edit.setFocus()
    edit.selectAll()
    qtbot.keyClick(edit, Qt.Key.Key_Delete)
    qtbot.keyClicks(edit, text)
    qtbot.keyClick(edit, Qt.Key.Key_Return)


def test_an_extension_moves_to_the_category_it_is_written_into(dialog, care, qtbot):
    archives = editor(dialog, "category_archives")
    programs = editor(dialog, "category_programs")
    assert "iso" in archives.toPlainText().split()
    type_over(programs, "*.EXE, iso", qtbot)
    assert programs.toPlainText() == "exe iso"
    assert "iso" not in archives.toPlainText().split()
    assert care.settings.category_programs == "exe iso"


def test_leaving_a_category_ends_the_typing(dialog, care, qtbot):
    music, images = editor(dialog, "category_music"), editor(dialog, "category_images")
    music.setFocus()
    music.selectAll()
    qtbot.keyClicks(music, "mp3")
    assert care.asked == []
    qtbot.keyClick(music, Qt.Key.Key_Tab)
    assert images.hasFocus()
    assert care.settings.category_music == "mp3"


def test_what_is_no_extension_is_said_below_and_stays_to_be_mended(dialog, care, qtbot):
    music = editor(dialog, "category_music")
    type_over(music, "mp3 a/b", qtbot)
    sentence = "a/b is no file extension. Write it like zip or tar.gz."
    assert sentence in shown_texts(dialog)
    assert music.toPlainText() == "mp3 a/b"
    assert care.settings == Settings()
    type_over(music, "mp3 ab", qtbot)
    assert sentence not in shown_texts(dialog)
    assert care.settings.category_music == "mp3 ab"


def test_the_extensions_of_before_are_shown_while_others_count(dialog, care, qtbot):
    music = editor(dialog, "category_music")
    default = f"Default: {default_of('category_music')}."
    assert default not in shown_texts(dialog)
    assert default in music.accessibleDescription()
    type_over(music, "mp3", qtbot)
    assert default in shown_texts(dialog)
    button = next(b for b in dialog.findChildren(QPushButton) if "Reset" in b.text())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert default not in shown_texts(dialog)
    assert music.toPlainText() == default_of("category_music")


def test_the_field_of_a_category_is_as_high_as_its_extensions(dialog, care, qtbot):
    documents = editor(dialog, "category_documents")
    assert documents.document().size().height() > 1
    assert documents.verticalScrollBar().maximum() == 0
    high_px = documents.height()
    type_over(documents, "pdf", qtbot)
    assert documents.height() < high_px


def heights(dialog: SettingsDialog) -> dict[str, tuple[int, int]]:
    """How high each of the wrapped texts is, and how high it needs to be."""
    labels = [each for each in dialog.findChildren(QLabel) if each.isVisible() and each.wordWrap()]
    return {each.text(): (each.height(), each.heightForWidth(each.width())) for each in labels}


@pytest.mark.parametrize("page", Page)
@pytest.mark.parametrize("width_px", [560, 720, 1100])
def test_a_text_is_as_high_as_its_words_and_no_higher(dialog, qtbot, page, width_px):
    dialog.resize(width_px, 300)
    dialog.show_page(page)
    assert heights(dialog)
    qtbot.waitUntil(lambda: all(has == needs for has, needs in heights(dialog).values()))


def test_texts_that_come_and_go_leave_the_others_as_high_as_they_need(dialog, care, qtbot):
    music = editor(dialog, "category_music")
    for text in ("mp3 a/b", "mp3 pdf", "", "zip mkv jpg"):
        type_over(music, text, qtbot)
        qtbot.waitUntil(lambda: all(has == needs for has, needs in heights(dialog).values()))
        tops = [
            each.mapTo(dialog, each.rect().topLeft()).y()
            for each in dialog.findChildren(QPlainTextEdit)
        ]
        assert tops == sorted(tops)


def test_the_dialog_begins_larger_with_a_larger_font(care, qtbot):
    def opened() -> SettingsDialog:
        dialog = SettingsDialog(care, start_task=asyncio.run, test_wget=lambda path: None)
        qtbot.addWidget(dialog)
        return dialog

    before = opened().size()
    font, larger = QApplication.font(), QApplication.font()
    larger.setPointSizeF(font.pointSizeF() * 1.5)
    QApplication.setFont(larger)
    try:
        after = opened()
    finally:
        QApplication.setFont(font)
    assert after.width() > before.width()
    assert after.width() <= after.screen().availableSize().width()


# Reach, keys, leaving


@pytest.mark.parametrize("page", Page)
def test_each_label_has_a_key_of_its_own(dialog, page):
    dialog.show_page(page)
    texts = [
        each.text()
        for kind in (QLabel, QCheckBox, QPushButton)
        for each in dialog.findChildren(kind)
        if each.isVisible() and "&" in each.text()
    ]
    keys = re.findall(r"&(\w)", " ".join(texts).casefold())
    settings = [name for name in setting_names() if describe(name).page is page]
    assert len(keys) == len(set(keys)) > len(settings)


def test_the_key_of_a_label_leads_to_its_field(dialog, qtbot):
    line = editor(dialog, "no_proxy")
    label = next(each for each in dialog.findChildren(QLabel) if each.buddy() is line)
    assert label.text().replace("&", "") == "No proxy for"


def test_no_page_is_empty_or_of_one_field(dialog):
    for page in Page:
        assert sum(describe(name).page is page for name in setting_names()) > 1, page


def test_all_can_be_reached_however_narrow_the_dialog_is(dialog, qtbot):
    dialog.resize(420, 300)
    dialog.show_page(Page.ADVANCED)
    button = next(b for b in dialog.findChildren(QPushButton) if b.text() == "&Test")
    area = next(each for each in dialog.findChildren(QScrollArea) if each.isVisible())
    area.ensureWidgetVisible(button)
    assert button.visibleRegion().boundingRect() == button.rect()


def test_times_are_told_in_seconds(dialog, care, qtbot):
    box = editor(dialog, "initial_retry_delay_ms")
    assert box.text() == "2 s"
    assert box.accessibleDescription().endswith("Default: 2 s.")
    box.selectAll()
    qtbot.keyClicks(box, "1.25")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert care.settings.initial_retry_delay_ms == 1250
    assert box.text() == "1.25 s"


def test_numbers_and_choices_are_equally_wide(dialog):
    widths = {
        editor(dialog, name).width()
        for name in setting_names()
        if describe(name).kind in (Kind.NUMBER, Kind.CHOICE)
    }
    assert len(widths) == 1


def test_a_value_that_is_not_used_is_told_before_it_is_lost(dialog, care, qtbot):
    line = editor(dialog, "proxy")
    care.refusal = InvalidSetting("proxy is http://[user:password@]host:port.")
    qtbot.keyClicks(line, "rubbish")
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    assert any(text.startswith("Proxy: what is written there") for text in shown_texts(dialog))
    assert any(text.startswith("Write the proxy as") for text in shown_texts(dialog))
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_a_value_that_was_mended_is_told_of_no_more(dialog, care, qtbot):
    line = editor(dialog, "proxy")
    care.refusal = InvalidSetting("proxy is http://[user:password@]host:port.")
    qtbot.keyClicks(line, "rubbish")
    dialog.reject()
    care.refusal = None
    line.clear()
    qtbot.keyClicks(line, "http://proxy:1")
    dialog.reject()
    assert not dialog.isVisible()
    assert care.settings.proxy == "http://proxy:1"


def test_the_dialog_is_no_larger_than_the_screen(care, qtbot):
    font, larger = QApplication.font(), QApplication.font()
    larger.setPointSizeF(font.pointSizeF() * 4)
    QApplication.setFont(larger)
    try:
        dialog = SettingsDialog(care, start_task=asyncio.run, test_wget=lambda path: None)
        qtbot.addWidget(dialog)
        dialog.show()
        assert dialog.screen().availableGeometry().contains(dialog.geometry())
    finally:
        QApplication.setFont(font)
