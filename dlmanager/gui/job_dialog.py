"""What dialogs about one job have in common: its name, one button that does it, and Cancel."""

from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QVBoxLayout, QWidget

from dlmanager.core.errors import DlmanagerError
from dlmanager.core.job import Job
from dlmanager.gui.elided_label import ElidedLabel
from dlmanager.gui.queue import Queue
from dlmanager.gui.sentence_label import ProblemLabel, SentenceLabel
from dlmanager.gui.sentences import in_window_language

_MARGIN_PX = 12
_GAP_PX = 4
_WIDTH_CHARACTERS = 90


class JobDialog(QDialog):
    """Asks for something about a job and hands it on; stays open while it cannot be used.

    A subclass puts its fields in with `lay_out`, tells with `suit` whether they can be used, and
    hands them on in `hand_on`.

    Signals:
        changed(): what was asked for is done.
    """

    changed = Signal()

    def __init__(
        self,
        queue: Queue,
        job: Job,
        *,
        start_task: Callable[[Coroutine[Any, Any, None]], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._queue = queue
        self._job = job
        self._start_task = start_task
        self._is_usable = self._is_asking = False
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._name = ElidedLabel(self)
        self._name.setText(job.display_name)
        font = self._name.font()
        font.setBold(True)
        self._name.setFont(font)
        self._problem = ProblemLabel(self)
        self._do = QPushButton(self)
        self._do.setDefault(True)
        self._suit_button()

    async def hand_on(self) -> None:
        """Do what is asked for. Raises DlmanagerError, which is told, where it cannot be done."""
        raise NotImplementedError

    def lay_out(self, button: str, fields: Iterable[QWidget], notes: Iterable[QWidget]) -> None:
        """Put the fields below the name, each as wide as the dialog, then what is said of them.

        button: the words on the button that does it.
        """
        self._do.setText(button)
        buttons = QDialogButtonBox(self)
        buttons.addButton(self._do, QDialogButtonBox.ButtonRole.AcceptRole)
        self._cancel = buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        self._cancel.setIcon(QIcon())
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_MARGIN_PX, _MARGIN_PX, _MARGIN_PX, _MARGIN_PX)
        layout.setSpacing(_GAP_PX)
        layout.addWidget(self._name)
        layout.addSpacing(_GAP_PX)
        for widget in (*fields, self._problem):
            layout.addWidget(widget)
        layout.addSpacing(_GAP_PX)
        for note in notes:
            layout.addWidget(note)
        layout.addStretch(1)
        layout.addSpacing(_MARGIN_PX)
        layout.addWidget(buttons)

    def suit(self, *, is_usable: bool, problem: str = "") -> None:
        """Suit the dialog to its fields. problem: a sentence, empty where nothing is wrong yet."""
        self._is_usable = is_usable
        self._problem.say(in_window_language(problem))
        self._suit_button()

    def note(self, text: str) -> SentenceLabel:
        """Make a label that says something of the fields."""
        note = SentenceLabel(self)
        note.setContentsMargins(0, _GAP_PX, 0, _GAP_PX)  # each is a paragraph of its own
        note.say(text)
        return note

    def sizeHint(self) -> QSize:
        width = self.fontMetrics().averageCharWidth() * _WIDTH_CHARACTERS
        # Sentences that are broken into lines do not say by themselves how high they then are.
        layout = self.layout()
        return QSize(width, layout.totalHeightForWidth(width) if layout is not None else 0)

    def accept(self) -> None:
        if self._do.isEnabled():
            self._is_asking = True
            self._suit_button()
            self._start_task(self._hand_on())

    def reject(self) -> None:
        # The answer comes within moments, and is told here.
        if not self._is_asking:
            super().reject()

    def _suit_button(self) -> None:
        self._do.setEnabled(self._is_usable and not self._is_asking)

    async def _hand_on(self) -> None:
        try:
            await self.hand_on()
        except DlmanagerError as error:
            self._problem.say(in_window_language(str(error)))
        else:
            self.changed.emit()
            super().accept()
        finally:
            self._is_asking = False
            self._suit_button()
