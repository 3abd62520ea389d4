import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication

from dlmanager import resources
from dlmanager.core.job import Status
from dlmanager.gui.file_icons import ICON_PX, job_icon, kind_of
from dlmanager.gui.palette import dark_palette, light_palette


@pytest.mark.parametrize(
    "name, kind",
    [
        ("a.ISO", "disc-3"),
        ("census.tar.zst", "file-archive"),
        ("thesis.pdf", "file-text"),
        ("setup.exe", "file-box"),
        ("iso", "file"),
        ("noending", "file"),
        ("x.", "file"),
        ("x.unknown", "file"),
    ],
)
def test_kind_is_told_by_the_ending(name: str, kind: str) -> None:
    assert kind_of(name) == kind
    assert resources.icon_path(kind_of(name)).is_file()


def test_states_differ_by_more_than_colour(qapp: QApplication) -> None:
    shapes = set()
    for status in Status:
        image = job_icon("a.iso", status, light_palette(), 1.0).pixmap(ICON_PX, ICON_PX).toImage()
        grey = image.convertToFormat(image.Format.Format_Grayscale8).convertToFormat(
            image.Format.Format_Mono
        )
        shapes.add(bytes(grey.constBits()))
    assert len(shapes) == len(Status)


def test_icons_suit_the_palette_and_the_screen(qapp: QApplication) -> None:
    light = job_icon("a.iso", Status.PENDING, light_palette(), 2.0)
    dark = job_icon("a.iso", Status.PENDING, dark_palette(), 2.0)
    assert light.cacheKey() != dark.cacheKey()
    assert light.cacheKey() == job_icon("b.iso", Status.PENDING, light_palette(), 2.0).cacheKey()
    assert light.availableSizes()[0].width() == 2 * ICON_PX


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("side_px", [ICON_PX, 33])
def test_icons_have_a_picture_for_each_pixel_of_the_screen(
    qapp: QApplication, ratio: float, side_px: int
) -> None:
    icon = job_icon("a.iso", Status.FAILED, light_palette(), ratio, side_px)
    shown = icon.pixmap(QSize(side_px, side_px), ratio)
    assert shown.width() == round(side_px * ratio)
