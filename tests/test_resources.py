import re
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QApplication

from dlmanager import resources

ICONS = Path(__file__).parent.parent / "resources" / "icons"
SOURCES = Path(__file__).parent.parent / "dlmanager"


def colours_of(image: QImage) -> set[str]:
    return {
        image.pixelColor(x, y).name()
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() == 255
    }


@pytest.mark.parametrize("name", sorted(path.stem for path in ICONS.glob("*.svg")))
def test_every_icon_draws_something(qapp: QApplication, name: str) -> None:
    assert colours_of(resources.pixmap(name, QColor("#123456"), 32).toImage())


def test_outline_icons_take_the_colour_of_the_palette(qapp: QApplication) -> None:
    assert colours_of(resources.pixmap("pause", QColor("#e6e8ec"), 32).toImage()) == {"#e6e8ec"}


def test_pictures_are_sharp_at_every_scale(qapp: QApplication) -> None:
    drawn = resources.pixmap("plus", QColor("red"), 20, 1.5)
    assert (drawn.width(), drawn.deviceIndependentSize().width()) == (30, 20)


@pytest.mark.parametrize("ratio", [1, 1.5, 2])
def test_icons_are_sharp_at_every_scale(qapp: QApplication, ratio: float) -> None:
    icon = resources.icon("plus", QColor("red"), QColor("grey"))
    drawn = icon.pixmap(QSize(20, 20), ratio)
    assert drawn.size() == QSize(20, 20) * ratio
    assert drawn.deviceIndependentSize().toSize() == QSize(20, 20)
    canvas = QPixmap(QSize(20, 20) * ratio)
    canvas.setDevicePixelRatio(ratio)
    canvas.fill(Qt.GlobalColor.transparent)
    painter = QPainter(canvas)
    icon.paint(painter, QRect(0, 0, 20, 20))
    painter.end()
    assert canvas.toImage() == drawn.toImage()


def test_disabled_icons_have_their_own_colour_and_selected_ones_are_not_tinted(
    qapp: QApplication,
) -> None:
    icon = resources.icon("pause", QColor("#112233"), QColor("#aabbcc"))
    expected = {
        QIcon.Mode.Normal: "#112233",
        QIcon.Mode.Selected: "#112233",
        QIcon.Mode.Disabled: "#aabbcc",
    }
    for mode, colour in expected.items():
        assert colours_of(icon.pixmap(32, 32, mode).toImage()) == {colour}


def test_drawing_is_done_once(qapp: QApplication) -> None:
    again = [resources.pixmap("plus", QColor("red"), 20).cacheKey() for _ in range(2)]
    assert again[0] == again[1]


def test_the_application_icon_can_be_seen_on_light_and_dark_at_16_px(qapp: QApplication) -> None:
    image = resources.application_icon().pixmap(16, 16).toImage()
    lightness = {QColor(name).lightness() for name in colours_of(image)}
    assert min(lightness) < 140
    assert max(lightness) > 230


def test_package_data_comes_before_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = (tmp_path / "package", ICONS)
    monkeypatch.setattr(resources, "_FOLDERS", folders)
    assert resources.icon_path("plus").parent == ICONS
    folders[0].mkdir()
    (folders[0] / "plus.svg").write_text("<svg/>")
    assert resources.icon_path("plus").parent == folders[0]


def test_a_missing_icon_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"no-such-icon\.svg"):
        resources.icon_path("no-such-icon")


def test_icons_and_code_name_each_other(qapp: QApplication) -> None:
    code = "\n".join(path.read_text("utf-8") for path in SOURCES.rglob("*.py"))
    named = set(re.findall(r'"([a-z0-9-]+)"', code))
    assert {path.stem for path in ICONS.glob("*.svg")} <= named
    assert (ICONS / "LICENSE-lucide.txt").is_file()


def test_translations_are_found_in_a_wheel_and_in_a_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = ICONS.parent
    monkeypatch.setattr(resources, "_RESOURCES", (tmp_path, checkout))
    assert resources.translation_folder() == checkout / "translations"
    assert resources.translated_languages() == {"de"}
    (tmp_path / "translations").mkdir()
    (tmp_path / "translations" / "dlmanager_xx.qm").touch()
    assert resources.translation_folder() == tmp_path / "translations"
    assert resources.translated_languages() == {"xx"}


def test_an_installation_without_translations_speaks_english(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "_RESOURCES", (tmp_path / "none", tmp_path / "neither"))
    assert resources.translated_languages() == frozenset()
