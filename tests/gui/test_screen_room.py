"""Windows stay on their screen."""

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from dlmanager.gui.screen_room import keep_on_screen, room_on_screen


def test_a_window_is_made_no_larger_than_its_screen(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(9_000, 9_000)
    keep_on_screen(window)
    room = window.screen().availableGeometry()
    assert window.size() == room_on_screen(window)
    assert window.width() < room.width()
    assert window.height() < room.height()


def test_a_window_is_moved_back_onto_its_screen(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    room = window.screen().availableGeometry()
    window.setGeometry(QRect(room.right() - 50, room.bottom() - 50, 300, 200))
    window.show()
    keep_on_screen(window)
    assert room.contains(window.frameGeometry())
    assert (window.width(), window.height()) == (300, 200)


def test_a_window_that_fits_stays_where_it_is(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.setGeometry(QRect(60, 70, 300, 200))
    window.show()
    before = window.geometry()
    keep_on_screen(window)
    assert window.geometry() == before
