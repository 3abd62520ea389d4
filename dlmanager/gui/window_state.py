"""What the window remembers by itself from one start to the next; nobody sets it by hand."""

import contextlib
from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, QSettings

MAX_FOLDERS = 10

_TOLD_OF_TRAY = "tray/told"
_GEOMETRY = "window/geometry"
_COLUMNS = "list/columns"
_SIDE_PANEL_SHOWN = "side_panel/shown"
_SIDE_PANEL_WIDTH = "side_panel/width"
_DETAILS_SHOWN = "details/shown"
_DETAILS_HEIGHT = "details/height"
_DETAILS_PAGE = "details/page"
_FOLDERS = "add/folders"


class WindowState(QObject):
    """A small file beside the queue. Without it, or where it cannot be written, all is new."""

    def __init__(self, path: Path | None, parent: QObject | None = None) -> None:
        """path: None to remember nothing beyond the end of the program."""
        super().__init__(parent)
        self._was_told_of_tray = False
        self._folders: tuple[str, ...] = ()
        self._file: QSettings | None = None
        if path is not None:
            self._file = QSettings(str(path), QSettings.Format.IniFormat, self)
            self._was_told_of_tray = bool(self._file.value(_TOLD_OF_TRAY, False, type=bool))
            self._folders = _texts_in(self._file.value(_FOLDERS))[:MAX_FOLDERS]

    @property
    def was_told_of_tray(self) -> bool:
        """Whether the person was told where a closed window goes."""
        return self._was_told_of_tray

    def note_told_of_tray(self) -> None:
        """Remember that the person was told where a closed window goes."""
        self._was_told_of_tray = True
        self._save(_TOLD_OF_TRAY, True)

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders that links were saved in lately, the last one first."""
        return self._folders

    def note_folder(self, folder: str) -> None:
        """Put a folder in front of those that links were saved in lately."""
        self._folders = tuple(dict.fromkeys((folder, *self._folders)))[:MAX_FOLDERS]
        self._save(_FOLDERS, list(self._folders))

    @property
    def geometry(self) -> QByteArray:
        """Where the window was, as `QWidget.saveGeometry` has it; empty for nowhere yet."""
        return QByteArray.fromBase64(self._text(_GEOMETRY).encode("ascii", "replace"))

    def note_geometry(self, geometry: QByteArray) -> None:
        """Remember where the window is."""
        self._save(_GEOMETRY, bytes(geometry.toBase64().data()).decode("ascii"))

    @property
    def columns(self) -> str:
        """What the person made of the columns, as `ColumnState.dump` has it; empty for nothing."""
        return self._text(_COLUMNS)

    def note_columns(self, columns: str) -> None:
        """Remember what the person made of the columns."""
        self._save(_COLUMNS, columns)

    @property
    def side_panel_is_shown(self) -> bool:
        """Whether the person wants to see the side panel."""
        return self._number(_SIDE_PANEL_SHOWN, 1) != 0

    def note_side_panel_shown(self, is_shown: bool) -> None:
        """Remember whether the person wants to see the side panel."""
        self._save(_SIDE_PANEL_SHOWN, int(is_shown))

    @property
    def side_panel_width_px(self) -> int | None:
        """How wide the person has made the side panel; None for as wide as it comes."""
        width_px = self._number(_SIDE_PANEL_WIDTH, 0)
        return width_px if width_px > 0 else None

    def note_side_panel_width(self, width_px: int) -> None:
        """Remember how wide the person has made the side panel."""
        self._save(_SIDE_PANEL_WIDTH, width_px)

    @property
    def details_are_shown(self) -> bool:
        """Whether the person wants to see the details."""
        return self._number(_DETAILS_SHOWN, 1) != 0

    def note_details_shown(self, are_shown: bool) -> None:
        """Remember whether the person wants to see the details."""
        self._save(_DETAILS_SHOWN, int(are_shown))

    @property
    def details_height_px(self) -> int | None:
        """How high the person has made the details; None for as high as they come."""
        height_px = self._number(_DETAILS_HEIGHT, 0)
        return height_px if height_px > 0 else None

    def note_details_height(self, height_px: int) -> None:
        """Remember how high the person has made the details."""
        self._save(_DETAILS_HEIGHT, height_px)

    @property
    def details_page(self) -> int:
        """Which page of the details was in front, from 0; it may be there no more."""
        return self._number(_DETAILS_PAGE, 0)

    def note_details_page(self, number: int) -> None:
        """Remember which page of the details is in front."""
        self._save(_DETAILS_PAGE, number)

    def _number(self, key: str, default: int) -> int:
        # Somebody may have written anything into the file.
        try:
            return int(str(self._file.value(key, default))) if self._file is not None else default
        except ValueError:
            return default

    def _text(self, key: str) -> str:
        # A list, where somebody has written commas without quotes.
        value = self._file.value(key, "") if self._file is not None else ""
        return value if isinstance(value, str) else ""

    def _save(self, key: str, value: object) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                # Made before QSettings would make it readable by others; it keeps the mode.
                Path(self._file.fileName()).touch(0o600)
            self._file.setValue(key, value)
            self._file.sync()


def _texts_in(kept: object) -> tuple[str, ...]:
    """Return the texts of a list as QSettings gives it: one alone comes without its list."""
    texts = kept if isinstance(kept, list) else [kept]
    return tuple(dict.fromkeys(text for text in texts if isinstance(text, str) and text))
