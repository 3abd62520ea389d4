import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAction, QIcon, QPixmap
from PySide6.QtWidgets import QApplication, QLineEdit, QMainWindow, QToolButton
from pytestqt.qtbot import QtBot

from dlmanager.gui.tool_bar import ToolBar

WORDS = ["Add", "Resume", "Pause", "Cancel", "Retry", "Open", "Folder", "Remove", "Properties"]


@pytest.fixture
def window(qtbot: QtBot) -> QMainWindow:
    window = QMainWindow()
    qtbot.addWidget(window)
    icon = QPixmap(20, 20)
    icon.fill(Qt.GlobalColor.red)
    actions = [QAction(QIcon(icon), word, window) for word in WORDS]
    window.bar = ToolBar((actions[:1], actions[1:]), window, wordless=actions[-1:])
    window.addToolBar(window.bar)
    return window


def shown_at(window: QMainWindow, qtbot: QtBot, width: int) -> None:
    window.resize(width, 200)
    window.show()
    qtbot.waitUntil(lambda: window.bar.width() == width)
    QApplication.processEvents()


def with_words(window: QMainWindow) -> list[str]:
    return [
        button.text()
        for button in window.bar.findChildren(QToolButton)
        if button.toolButtonStyle() is Qt.ToolButtonStyle.ToolButtonTextBesideIcon and button.text()
    ]


def field_of(window: QMainWindow) -> QLineEdit:
    (field,) = window.bar.findChildren(QLineEdit)
    return field


def test_words_stay_as_long_as_there_is_room(window: QMainWindow, qtbot: QtBot) -> None:
    field = field_of(window)
    may_shrink = field.sizeHint().width() - field.minimumSizeHint().width()
    shown_at(window, qtbot, 1400)
    needed = window.bar.sizeHint().width() - may_shrink
    shown_at(window, qtbot, needed)
    assert with_words(window) == WORDS[:-1]
    shown_at(window, qtbot, needed - 1)
    assert with_words(window) == WORDS[:1]


def test_words_go_where_there_is_no_room_and_come_back(window: QMainWindow, qtbot: QtBot) -> None:
    shown_at(window, qtbot, 1400)
    assert with_words(window) == WORDS[:-1]
    shown_at(window, qtbot, 500)
    assert with_words(window) == WORDS[:1]
    shown_at(window, qtbot, 1400)
    assert with_words(window) == WORDS[:-1]


@pytest.mark.parametrize("width", [220, 300, 400, 700, 1400])
@pytest.mark.parametrize("points", [10, 24])
def test_the_field_is_within_reach_however_narrow_the_window(
    window: QMainWindow, qtbot: QtBot, width: int, points: int
) -> None:
    font = window.font()
    font.setPointSize(points)
    window.setFont(font)
    width = width * points // 10
    shown_at(window, qtbot, width)
    field = field_of(window)
    window.bar.begin_search()
    qtbot.waitUntil(field.hasFocus)
    place = QRect(field.mapTo(window.bar, QPoint(0, 0)), field.size())
    assert window.bar.rect().contains(place)
    qtbot.keyClicks(field, "zip")
    assert field.text() == "zip"
    assert "Add" in with_words(window)


def test_the_field_is_at_the_right_end(window: QMainWindow, qtbot: QtBot) -> None:
    shown_at(window, qtbot, 1400)
    field = field_of(window)
    assert 1400 - 16 < field.mapTo(window, QPoint(field.width(), 0)).x() <= 1400
