"""Colours: our light and dark palette where the platform brings none, and those of the states."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from dlmanager.core.job import Status
from dlmanager.core.settings import Settings

_Role = QPalette.ColorRole
_Group = QPalette.ColorGroup

_LIGHT = {
    _Role.Window: "#f4f5f7",
    _Role.WindowText: "#1d2026",
    _Role.Base: "#ffffff",
    _Role.AlternateBase: "#f8f9fb",
    _Role.Text: "#1d2026",
    _Role.Button: "#f4f5f7",
    _Role.ButtonText: "#1d2026",
    _Role.BrightText: "#ffffff",
    _Role.ToolTipBase: "#ffffff",
    _Role.ToolTipText: "#1d2026",
    _Role.PlaceholderText: "#6a717d",
    _Role.Highlight: "#2563d9",
    _Role.HighlightedText: "#ffffff",
    _Role.Accent: "#2563d9",
    _Role.Link: "#1f56bf",
    _Role.LinkVisited: "#6b3fb3",
    _Role.Light: "#ffffff",
    _Role.Midlight: "#e9ebef",
    _Role.Mid: "#c3c8d0",
    _Role.Dark: "#a3a9b4",
    _Role.Shadow: "#5b616c",
}
_DARK = {
    _Role.Window: "#2a2d34",
    _Role.WindowText: "#e6e8ec",
    _Role.Base: "#1c1e23",
    _Role.AlternateBase: "#202329",
    _Role.Text: "#e6e8ec",
    _Role.Button: "#343840",
    _Role.ButtonText: "#e6e8ec",
    _Role.BrightText: "#ffffff",
    _Role.ToolTipBase: "#2d3138",
    _Role.ToolTipText: "#e6e8ec",
    _Role.PlaceholderText: "#9aa1ad",
    _Role.Highlight: "#2f6bdc",
    _Role.HighlightedText: "#ffffff",
    _Role.Accent: "#6aa3ff",
    _Role.Link: "#8bb6ff",
    _Role.LinkVisited: "#c3a3f5",
    _Role.Light: "#3b4048",
    _Role.Midlight: "#343941",
    _Role.Mid: "#4a505b",
    _Role.Dark: "#16181c",
    _Role.Shadow: "#0c0d0f",
}
LEAST_CONTRAST_OF_TEXT = 4.5
# Of bars, badges and icons; both as WCAG 2.2, level AA, has them. A little more than its 3,
# because colours are rounded before they are seen.
_LEAST_CONTRAST_OF_SHAPES = 3.05
# Fusion blends the outlines of some with their ground.
_LEAST_CONTRAST_OF_OUTLINES = 3.7
_STEPS = 40
# Widgets that are found by their outline.
_OUTLINED = ("QLineEdit", "QPlainTextEdit", "QAbstractSpinBox", "QComboBox", "QCheckBox")
_DISABLED_LIGHT = "#9299a5"
_DISABLED_DARK = "#737a86"


def _palette(colours: dict[QPalette.ColorRole, str], disabled: str) -> QPalette:
    made = QPalette()
    for role, name in colours.items():
        made.setColor(role, QColor(name))
    for role in (_Role.WindowText, _Role.Text, _Role.ButtonText):
        made.setColor(_Group.Disabled, role, QColor(disabled))
    made.setColor(_Group.Disabled, _Role.Highlight, QColor(colours[_Role.Mid]))
    return made


def light_palette() -> QPalette:
    """Return our light palette."""
    return _palette(_LIGHT, _DISABLED_LIGHT)


def dark_palette() -> QPalette:
    """Return our dark palette."""
    return _palette(_DARK, _DISABLED_DARK)


def is_dark(palette: QPalette) -> bool:
    """Whether a palette shows light text on a dark ground."""
    return palette.color(_Role.Base).lightness() < palette.color(_Role.Text).lightness()


def blend(over: QColor, under: QColor, share: float) -> QColor:
    """Mix two colours; share: of the upper one, 0 to 1."""
    return QColor.fromRgbF(
        over.redF() * share + under.redF() * (1 - share),
        over.greenF() * share + under.greenF() * (1 - share),
        over.blueF() * share + under.blueF() * (1 - share),
    )


def contrast(one: QColor, other: QColor) -> float:
    """Return how well two colours can be told apart, 1 to 21.

    Source: contrast ratio and relative luminance in WCAG 2.2.
    """
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: QColor) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part) for part in (colour.redF(), colour.greenF(), colour.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def distinct(colour: QColor, grounds: Sequence[QColor], least: float) -> QColor:
    """Return a colour, as far darker or lighter as its contrast to all of the grounds needs.

    least: as `contrast` counts. Black or white where nothing nearer is enough.
    """
    away = QColor("black" if sum(map(_luminance, grounds)) > 0.36 * len(grounds) else "white")
    for step in range(_STEPS + 1):
        found = blend(away, colour, step / _STEPS)
        if all(contrast(found, ground) >= least for ground in grounds):
            return found
    return away


def with_accent(palette: QPalette, accent: QColor) -> QPalette:
    """Return one of our palettes with the system's accent, as far as it can be seen in it."""
    made = QPalette(palette)
    grounds = [palette.color(role) for role in (_Role.Base, _Role.AlternateBase, _Role.Window)]
    seen = distinct(accent, grounds, _LEAST_CONTRAST_OF_SHAPES)
    read = distinct(accent, [palette.color(_Role.HighlightedText)], LEAST_CONTRAST_OF_TEXT)
    for group in (_Group.Active, _Group.Inactive):
        made.setColor(group, _Role.Accent, seen)
        made.setColor(group, _Role.Highlight, read)
    return made


def with_outlines(palette: QPalette) -> QPalette:
    """Return the palette for fields and boxes, whose outlines can then be seen in it.

    Fusion draws them in a darker shade of the window's ground, which these widgets use for nothing
    else; on a dark ground, nobody would see where a field begins.
    """
    made = QPalette(palette)
    grounds = [palette.color(role) for role in (_Role.Base, _Role.Window)]
    outline = distinct(palette.color(_Role.Mid), grounds, _LEAST_CONTRAST_OF_OUTLINES)
    for group, shown in (
        (_Group.Active, outline),
        (_Group.Inactive, outline),
        (_Group.Disabled, blend(outline, palette.color(_Role.Window), 0.5)),
    ):
        made.setColor(group, _Role.Window, _lighter_by_fusion(shown))
    return made


def _lighter_by_fusion(outline: QColor) -> QColor:
    """Return the colour that `darker(140)`, as Fusion calls it, makes the outline of."""
    value = min(1.0, outline.valueF() * 1.4)
    return QColor.fromHsvF(max(0.0, outline.hueF()), outline.saturationF(), value)


def bar_track(palette: QPalette) -> QColor:
    """Return the colour of the empty part of a bar."""
    return blend(palette.color(_Role.Text), palette.color(_Role.Base), 0.14)


def quiet_text(palette: QPalette) -> QColor:
    """Return a colour for text that stays in the background, still easy to read."""
    return blend(palette.color(_Role.Text), palette.color(_Role.Base), 0.68)


def with_soft_selection(palette: QPalette) -> QPalette:
    """Return the palette with a selection that keeps text, icons and bars in their own colours."""
    made = QPalette(palette)
    accent, base, text = (palette.color(r) for r in (_Role.Accent, _Role.Base, _Role.Text))
    for group, share in ((_Group.Active, 0.22), (_Group.Inactive, 0.14)):
        made.setColor(group, _Role.Highlight, blend(accent, base, share))
        made.setColor(group, _Role.HighlightedText, text)
        # Said aloud, as a widget would otherwise make an accent of its own from the highlight.
        made.setColor(group, _Role.Accent, accent)
    return made


@dataclass(frozen=True, slots=True)
class StateColours:
    """The colours that bars and badges show a state with; at least 3:1 against the list."""

    moving: QColor
    resting: QColor
    retrying: QColor
    failed: QColor
    completed: QColor

    def of(self, status: Status) -> QColor:
        """Return the colour of a state."""
        match status:
            case Status.PROCESSING:
                return self.moving
            case Status.RETRYING:
                return self.retrying
            case Status.FAILED:
                return self.failed
            case Status.COMPLETED:
                return self.completed
            case _:
                return self.resting


def state_colours(palette: QPalette) -> StateColours:
    """Return the colours of the states that suit a palette."""
    roles = (_Role.Accent, _Role.Base, _Role.AlternateBase)
    return _state_colours(
        *(palette.color(role).rgba() for role in roles), bar_track(palette).rgba(), is_dark(palette)
    )


@lru_cache(maxsize=32)  # asked for by every bar that is painted
def _state_colours(accent: int, base: int, alternate: int, track: int, dark: bool) -> StateColours:
    grounds = [QColor.fromRgba(rgba) for rgba in (base, alternate, track)]
    moving = distinct(QColor.fromRgba(accent), grounds, _LEAST_CONTRAST_OF_SHAPES)
    if dark:
        amber, red, green, grey = "#e3a33b", "#f4736d", "#55c083", "#8f97a3"
    else:
        amber, red, green, grey = "#b26a00", "#c93a36", "#1f8a4c", "#6d7580"
    return StateColours(moving, QColor(grey), QColor(amber), QColor(red), QColor(green))


_SCHEMES = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}


class PaletteKeeper(QObject):
    """Keeps the application's palette in step with what the person chose, or with the system.

    Platforms with a theme of their own bring the palette; where none does, or where it stays
    light though dark is wanted, ours is set, with the accent of the theme.
    """

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        self._chosen = Qt.ColorScheme.Unknown
        application.styleHints().colorSchemeChanged.connect(self._on_system_changed)
        self._apply(application.styleHints().colorScheme())

    def wear(self, settings: Settings) -> None:
        """Show the colours that the settings choose, at once."""
        chosen = _SCHEMES[settings.colour_scheme]
        if chosen is self._chosen:
            return
        self._chosen = chosen
        hints = self._application.styleHints()
        # The platform's own parts, such as title bars, follow where it can do that. Unknown gives
        # the choice back to the system.
        hints.setColorScheme(chosen)
        self._on_system_changed(hints.colorScheme())

    def _on_system_changed(self, scheme: Qt.ColorScheme) -> None:
        self._apply(scheme if self._chosen is Qt.ColorScheme.Unknown else self._chosen)

    def _apply(self, scheme: Qt.ColorScheme) -> None:
        application = self._application
        application.setPalette(QPalette())
        for widget_class in _OUTLINED:
            _set_palette_of(application, QPalette(), widget_class)
        brought = application.palette()
        standard = application.style().standardPalette()
        # A style's standard palette is what is left where no theme of the platform says otherwise.
        themed = brought != standard
        wants_dark = scheme is Qt.ColorScheme.Dark
        if themed and is_dark(brought) == wants_dark:
            return
        if themed and scheme is Qt.ColorScheme.Unknown:
            return
        ours = dark_palette() if wants_dark else light_palette()
        accent = brought.color(_Role.Accent)
        if themed and accent != standard.color(_Role.Accent):
            ours = with_accent(ours, accent)
        application.setPalette(ours)
        for widget_class in _OUTLINED:
            _set_palette_of(application, with_outlines(ours), widget_class)


def _set_palette_of(application: QApplication, palette: QPalette, widget_class: str) -> None:
    # PySide's stubs ask for bytes, which it then does not take.
    application.setPalette(palette, widget_class)  # type: ignore[arg-type]
