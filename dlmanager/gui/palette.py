"""Colours: our light and dark palette where the platform brings none, and those of the states."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from dlmanager.core.job import Status

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
    accent = palette.color(_Role.Accent)
    if is_dark(palette):
        amber, red, green, grey = "#e3a33b", "#f4736d", "#55c083", "#8f97a3"
    else:
        amber, red, green, grey = "#b26a00", "#c93a36", "#1f8a4c", "#7d8591"
    return StateColours(accent, QColor(grey), QColor(amber), QColor(red), QColor(green))


class PaletteKeeper(QObject):
    """Keeps the application's palette in step with the system's light or dark scheme.

    Platforms with a theme of their own bring the palette; where none does, or where it stays
    light though the system is dark, ours is set.
    """

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        application.styleHints().colorSchemeChanged.connect(self.apply)
        self.apply(application.styleHints().colorScheme())

    def apply(self, scheme: Qt.ColorScheme) -> None:
        """Set the palette that suits a scheme."""
        application = self._application
        application.setPalette(QPalette())
        brought = application.palette()
        # A style's standard palette is what is left where no theme of the platform says otherwise.
        themed = brought != application.style().standardPalette()
        wants_dark = scheme is Qt.ColorScheme.Dark
        if themed and is_dark(brought) == wants_dark:
            return
        if themed and scheme is Qt.ColorScheme.Unknown:
            return
        application.setPalette(dark_palette() if wants_dark else light_palette())
