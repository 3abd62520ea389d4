"""The page Log of the details: wget's own words in an attempt, without secrets."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dlmanager.core.attempt_record import AttemptRecord
from dlmanager.core.errors import DlmanagerError
from dlmanager.core.job import Job, Status
from dlmanager.gui.attempt_words import name_text
from dlmanager.gui.details_page import DetailsPage, Selection
from dlmanager.gui.focus_ring import FocusRing
from dlmanager.gui.queue import AttemptSource
from dlmanager.gui.sentences import in_window_language


class DetailsLog(DetailsPage):
    """Shows the log of the newest attempt as it grows, or of another one that was chosen."""

    def __init__(
        self,
        source: AttemptSource,
        *,
        start_task: Callable[[Coroutine[Any, Any, None]], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._source = source
        self._start_task = start_task
        self._known: tuple[object, ...] = ()
        self._job: Job | None = None
        self._records: dict[int, AttemptRecord] = {}
        self._shown = ""
        content = QWidget(self)
        self._log = QPlainTextEdit(content)
        self._log.setAccessibleName(self.tr("wget's words"))
        self._log.setReadOnly(True)
        self._log.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._log.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        FocusRing(self._log)
        self._log.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._log.setPlaceholderText(self.tr("wget has said nothing in this attempt."))
        self._attempts = QComboBox(content)
        self._attempts.setAccessibleName(self.tr("Attempt"))
        self._attempts.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._attempts.activated.connect(self._show_log)
        self._copy = QPushButton(self.tr("Copy log"), content)
        self._copy.clicked.connect(self._on_copy)
        note = QLabel(self.tr("Passwords and keys are left out."), content)
        note.setWordWrap(True)
        side = QVBoxLayout()
        side.setSpacing(8)
        side.setContentsMargins(8, 8, 8, 8)
        side.addWidget(self._attempts)
        side.addWidget(note)
        side.addStretch(1)
        side.addWidget(self._copy)
        layout = QHBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._log, 1)
        layout.addLayout(side)
        self.add_content(content)
        self._content = content

    @property
    def text(self) -> str:
        """The log that is shown."""
        return self._shown

    def show_selection(self, selection: Selection) -> None:
        job = self._job = selection.only
        if job is None or not job.attempt:
            self._known = ()
            self.show_hint(
                self.tr("Select one download to read what wget said.")
                if job is None
                else self.tr("It has not been tried yet.")
            )
            return
        key = (job.id, job.attempt, job.status)
        if key != self._known:
            self._known = key
            self._start_task(self._load(job, key))
        self._show_log()

    async def _load(self, job: Job, key: tuple[object, ...]) -> None:
        try:
            records = await self._source.attempts(job.id)
        except DlmanagerError as error:
            self._known = ()
            self.show_hint(in_window_language(str(error)))
            return
        if self._known == key:  # else another job was selected meanwhile
            self._take(records)

    def _take(self, records: Sequence[AttemptRecord]) -> None:
        """Offer these attempts; the newest is shown unless another of the same job was chosen."""
        before = next(iter(self._records.values()), None)
        is_same_job = bool(records) and before is not None and records[0].job_id == before.job_id
        newest_was_shown = self._attempts.currentIndex() <= 0
        chosen = self._attempts.currentData()
        self._records = {each.attempt: each for each in records}
        self._attempts.clear()
        for record in reversed(records):
            self._attempts.addItem(name_text(record), record.attempt)
        if is_same_job and not newest_was_shown and chosen in self._records:
            self._attempts.setCurrentIndex(self._attempts.findData(chosen))
        self._attempts.setEnabled(len(records) > 1)
        if not records:
            self.show_hint(self.tr("Nothing is remembered of its attempts."))
            return
        self.setCurrentWidget(self._content)
        self._show_log()

    def _show_log(self) -> None:
        record = self._records.get(self._attempts.currentData())
        job = self._job
        if record is None or job is None or record.job_id != job.id:
            self._show_text("")
            return
        text = record.log
        if job.status is Status.PROCESSING and record.attempt == job.attempt:
            live = self._source.live_log(job.id)
            text = record.log if live is None else live
        self._show_text(text)

    def _show_text(self, text: str) -> None:
        """Show a log; at its end, the view follows what comes."""
        shown = self._shown
        if text == shown:
            return
        self._shown = text
        bar = self._log.verticalScrollBar()
        follows, place = bar.value() == bar.maximum(), bar.value()
        if shown and text.startswith(shown + "\n"):
            # Only what is new, so that a selection stays.
            self._log.appendPlainText(text[len(shown) + 1 :])
        else:
            self._log.setPlainText(text)
        bar.setValue(bar.maximum() if follows else place)

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._shown)
