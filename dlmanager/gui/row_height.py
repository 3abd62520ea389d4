"""How high a row is, and how large its icon, for a font and for what the person likes."""

from PySide6.QtGui import QFontMetrics

from dlmanager.gui.file_icons import ICON_PX

COMFORTABLE = "comfortable"  # as `Settings.row_height` has them
COMPACT = "compact"

ROW_HEIGHT_PX = 32
COMPACT_ROW_HEIGHT_PX = 26

_LEAST_PX = {COMFORTABLE: ROW_HEIGHT_PX, COMPACT: COMPACT_ROW_HEIGHT_PX}
_ROOM_PX = {COMFORTABLE: 12, COMPACT: 6}  # above and below the text, together


def row_height(density: str, metrics: QFontMetrics) -> int:
    """Return the height of a row in device-independent pixels. density: COMFORTABLE or COMPACT."""
    return max(_LEAST_PX[density], metrics.height() + _ROOM_PX[density])


def icon_side(metrics: QFontMetrics) -> int:
    """Return the side of a row's icon in device-independent pixels: it grows with large text."""
    return max(ICON_PX, metrics.height())
