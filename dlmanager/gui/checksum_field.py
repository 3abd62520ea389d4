"""The field that takes the checksum of one file, and says of which kind it is."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from dlmanager.core.checksum import checksum_for
from dlmanager.core.checksum_kind import Checksum
from dlmanager.core.errors import InvalidChecksum
from dlmanager.core.filenames import suggest_filename
from dlmanager.core.job import Job
from dlmanager.gui.checksums_edit import ChecksumsEdit
from dlmanager.gui.palette import quiet_text

_GAP_PX = 4


class ChecksumField(QWidget):
    """Takes a checksum, or a list that has the file of a job; begins with what is expected of it.

    Signals:
        edited(): there is another text in it.
    """

    edited = Signal()

    def __init__(self, job: Job, parent: QWidget) -> None:
        super().__init__(parent)
        self._filenames = _filenames(job)
        self.edit = ChecksumsEdit(self)
        self.edit.setPlaceholderText(self.tr("The checksum, or a list such as SHA256SUMS"))
        if job.expected_checksum is not None:
            self.edit.setPlainText(str(job.expected_checksum))
        self.edit.selectAll()
        self.setFocusProxy(self.edit)
        label = QLabel(self.tr("Chec&ksum"), self)
        label.setBuddy(self.edit)
        self.kind = QLabel(self)
        self.kind.setAccessibleName(self.tr("Kind of checksum"))
        palette = self.kind.palette()
        palette.setColor(self.kind.foregroundRole(), quiet_text(self.palette()))
        self.kind.setPalette(palette)
        title = QHBoxLayout()
        title.addWidget(label)
        title.addStretch(1)
        title.addWidget(self.kind)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_GAP_PX)
        layout.addLayout(title)
        layout.addWidget(self.edit)
        self._read()
        self.edit.textChanged.connect(self._on_text_changed)

    checksum: Checksum | None
    """What is in it; None while it is empty or cannot be used."""
    problem: str
    """Why it cannot be used; empty if it can, or if nothing is in it."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in it."""
        return not self.edit.toPlainText().strip()

    def _on_text_changed(self) -> None:
        self._read()
        self.edited.emit()

    def _read(self) -> None:
        self.checksum, self.problem = None, ""
        if not self.is_empty:
            try:
                self.checksum = checksum_for(self.edit.toPlainText(), *self._filenames)
            except InvalidChecksum as error:
                self.problem = str(error)
        self.kind.setText("" if self.checksum is None else self.checksum.kind.label)


def _filenames(job: Job) -> Sequence[str]:
    """What a list may call the file: as it is on the disk, as it was to be, as the link has it."""
    own = [] if job.path is None else [Path(job.path).name]
    return [*own, job.display_name, suggest_filename(job.final_url or job.url)]
