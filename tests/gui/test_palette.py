from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from dlmanager.core.job import Status
from dlmanager.gui.palette import (
    PaletteKeeper,
    dark_palette,
    is_dark,
    light_palette,
    quiet_text,
    state_colours,
    with_soft_selection,
)

Group, Role = QPalette.ColorGroup, QPalette.ColorRole
BOTH = pytest.mark.parametrize("palette", [light_palette(), dark_palette()], ids=["light", "dark"])


def luminance(colour: QColor) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part) for part in (colour.redF(), colour.greenF(), colour.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: QColor, other: QColor) -> float:
    """As WCAG 2.2 defines it: 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@BOTH
@pytest.mark.parametrize(
    "text, ground",
    [
        (Role.Text, Role.Base),
        (Role.Text, Role.AlternateBase),
        (Role.WindowText, Role.Window),
        (Role.ButtonText, Role.Button),
        (Role.ToolTipText, Role.ToolTipBase),
        (Role.HighlightedText, Role.Highlight),
        (Role.PlaceholderText, Role.Base),
        (Role.Link, Role.Base),
    ],
)
def test_text_can_be_read(palette: QPalette, text: Role, ground: Role) -> None:
    assert contrast(palette.color(text), palette.color(ground)) >= 4.5


@BOTH
def test_bars_and_badges_stand_out_on_every_ground(palette: QPalette) -> None:
    grounds = [palette.color(Role.Base), palette.color(Role.AlternateBase)]
    for status in Status:
        for ground in grounds:
            assert contrast(state_colours(palette).of(status), ground) >= 3


@BOTH
def test_quiet_and_selected_text_can_be_read(palette: QPalette) -> None:
    soft = with_soft_selection(palette)
    assert contrast(quiet_text(palette), palette.color(Role.Base)) >= 4.5
    for group in (Group.Active, Group.Inactive):
        ground = soft.color(group, Role.Highlight)
        assert contrast(soft.color(group, Role.HighlightedText), ground) >= 4.5
        assert contrast(state_colours(palette).failed, ground) >= 2.4
        assert ground != palette.color(Role.Base)


@BOTH
def test_errors_can_be_read_in_dialogs(palette: QPalette) -> None:
    assert contrast(state_colours(palette).failed, palette.color(Role.Window)) >= 4.5


def test_darkness_is_told_by_text_and_ground() -> None:
    assert is_dark(dark_palette())
    assert not is_dark(light_palette())


@pytest.fixture
def plain_application(qapp: QApplication) -> Iterator[QApplication]:
    yield qapp
    qapp.setPalette(QPalette())


def test_where_the_platform_brings_no_palette_ours_follows_the_scheme(
    plain_application: QApplication,
) -> None:
    keeper = PaletteKeeper(plain_application)
    for scheme, expected in (
        (Qt.ColorScheme.Dark, dark_palette()),
        (Qt.ColorScheme.Light, light_palette()),
        (Qt.ColorScheme.Unknown, light_palette()),
    ):
        plain_application.styleHints().colorSchemeChanged.emit(scheme)
        assert plain_application.palette().color(Role.Base) == expected.color(Role.Base)
    keeper.deleteLater()
