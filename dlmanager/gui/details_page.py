"""What the pages of the details have in common: what they are shown, and a hint in its place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLabel, QStackedWidget, QWidget

from dlmanager.core.job import Job
from dlmanager.core.progress import JobProgress
from dlmanager.gui.palette import quiet_text


@dataclass(frozen=True)
class Selection:
    """The selected jobs as last committed, and how to ask for their live progress."""

    jobs: Sequence[Job]
    progress_of: Callable[[Job], JobProgress | None]

    @property
    def only(self) -> Job | None:
        """The selected job, where it is one alone."""
        return self.jobs[0] if len(self.jobs) == 1 else None


class DetailsPage(QStackedWidget):
    """A page of the details: its content, or a quiet hint."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hint = QLabel(self)
        self._hint.setTextFormat(Qt.TextFormat.PlainText)
        self._hint.setWordWrap(True)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setMargin(12)
        self.addWidget(self._hint)
        self._colour_hint()

    def add_content(self, content: QWidget) -> None:
        """Take in what is shown of the jobs; text and buttons beside it stand on one ground."""
        content.setBackgroundRole(QPalette.ColorRole.Base)
        content.setAutoFillBackground(True)
        self.addWidget(content)

    @property
    def hint(self) -> str | None:
        """The hint that is shown; None while the content is."""
        return self._hint.text() if self.currentWidget() is self._hint else None

    def show_selection(self, selection: Selection) -> None:
        """Show the selected jobs as they are now; called when they change, and every second.

        Called only while the page can be seen.
        """
        raise NotImplementedError

    def show_hint(self, text: str) -> None:
        """Show a sentence in place of the content."""
        self._hint.setText(text)
        self.setCurrentWidget(self._hint)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._colour_hint()

    def _colour_hint(self) -> None:
        palette = QPalette(self.palette())
        quiet = quiet_text(palette)
        if self._hint.palette().color(QPalette.ColorRole.WindowText) != quiet:
            palette.setColor(QPalette.ColorRole.WindowText, quiet)
            self._hint.setPalette(palette)
