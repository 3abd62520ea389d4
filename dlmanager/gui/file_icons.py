"""The icon of a row: what kind of file it is, with a badge that says how it stands."""

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPalette, QPen, QPixmap

from dlmanager import resources
from dlmanager.core.job import Status
from dlmanager.gui.palette import quiet_text, state_colours

ICON_PX = 22
_OUTLINE_PX = 20  # of these; the badge stands out at the lower right

_KINDS = {
    "file-archive": "zip tar gz tgz bz2 tbz xz txz zst tzst lz lzma lz4 7z rar cab arj cpio",
    "disc-3": "iso img dmg vhd vhdx vmdk qcow2 vdi toast",
    "file-image": "jpg jpeg png gif bmp webp svg tif tiff heic heif avif ico raw psd xcf jxl",
    "file-play": "mp4 mkv webm avi mov mpg mpeg m4v wmv flv ts ogv 3gp vob",
    "file-music": "mp3 flac ogg oga opus wav m4a aac wma aiff mid midi",
    "file-text": "pdf txt md rtf doc docx odt xls xlsx ods csv tsv ppt pptx odp epub mobi djvu "
    "tex log",
    "file-code": "html htm xml json yaml yml toml js ts css py c h cpp rs go java sh sql",
    "file-box": "deb rpm apk exe msi appimage flatpakref snap pkg jar whl run bin",
}
_KIND_OF = {ending: kind for kind, endings in _KINDS.items() for ending in endings.split()}


def kind_of(name: str) -> str:
    """Return the name of the icon for a file, by the ending of its name."""
    return _KIND_OF.get(name.rpartition(".")[2].lower(), "file") if "." in name else "file"


def job_icon(
    name: str,
    status: Status,
    palette: QPalette,
    device_pixel_ratio: float,
    side_px: int = ICON_PX,
) -> QIcon:
    """Return the icon of a job in the colours of a palette.

    side_px: in device-independent pixels.
    """
    outline = quiet_text(palette)
    badge = state_colours(palette).of(status)
    mark = palette.color(QPalette.ColorRole.Base)
    colours = (outline.rgba(), badge.rgba(), mark.rgba())
    return _icon(kind_of(name), status, *colours, device_pixel_ratio, side_px)


@lru_cache(maxsize=512)
def _icon(
    kind: str,
    status: Status,
    outline: int,
    badge: int,
    mark: int,
    device_pixel_ratio: float,
    side_px: int,
) -> QIcon:
    side = round(side_px * device_pixel_ratio)
    picture = QPixmap(side, side)
    picture.setDevicePixelRatio(device_pixel_ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    outline_px = side_px * _OUTLINE_PX // ICON_PX
    painter.drawPixmap(
        0, 0, resources.pixmap(kind, QColor.fromRgba(outline), outline_px, device_pixel_ratio)
    )
    painter.scale(side_px / ICON_PX, side_px / ICON_PX)
    if status is not Status.PENDING:  # what only waits its turn needs nobody's eye
        _draw_badge(painter, status, QColor.fromRgba(badge), QColor.fromRgba(mark))
    painter.end()
    made = QIcon()
    # Without a picture of their own, selected rows would be tinted by the style.
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected, QIcon.Mode.Active, QIcon.Mode.Disabled):
        made.addPixmap(picture, mode)
    return made


def _draw_badge(painter: QPainter, status: Status, colour: QColor, mark: QColor) -> None:
    disc = QRectF(ICON_PX - 12, ICON_PX - 12, 12, 12)
    painter.setPen(Qt.PenStyle.NoPen)
    # A ring of nothing about the badge parts it from the icon, on any ground.
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
    painter.setBrush(Qt.GlobalColor.black)
    painter.drawEllipse(disc.adjusted(-1, -1, 1, 1))
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
    painter.setBrush(colour)
    painter.drawEllipse(disc)
    painter.setPen(QPen(mark, 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.translate(disc.center())
    for line in _MARKS[status]:
        painter.drawPolyline([QPointF(x, y) for x, y in line])


# What each badge shows, about its centre: told apart by form, not by colour alone.
_MARKS: dict[Status, tuple[tuple[tuple[float, float], ...], ...]] = {
    Status.PROCESSING: (((0, -2.8), (0, 2.6)), ((-2.3, 0.5), (0, 2.8), (2.3, 0.5))),
    Status.RETRYING: (((0, -2.8), (0, 0.3), (2.2, 1.4)),),
    Status.PAUSED: (((-1.5, -2), (-1.5, 2)), ((1.5, -2), (1.5, 2))),
    Status.COMPLETED: (((-2.6, 0.2), (-0.7, 2.1), (2.7, -1.9)),),
    Status.FAILED: (((0, -3), (0, 0.5)), ((0, 2.7), (0, 2.8))),
    Status.CANCELLED: (((-1.9, -1.9), (1.9, 1.9)), ((-1.9, 1.9), (1.9, -1.9))),
}
