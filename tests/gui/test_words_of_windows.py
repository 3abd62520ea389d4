"""The windows in another language: nothing stays English, nothing is cut off."""

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, QModelIndex, Qt, QTranslator
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QHeaderView,
    QLabel,
    QListView,
    QMenu,
    QTabBar,
    QToolBar,
    QTreeView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from dlmanager.core.attempt_record import AttemptEnding, AttemptRecord
from dlmanager.core.checksum_kind import ChecksumKind
from dlmanager.core.errors import BadInput, ErrorKind, WgetUnusable
from dlmanager.core.job import Job, Phase, Status, Verification, WaitingFor
from dlmanager.core.progress import JobProgress
from dlmanager.core.settings import Page, Settings, setting_names
from dlmanager.gui import announcer, questions
from dlmanager.gui.add_dialog import AddDialog
from dlmanager.gui.checksum_dialogs import ExpectDialog, VerifyDialog, checksum_dialog
from dlmanager.gui.elided_label import ElidedLabel
from dlmanager.gui.help_dialogs import AboutDialog, Facts, KeysDialog, keys_of
from dlmanager.gui.language import use_language
from dlmanager.gui.main_window import MainWindow
from dlmanager.gui.settings_dialog import SettingsDialog
from tests.gui.fake_queue import FakeQueue, finish, make_job
from tests.gui.test_settings_dialog import Care

PAGE = (
    "The server sent a web page instead of the file; you may have to log in there first. "
    "Open it in a browser, or keep the page."
)
GONE = "The server says this file does not exist (404). Check the link."
FULL = "The disk is full. Make room, and the download goes on by itself."
LATER_MS = 4_000_000_000_000


class Marked(QTranslator):
    """A language in which each text stands in brackets."""

    def translate(
        self, context: str, text: str, disambiguation: str | None = None, n: int = -1
    ) -> str:
        return f"⟦{text}⟧" if text else ""

    def isEmpty(self) -> bool:  # noqa: N802 (Qt's name)
        return False


@pytest.fixture
def marked(qapp: QApplication) -> Iterator[None]:
    translator = Marked(qapp)
    qapp.installTranslator(translator)
    yield
    qapp.removeTranslator(translator)


@pytest.fixture
def german(qapp: QApplication) -> Iterator[None]:
    use_language(qapp, "de")
    yield
    use_language(qapp, "en")


def jobs() -> list[Job]:
    """One for each thing that a row can tell."""
    return [
        make_job("0", Status.PENDING),
        make_job("1", Status.PENDING, waiting_for=WaitingFor.NETWORK),
        make_job("2", Status.PENDING, waiting_for=WaitingFor.HOST),
        make_job("2a", Status.PENDING, waiting_for=WaitingFor.HOST_LIMIT),
        make_job("3", Status.PROCESSING, phase=Phase.DOWNLOADING, attempt=1, bytes_total=4_000_000),
        make_job("4", Status.PROCESSING, phase=Phase.VERIFYING, attempt=1),
        make_job("5", Status.PROCESSING, phase=Phase.FINALISING, attempt=1),
        make_job("6", Status.PROCESSING, attempt=1),
        make_job("7", Status.RETRYING, retry_count=2, next_retry_at=LATER_MS, error_message=GONE),
        make_job("8", Status.RETRYING, retry_count=1, max_retries=-1),
        make_job("9", Status.PAUSED, bytes_done=900_000),
        make_job("10", Status.PAUSED, error_kind=ErrorKind.DISK_FULL, error_message=FULL),
        make_job("11", Status.COMPLETED, final_path="/tmp/11.iso", finished_at=5_000, bytes_done=1),
        make_job("12", Status.COMPLETED, verification=Verification.UNCONFIRMED, finished_at=5_000),
        make_job("13", Status.COMPLETED, verification=Verification.CHECKSUM, finished_at=5_000),
        make_job("13b", Status.COMPLETED, verification=Verification.MISMATCH, finished_at=5_000),
        make_job("14", Status.FAILED, error_message=GONE, finished_at=6_000),
        make_job("15", Status.FAILED, error_kind=ErrorKind.WEB_PAGE, error_message=PAGE),
        make_job("16", Status.CANCELLED, finished_at=7_000),
    ]  # fmt: skip


def filled(window: MainWindow, queue: FakeQueue) -> MainWindow:
    held = queue.hold(*jobs())
    for job in held:
        queue.records[job.id] = [
            AttemptRecord(
                job.id, number, 1_000, 0, 2_000, 500, ending, message=GONE if number == 1 else None
            )
            for number, ending in enumerate(AttemptEnding, 1)
        ]
    window.load(held)
    queue.progressed.emit([JobProgress("3", 1, Phase.DOWNLOADING, 1_000_000, 4_000_000, 5e5)])
    return window


_ROLES = (
    Qt.ItemDataRole.DisplayRole,
    Qt.ItemDataRole.ToolTipRole,
    Qt.ItemDataRole.AccessibleTextRole,
)


def cells(view: QAbstractItemView) -> Iterator[str]:
    """What all cells say, open or not, and the titles above them."""
    model = view.model()
    columns = 1 if isinstance(view, QListView) else model.columnCount(QModelIndex())

    def below(parent: QModelIndex) -> Iterator[str]:
        for row in range(model.rowCount(parent)):
            for column in range(columns):
                index = model.index(row, column, parent)
                yield from (str(index.data(role) or "") for role in _ROLES)
            yield from below(model.index(row, 0, parent))

    yield from below(QModelIndex())
    if not isinstance(view, QListView):
        for column in range(columns):
            for role in _ROLES:
                yield str(model.headerData(column, Qt.Orientation.Horizontal, role) or "")


_PROPERTIES = (
    "accessibleDescription", "accessibleName", "iconText", "placeholderText", "prefix",
    "specialValueText", "statusTip", "suffix", "text", "title", "plainText", "toolTip",
    "whatsThis", "windowTitle",
)  # fmt: skip


def texts_of(root: QWidget) -> Iterator[str]:
    """Everything that a person may see or hear of a window, whether it is shown now or not."""
    for each in (root, *root.findChildren(QWidget), *root.findChildren(QAction)):
        yield from (each.property(name) or "" for name in _PROPERTIES)
        if isinstance(each, QComboBox):
            yield from (each.itemText(number) for number in range(each.count()))
        elif isinstance(each, QTabBar):
            for number in range(each.count()):
                yield from (
                    each.tabText(number),
                    each.tabToolTip(number),
                    each.accessibleTabName(number),
                )
        elif isinstance(each, QAbstractItemView) and each.model() is not None:
            yield from cells(each)


_OURS = re.compile(r"⟦[^⟦⟧]*⟧")
_NOT_WORDS = re.compile(
    r"dlmanager|\bwget(?:rc)?\b|https?://\S*|example\.org|\S*/\S*|\w+\.iso|<[^<>]*>|&[a-z]+;|qt_\w+|"
    r"application/\w+|English|Deutsch|\w+=\w+|[0-9a-f]{8}-\S+|[AP]M\b"
)


def english_in(texts: Iterator[str]) -> list[str]:
    found = []
    for text in texts:
        rest = text
        while _OURS.search(rest):
            rest = _OURS.sub("", rest)
        if re.search(r"[^\W\d_]{2,}", _NOT_WORDS.sub("", rest)):
            found.append(text)
    return sorted(set(found))


@pytest.mark.usefixtures("marked")
def test_every_text_of_the_window_is_translated(window: MainWindow, queue: FakeQueue) -> None:
    window.resize(800, 500)
    assert english_in(texts_of(window)) == []  # with nothing in it
    filled(window, queue)
    for row in range(window._jobs.rowCount()):
        window._table.selectRow(row)
        window._on_selection_changed()
        for tab in window.findChildren(QTabBar):
            for number in range(tab.count()):
                tab.setCurrentIndex(number)
                assert english_in(texts_of(window)) == []
    window._table.selectAll()
    assert english_in(texts_of(window)) == []
    queue.problem_changed.emit("wget cannot use this link. Check it.")
    window._on_columns_menu()
    window._list.search("no such thing")
    assert english_in(texts_of(window)) == []


@pytest.mark.usefixtures("marked")
def test_every_text_of_the_help_is_translated(window: MainWindow, qtbot: QtBot) -> None:
    async def ask_wget() -> tuple[str, str]:
        raise WgetUnusable("wget cannot use this link. Check it.")

    about = AboutDialog(Facts("1", "3", "/a", "/b"), ask_wget=ask_wget, start_task=asyncio.run)
    qtbot.addWidget(about)
    assert english_in(texts_of(about)) == []
    keys = KeysDialog(window._actions.with_keys, window)
    names = [words for words, _ in keys_of(window._actions.with_keys)]
    assert english_in(iter([keys.windowTitle(), *names])) == []


@pytest.fixture
def settings_dialog_of(qtbot: QtBot) -> Callable[[], SettingsDialog]:
    async def test_wget(path: str) -> tuple[str, str]:
        raise WgetUnusable("wget cannot use this link. Check it.")

    def made() -> SettingsDialog:
        dialog = SettingsDialog(Care(), start_task=asyncio.run, test_wget=test_wget)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
        qtbot.addWidget(dialog)
        dialog.show()
        return dialog

    return made


def add_dialog(window: MainWindow, *links: str) -> AddDialog:
    return window._adder.open_dialog(links)


@pytest.mark.usefixtures("marked")
def test_every_text_of_the_settings_is_translated(
    settings_dialog_of: Callable[[], SettingsDialog],
) -> None:
    dialog = settings_dialog_of()
    for button in dialog.findChildren(QAbstractButton):
        if "Test" in button.text():
            button.click()
    extensions = {getattr(Settings(), name) for name in setting_names()}
    assert english_in(text for text in texts_of(dialog) if text not in extensions) == []


@pytest.mark.usefixtures("marked")
def test_every_text_of_the_add_dialog_is_translated(
    window: MainWindow, queue: FakeQueue, tmp_path: Path
) -> None:
    filled(window, queue)
    dialog = add_dialog(window)
    assert english_in(texts_of(dialog)) == []
    bad = [f"ftp://example.org/{number}" for number in range(20)]
    known = ["https://example.org/3.iso", "https://example.org/4.iso"]
    ranges = ["https://example.org/[1-5]/a", "https://example.org/[1-9]/b"]
    for links in (
        bad[:1], bad, known[:1], known, ["https://example.org/a"] * 3, ranges[:1], ranges,
        [*bad, *known, *ranges], ["https://example.org/[1-99999999]"],
    ):  # fmt: skip
        dialog._links.setPlainText("\n".join(links))
        dialog.check()
        assert english_in(texts_of(dialog)) == [], links


def checksum_dialogs(window: MainWindow, queue: FakeQueue) -> Iterator[ExpectDialog | VerifyDialog]:
    """In each of its states, the longest hashes in it."""
    right, wrong = "0a" * 64, "1b" * 64
    known = {"checksum_kind": ChecksumKind.SHA512, "checksum": right, "checksum_found": wrong}
    finished = {"final_path": "/tmp/a.iso", "checksum_kind": ChecksumKind.SHA512, "checksum": right}
    for status, fields in (
        (Status.PAUSED, {}),
        (Status.PAUSED, known),
        (Status.FAILED, {**known, "error_kind": ErrorKind.CHECKSUM}),
        (Status.COMPLETED, finished),
        (Status.COMPLETED, finished),
    ):
        (job,) = queue.hold(make_job("checked", status, **fields))
        dialog = checksum_dialog(queue, job, start_task=finish, parent=window)
        dialog.open()
        if status is Status.COMPLETED:
            dialog.accept()
            queue.found_digits = right
        QApplication.processEvents()
        yield dialog
        dialog.close()


@pytest.mark.usefixtures("marked")
def test_every_text_of_the_checksum_dialogs_is_translated(
    window: MainWindow, queue: FakeQueue
) -> None:
    queue.found_digits = "1b" * 64
    for dialog in checksum_dialogs(window, queue):
        digits = re.compile(r"(?:sha512:)?[0-9a-f]+|SHA-512|checked.iso|⟦.*⟧")
        texts = [line for text in texts_of(dialog) for line in text.split("\n")]
        assert english_in(text for text in texts if not digits.fullmatch(text)) == []
        dialog._field.edit.setPlainText("")
        assert english_in(iter([dialog._note.text()])) == []


@pytest.mark.usefixtures("german")
def test_german_fits_into_the_checksum_dialogs(window: MainWindow, queue: FakeQueue) -> None:
    queue.found_digits = "1b" * 64
    for dialog in checksum_dialogs(window, queue):
        assert dialog.minimumSizeHint().width() <= 800
        assert cut_off(dialog) == []


@pytest.mark.usefixtures("marked")
def test_every_text_of_the_questions_is_translated(qtbot: QtBot, qapp: QApplication) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    some = jobs()
    asked = [
        questions.ask_to_quit(parent, 1, lambda: None),
        questions.ask_to_quit(parent, 3, lambda: None),
    ]
    for chosen in (some, some[:1], some[:4], some[9:10]):
        for lost in (0, 5_000_000):
            asked.append(questions.ask_to_remove(parent, chosen, lost, lambda: None))
        asked.append(questions.ask_to_cancel(parent, chosen, 5_000_000, lambda: None))
    for question in asked:
        shown = [question.informativeText(), *texts_of(question)]
        assert english_in(iter(shown)) == []
        question.close()


@pytest.mark.usefixtures("marked")
def test_every_text_of_the_notifications_is_translated(qapp: QApplication) -> None:
    failed = [job for job in jobs() if job.status is Status.FAILED]
    done = [job for job in jobs() if job.status is Status.COMPLETED]
    told = [announcer.of_tray()]
    for ended in (failed[:1], failed, done[:1], done, [*failed, *done]):
        speaker = announcer.Announcer(Settings())
        for job in ended:
            speaker.note_ended(job, 0)
        told += speaker.take(1_000_000)
        speaker.note_over(len(done), len(failed), 0)
        told += speaker.take(2_000_000)
    texts = [
        text for each in told for text in (each.title, each.text, *(b.label for b in each.buttons))
    ]
    assert len(told) > 5
    assert english_in(iter(texts)) == []


# Room


def is_cut_off(widget: QWidget) -> bool:
    match widget:
        case QLabel() if widget.wordWrap():
            return widget.height() < widget.heightForWidth(widget.width())
        case QLabel() | QTabBar() | QAbstractButton():
            return widget.width() < widget.sizeHint().width()
        case QToolBar():
            more = widget.findChild(QAbstractButton, "qt_toolbar_ext_button")
            return more is not None and more.isVisible()
        case QHeaderView():
            titles = (
                (section, widget.model().headerData(section, widget.orientation()))
                for section in range(widget.count())
                if not widget.isSectionHidden(section)
            )
            width_of = widget.fontMetrics().horizontalAdvance
            return any(widget.sectionSize(each) < width_of(str(title)) for each, title in titles)
        case QTreeView() | QListView():
            return widget.sizeHintForColumn(0) > widget.viewport().width()
        case _:
            return False


def cut_off(root: QWidget) -> list[str]:
    """What is shown, but not in full; an elided label tells the rest by its tooltip."""
    return [
        f"{type(each).__name__} {getattr(each, 'text', str)()}"
        for each in root.findChildren(QWidget)
        if each.isVisible()
        and not each.visibleRegion().isEmpty()
        and not isinstance(each, ElidedLabel)
        and is_cut_off(each)
    ]


@pytest.mark.usefixtures("german")
def test_german_fits_into_the_smallest_window(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot
) -> None:
    window.resize(800, 500)
    QApplication.processEvents()
    assert cut_off(window) == []
    filled(window, queue)
    window._table.selectRow(0)
    QApplication.processEvents()
    assert window.width() == 800
    assert window.height() == 500
    assert cut_off(window) == []


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize("page", Page)
def test_german_fits_into_the_settings(
    settings_dialog_of: Callable[[], SettingsDialog], page: Page
) -> None:
    dialog = settings_dialog_of()
    assert dialog.minimumSizeHint().width() <= 800
    dialog.show_page(page)
    QApplication.processEvents()
    assert cut_off(dialog) == []


@pytest.mark.usefixtures("german")
def test_german_fits_into_the_add_dialog(window: MainWindow) -> None:
    dialog = add_dialog(window, "ftp://example.org/a", "https://example.org/b")
    assert dialog.minimumSizeHint().width() <= 800
    assert dialog.minimumSizeHint().height() <= 500
    assert cut_off(dialog) == []


@pytest.mark.usefixtures("german")
def test_why_a_dialog_cannot_do_something_is_said_in_german(
    window: MainWindow, queue: FakeQueue
) -> None:
    queue.failure = BadInput("This download is finished by now.")
    (job,) = queue.hold(make_job("a", Status.FAILED, checksum_kind=ChecksumKind.MD5, checksum="0"))
    dialog = checksum_dialog(queue, job, start_task=finish, parent=window)
    dialog._field.edit.setPlainText("0a0a")
    assert dialog._problem.text().startswith("Diese Prüfsumme hat 4 Ziffern.")
    dialog._field.edit.setPlainText("")
    dialog.accept()
    assert dialog._problem.text() == "Dieser Download ist inzwischen fertig."


@pytest.mark.usefixtures("german")
def test_no_key_is_twice_in_a_german_menu(window: MainWindow, queue: FakeQueue) -> None:
    filled(window, queue)
    menus = [window.menuBar(), *window.findChildren(QMenu)]
    twice = []
    for menu in menus:
        keys = re.findall(r"&(\w)", " ".join(action.text() for action in menu.actions()).casefold())
        twice += [f"{menu.actions()[0].text()}: {key}" for key in set(keys) if keys.count(key) > 1]
    assert twice == []


def test_a_language_from_right_to_left_does_no_harm(
    qapp: QApplication,
    window: MainWindow,
    settings_dialog_of: Callable[[], SettingsDialog],
    queue: FakeQueue,
) -> None:
    QLocale.setDefault(QLocale("ar_EG"))
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    try:
        filled(window, queue)
        window._table.selectRow(3)
        for widget in (window, settings_dialog_of(), add_dialog(window, "https://example.org/a")):
            assert not widget.grab().isNull()
        assert "٫" in " ".join(cells(window._table))
    finally:
        qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
