import itertools

import pytest
from PySide6.QtGui import QKeySequence, QPalette
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Job, Phase, Status, Wish
from dlmanager.core.priority import Priority
from dlmanager.gui.actions import MAX_OPENED, Actions
from dlmanager.gui.job_table_model import Summary
from dlmanager.gui.palette import dark_palette, light_palette
from tests.gui.fake_queue import make_job


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def actions(window: QWidget) -> Actions:
    return Actions(window, QWidget(window))


def enabled(actions: Actions) -> set[str]:
    return {
        name
        for name, value in vars(actions).items()
        if value in actions.of_jobs and value.isEnabled()
    }


ANY = {"open_folder", "copy_link", "remove", "properties"}
ONE = {"checksum"}


@pytest.mark.parametrize(
    "status, expected",
    [
        (Status.PENDING, "start pause cancel edit_link"),
        (Status.PROCESSING, "pause cancel edit_link"),
        (Status.RETRYING, "start pause cancel retry edit_link"),
        (Status.PAUSED, "start resume cancel retry edit_link"),
        (Status.COMPLETED, "open delete_file download_again"),
        (Status.FAILED, "cancel retry edit_link"),
        (Status.CANCELLED, "retry edit_link"),
    ],
)
def test_each_state_allows_what_makes_sense(
    actions: Actions, status: Status, expected: str
) -> None:
    actions.suit_selection([make_job("a", status, final_path="/tmp/a.iso")])
    assert enabled(actions) == ANY | ONE | set(expected.split())


@pytest.mark.parametrize(
    "status, takes_level, moves",
    [
        (Status.PENDING, True, True),
        (Status.PROCESSING, True, True),
        (Status.RETRYING, True, True),
        (Status.PAUSED, True, True),
        (Status.COMPLETED, False, False),
        (Status.FAILED, True, False),
        (Status.CANCELLED, True, False),
    ],
)
def test_what_waits_for_a_turn_can_be_moved(
    actions: Actions, status: Status, takes_level: bool, moves: bool
) -> None:
    actions.suit_selection([make_job("a", status, final_path="/tmp/a.iso")])
    levels = [actions.priority_menu.menuAction(), *actions.levels.values()]
    assert {each.isEnabled() for each in levels} == {takes_level}
    places = [actions.move_menu.menuAction(), *actions.moves.values()]
    assert {each.isEnabled() for each in places} == {moves}


@pytest.mark.parametrize(
    "levels, checked",
    [
        ([], []),
        ([Priority.LOW], [Priority.LOW]),
        ([Priority.HIGH] * 3, [Priority.HIGH]),
        ([Priority.HIGH, Priority.LOW], []),
    ],
)
def test_the_level_that_all_have_is_checked(
    actions: Actions, levels: list[Priority], checked: list[Priority]
) -> None:
    done = make_job("z", Status.COMPLETED, priority=Priority.URGENT)
    actions.suit_selection([done, *(make_job(str(n), priority=p) for n, p in enumerate(levels))])
    assert [level for level, each in actions.levels.items() if each.isChecked()] == checked


def test_triggering_tells_the_level_and_the_move(actions: Actions, qtbot: QtBot) -> None:
    actions.suit_selection([make_job("a")])
    for level, action in actions.levels.items():
        with qtbot.waitSignal(actions.level_chosen) as told:
            action.trigger()
        assert told.args == [level]
    for move, action in actions.moves.items():
        with qtbot.waitSignal(actions.move_chosen) as told:
            action.trigger()
        assert told.args == [move]


def test_nothing_selected_allows_nothing(actions: Actions) -> None:
    actions.suit_selection([])
    assert enabled(actions) == set()


def test_several_selected_allow_what_one_of_them_allows(actions: Actions) -> None:
    jobs = [
        make_job("a", Status.COMPLETED, final_path="/tmp/a.iso"),
        make_job("b", Status.PAUSED),
        make_job("c"),
    ]
    actions.suit_selection(jobs)
    assert enabled(actions) == ANY | {
        *("start", "resume", "pause", "cancel", "retry"),
        *("open", "delete_file", "download_again"),
    }


def test_no_desktop_is_flooded_with_windows(actions: Actions) -> None:
    done = make_job("a", Status.COMPLETED, final_path="/tmp/a.iso")
    actions.suit_selection([done] * MAX_OPENED)
    assert {"open", "open_folder"} <= enabled(actions)
    actions.suit_selection([done] * (MAX_OPENED + 1))
    assert not {"open", "open_folder"} & enabled(actions)


def test_a_file_that_gets_its_final_name_needs_no_other_link(actions: Actions) -> None:
    actions.suit_selection([make_job("a", Status.PROCESSING, phase=Phase.FINALISING)])
    assert "edit_link" not in enabled(actions)


@pytest.mark.parametrize(
    "http_status, is_shown", [(401, True), (None, True), (407, False), (511, False)]
)
def test_a_password_is_asked_for_where_the_server_of_the_file_wants_one(
    actions: Actions, http_status: int | None, is_shown: bool
) -> None:
    failed = make_job("a", Status.FAILED, error_kind=ErrorKind.AUTH, http_status=http_status)
    actions.suit_selection([failed])
    assert actions.enter_password.isVisible() is is_shown
    actions.suit_selection([failed, failed])
    assert not actions.enter_password.isVisible()


def test_what_can_be_done_with_jobs_has_a_key_and_an_icon(actions: Actions) -> None:
    # Seldom, and offered where they are needed.
    few = {actions.open_in_browser, actions.accept, actions.enter_password}
    menus = {actions.priority_menu.menuAction(), actions.move_menu.menuAction()}
    assert all(not each.icon().isNull() for each in menus)
    assert all(level.shortcuts() for level in actions.levels.values())
    for each in {*actions.of_jobs, *actions.moves.values()} - {None} - few - menus:
        assert each is not None
        assert each.shortcuts(), each.text()
        assert not each.icon().isNull(), each.text()


def test_a_finished_file_whose_place_is_unknown_cannot_be_opened(actions: Actions) -> None:
    actions.suit_selection([make_job("a", Status.COMPLETED, final_path=None)])
    assert "open" not in enabled(actions)


@pytest.mark.parametrize("wish", list(Wish))
def test_triggering_tells_the_wish(actions: Actions, qtbot: QtBot, wish: Wish) -> None:
    if wish is Wish.ACCEPT:
        actions.suit_selection([make_job("a", Status.FAILED, error_kind=ErrorKind.WEB_PAGE)])
    else:
        actions.suit_selection([make_job("a", status) for status in Status])
    action = getattr(actions, wish.value)
    with qtbot.waitSignal(actions.wished) as told:
        action.trigger()
    assert told.args == [wish]


@pytest.mark.parametrize(
    "summary, pause_all, resume_all, select_all",
    [
        (Summary(0, 0, 0, 0, 0, None), False, False, False),
        (Summary(5, 1, 0, 0, 0, None), True, False, True),
        (Summary(5, 0, 1, 0, 2, None), True, True, True),
        (Summary(5, 0, 0, 0, 0, None), False, False, True),
    ],
    ids=["empty", "active", "waiting and paused", "all done"],
)
def test_actions_for_all_suit_the_list(
    actions: Actions, summary: Summary, pause_all: bool, resume_all: bool, select_all: bool
) -> None:
    actions.suit_list(summary)
    assert actions.pause_all.isEnabled() == pause_all
    assert actions.resume_all.isEnabled() == resume_all
    assert actions.select_all.isEnabled() == select_all


def test_no_two_actions_share_a_key_and_menu_letters_are_apart(actions: Actions) -> None:
    everything = [value for value in vars(actions).values() if hasattr(value, "shortcuts")]
    everything += [*actions.levels.values(), *actions.moves.values()]
    keys = [key.toString() for action in everything for key in action.shortcuts()]
    assert sorted(keys) == sorted(set(keys))
    assert {"Ctrl+N", "Ctrl+V", "Del", "Return", "Ctrl+Q"} <= set(keys)
    downloads = [a for a in actions.of_jobs if a] + [actions.pause_all, actions.resume_all]
    submenus = [list(actions.levels.values()), list(actions.moves.values())]
    for menu in (downloads, *submenus, [actions.add, actions.paste, actions.quit]):
        letters = [QKeySequence.mnemonic(action.text()).toString() for action in menu]
        assert all(letters)
        assert len(letters) == len(set(letters))


def test_icons_follow_the_palette(actions: Actions, window: QWidget) -> None:
    shown = []
    for palette in (light_palette(), dark_palette()):
        window.setPalette(QPalette(palette))
        shown.append(actions.add.icon().pixmap(20, 20).toImage())
    assert shown[0] != shown[1]


def test_selection_of_many_is_judged_by_a_few(actions: Actions) -> None:
    looked_at = 0

    class Counted(list[Job]):
        def __iter__(self):  # type: ignore[no-untyped-def]
            nonlocal looked_at
            for job in super().__iter__():
                looked_at += 1
                yield job

    jobs = Counted(make_job(str(n), status) for n, status in enumerate(Status))
    jobs += list(itertools.repeat(jobs[0], 10_000))
    actions.suit_selection(jobs)
    assert looked_at == len(Status)
