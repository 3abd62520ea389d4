import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from dlmanager.gui.tray_icon import STEPS, step_of, tray_icon

SIDES = (16, 22, 32, 64)


def picture(step: int | None, side: int, *, needs_attention: bool = False) -> QImage:
    shown = tray_icon(step, needs_attention=needs_attention).pixmap(side, side)
    assert (shown.width(), shown.height()) == (side, side)
    return shown.toImage()


def white_in_bottom_row(image: QImage) -> int:
    """How wide the bar is, near the lower edge."""
    y = image.height() - 1 - max(1, image.height() // 22) * 2
    row = (image.pixelColor(x, y) for x in range(image.width()))
    return sum(colour == QColor("white") for colour in row)


@pytest.mark.parametrize(
    "fraction, step",
    [(None, None), (0.0, 0), (0.5, STEPS // 2), (1.0, STEPS), (1.2, STEPS), (-1.0, 0)],
)
def test_a_fraction_is_shown_in_steps(fraction: float | None, step: int | None) -> None:
    assert step_of(fraction) == step


@pytest.mark.parametrize("side", SIDES)
def test_the_bar_grows_with_the_work(qapp: QApplication, side: int) -> None:
    widths = [white_in_bottom_row(picture(step, side)) for step in range(STEPS + 1)]
    assert widths[0] == 0
    assert widths == sorted(widths)
    assert widths[-1] >= side - 2 * max(1, side // 22)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("step", [None, 10])
def test_attention_is_a_badge_at_the_upper_right(
    qapp: QApplication, side: int, step: int | None
) -> None:
    plain = picture(step, side)
    marked = picture(step, side, needs_attention=True)
    changed = [
        (x, y) for x in range(side) for y in range(side) if plain.pixel(x, y) != marked.pixel(x, y)
    ]
    assert len(changed) > side * side // 6
    assert all(x >= side * 0.35 and y <= side * 0.65 for x, y in changed)
    reds = [c for x, y in changed if (c := marked.pixelColor(x, y)).red() > c.blue() + 100]
    assert reds


def test_states_differ_at_the_smallest_size(qapp: QApplication) -> None:
    pictures = [
        picture(step, 16, needs_attention=needs) for step in (None, 10) for needs in (False, True)
    ]
    assert all(
        one != other for place, one in enumerate(pictures) for other in pictures[place + 1 :]
    )
