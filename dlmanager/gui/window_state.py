"""What the window remembers by itself from one start to the next; nobody sets it by hand."""

import contextlib
from pathlib import Path

from PySide6.QtCore import QObject, QSettings

_TOLD_OF_TRAY = "tray/told"


class WindowState(QObject):
    """A small file beside the queue. Without it, or where it cannot be written, all is new."""

    def __init__(self, path: Path | None, parent: QObject | None = None) -> None:
        """path: None to remember nothing beyond the end of the program."""
        super().__init__(parent)
        self._was_told_of_tray = False
        self._file: QSettings | None = None
        if path is not None:
            self._file = QSettings(str(path), QSettings.Format.IniFormat, self)
            self._was_told_of_tray = bool(self._file.value(_TOLD_OF_TRAY, False, type=bool))

    @property
    def was_told_of_tray(self) -> bool:
        """Whether the person was told where a closed window goes."""
        return self._was_told_of_tray

    def note_told_of_tray(self) -> None:
        """Remember that the person was told where a closed window goes."""
        self._was_told_of_tray = True
        self._save(_TOLD_OF_TRAY, True)

    def _save(self, key: str, value: object) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                # Made before QSettings would make it readable by others; it keeps the mode.
                Path(self._file.fileName()).touch(0o600)
            self._file.setValue(key, value)
            self._file.sync()
