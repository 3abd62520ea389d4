"""What comes with dlmanager: translations, and icons drawn in a colour of the palette."""

from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

APPLICATION_ICON = "dlmanager"

_PACKAGE = Path(__file__).resolve().parent
# A wheel carries them as package data; a checkout keeps them in its top folder.
_RESOURCES = (_PACKAGE / "_resources", _PACKAGE.parent / "resources")
_FOLDERS = tuple(folder / "icons" for folder in _RESOURCES)
_APPLICATION_SIZES_PX = (16, 22, 24, 32, 48, 64, 128, 256)


def icon_path(name: str) -> Path:
    """Return the file of an icon, given its name without `.svg`.

    Raises FileNotFoundError: the installation is not complete.
    """
    for folder in _FOLDERS:
        path = folder / f"{name}.svg"
        if path.is_file():
            return path
    raise FileNotFoundError(f"The icon {name}.svg is missing from {_FOLDERS[0]}.")


def translation_folder() -> Path:
    """Return where the translations are, as `dlmanager_<language>.qm`."""
    folders = [folder / "translations" for folder in _RESOURCES]
    return next((folder for folder in folders if folder.is_dir()), folders[0])


def translated_languages() -> frozenset[str]:
    """Return the languages, as "de", that dlmanager's words have been translated to."""
    files = translation_folder().glob("dlmanager_*.qm")
    return frozenset(file.stem.removeprefix("dlmanager_") for file in files)


@lru_cache(maxsize=64)
def _source(name: str) -> bytes:
    return icon_path(name).read_bytes()


@lru_cache(maxsize=512)
def _pixmap(name: str, rgba: int, side: int, device_pixel_ratio: float) -> QPixmap:
    # QtSvg paints `currentColor` as black, whatever the palette says: put the colour in before.
    colour = QColor.fromRgba(rgba)
    source = _source(name).replace(b"currentColor", colour.name().encode("ascii"))
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setOpacity(colour.alphaF())
    QSvgRenderer(QByteArray(source)).render(painter, QRectF(0, 0, side, side))
    painter.end()
    pixmap.setDevicePixelRatio(device_pixel_ratio)
    return pixmap


def pixmap(name: str, colour: QColor, size_px: int, device_pixel_ratio: float = 1.0) -> QPixmap:
    """Draw an icon in a colour.

    size_px: side in device-independent pixels; the picture holds `device_pixel_ratio` times more.
    """
    side = max(1, round(size_px * device_pixel_ratio))
    return _pixmap(name, colour.rgba(), side, device_pixel_ratio)


class _OutlineEngine(QIconEngine):
    """Draws an icon when a size of it is asked for: most of the menus' are never seen."""

    def __init__(self, name: str, rgba: int, disabled_rgba: int) -> None:
        super().__init__()
        self._made_of = name, rgba, disabled_rgba

    def clone(self) -> QIconEngine:
        return _OutlineEngine(*self._made_of)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(  # noqa: N802 (Qt's name)
        self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float
    ) -> QPixmap:
        # Qt 6.11 asks in device-independent pixels, whatever its documentation says of the size.
        name, rgba, disabled_rgba = self._made_of
        colour = disabled_rgba if mode is QIcon.Mode.Disabled else rgba
        side = max(1, round(min(size.width(), size.height()) * scale))
        return _pixmap(name, colour, side, scale)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        ratio = painter.device().devicePixelRatio()
        drawn = self.scaledPixmap(rect.size(), mode, state, ratio)
        corner = QRectF(rect).center() - QPointF(drawn.width(), drawn.height()) / (2 * ratio)
        painter.drawPixmap(corner, drawn)


@lru_cache(maxsize=256)
def _icon(name: str, rgba: int, disabled_rgba: int) -> QIcon:
    icon_path(name)  # what is missing is told here, not while something is painted
    return QIcon(_OutlineEngine(name, rgba, disabled_rgba))


def icon(name: str, colour: QColor, disabled: QColor) -> QIcon:
    """Return an outline icon in a colour of the palette, and in another one where disabled.

    Raises FileNotFoundError as `icon_path` does.
    """
    return _icon(name, colour.rgba(), disabled.rgba())


@lru_cache(maxsize=1)
def application_icon() -> QIcon:
    """Return dlmanager's own icon, in its own colours."""
    made = QIcon()
    for size_px in _APPLICATION_SIZES_PX:
        made.addPixmap(pixmap(APPLICATION_ICON, QColor("black"), size_px))
    return made
