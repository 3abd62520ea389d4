"""The dialog that gives a download another link to its file."""

from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from dlmanager.core.errors import InvalidUrl
from dlmanager.core.job import Job, Status
from dlmanager.core.secrets import origin_of, split_link
from dlmanager.core.urls import normalise_url
from dlmanager.gui import formatting
from dlmanager.gui.job_dialog import JobDialog
from dlmanager.gui.queue import Queue

_RESTING = frozenset({Status.PAUSED, Status.CANCELLED})


class LinkDialog(JobDialog):
    """Asks for another link and hands it to the queue."""

    def __init__(
        self,
        queue: Queue,
        job: Job,
        bytes_done: int,
        *,
        start_task: Callable[[Coroutine[Any, Any, None]], None],
        parent: QWidget | None = None,
    ) -> None:
        """bytes_done: what is there of the file."""
        super().__init__(queue, job, start_task=start_task, parent=parent)
        self.setWindowTitle(self.tr("Edit link"))
        self._field = QLineEdit(job.url, self)
        self._field.setClearButtonEnabled(True)
        self._field.selectAll()
        self._field.setFocus()
        label = QLabel(self.tr("&Link to the same file"), self)
        label.setBuddy(self._field)
        self._promise = self.note(self._promise_text(bytes_done))
        self._secrets_note = self.note("")
        self.lay_out(
            self.tr("&Change link"), (label, self._field), (self._promise, self._secrets_note)
        )
        self._field.textChanged.connect(self._on_edited)
        self._on_edited()

    async def hand_on(self) -> None:
        await self._queue.change_link(self._job.id, self._field.text())

    def _promise_text(self, bytes_done: int) -> str:
        if bytes_done:
            return self.tr(
                "If the new link leads to the very same file, the {size} downloaded so far are "
                "kept. If not, the download starts from the beginning."
            ).format(size=formatting.size(bytes_done))
        if self._job.status in _RESTING:
            return ""
        return self.tr("The download then goes on with the new link.")

    # What is typed

    def _on_edited(self) -> None:
        text = self._field.text()
        is_usable, problem, note = False, "", ""
        try:
            url, given = split_link(normalise_url(text))
        except InvalidUrl as error:
            problem = str(error) if text.strip() else ""
        else:
            is_usable = url != self._job.url or bool(given)
            if self._job.has_secrets and origin_of(url) != origin_of(self._job.url) and not given:
                note = self.tr(
                    "The user name and password of this download are not given to another server. "
                    "If it needs some, write https://name:password@server."
                )
        self._secrets_note.say(note)
        self.suit(is_usable=is_usable, problem=problem)
