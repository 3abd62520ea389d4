"""The dialog that gives a download another link to its file."""

from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from dlmanager.core.errors import DlmanagerError, InvalidUrl
from dlmanager.core.job import Job, Status
from dlmanager.core.secrets import origin_of, split_link
from dlmanager.core.urls import normalise_url
from dlmanager.gui import formatting
from dlmanager.gui.elided_label import ElidedLabel
from dlmanager.gui.queue import Queue
from dlmanager.gui.sentence_label import ProblemLabel

_MARGIN_PX = 12
_GAP_PX = 4
_WIDTH_CHARACTERS = 90
_RESTING = frozenset({Status.PAUSED, Status.CANCELLED})


class LinkDialog(QDialog):
    """Asks for another link and hands it to the queue; stays open while it cannot be used.

    Signals:
        changed(): the job has the new link.
    """

    changed = Signal()

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
        super().__init__(parent)
        self._queue = queue
        self._job = job
        self._start_task = start_task
        self._is_asking = False
        self.setWindowTitle(self.tr("Edit link"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._name = ElidedLabel(self)
        self._name.setText(job.display_name)
        font = self._name.font()
        font.setBold(True)
        self._name.setFont(font)
        self._field = QLineEdit(job.url, self)
        self._field.setClearButtonEnabled(True)
        self._field.selectAll()
        self._field.setFocus()
        self._label = QLabel(self.tr("&Link to the same file"), self)
        self._label.setBuddy(self._field)
        self._problem = ProblemLabel(self)
        self._promise = self._note(self._promise_text(bytes_done))
        self._secrets_note = self._note("")
        self._lay_out()
        self._field.textChanged.connect(self._on_edited)
        self._on_edited()

    def sizeHint(self) -> QSize:
        width = self.fontMetrics().averageCharWidth() * _WIDTH_CHARACTERS
        # Sentences that are broken into lines do not say by themselves how high they then are.
        layout = self.layout()
        return QSize(width, layout.totalHeightForWidth(width) if layout is not None else 0)

    def accept(self) -> None:
        if self._change.isEnabled():
            self._is_asking = True
            self._suit_button()
            self._start_task(self._hand_on(self._field.text()))

    def reject(self) -> None:
        # The answer comes within moments, and is told here.
        if not self._is_asking:
            super().reject()

    def _lay_out(self) -> None:
        buttons = QDialogButtonBox(self)
        self._change = QPushButton(self.tr("&Change link"), self)
        self._change.setDefault(True)
        buttons.addButton(self._change, QDialogButtonBox.ButtonRole.AcceptRole)
        cancel = buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        cancel.setIcon(QIcon())
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_MARGIN_PX, _MARGIN_PX, _MARGIN_PX, _MARGIN_PX)
        layout.setSpacing(_GAP_PX)
        layout.addWidget(self._name)
        layout.addSpacing(_GAP_PX)
        for widget in (self._label, self._field, self._problem):
            layout.addWidget(widget)
        layout.addSpacing(_GAP_PX)
        layout.addWidget(self._promise)
        layout.addWidget(self._secrets_note)
        layout.addStretch(1)
        layout.addSpacing(_MARGIN_PX)
        layout.addWidget(buttons)

    def _note(self, text: str) -> QLabel:
        note = QLabel(text, self)
        note.setTextFormat(Qt.TextFormat.PlainText)
        note.setWordWrap(True)
        note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        note.setVisible(bool(text))
        return note

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
        problem = note = ""
        try:
            url, given = split_link(normalise_url(text))
        except InvalidUrl as error:
            self._is_usable = False
            problem = str(error) if text.strip() else ""
        else:
            self._is_usable = url != self._job.url or bool(given)
            if self._job.has_secrets and origin_of(url) != origin_of(self._job.url) and not given:
                note = self.tr(
                    "The user name and password of this download are not given to another server. "
                    "If it needs some, write https://name:password@server."
                )
        self._problem.say(problem)
        self._secrets_note.setText(note)
        self._secrets_note.setVisible(bool(note))
        self._suit_button()

    def _suit_button(self) -> None:
        self._change.setEnabled(self._is_usable and not self._is_asking)

    async def _hand_on(self, link: str) -> None:
        try:
            await self._queue.change_link(self._job.id, link)
        except DlmanagerError as error:
            self._problem.say(str(error))
        else:
            self.changed.emit()
            super().accept()
        finally:
            self._is_asking = False
            self._suit_button()
