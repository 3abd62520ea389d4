import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QSystemTrayIcon, QWidget
from pytestqt.qtbot import QtBot

from dlmanager.core.notification import Answer, Notification, Subject
from dlmanager.gui import tray as tray_module
from dlmanager.gui.actions import Actions
from dlmanager.gui.job_table_model import Summary
from dlmanager.gui.tray import Tray
from dlmanager.gui.tray_icon import tray_icon

MESSAGE = Notification(Subject.TRAY, "Title", "Text", Answer.SHOW_WINDOW)
Reason = QSystemTrayIcon.ActivationReason


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def actions(window: QWidget) -> Actions:
    return Actions(window, window)


@pytest.fixture
def tray(actions: Actions, window: QWidget) -> Tray:
    return Tray(actions, window, is_available=lambda: True)


def icon_of(tray: Tray) -> QSystemTrayIcon:
    assert tray._icon is not None
    return tray._icon


def test_menu_offers_what_a_hidden_window_cannot(tray: Tray, actions: Actions) -> None:
    offered = [action for action in tray._menu.actions() if not action.isSeparator()]
    assert offered == [
        actions.show_or_hide,
        actions.add,
        actions.add_from_clipboard,
        actions.pause_all,
        actions.resume_all,
        actions.settings,
        actions.quit,
    ]
    assert icon_of(tray).contextMenu() is tray._menu


@pytest.mark.parametrize(
    "summary, tip",
    [
        (Summary(0, 0, 0, 0, 0, None), "dlmanager: Nothing to do"),
        (Summary(9, 3, 2, 0, 0, 14_300_000.0), "dlmanager: 3 active, 2 waiting, 14.3 MB/s"),
    ],
    ids=["idle", "busy"],
)
def test_tip_tells_how_the_list_stands(tray: Tray, summary: Summary, tip: str) -> None:
    tray.show_summary(summary)
    assert icon_of(tray).toolTip().replace("\N{NO-BREAK SPACE}", " ") == tip


@pytest.mark.parametrize(
    "reason, is_click",
    [(Reason.Trigger, True), (Reason.MiddleClick, True), (Reason.Context, False)],
)
def test_only_a_click_is_told(tray: Tray, reason: Reason, is_click: bool) -> None:
    clicked = QSignalSpy(tray.clicked)
    icon_of(tray).activated.emit(reason)
    assert clicked.count() == is_click


def test_it_comes_when_a_tray_comes_and_leaves_when_told(actions: Actions, window: QWidget) -> None:
    there: list[bool] = []
    tray = Tray(actions, window, is_available=lambda: bool(there))
    tray.show_summary(Summary(1, 1, 0, 0, 0, None))
    tray.tell(MESSAGE)
    assert not tray.appear()
    assert tray._icon is None
    there.append(True)
    assert tray.appear()
    assert icon_of(tray).isVisible()
    assert icon_of(tray).toolTip() == "dlmanager: 1 active"
    tray.tell(MESSAGE)
    tray.leave()
    assert not icon_of(tray).isVisible()


def test_tip_and_picture_tell_of_failures_and_progress(tray: Tray) -> None:
    idle = icon_of(tray).icon().cacheKey()
    tray.show_summary(Summary(9, 3, 2, 0, 0, None))
    tray.show_work(0.5, 0)
    at_work = icon_of(tray).icon().cacheKey()
    tray.show_work(0.501, 0)
    assert icon_of(tray).icon().cacheKey() == at_work != idle
    tray.show_work(None, 2)
    assert icon_of(tray).icon().cacheKey() not in (idle, at_work)
    assert icon_of(tray).toolTip() == "dlmanager: 3 active, 2 waiting, 2 failed"
    tray.show_work(None, 0)
    assert icon_of(tray).icon().cacheKey() == idle


def test_what_came_to_pass_without_a_tray_is_drawn_when_one_comes(
    actions: Actions, window: QWidget
) -> None:
    there: list[bool] = []
    tray = Tray(actions, window, is_available=lambda: bool(there))
    tray.show_work(None, 1)
    there.append(True)
    tray.appear()
    shown = icon_of(tray).icon().cacheKey()
    assert shown == tray_icon(None, needs_attention=True).cacheKey()


def test_a_panel_may_start_anew_but_a_tray_that_stays_away_is_told_once(
    actions: Actions, window: QWidget, qtbot: QtBot
) -> None:
    there = [True]
    tray = Tray(actions, window, is_available=lambda: bool(there))
    gone = QSignalSpy(tray.gone)
    there.clear()
    tray._watch.timeout.emit()
    there.append(True)
    tray._watch.timeout.emit()
    there.clear()
    tray._watch.timeout.emit()
    assert gone.count() == 0
    tray._watch.timeout.emit()
    tray._watch.timeout.emit()
    assert gone.count() == 1
    there.append(True)
    tray._watch.timeout.emit()
    assert icon_of(tray).isVisible()


@pytest.mark.parametrize(
    "platform, is_on_bus, is_asked",
    [("wayland", False, False), ("wayland", True, True), ("xcb", False, True)],
)
def test_qt_is_asked_where_its_first_answer_may_count_for_good(
    monkeypatch: pytest.MonkeyPatch, platform: str, is_on_bus: bool, is_asked: bool
) -> None:
    asked: list[bool] = []

    def is_available() -> bool:
        asked.append(True)
        return True

    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", is_available)
    monkeypatch.setattr(QGuiApplication, "platformName", lambda: platform)
    monkeypatch.setattr(tray_module, "_is_on_bus", lambda: is_on_bus)
    assert tray_module.is_tray_available() is is_asked
    assert bool(asked) is is_asked


def test_without_a_bus_there_is_no_tray_on_it(qtbot: QtBot) -> None:
    assert not tray_module.is_tray_available()
