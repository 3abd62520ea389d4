"""What the add dialog says of links that are in the list already, and the choice it offers."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from dlmanager.core.job import Job
from dlmanager.gui import formatting
from dlmanager.gui.line_check import Findings


class DuplicatesRow(QWidget):
    """A sentence, a choice and a button; takes no room while there are no duplicates.

    Signals:
        choice_changed(): `downloads_again` is another one.
        show_requested(list[str]): the person wants to see these jobs in the list.
    """

    choice_changed = Signal()
    show_requested = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._jobs: Sequence[Job] = ()
        self._text = QLabel(self)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._choice = QComboBox(self)
        self._choice.setAccessibleName(self.tr("What to do with links that are there already"))
        self._choice.addItems([self.tr("Skip"), self.tr("Download again under a new name")])
        self._choice.currentIndexChanged.connect(self.choice_changed)
        self._show = QPushButton(self.tr("&Show in the list"), self)
        self._show.setAutoDefault(False)
        self._show.clicked.connect(self._on_show)
        choices = QHBoxLayout()
        choices.addWidget(self._choice)
        choices.addWidget(self._show)
        choices.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._text)
        layout.addLayout(choices)
        self.hide()

    @property
    def downloads_again(self) -> bool:
        """Whether duplicates are to be added too; the new files get a number in their names."""
        return self._choice.currentIndex() == 1

    @property
    def text(self) -> str:
        """The sentence; empty if there are no duplicates."""
        return self._text.text()

    def show_findings(self, found: Findings) -> None:
        """Tell of the duplicates among what was found."""
        self._jobs = found.jobs
        self._text.setText(" ".join((*self._of_jobs(found), *self._of_lines(found))))
        self._show.setVisible(bool(self._jobs))
        self.setVisible(bool(found.duplicates))

    def _of_jobs(self, found: Findings) -> list[str]:
        count = sum(each.job is not None for each in found.duplicates.values())
        if not count:
            return []
        name = self._jobs[0].display_name
        if count == 1 and len(found.orders) == 1:
            return [self.tr("This link is in the list already: {name}.").format(name=name)]
        if count == 1:
            return [self.tr("One of the links is in the list already: {name}.").format(name=name)]
        text = self.tr("{number} of the links are in the list already, {name} among them.")
        return [text.format(number=formatting.whole_number(count), name=name)]

    def _of_lines(self, found: Findings) -> list[str]:
        repeats = [
            each.line
            for each in found.duplicates.values()
            if each.line is not None and each.job is None
        ]
        if not repeats:
            return []
        if len(repeats) == 1:
            text = self.tr("The link in line {line} is there twice.")
            return [text.format(line=formatting.whole_number(repeats[0] + 1))]
        text = self.tr("{number} links are there more than once.")
        return [text.format(number=formatting.whole_number(len(repeats)))]

    def _on_show(self) -> None:
        self.show_requested.emit([job.id for job in self._jobs])
