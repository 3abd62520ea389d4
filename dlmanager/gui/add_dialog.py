"""The dialog that adds links: what is wrong is said beside the field, and nothing typed is lost."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QDir, QMimeData, QRegularExpression, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QIcon,
    QKeySequence,
    QRegularExpressionValidator,
    QShortcut,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import (
    QCheckBox,
    QCompleter,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFileSystemModel,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from dlmanager.core.errors import (
    BadInput,
    DlmanagerError,
    InvalidFolder,
    InvalidName,
)
from dlmanager.core.job import NewJob
from dlmanager.gui import formatting
from dlmanager.gui.mime_links import links_from_mime, may_hold_links
from dlmanager.gui.palette import state_colours
from dlmanager.gui.queue import Queue

CHECK_DELAY_MS = 150
_PROBLEMS_SHOWN = 3
_MARGIN_PX = 12
_START_SIZE = QSize(620, 400)


@dataclass(slots=True)
class _Findings:
    """What a look at all fields found. bad_lines: (line counted from 0, what is wrong)."""

    orders: list[NewJob] = field(default_factory=list)
    bad_lines: list[tuple[int, str]] = field(default_factory=list)
    folder: str = ""
    name: str = ""


class AddDialog(QDialog):
    """Asks for links, a folder and, where it is one link, a name; adds them to the queue.

    Signals:
        added(list[Job]): what is now in the queue.
    """

    added = Signal(object)

    def __init__(
        self,
        queue: Queue,
        *,
        start_task: Callable[[Coroutine[Any, Any, None]], None],
        folder: str,
        links: Sequence[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        """links: what the list of links begins with, such as those of the clipboard."""
        super().__init__(parent)
        self._queue = queue
        self._start_task = start_task
        self._is_adding = False
        self._findings = _Findings()
        self.setWindowTitle(self.tr("Add links"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._make_fields(folder)
        self._lay_out()
        # Long lists are looked at once the typing pauses.
        self._check_timer = QTimer(self)
        self._check_timer.setSingleShot(True)
        self._check_timer.setInterval(CHECK_DELAY_MS)
        self._check_timer.timeout.connect(self.check)
        self._links.textChanged.connect(self._check_timer.start)
        self._folder.textChanged.connect(self._check_timer.start)
        self._name.textChanged.connect(self._check_timer.start)
        self._links.setPlainText("\n".join(links))
        self._links.moveCursor(QTextCursor.MoveOperation.End)
        self.resize(_START_SIZE)
        self.check()

    def add_lines(self, links: Sequence[str]) -> None:
        """Put further links below what is there."""
        present = self._links.toPlainText()
        known = {line.strip() for line in present.split("\n")}
        fresh = [link for link in links if link.strip() not in known]
        if fresh:
            start = f"{present.rstrip()}\n" if present.strip() else ""
            self._links.setPlainText(start + "\n".join(fresh))
            self._links.moveCursor(QTextCursor.MoveOperation.End)

    def note_added(self, count: int) -> None:
        """Say that so many are in the queue already, and that what is here could not be used."""
        self.check()
        self._done.say(
            self.tr("Added {downloads}. What is left could not be used.").format(
                downloads=formatting.downloads_text(count)
            )
        )
        # There is nothing left to take back.
        self._leave.setText(self.tr("&Close"))

    # Fields

    def _make_fields(self, folder: str) -> None:
        self._links = _LinksEdit(self)
        self._links.setAccessibleName(self.tr("Links"))
        self._links.setPlaceholderText("https://example.org/file.iso")
        self._links_problem = _ProblemLabel(self)
        self._folder = QLineEdit(folder, self)
        self._folder.setAccessibleName(self.tr("Folder"))
        self._folder.setCompleter(self._folder_completer())
        self._folder_problem = _ProblemLabel(self)
        self._browse = QPushButton(self.tr("&Browse…"), self)
        self._browse.setAutoDefault(False)
        self._browse.clicked.connect(self._choose_folder)
        self._name = QLineEdit(self)
        self._name.setAccessibleName(self.tr("File name"))
        self._name.setClearButtonEnabled(True)
        self._name.setValidator(
            QRegularExpressionValidator(QRegularExpression(r"[^\r\n]*"), self._name)
        )
        self._name_problem = _ProblemLabel(self)
        self._paused = QCheckBox(self.tr("Add &paused, to start later"), self)
        self._failure = _ProblemLabel(self)
        self._done = _SentenceLabel(self)
        self._buttons = QDialogButtonBox(self)
        self._add = self._buttons.addButton(self.tr("&Add"), QDialogButtonBox.ButtonRole.AcceptRole)
        self._add.setDefault(True)
        self._leave = self._buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        self._leave.setIcon(QIcon())  # some styles bring a coloured one that is louder than Add
        self._buttons.accepted.connect(self.accept)
        # Return alone begins a new line in the list of links.
        QShortcut(QKeySequence("Ctrl+Return"), self, self.accept)
        self._buttons.rejected.connect(self.reject)

    def _folder_completer(self) -> QCompleter:
        folders = QFileSystemModel(self)
        folders.setFilter(QDir.Filter.Dirs | QDir.Filter.Drives | QDir.Filter.NoDotAndDotDot)
        folders.setRootPath("")
        completer = QCompleter(folders, self)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        return completer

    def _lay_out(self) -> None:
        folder_row = QHBoxLayout()
        folder_row.addWidget(self._folder, 1)
        folder_row.addWidget(self._browse)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_MARGIN_PX, _MARGIN_PX, _MARGIN_PX, _MARGIN_PX)
        layout.setSpacing(4)
        layout.addWidget(_label(self.tr("&Links, one per line"), self._links))
        layout.addWidget(self._links, 1)
        layout.addWidget(self._links_problem)
        layout.addSpacing(8)
        layout.addWidget(_label(self.tr("Save in &folder"), self._folder))
        layout.addLayout(folder_row)
        layout.addWidget(self._folder_problem)
        layout.addSpacing(8)
        layout.addWidget(_label(self.tr("File &name"), self._name))
        layout.addWidget(self._name)
        layout.addWidget(self._name_problem)
        layout.addSpacing(8)
        layout.addWidget(self._paused)
        layout.addWidget(self._failure)
        layout.addWidget(self._done)
        layout.addSpacing(8)
        layout.addWidget(self._buttons)

    def _choose_folder(self) -> None:
        chooser = QFileDialog(self, self.tr("Save in folder"), self._folder.text().strip())
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chooser.setFileMode(QFileDialog.FileMode.Directory)
        chooser.setOption(QFileDialog.Option.ShowDirsOnly)
        chooser.fileSelected.connect(self._on_folder_chosen)
        chooser.open()

    def _on_folder_chosen(self, path: str) -> None:
        self._folder.setText(QDir.toNativeSeparators(path))

    # Checking

    def check(self) -> None:
        """Look at all fields and say beside each what is wrong with it."""
        self._check_timer.stop()
        lines = self._lines()
        single = len(lines) == 1
        self._name.setEnabled(single)
        self._name.setPlaceholderText(
            self.tr("As the server names it")
            if single or not lines
            else self.tr("As the server names each file")
        )
        self._findings = found = self._look(lines)
        self._links_problem.say(self._bad_lines_text(found.bad_lines, single=single))
        self._links.mark_lines([number for number, _ in found.bad_lines])
        self._folder_problem.say(found.folder)
        self._name_problem.say(found.name)
        self._failure.say("")
        self._done.say("")
        self._suit_buttons()

    def _lines(self) -> list[tuple[int, str]]:
        """Return what is in the list of links, as (line counted from 0, text), each text once."""
        first_seen: dict[str, int] = {}
        for number, line in enumerate(self._links.toPlainText().split("\n")):
            if line.strip():
                first_seen.setdefault(line.strip(), number)
        return [(number, line) for line, number in first_seen.items()]

    def _look(self, lines: list[tuple[int, str]]) -> _Findings:
        found = _Findings()
        name = self._name.text().strip() or None if len(lines) == 1 else None
        folder = self._folder.text().strip()
        for number, line in lines:
            try:
                found.orders.append(
                    self._queue.order(line, folder, name, paused=self._paused.isChecked())
                )
            except InvalidFolder as error:
                found.folder = str(error)
                # Wrong for every line alike: looking at ten thousand lines says no more.
                if not found.orders:
                    break
            except InvalidName as error:
                found.name = str(error)
            except BadInput as error:
                found.bad_lines.append((number, str(error)))
        return found

    def _bad_lines_text(self, bad_lines: Sequence[tuple[int, str]], *, single: bool) -> str:
        if single:
            return "".join(problem for _, problem in bad_lines)
        texts = [
            self.tr("Line {number}: {problem}").format(
                number=formatting.whole_number(number + 1), problem=problem
            )
            for number, problem in bad_lines[:_PROBLEMS_SHOWN]
        ]
        more = len(bad_lines) - len(texts)
        if more == 1:
            texts.append(self.tr("and 1 more line that cannot be used"))
        elif more:
            texts.append(
                self.tr("and {number} more lines that cannot be used").format(
                    number=formatting.whole_number(more)
                )
            )
        return "\n".join(texts)

    def _suit_buttons(self) -> None:
        count = len(self._findings.orders)
        self._add.setEnabled(bool(count) and not self._is_adding)
        if count > 1:
            self._add.setText(
                self.tr("&Add {downloads}").format(downloads=formatting.downloads_text(count))
            )
        else:
            self._add.setText(self.tr("&Add"))

    # Adding

    def accept(self) -> None:
        """Add what is valid; close, unless lines are left that cannot be used."""
        if self._is_adding:
            return
        self.check()
        if not self._findings.orders:
            return
        self._is_adding = True
        self._suit_buttons()
        self._start_task(self._add_to_queue(self._findings))

    def reject(self) -> None:
        """Leave without adding; not while adding, which could still fail and needs the fields."""
        if not self._is_adding:
            super().reject()

    async def _add_to_queue(self, found: _Findings) -> None:
        try:
            jobs = await self._queue.add(found.orders)
        except DlmanagerError as error:
            self._failure.say(str(error))
            return
        finally:
            self._is_adding = False
            self._suit_buttons()
        self.added.emit(jobs)
        if found.bad_lines:
            self._keep_only(found.bad_lines, len(jobs))
        else:
            super().accept()

    def _keep_only(self, bad_lines: Sequence[tuple[int, str]], added_count: int) -> None:
        """Leave the lines that could not be used, to be mended."""
        lines = self._links.toPlainText().split("\n")
        self._links.setPlainText("\n".join(lines[number] for number, _ in bad_lines))
        self.note_added(added_count)


class _LinksEdit(QPlainTextEdit):
    """Lines of links; of what is pasted or dropped it takes the links, if there are any."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return may_hold_links(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        links = links_from_mime(source)
        if not links:
            self.insertPlainText(source.text())
            return
        cursor = self.textCursor()
        cursor.beginEditBlock()
        cursor.removeSelectedText()
        before = cursor.block().text()[: cursor.positionInBlock()].strip()
        after = cursor.block().text()[cursor.positionInBlock() :].strip()
        text = "\n".join(links)
        cursor.insertText(
            ("\n" if before else "") + text + ("\n" if after or len(links) > 1 else "")
        )
        cursor.endEditBlock()
        self.setTextCursor(cursor)

    def mark_lines(self, numbers: Sequence[int]) -> None:
        """Underline the lines that cannot be used."""
        wave = QTextCharFormat()
        wave.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        wave.setUnderlineColor(QColor(state_colours(self.palette()).failed))
        marks = []
        for number in numbers:
            mark = QTextEdit.ExtraSelection()
            mark.cursor = QTextCursor(self.document().findBlockByNumber(number))
            mark.cursor.select(QTextCursor.SelectionType.LineUnderCursor)
            mark.format = wave
            marks.append(mark)
        self.setExtraSelections(marks)


class _SentenceLabel(QLabel):
    """A plain sentence below a field; takes no room while there is nothing to say."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.hide()

    def say(self, text: str) -> None:
        """Show a text, or hide if it is empty."""
        if text != self.text():
            self.setText(text)
            self.setVisible(bool(text))


class _ProblemLabel(_SentenceLabel):
    """The same in the colour of what needs a person."""

    def say(self, text: str) -> None:
        palette = self.palette()
        palette.setColor(self.foregroundRole(), state_colours(palette).failed)
        self.setPalette(palette)
        super().say(text)


def _label(text: str, field_of: QWidget) -> QLabel:
    made = QLabel(text)
    made.setBuddy(field_of)
    return made
