"""The dialogs about a download's checksum: what its file shall match, or whether it does."""

import textwrap
from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QProgressBar, QWidget

from dlmanager.core.errors import DlmanagerError
from dlmanager.core.job import Job, Status, Verification
from dlmanager.core.progress import percent
from dlmanager.gui import formatting
from dlmanager.gui.checksum_field import ChecksumField
from dlmanager.gui.job_dialog import JobDialog
from dlmanager.gui.queue import Queue
from dlmanager.gui.sentence_label import ProblemLabel, SentenceLabel

_DIGITS_A_LINE = 64


def checksum_dialog(
    queue: Queue,
    job: Job,
    *,
    start_task: Callable[[Coroutine[Any, Any, None]], None],
    parent: QWidget | None = None,
) -> "ExpectDialog | VerifyDialog":
    """Return the dialog that makes sense for a job: whether its file is there decides."""
    kind = ExpectDialog if job.path is None else VerifyDialog
    return kind(queue, job, start_task=start_task, parent=parent)


class ExpectDialog(JobDialog):
    """Takes what the file of a job shall match; tries it again if it failed as it did not."""

    def __init__(
        self,
        queue: Queue,
        job: Job,
        *,
        start_task: Callable[[Coroutine[Any, Any, None]], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(queue, job, start_task=start_task, parent=parent)
        self._tries_again = job.status is Status.FAILED and job.has_wrong_checksum
        self.setWindowTitle(self.tr("Checksum"))
        self._field = ChecksumField(job, self)
        self._note = self.note("")
        digits = _DigitsLabel(self)
        if self._tries_again:
            digits.show_both(job)
        self.lay_out(
            self.tr("&Save and retry") if self._tries_again else self.tr("&Save"),
            (self._field,),
            (self._note, digits),
        )
        self._field.setFocus()
        self._field.edited.connect(self._on_edited)
        self._on_edited()
        self.resize(self.sizeHint())

    async def hand_on(self) -> None:
        await self._queue.expect_checksum(self._job.id, self._field.checksum)
        if self._tries_again:
            await self._queue.retry([self._job.id])

    def _on_edited(self) -> None:
        field = self._field
        is_other = self._tries_again or field.checksum != self._job.expected_checksum
        self.suit(is_usable=is_other and not field.problem, problem=field.problem)
        self._note.say(self._note_text())

    def _note_text(self) -> str:
        if self._tries_again and self._field.is_empty:
            return self.tr(
                "The file is then downloaded again, and nothing but its size is checked."
            )
        if self._tries_again:
            return self.tr("The file is then downloaded again, and kept only if it matches.")
        if self._field.is_empty:
            return self.tr("Without a checksum, only the size of the file is checked.")
        return self.tr(
            "The complete file is held against this checksum, and kept only if it matches."
        )


class VerifyDialog(JobDialog):
    """Holds the finished file of a job against a checksum, and stays to say what came of it."""

    def __init__(
        self,
        queue: Queue,
        job: Job,
        *,
        start_task: Callable[[Coroutine[Any, Any, None]], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(queue, job, start_task=start_task, parent=parent)
        self._is_left = self._is_verifying = False
        self.setWindowTitle(self.tr("Checksum"))
        self._field = ChecksumField(job, self)
        self._bar = QProgressBar(self)
        self._bar.setAccessibleName(self.tr("Verifying"))
        self._bar.hide()
        self._match = SentenceLabel(self)
        self._mismatch = ProblemLabel(self)
        self._digits = _DigitsLabel(self)
        self._note = self.note(
            self.tr("The file on the disk is read and held against this checksum.")
        )
        results = (self._match, self._mismatch, self._digits)
        self.lay_out(self.tr("&Verify"), (self._field,), (self._note, self._bar, *results))
        self._field.setFocus()
        self._field.edited.connect(self._on_edited)
        self._on_edited()
        self.resize(self.sizeHint())

    def accept(self) -> None:
        # Unlike what is only saved, it may take long, and is of use after it is done.
        if self._do.isEnabled():
            self._start_task(self._verify())

    def done(self, result: int) -> None:
        self._is_left = True
        if self._is_verifying:
            self._queue.stop_verifying(self._job.id)
        super().done(result)

    def _on_edited(self) -> None:
        self._forget_result()
        self._do.setDefault(True)
        self._suit_field()

    def _suit_field(self) -> None:
        can_verify = self._field.checksum is not None and not self._is_verifying
        self.suit(is_usable=can_verify, problem=self._field.problem)

    async def _verify(self) -> None:
        self._note_verifying(is_verifying=True)
        problem, job = "", None
        try:
            job = await self._queue.verify(self._job.id, self._field.checksum, self._show_progress)
        except DlmanagerError as error:
            problem = str(error)
        if self._is_left:
            return
        self._note_verifying(is_verifying=False)
        if problem:
            self.suit(is_usable=True, problem=problem)
        if job is not None:
            self._say_result(job)

    def _note_verifying(self, *, is_verifying: bool) -> None:
        self._is_verifying = is_verifying
        self._forget_result()
        self._field.edit.setReadOnly(is_verifying)
        self._show_progress(0, 1)
        self._bar.setVisible(is_verifying)
        self._suit_field()

    def _show_progress(self, bytes_done: int, size_bytes: int) -> None:
        if not self._is_left:
            whole_percent = percent(bytes_done, size_bytes) or 0
            self._bar.setValue(whole_percent)
            self._bar.setFormat(formatting.percentage(whole_percent))

    def _forget_result(self) -> None:
        for label in (self._match, self._mismatch, self._digits):
            label.say("")

    def _say_result(self, job: Job) -> None:
        kind = job.checksum_kind.label if job.checksum_kind is not None else ""
        if job.verification is Verification.CHECKSUM:
            self._match.say(self.tr("The file matches this {kind} checksum.").format(kind=kind))
        else:
            self._mismatch.say(
                self.tr(
                    "The file does not match this {kind} checksum. "
                    "Check where the checksum comes from, or download the file again."
                ).format(kind=kind)
            )
            self._digits.show_both(job)
        # There is nothing left to take back, and nothing more that is likely to be asked.
        self._cancel.setText(self.tr("&Close"))
        self._cancel.setDefault(True)
        self._cancel.setFocus()


class _DigitsLabel(SentenceLabel):
    """What was found, below what was expected, so that they are easily compared."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))

    def show_both(self, job: Job) -> None:
        """Show both hashes of a job."""
        both = (
            (QCoreApplication.translate("ChecksumDialogs", "Expected:"), job.checksum),
            (QCoreApplication.translate("ChecksumDialogs", "Found:"), job.checksum_found),
        )
        self.say("\n".join(_in_lines(title, digits) for title, digits in both if digits))


def _in_lines(title: str, digits: str) -> str:
    return f"{title}\n{textwrap.fill(digits, _DIGITS_A_LINE)}"
