from PySide6.QtWidgets import QLineEdit, QTextBrowser, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from dlmanager.gui.focus_ring import FocusRing


def test_the_ring_is_seen_while_its_widget_has_the_keyboard(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    text, other = QTextBrowser(), QLineEdit()
    layout = QVBoxLayout(window)
    layout.addWidget(other)
    layout.addWidget(text)
    ring = FocusRing(text)
    window.show()
    with qtbot.waitActive(window):
        window.activateWindow()
    other.setFocus()
    assert not ring.isVisible()
    text.setFocus()
    assert ring.isVisible()
    window.resize(500, 400)
    qtbot.waitUntil(lambda: ring.size() == text.size())
    other.setFocus()
    assert not ring.isVisible()
