from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

from dlmanager.core.job import Status
from dlmanager.core.settings import Settings
from dlmanager.gui.palette import (
    PaletteKeeper,
    bar_track,
    dark_palette,
    is_dark,
    light_palette,
    quiet_text,
    state_colours,
    with_accent,
    with_outlines,
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
    soft = with_soft_selection(palette)
    grounds = [
        palette.color(Role.Base),
        palette.color(Role.AlternateBase),
        bar_track(palette),
        soft.color(Group.Active, Role.Highlight),
        soft.color(Group.Inactive, Role.Highlight),
    ]
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
        assert contrast(quiet_text(palette), ground) >= 3  # the icons of files
        assert ground != palette.color(Role.Base)


@BOTH
def test_marks_in_badges_and_icons_of_actions_stand_out(palette: QPalette) -> None:
    for status in Status:
        assert contrast(palette.color(Role.Base), state_colours(palette).of(status)) >= 3
    for ground in (Role.Window, Role.Button):
        assert contrast(palette.color(Role.ButtonText), palette.color(ground)) >= 3


@BOTH
@pytest.mark.parametrize("accent", ["#ffe066", "#101060", "#808080", "#e01b24", "#ffffff"])
def test_any_accent_of_the_system_can_be_seen(palette: QPalette, accent: str) -> None:
    worn = with_accent(palette, QColor(accent))
    for ground in (Role.Base, Role.AlternateBase, Role.Window):
        assert contrast(worn.color(Role.Accent), worn.color(ground)) >= 3
    assert contrast(worn.color(Role.HighlightedText), worn.color(Role.Highlight)) >= 4.5
    assert contrast(state_colours(worn).moving, bar_track(worn)) >= 3


@BOTH
def test_an_accent_that_can_be_seen_is_kept(palette: QPalette) -> None:
    own = palette.color(Role.Accent)
    assert with_accent(palette, own).color(Role.Accent).name() == own.name()


@BOTH
def test_errors_can_be_read_in_dialogs(palette: QPalette) -> None:
    assert contrast(state_colours(palette).failed, palette.color(Role.Window)) >= 4.5


@BOTH
def test_outlines_of_fields_can_be_seen(palette: QPalette) -> None:
    for group in (Group.Active, Group.Inactive):
        outline = with_outlines(palette).color(group, Role.Window).darker(140)  # Fusion's
        for ground in (Role.Base, Role.Window):
            assert contrast(outline, palette.color(ground)) >= 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("made", [QLineEdit, QSpinBox, QCheckBox, QPlainTextEdit])
def test_the_outline_that_is_painted_can_be_seen(
    plain_application: QApplication, scheme: str, made: type[QWidget], qtbot: QtBot
) -> None:
    keeper = PaletteKeeper(plain_application)
    keeper.wear(Settings(colour_scheme=scheme))
    window = QWidget()
    qtbot.addWidget(window)
    made(window).setGeometry(10, 10, 80, 40)
    window.resize(100, 60)
    image = window.grab().toImage()
    middle = [image.pixelColor(x, 30) for x in range(5, 20)]
    ground = plain_application.palette().color(Role.Window)
    assert max(contrast(colour, ground) for colour in middle) >= 3
    keeper.deleteLater()


def test_darkness_is_told_by_text_and_ground() -> None:
    assert is_dark(dark_palette())
    assert not is_dark(light_palette())


@pytest.fixture
def plain_application(qapp: QApplication) -> Iterator[QApplication]:
    yield qapp
    qapp.styleHints().unsetColorScheme()
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


def test_the_chosen_colours_are_shown_at_once_and_the_system_is_not_asked(
    plain_application: QApplication,
) -> None:
    keeper = PaletteKeeper(plain_application)
    hints = plain_application.styleHints()

    def is_dark_now() -> bool:
        return is_dark(plain_application.palette())

    keeper.wear(Settings(colour_scheme="dark"))
    assert is_dark_now()
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert is_dark_now()
    keeper.wear(Settings(colour_scheme="light"))
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert not is_dark_now()
    keeper.wear(Settings(colour_scheme="system"))
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert is_dark_now()
    keeper.deleteLater()


def test_a_light_theme_lends_its_accent_to_our_dark_palette(
    plain_application: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    theme = light_palette()
    theme.setColor(Role.Accent, QColor("#e66100"))
    worn: list[QPalette] = []
    monkeypatch.setattr(plain_application, "palette", lambda: theme, raising=False)
    monkeypatch.setattr(
        plain_application,
        "setPalette",
        lambda palette, widget_class=None: worn.append(palette) if not widget_class else None,
        raising=False,
    )
    keeper = PaletteKeeper(plain_application)
    keeper.wear(Settings(colour_scheme="dark"))
    assert is_dark(worn[-1])
    assert worn[-1].color(Role.Accent) == QColor("#e66100")
    keeper.deleteLater()
