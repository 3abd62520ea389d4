import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPalette
from PySide6.QtWidgets import QApplication

from dlmanager.core.job import Status
from dlmanager.gui.job_row import Bar
from dlmanager.gui.palette import light_palette, state_colours
from dlmanager.gui.progress_delegate import BAR_HEIGHT_PX, paint_bar

WIDTH = 100
LEFT_TO_RIGHT = Qt.LayoutDirection.LeftToRight


def painted(bar: Bar, direction: Qt.LayoutDirection = LEFT_TO_RIGHT) -> list[QColor]:
    """Return the colours along the middle of a bar, by pixels from the left."""
    image = QImage(WIDTH, BAR_HEIGHT_PX, QImage.Format.Format_ARGB32)
    image.fill(light_palette().color(QPalette.ColorRole.Base))
    painter = QPainter(image)
    paint_bar(painter, QRectF(0, 0, WIDTH, BAR_HEIGHT_PX), bar, light_palette(), direction)
    painter.end()
    return [image.pixelColor(x, BAR_HEIGHT_PX // 2) for x in range(WIDTH)]


def filled(bar: Bar, direction: Qt.LayoutDirection = LEFT_TO_RIGHT) -> list[int]:
    """Return the pixels that have not the colour of the track."""
    empty = painted(Bar(bar.status, 0, 0, ""))
    pixels = painted(bar, direction)
    return [x for x in range(4, WIDTH - 4) if pixels[x] != empty[x]]


@pytest.mark.parametrize("percent, last", [(0, None), (50, 49), (100, 95)])
def test_bar_is_as_long_as_the_percent(qapp: QApplication, percent: int, last: int | None) -> None:
    found = filled(Bar(Status.PROCESSING, percent, 0, ""))
    assert (found[-1] if found else None) == pytest.approx(last, abs=1)


def test_the_first_percent_can_be_seen(qapp: QApplication) -> None:
    assert filled(Bar(Status.PROCESSING, 1, 0, ""))


def test_bar_grows_from_the_right_where_people_read_so(qapp: QApplication) -> None:
    found = filled(Bar(Status.PROCESSING, 25, 0, ""), Qt.LayoutDirection.RightToLeft)
    assert (found[0], found[-1]) == (pytest.approx(75, abs=1), 95)


@pytest.mark.parametrize("status", [Status.PROCESSING, Status.RETRYING, Status.FAILED])
def test_bar_has_the_colour_of_the_state(qapp: QApplication, status: Status) -> None:
    colour = state_colours(light_palette()).of(status)
    assert painted(Bar(status, 80, 0, ""))[40].name() == colour.name()


def test_a_paused_bar_is_striped_and_a_waiting_one_is_not(qapp: QApplication) -> None:
    paused = {pixel.name() for pixel in painted(Bar(Status.PAUSED, 80, 0, ""))[10:60]}
    waiting = {pixel.name() for pixel in painted(Bar(Status.PENDING, 80, 0, ""))[10:60]}
    resting = state_colours(light_palette()).resting.name()
    assert resting in paused
    assert len(paused) > 1
    assert waiting == {resting}


def test_hint_of_an_unknown_total_moves_and_comes_back(qapp: QApplication) -> None:
    places = [filled(Bar(Status.PROCESSING, None, step, ""))[0] for step in range(25)]
    assert places[0] < places[6] < places[12]
    assert places[12] > places[18] > places[24] == places[0]


def test_a_resting_job_of_unknown_total_has_an_empty_bar(qapp: QApplication) -> None:
    assert filled(Bar(Status.PAUSED, None, 3, "1.5 KB")) == []


def test_a_bar_without_room_is_left_out(qapp: QApplication) -> None:
    image = QImage(WIDTH, BAR_HEIGHT_PX, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    bar = Bar(Status.PROCESSING, 50, 0, "")
    paint_bar(painter, QRectF(0, 0, 4, BAR_HEIGHT_PX), bar, light_palette(), LEFT_TO_RIGHT)
    painter.end()
    assert image.pixelColor(2, 4) == QColor("white")
