"""The dialog that adds links: what is wrong is said beside the field, and nothing typed is lost."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QDir, QRegularExpression, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QIcon,
    QKeySequence,
    QPalette,
    QRegularExpressionValidator,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QCompleter,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFileSystemModel,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from dlmanager.core.errors import DlmanagerError
from dlmanager.core.job import Job, NewJob
from dlmanager.core.link_files import FileLink
from dlmanager.core.mirrors import one_file
from dlmanager.core.priority import Priority
from dlmanager.gui import formatting
from dlmanager.gui.checksums_edit import ChecksumsEdit
from dlmanager.gui.duplicates_row import DuplicatesRow
from dlmanager.gui.line_check import Findings, Wanted, look_at
from dlmanager.gui.links_edit import LinksEdit
from dlmanager.gui.palette import quiet_text
from dlmanager.gui.queue import Queue
from dlmanager.gui.screen_room import keep_on_screen, room_on_screen
from dlmanager.gui.sentence_label import ProblemLabel, SentenceLabel
from dlmanager.gui.sentences import in_window_language
from dlmanager.gui.slices import Slices
from dlmanager.gui.window_state import WindowState

CHECK_DELAY_MS = 150
_PROBLEMS_SHOWN = 3
_LINES_SPARED = 7
"""How many lines of links can be seen, whatever is said below them, where the screen has room."""
_LINK_SHOWN_CHARACTERS = 56
_MOST_RETRIES = 1000
_MARGIN_PX = 12
_START_SIZE = QSize(640, 440)


class AddDialog(QDialog):
    """Asks for links, a folder and, where it is one link, a name; adds them to the queue.

    Signals:
        added(list[Job]): what is now in the queue.
        show_requested(list[str]): the person wants to see these jobs in the list.
        files_dropped(list[str]): files of this machine were dropped: their paths.
    """

    added = Signal(object)
    show_requested = Signal(object)
    files_dropped = Signal(object)

    def __init__(
        self,
        queue: Queue,
        *,
        start_task: Callable[[Coroutine[Any, Any, None]], None],
        folder: str,
        state: WindowState,
        free_bytes: Callable[[str], Awaitable[int | None]],
        jobs_by_link: Callable[[], Mapping[str, Job]],
        links: Sequence[str] = (),
        suggests_links: bool = False,
        files: Mapping[str, FileLink] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """links: what the list of links begins with, such as those of the clipboard.

        suggests_links: nobody has asked for these, so that typing replaces them. files: what a
        file says of some links, such as their names and mirrors. free_bytes: of the disk of a
        folder. jobs_by_link: what the list holds already. state: where folders are remembered.
        """
        super().__init__(parent)
        self._queue = queue
        self._start_task = start_task
        self._state = state
        self._free_bytes = free_bytes
        self._jobs_by_link = jobs_by_link
        self._files = dict(files or {})
        self._is_adding = self._is_left = False
        self._is_stale = True
        self._adds_when_checked = False
        self._done_count = 0
        self._asked_folder: str | None = None
        self._findings = Findings()
        self.setWindowTitle(self.tr("Add links"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._make_fields(folder)
        self._lay_out()
        self._checking = Slices(self)
        # Long lists are looked at once the typing pauses.
        self._check_timer = QTimer(self)
        self._check_timer.setSingleShot(True)
        self._check_timer.setInterval(CHECK_DELAY_MS)
        self._check_timer.timeout.connect(self.check)
        for changed in (
            self._links.textChanged,
            self._folder.textChanged,
            self._name.textChanged,
            self._checksums.textChanged,
            self._paused.toggled,
            self._one_file.toggled,
            self._priority.currentIndexChanged,
            self._retries.valueChanged,
        ):
            changed.connect(self._on_changed)
        self.resize(_START_SIZE)
        if suggests_links and links:
            self._links.suggest_lines(links)
        else:
            self._links.append_lines(links)
        self.check()
        # Return is all that is left to do, where what was asked for is there.
        is_ready = self._add.isEnabled() and not suggests_links
        (self._add if is_ready else self._links).setFocus()

    def add_lines(
        self,
        links: Sequence[str],
        files: Mapping[str, FileLink] | None = None,
    ) -> None:
        """Put further links below what is there. files: as at the beginning."""
        self._files.update(files or {})
        known = {line.strip() for line in self._links.toPlainText().split("\n")}
        self._links.append_lines([link for link in links if link.strip() not in known])

    def note_added(self, count: int) -> None:
        """Say that so many are in the queue already, and that what is here is not."""
        # Said after the look at what is left, which may take a while.
        self._done_count = count
        self.check()

    def note_left_out(self, sentences: Sequence[str]) -> None:
        """Tell of entries of a file that cannot be put into the list of links."""
        shown = list(sentences[:_PROBLEMS_SHOWN])
        more = len(sentences) - len(shown)
        if more:
            shown.append(
                self.tr("and {number} more that cannot be used").format(
                    number=formatting.whole_number(more)
                )
            )
        self._left_out.say("\n".join(shown))
        self._make_room()

    # Fields

    def _make_fields(self, folder: str) -> None:
        self._make_links()
        self._make_folder(folder)
        self._name = QLineEdit(self)
        self._name.setAccessibleName(self.tr("File name"))
        self._name.setClearButtonEnabled(True)
        self._name.setValidator(
            QRegularExpressionValidator(QRegularExpression(r"[^\r\n]*"), self._name)
        )
        self._name_problem = ProblemLabel(self, may_shrink=True)
        self._make_checksums()
        self._paused = QCheckBox(self.tr("Add &paused, to start later"), self)
        self._priority = QComboBox(self)
        self._priority.setAccessibleName(self.tr("Priority"))
        for level in Priority:
            self._priority.addItem(formatting.priority_name(level), level)
        self._priority.setCurrentIndex(Priority.NORMAL.rank)
        self._retries = QSpinBox(self)
        self._retries.setAccessibleName(self.tr("Retries"))
        self._retries.setRange(-1, _MOST_RETRIES)
        self._retries.setSpecialValueText(self.tr("until it succeeds"))
        self._retries.setValue(self._queue.max_retries)
        self._failure = ProblemLabel(self, may_shrink=True)
        self._done = SentenceLabel(self, may_shrink=True)
        self._make_buttons()

    def _make_links(self) -> None:
        self._links = LinksEdit(self, start_task=self._start_task)
        self._links.setAccessibleName(self.tr("Links"))
        self._links.setPlaceholderText("https://example.org/file[01-20].iso")
        self._links.setMinimumHeight(3 * self.fontMetrics().lineSpacing())
        self._links.files_dropped.connect(self.files_dropped)
        self._links.filled.connect(self._on_filled)
        self._links.taken.connect(self.accept)
        self._links_problem = ProblemLabel(self, may_shrink=True)
        self._ranges = SentenceLabel(self, may_shrink=True)
        self._left_out = SentenceLabel(self, may_shrink=True)
        self._one_file = QCheckBox(self.tr("The links are &mirrors of one file"), self)
        self._one_file.hide()
        self._duplicates = DuplicatesRow(self)
        self._duplicates.choice_changed.connect(self._suit_buttons)
        self._duplicates.show_requested.connect(self._on_show_requested)
        # Where no field has the keyboard that would take it for itself.
        QShortcut(QKeySequence(QKeySequence.StandardKey.Paste), self, self._links.paste)

    def _make_checksums(self) -> None:
        self._checksums = ChecksumsEdit(self)
        self._checksums.setAccessibleName(self.tr("Checksum"))
        self._checksums.setPlaceholderText(
            self.tr("If you have one; or a list, such as SHA256SUMS")
        )
        self._checksums_found = QLabel(self)
        self._checksums_found.setAccessibleName(self.tr("Kind of checksum"))
        self._checksums_problem = ProblemLabel(self, may_shrink=True)

    def _make_folder(self, folder: str) -> None:
        self._folders = QComboBox(self)
        self._folders.setEditable(True)
        self._folders.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        # A long path must not make the dialog wider than the screen.
        self._folders.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self._folders.setMinimumContentsLength(20)
        self._folders.addItems(list(dict.fromkeys([folder, *self._state.folders])))
        self._folders.setCompleter(self._folder_completer())
        self._folders.setAccessibleName(self.tr("Folder"))
        field = self._folders.lineEdit()
        assert field is not None  # it is editable
        self._folder = field
        self._folder.setAccessibleName(self.tr("Folder"))
        self._folder.setText(folder)
        self._free_space = QLabel(self)
        self._free_space.setAccessibleName(self.tr("Free space"))
        self._folder_problem = ProblemLabel(self, may_shrink=True)
        self._browse = QPushButton(self.tr("&Browse…"), self)
        self._browse.setAutoDefault(False)
        self._browse.clicked.connect(self._choose_folder)

    def _make_buttons(self) -> None:
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
        folder_row.addWidget(self._folders, 1)
        folder_row.addWidget(self._browse)
        start_row = QHBoxLayout()
        start_row.addWidget(self._paused)
        start_row.addStretch(1)
        start_row.addWidget(_label(self.tr("Prior&ity"), self._priority))
        start_row.addWidget(self._priority)
        start_row.addSpacing(8)
        start_row.addWidget(_label(self.tr("&Retries"), self._retries))
        start_row.addWidget(self._retries)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_MARGIN_PX, _MARGIN_PX, _MARGIN_PX, _MARGIN_PX)
        layout.setSpacing(4)
        layout.addWidget(_label(self.tr("&Links, one per line"), self._links))
        layout.addWidget(self._links, 1)
        for below in (
            self._links_problem,
            self._ranges,
            self._left_out,
            self._one_file,
            self._duplicates,
        ):
            layout.addWidget(below)
        layout.addSpacing(8)
        layout.addLayout(_title_row(self.tr("Save in &folder"), self._folders, self._free_space))
        layout.addLayout(folder_row)
        layout.addWidget(self._folder_problem)
        layout.addSpacing(8)
        layout.addWidget(_label(self.tr("File &name"), self._name))
        layout.addWidget(self._name)
        layout.addWidget(self._name_problem)
        layout.addSpacing(8)
        layout.addLayout(_title_row(self.tr("Chec&ksum"), self._checksums, self._checksums_found))
        layout.addWidget(self._checksums)
        layout.addWidget(self._checksums_problem)
        layout.addSpacing(8)
        layout.addLayout(start_row)
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

    # Free space

    def _ask_free_space(self) -> None:
        folder = self._folder.text().strip()
        if folder != self._asked_folder:
            self._asked_folder = folder
            self._start_task(self._show_free_space(folder))

    async def _show_free_space(self, folder: str) -> None:
        free = await self._free_bytes(folder)
        if self._is_left or folder != self._asked_folder:
            return
        text = self.tr("{size} free").format(size=formatting.size(free)) if free is not None else ""
        self._say_quietly(self._free_space, text)

    def _say_quietly(self, label: QLabel, text: str) -> None:
        label.setText(text)
        palette = label.palette()
        palette.setColor(label.foregroundRole(), quiet_text(self.palette()))
        label.setPalette(palette)

    # Checking

    def _on_changed(self) -> None:
        self._is_stale = True
        self._check_timer.start()

    def _on_filled(self) -> None:
        if self._adds_when_checked:
            self.check()

    def check(self) -> None:
        """Look at all fields and say beside each what is wrong; of very many links, by and by."""
        self._check_timer.stop()
        self._is_stale = False
        self._failure.say("")
        self._done.say("")
        self._ask_free_space()
        found = Findings()
        wanted = Wanted(
            self._folder.text().strip(),
            self._name.text().strip() or None,
            self._retries.value(),
            self._paused.isChecked(),
            self._checksums.toPlainText(),
            self._files,
            self._one_file.isChecked(),
            list(Priority)[self._priority.currentIndex()],
        )
        lines = self._links.toPlainText().split("\n")
        self._checking.start(
            look_at(lines, wanted, self._queue, self._jobs_by_link(), found),
            lambda: self._on_checked(found),
            lambda: self._tell_how_far(found),
        )

    def _tell_how_far(self, found: Findings) -> None:
        self._ranges.say(
            self.tr("Checking… {number} links so far").format(
                number=formatting.whole_number(len(found.orders))
            )
        )

    def _on_checked(self, found: Findings) -> None:
        self._findings = found
        self._offer_one_file(found)
        is_single = found.is_single or self._is_one_file
        self._name.setEnabled(is_single)
        self._name.setPlaceholderText(
            self.tr("As the server names it")
            if is_single or not found.has_lines
            else self.tr("As the server names each file")
        )
        self._links_problem.say(self._bad_lines_text(found.bad_lines, single=found.is_single))
        self._links.mark_lines([number for number, _ in found.bad_lines])
        self._ranges.say(self._ranges_text(found))
        self._duplicates.show_findings(found)
        self._folder_problem.say(found.folder)
        self._name_problem.say(found.name)
        self._checksums_problem.say(self._checksums_text(found))
        self._say_quietly(self._checksums_found, self._checksums_found_text(found))
        self._say_done()
        self._suit_buttons()
        self._make_room()
        if self._adds_when_checked and not self._links.is_busy:
            self._adds_when_checked = False
            self._add_found()

    def _offer_one_file(self, found: Findings) -> None:
        self._one_file.setVisible(found.may_be_one_file)
        if not found.may_be_one_file:
            self._one_file.setChecked(False)
            return
        # It stays possible where the names differ, but is not what most people want then.
        palette = self.palette()
        if not found.look_like_one_file:
            palette.setColor(QPalette.ColorRole.WindowText, quiet_text(palette))
        self._one_file.setPalette(palette)

    def _make_room(self) -> None:
        """Grow where the sentences would take from the list of links, as far as the screen goes."""
        layout = self.layout()
        assert layout is not None  # made in the constructor
        least_px = layout.totalMinimumHeightForWidth(self.width())
        spared_px = _LINES_SPARED * self.fontMetrics().lineSpacing() - self._links.minimumHeight()
        screen_px = room_on_screen(self).height()
        wanted_px = max(least_px, min(least_px + spared_px, screen_px))
        if wanted_px > self.height():
            self.resize(self.width(), wanted_px)
            keep_on_screen(self)

    def _say_done(self) -> None:
        count, self._done_count = self._done_count, 0
        if not count:
            return
        left = (
            self.tr("What is left could not be used.")
            if not self._findings.orders
            else self.tr("What is left needs a look.")
        )
        added = self.tr("Added {downloads}.").format(downloads=formatting.downloads_text(count))
        self._done.say(f"{added} {left}")
        # There is nothing left to take back.
        self._leave.setText(self.tr("&Close"))

    def _bad_lines_text(self, bad_lines: Sequence[tuple[int, str]], *, single: bool) -> str:
        if single:
            return "".join(problem for _, problem in bad_lines)
        shown = [
            self.tr("Line {number}: {problem}").format(
                number=formatting.whole_number(number + 1), problem=problem
            )
            for number, problem in bad_lines[:_PROBLEMS_SHOWN]
        ]
        more = len(bad_lines) - len(shown)
        if more == 1:
            shown.append(self.tr("and 1 more line that cannot be used"))
        elif more:
            shown.append(
                self.tr("and {number} more lines that cannot be used").format(
                    number=formatting.whole_number(more)
                )
            )
        return "\n".join(shown)

    def _checksums_text(self, found: Findings) -> str:
        """What is wrong with the checksums; where it is a list, the rest of it is used."""
        if found.needs_file_name:
            return self.tr(
                "Of several links, which one is this checksum for? Put the file name behind it."
            )
        listed = found.checksum_list
        if found.checksum or listed is None:
            return found.checksum
        if found.one_checksum is not None and (found.is_one or not found.has_lines):
            return ""
        problems = [
            self.tr("Line {number}: {problem}").format(
                number=formatting.whole_number(line.number),
                problem=in_window_language(line.reason),
            )
            for line in listed.bad_lines[:_PROBLEMS_SHOWN]
        ]
        if found.orders and not found.listed:
            problems.append(self.tr("No link here has the name of a file in this list."))
        return "\n".join(problems)

    def _checksums_found_text(self, found: Findings) -> str:
        if found.checksum or found.checksum_list is None:
            return ""
        if found.one_checksum is not None and not found.listed:
            return "" if found.needs_file_name else found.one_checksum.kind.label
        if not found.listed:
            return ""
        return self.tr("for {number} of {downloads}").format(
            number=formatting.whole_number(found.listed),
            downloads=formatting.downloads_text(len(found.orders)),
        )

    def _ranges_text(self, found: Findings) -> str:
        if not found.ranges:
            return ""
        number, first = found.ranges[0]
        text = self.tr("Line {line} stands for {downloads}: {first} to {last}").format(
            line=formatting.whole_number(number + 1),
            downloads=formatting.downloads_text(first.count),
            first=_shortened(first.first),
            last=_shortened(_unlike(first.first, first.last)),
        )
        more = len(found.ranges) - 1
        if not more:
            return text
        total = sum(links.count for _, links in found.ranges)
        rest = self.tr("Ranges in all: {number}, for {downloads}").format(
            number=formatting.whole_number(more + 1), downloads=formatting.downloads_text(total)
        )
        return f"{text}\n{rest}"

    def _suit_buttons(self) -> None:
        count = len(self._wanted())
        self._add.setEnabled(bool(count) and not self._is_adding)
        if count > 1:
            self._add.setText(
                self.tr("&Add {downloads}").format(downloads=formatting.downloads_text(count))
            )
        else:
            self._add.setText(self.tr("&Add"))

    @property
    def _is_one_file(self) -> bool:
        return self._findings.may_be_one_file and self._one_file.isChecked()

    def _wanted(self) -> list[NewJob]:
        wanted = self._findings.wanted(duplicates_too=self._duplicates.downloads_again)
        return [one_file(wanted)] if wanted and self._is_one_file else wanted

    def _on_show_requested(self, job_ids: Sequence[str]) -> None:
        self.show_requested.emit(job_ids)
        found = self._findings
        if len(found.duplicates) == len(found.orders) and not found.bad_lines:
            self.reject()  # nothing here is lost by it

    # Adding

    def accept(self) -> None:
        """Add what is valid; close, unless lines are left that cannot be used."""
        if self._is_adding or self._adds_when_checked:
            return
        if self._links.is_busy or self._checking.is_busy:
            self._adds_when_checked = True
        elif self._is_stale:
            self._adds_when_checked = True
            self.check()
        else:
            self._add_found()

    def _add_found(self) -> None:
        orders = self._wanted()
        if not orders:
            return
        self._is_adding = True
        self._suit_buttons()
        self._start_task(self._add_to_queue(orders, self._findings.bad_lines))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        keep_on_screen(self)

    def reject(self) -> None:
        """Leave without adding; not while adding, which could still fail and needs the fields."""
        if not self._is_adding:
            super().reject()

    def done(self, result: int) -> None:
        self._is_left = True
        self._check_timer.stop()
        self._checking.stop()
        self._links.leave()
        super().done(result)

    async def _add_to_queue(
        self, orders: Sequence[NewJob], bad_lines: Sequence[tuple[int, str]]
    ) -> None:
        try:
            jobs = await self._queue.add(orders)
        except DlmanagerError as error:
            self._failure.say(in_window_language(str(error)))
            return
        finally:
            self._is_adding = False
            self._suit_buttons()
        self._state.note_folder(orders[0].target_directory)
        self.added.emit(jobs)
        if bad_lines:
            self._keep_only(bad_lines, len(jobs))
        else:
            super().accept()

    def _keep_only(self, bad_lines: Sequence[tuple[int, str]], added_count: int) -> None:
        """Leave the lines that could not be used, to be mended."""
        lines = self._links.toPlainText().split("\n")
        self._links.clear()
        self._links.append_lines([lines[number] for number, _ in bad_lines])
        self.note_added(added_count)
        # Not on Close, which the keyboard would come to now, and Return then throw them away.
        self._links.turn_to_line(0)
        self._links.setFocus()


def _label(text: str, field_of: QWidget) -> QLabel:
    made = QLabel(text)
    made.setBuddy(field_of)
    return made


def _title_row(text: str, field: QWidget, beside: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(_label(text, field))
    row.addStretch(1)
    row.addWidget(beside)
    return row


def _unlike(first: str, last: str) -> str:
    """Return what of the last link is not the same folder of the same server as of the first."""
    start = 0
    while (slash := last.find("/", start)) >= 0 and first.startswith(last[: slash + 1]):
        start = slash + 1
    return last[start:] or last


def _shortened(link: str) -> str:
    """Return a link without its middle if it is long: how it ends is what tells it from others."""
    if len(link) <= _LINK_SHOWN_CHARACTERS:
        return link
    half = _LINK_SHOWN_CHARACTERS // 2
    return f"{link[: half - 1]}…{link[-half:]}"
