from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from dlmanager.core.categories import Category
from dlmanager.core.job import Status, Verification
from dlmanager.core.settings import Settings, with_setting
from dlmanager.gui.job_filter import Group, Verdict
from dlmanager.gui.main_window import MainWindow
from tests.gui.fake_queue import FakeQueue, make_job

_COUNT = 1


@pytest.fixture
def filled(window: MainWindow, queue: FakeQueue, qtbot: QtBot) -> MainWindow:
    jobs = [
        make_job("a", Status.PROCESSING, filename="alpha.iso"),
        make_job("b", Status.PENDING, filename="beta.pdf"),
        make_job("c", Status.FAILED, filename="gamma.pdf"),
    ]
    window.load(jobs)
    window.show()
    window.activateWindow()
    return window


def shown(window: MainWindow) -> list[str]:
    jobs = window._table.jobs
    return sorted(jobs.job_at(row).id for row in range(jobs.rowCount()))


def field(window: MainWindow) -> QLineEdit:
    (found,) = window._tool_bar.findChildren(QLineEdit)
    return found


@pytest.fixture
def search(filled: MainWindow, qtbot: QtBot) -> Callable[[str], None]:
    """Types into the field and waits until it counts."""

    def typed(text: str) -> None:
        with qtbot.waitSignal(filled._tool_bar.searched, timeout=2000):
            qtbot.keyClicks(field(filled), text)

    return typed


def test_a_click_on_a_group_shows_its_jobs_alone(filled, qtbot):
    panel = filled._list.side_panel
    item = panel._items[Group.WAITING]
    qtbot.mouseClick(
        panel.viewport(), Qt.MouseButton.LeftButton, pos=panel.visualItemRect(item).center()
    )
    assert shown(filled) == ["b"]
    assert panel.current is Group.WAITING


def test_the_keys_move_through_groups_and_categories(filled, qtbot):
    panel = filled._list.side_panel
    panel.setFocus()
    for _ in Group:
        qtbot.keyClick(panel, Qt.Key.Key_Down)
    while panel.current not in Category:
        qtbot.keyClick(panel, Qt.Key.Key_Down)
    assert panel.current is Category.DOCUMENTS
    assert shown(filled) == ["b", "c"]


def test_counts_follow_the_queue(filled, queue):
    items = filled._list.side_panel._items
    assert items[Group.ALL].text(_COUNT) == "3"
    assert items[Group.PAUSED].text(_COUNT) == ""
    assert items[Category.DOCUMENTS].text(_COUNT) == "2"
    queue.jobs_changed.emit([make_job("b", Status.PAUSED, filename="beta.pdf", revision=5)])
    assert items[Group.PAUSED].text(_COUNT) == "1"
    assert items[Group.WAITING].text(_COUNT) == ""


def test_categories_without_files_are_left_out_but_for_the_chosen_one(filled, queue):
    panel = filled._list.side_panel
    assert panel._items[Category.MUSIC].isHidden()
    assert not panel._items[Category.ARCHIVES].isHidden()
    panel.choose(Category.ARCHIVES)
    queue.jobs_removed.emit(["a"])
    assert not panel._items[Category.ARCHIVES].isHidden()
    panel.choose(Group.ALL)
    queue.jobs_removed.emit(["c"])
    assert panel._items[Category.ARCHIVES].isHidden()


def test_what_checksums_say_can_be_chosen_while_they_say_something(filled, queue):
    panel = filled._list.side_panel
    title = panel._items[Verdict.VERIFIED].parent()
    assert title.isHidden()
    right = make_job(
        "b",
        Status.COMPLETED,
        final_path="/tmp/b",
        verification=Verification.CHECKSUM,
        revision=5,
    )
    queue.jobs_changed.emit([right])
    assert not title.isHidden()
    assert panel._items[Verdict.VERIFIED].text(_COUNT) == "1"
    assert panel._items[Verdict.MISMATCH].isHidden()
    panel.choose(Verdict.VERIFIED)
    assert shown(filled) == ["b"]
    wrong = right._replace(verification=Verification.MISMATCH, revision=6)
    queue.jobs_changed.emit([wrong])
    assert shown(filled) == []
    assert "“Verified”" in filled._list._no_hits_text()
    assert not panel._items[Verdict.VERIFIED].isHidden()  # it is chosen
    panel.choose(Verdict.MISMATCH)
    assert shown(filled) == ["b"]
    assert panel._items[Verdict.VERIFIED].text(_COUNT) == ""
    panel.choose(Group.ALL)
    queue.jobs_removed.emit(["b"])
    assert title.isHidden()


def test_categories_follow_the_settings(filled):
    items = filled._list.side_panel._items
    filled._list.side_panel.choose(Category.DOCUMENTS)
    filled.set_settings(with_setting(Settings(), "category_documents", "iso"))
    assert shown(filled) == ["a"]
    assert items[Category.DOCUMENTS].text(_COUNT) == "1"
    assert items[Category.OTHER].text(_COUNT) == "2"
    assert items[Category.ARCHIVES].isHidden()
    filled.set_settings(Settings())
    assert shown(filled) == ["b", "c"]


def test_a_title_of_the_panel_cannot_be_chosen(filled, qtbot):
    panel = filled._list.side_panel
    title = panel.topLevelItem(1)
    qtbot.mouseClick(
        panel.viewport(), Qt.MouseButton.LeftButton, pos=panel.visualItemRect(title).center()
    )
    assert panel.current is Group.ALL


def test_a_screen_reader_hears_the_count(filled):
    item = filled._list.side_panel._items[Group.WAITING]
    assert item.data(0, Qt.ItemDataRole.AccessibleTextRole) == "Waiting, 1"


def test_the_panel_can_be_hidden(filled, qtbot):
    qtbot.keyClick(filled, Qt.Key.Key_F9)
    assert not filled._list.side_panel.isVisible()
    qtbot.keyClick(filled, Qt.Key.Key_F9)
    assert filled._list.side_panel.isVisible()


def test_what_is_typed_narrows_the_list(filled, search):
    search("pdf gamma")
    assert shown(filled) == ["c"]


def test_ctrl_f_goes_to_the_field_and_escape_clears_it_and_goes_back(filled, search, qtbot):
    qtbot.keyClick(filled, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: field(filled).hasFocus())
    search("pdf")
    with qtbot.waitSignal(filled._tool_bar.searched, timeout=2000):
        qtbot.keyClick(field(filled), Qt.Key.Key_Escape)
    assert shown(filled) == ["a", "b", "c"]
    assert filled._table.hasFocus()


def test_return_in_the_field_goes_to_what_was_found(filled, search, qtbot):
    field(filled).setFocus()
    search("pdf")
    qtbot.keyClick(field(filled), Qt.Key.Key_Return)
    assert filled._table.hasFocus()
    assert shown(filled) == ["b", "c"]


def test_search_and_group_both_count(filled, search):
    filled._list.side_panel.choose(Group.FAILED)
    search("beta")
    assert shown(filled) == []
    assert filled._list._no_hits_page.isVisible()
    assert filled._list._no_hits_page._sentence.text() == (
        "No download in “Failed” matches “beta”."
    )


def test_no_hits_can_be_left_by_a_button(filled, search, qtbot):
    filled._list.side_panel.choose(Group.FAILED)
    search("beta")
    page = filled._list._no_hits_page
    qtbot.mouseClick(page.findChild(QPushButton), Qt.MouseButton.LeftButton)
    assert shown(filled) == ["a", "b", "c"]
    assert field(filled).text() == ""
    assert filled._list.side_panel.current is Group.ALL
    assert filled._table.isVisible()


@pytest.mark.parametrize(
    "group, text, sentence",
    [
        (Group.PAUSED, "", "There is no download in “Paused”."),
        (Group.ALL, "nowhere", "No download matches “nowhere”."),
    ],
)
def test_an_empty_list_says_what_hides_the_rest(filled, search, group, text, sentence):
    filled._list.side_panel.choose(group)
    if text:
        search(text)
    assert filled._list._no_hits_page._sentence.text() == sentence


def test_typing_goes_on_while_nothing_is_found(filled, search, qtbot):
    field(filled).setFocus()
    search("nowhere")
    assert field(filled).hasFocus()


def test_a_narrow_window_keeps_the_field_and_drops_the_words(filled, qtbot):
    add, resume = filled._tool_bar._buttons[:2]
    beside, icon_only = (
        Qt.ToolButtonStyle.ToolButtonTextBesideIcon,
        Qt.ToolButtonStyle.ToolButtonIconOnly,
    )
    filled.resize(1300, 500)
    assert (add.toolButtonStyle(), resume.toolButtonStyle()) == (beside, beside)
    filled.resize(560, 500)
    assert (add.toolButtonStyle(), resume.toolButtonStyle()) == (beside, icon_only)

    def right_px() -> int:
        return field(filled).mapTo(filled, field(filled).rect().topRight()).x()

    qtbot.waitUntil(lambda: right_px() <= filled.width(), timeout=2000)


def test_the_menu_offers_the_columns(filled):
    filled._columns_menu.aboutToShow.emit()
    assert "Host" in [action.text() for action in filled._columns_menu.actions()]
