import itertools
import time
from collections.abc import Callable

import pytest
from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester, QSignalSpy
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dlmanager.core.categories import USUAL_CATEGORIES, Category
from dlmanager.core.job import Job, Phase, Status, WaitingFor
from dlmanager.core.progress import JobProgress
from dlmanager.gui.job_filter import Group, JobFilter, words_of
from dlmanager.gui.job_row import Bar, Column
from dlmanager.gui.job_table_model import JobTableModel, Role
from tests.gui.fake_queue import make_job, report, running

ASCENDING, DESCENDING = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder


class Clock:
    now_ms = 1_000_000

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def model(qapp: QApplication, clock: Clock) -> JobTableModel:
    made = JobTableModel(clock=clock)
    # Watches every signal of the whole test.
    QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal, made)
    return made


def names(model: JobTableModel) -> list[str]:
    return [model.job_at(row).id for row in range(model.rowCount())]


def text(model: JobTableModel, row: int, column: Column) -> str:
    return str(model.index(row, column).data()).replace("\N{NO-BREAK SPACE}", " ")


def read_all(model: JobTableModel) -> None:
    for row in range(model.rowCount()):
        model.index(row, Column.NAME).data()


def spans(spy: QSignalSpy) -> list[tuple[int, int, int, int]]:
    """Return (first row, last row, first column, last column) of each dataChanged."""
    return [
        (call[0].row(), call[1].row(), call[0].column(), call[1].column())
        for call in (spy.at(number) for number in range(spy.count()))
    ]


def test_model_keeps_the_rules_of_qt(
    model: JobTableModel, qtmodeltester: object, qtbot: QtBot
) -> None:
    model.add_jobs([make_job(str(n), status) for n, status in enumerate(Status)])
    model.note_progress([report("1", 5, attempt=0)])
    model.flush()
    qtmodeltester.check(model)  # type: ignore[attr-defined]


def test_each_row_keeps_its_place_until_somebody_sorts(model: JobTableModel) -> None:
    model.add_jobs([running("a", created_at=1), make_job("b", created_at=2)])
    model.add_jobs([make_job("c", Status.FAILED, created_at=3)])
    assert names(model) == ["c", "b", "a"]
    layout = QSignalSpy(model.layoutChanged)
    model.change_jobs([running("b", created_at=2)._replace(revision=9)])
    model.change_jobs([make_job("a", Status.COMPLETED, created_at=1, revision=9)])
    assert not model._order_timer.isActive()
    assert (names(model), layout.count()) == (["c", "b", "a"], 0)


def test_by_status_what_is_at_work_comes_first_and_what_is_done_last(model: JobTableModel) -> None:
    model.sort(Column.STATUS, ASCENDING)
    done = {"created_at": 1, "finished_at": 8}
    model.add_jobs([make_job("old", Status.COMPLETED, **done), make_job("next", created_at=3)])
    model.add_jobs([make_job("gone", Status.FAILED, created_at=2), running("runs", created_at=4)])
    model.add_jobs([make_job("stopped", Status.PAUSED), make_job("later", created_at=5)])
    model.add_jobs([make_job("fresh", Status.COMPLETED, created_at=0, finished_at=9)])
    model.add_jobs([make_job("again", Status.RETRYING, created_at=9)])
    assert names(model) == ["runs", "again", "next", "later", "stopped", "gone", "fresh", "old"]


def test_by_status_new_jobs_do_not_push_running_ones_away(model: JobTableModel) -> None:
    model.sort(Column.STATUS, ASCENDING)
    model.add_jobs([running("a", created_at=1), make_job("z", Status.COMPLETED, created_at=1)])
    inserted, layout = QSignalSpy(model.rowsInserted), QSignalSpy(model.layoutChanged)
    model.add_jobs([make_job(f"{n}", created_at=2) for n in range(100)])
    assert names(model) == ["a", *map(str, range(100)), "z"]
    assert (inserted.count(), layout.count()) == (1, 0)


def test_by_status_a_job_that_ends_makes_room_after_a_while(
    model: JobTableModel, qtbot: QtBot
) -> None:
    model.sort(Column.STATUS, ASCENDING)
    first = running("a", created_at=1)
    model.add_jobs([first, running("b", created_at=2), make_job("c", created_at=3)])
    with qtbot.waitSignal(model.layoutChanged, timeout=2500):
        model.change_jobs([first._replace(status=Status.COMPLETED, finished_at=9)])
        assert names(model) == ["a", "b", "c"]
    assert names(model) == ["b", "c", "a"]


def test_by_added_the_newest_comes_first_and_what_was_added_together_in_its_order(
    model: JobTableModel,
) -> None:
    model.sort(Column.ADDED, DESCENDING)
    model.add_jobs([make_job("a", created_at=1), make_job("b", created_at=2)])
    model.add_jobs([make_job("c", created_at=2), make_job("d", created_at=3)])
    assert names(model) == ["d", "b", "c", "a"]
    model.sort(Column.NAME, DESCENDING)
    model.sort(Column.ADDED, DESCENDING)
    assert names(model) == ["d", "b", "c", "a"]


def test_thousands_of_jobs_come_in_one_insertion(model: JobTableModel) -> None:
    model.add_jobs([make_job("first", created_at=0)])
    inserted = QSignalSpy(model.rowsInserted)
    layout, reset = QSignalSpy(model.layoutChanged), QSignalSpy(model.modelReset)
    model.add_jobs([make_job(str(n), created_at=n + 1) for n in range(5000)])
    assert (inserted.count(), layout.count(), reset.count()) == (1, 0, 0)
    assert model.rowCount() == 5001
    assert (names(model)[0], names(model)[-1]) == ("4999", "first")


def test_jobs_that_belong_in_the_middle_are_sorted_in(model: JobTableModel) -> None:
    model.sort(Column.NAME, ASCENDING)
    model.add_jobs([make_job("a"), make_job("d")])
    model.add_jobs([make_job("b"), make_job("c")])
    assert names(model) == ["a", "b", "c", "d"]
    assert [model.row_of(name) for name in "abcd"] == [0, 1, 2, 3]


def test_a_job_that_is_known_already_is_brought_up_to_date(model: JobTableModel) -> None:
    job = make_job("a", revision=5)
    model.add_jobs([job])
    model.add_jobs([job._replace(status=Status.PAUSED, revision=6), make_job("b")])
    assert model.rowCount() == 2
    assert model.job("a") == job._replace(status=Status.PAUSED, revision=6)


def test_an_older_state_than_the_known_is_left(model: JobTableModel) -> None:
    job = make_job("a", Status.PAUSED, revision=5)
    model.add_jobs([job])
    model.change_jobs([job._replace(status=Status.PENDING, revision=4)])
    assert model.job("a") == job


def test_unknown_jobs_are_neither_changed_nor_removed(model: JobTableModel) -> None:
    model.add_jobs([make_job("a")])
    model.change_jobs([make_job("z")])
    model.remove_jobs(["z"])
    model.note_progress([report("z", 1)])
    assert names(model) == ["a"]


def test_removing_takes_neighbours_together(model: JobTableModel) -> None:
    model.sort(Column.NAME, ASCENDING)
    model.add_jobs([make_job(name) for name in "abcdefg"])
    removed = QSignalSpy(model.rowsRemoved)
    model.remove_jobs(["e", "b", "c", "g"])
    assert names(model) == ["a", "d", "f"]
    assert [model.row_of(name) for name in "adf"] == [0, 1, 2]
    assert removed.count() == 3
    assert model.summary().total == 3


def test_progress_is_told_in_spans_of_neighbours_and_live_columns_alone(
    model: JobTableModel,
) -> None:
    model.sort(Column.NAME, ASCENDING)
    model.add_jobs([running(name) for name in "abcdef"])
    read_all(model)
    changed = QSignalSpy(model.dataChanged)
    model.note_progress([report(name, 100) for name in "abdf"])
    assert changed.count() == 0
    model.flush()
    live = (Column.PROGRESS, Column.DOWNLOADED)
    assert spans(changed) == [(0, 1, *live), (3, 3, *live), (5, 5, *live)]
    assert text(model, 0, Column.PROGRESS) == "10 %"
    assert text(model, 0, Column.SPEED) == "0.1 KB/s"
    assert text(model, 0, Column.TIME_LEFT) == "9 s"


def test_only_the_cells_that_differ_are_told(model: JobTableModel) -> None:
    model.add_jobs([running("a")])
    model.note_progress([report("a", 500, speed=100)])
    model.flush()
    read_all(model)
    changed = QSignalSpy(model.dataChanged)
    model.note_progress([report("a", 500, speed=125)])
    model.flush()
    assert spans(changed) == [(0, 0, Column.TIME_LEFT, Column.TIME_LEFT)]
    model.note_progress([report("a", 500, speed=125)])
    model.flush()
    assert changed.count() == 1


def test_rows_that_nobody_has_read_need_no_word(model: JobTableModel) -> None:
    # The tester reads all rows as they come, so this model goes without.
    unwatched = JobTableModel()
    unwatched.add_jobs([running(name) for name in "ab"])
    unwatched.index(1, Column.NAME).data()
    changed = QSignalSpy(unwatched.dataChanged)
    unwatched.note_progress([report("a", 100), report("b", 100)])
    unwatched.flush()
    assert [span[:2] for span in spans(changed)] == [(1, 1)]


def test_progress_is_shown_at_least_twice_a_second(model: JobTableModel, qtbot: QtBot) -> None:
    model.add_jobs([running("a")])
    read_all(model)
    with qtbot.waitSignal(model.dataChanged, timeout=500):
        model.note_progress([report("a", 100)])


def test_a_committed_state_is_shown_at_once(model: JobTableModel) -> None:
    job = running("a")
    model.add_jobs([job])
    model.note_progress([report("a", 100)])
    model.flush()
    read_all(model)
    changed = QSignalSpy(model.dataChanged)
    model.change_jobs([job._replace(status=Status.PAUSED, bytes_done=100)])
    assert spans(changed) == [(0, 0, Column.NAME, Column.TIME_LEFT)]
    assert text(model, 0, Column.STATUS) == "Paused"
    assert text(model, 0, Column.SPEED) == ""
    assert text(model, 0, Column.PROGRESS) == "10 %"


@pytest.mark.parametrize(
    "now",
    [
        running("a", attempt=2),
        make_job("a", Status.PAUSED, attempt=1, bytes_total=1000),
        make_job("a", Status.COMPLETED, attempt=1, bytes_total=1000),
    ],
    ids=["newer attempt", "paused", "completed"],
)
def test_late_progress_changes_nothing(model: JobTableModel, now: Job) -> None:
    model.add_jobs([running("a")])
    model.change_jobs([now])
    read_all(model)
    before = [text(model, 0, column) for column in Column]
    model.note_progress([report("a", 999, attempt=1)])
    model.flush()
    assert [text(model, 0, column) for column in Column] == before
    assert model.summary().speed_bytes_s is None


def test_a_new_attempt_begins_without_the_progress_of_the_old(model: JobTableModel) -> None:
    model.add_jobs([running("a")])
    model.note_progress([report("a", 500)])
    model.flush()
    model.change_jobs([running("a", attempt=2, bytes_done=500)])
    assert text(model, 0, Column.SPEED) == ""
    assert text(model, 0, Column.PROGRESS) == "50 %"


def test_a_job_removed_before_its_tick_does_no_harm(model: JobTableModel) -> None:
    model.add_jobs([running("a")])
    model.note_progress([report("a", 500)])
    model.remove_jobs(["a"])
    model.flush()
    assert model.summary().speed_bytes_s is None


JOBS = [
    make_job("b10", Status.COMPLETED, bytes_total=500, retry_count=1, created_at=3),
    make_job("b9", Status.PENDING, created_at=1),
    running("A", bytes_total=200, bytes_done=10, retry_count=2, created_at=2),
    make_job("c", Status.FAILED, bytes_total=900, bytes_done=90, created_at=4),
]


@pytest.mark.parametrize(
    "column, upwards, downwards",
    [
        (Column.NAME, "A b9 b10 c", "c b10 b9 A"),
        (Column.SIZE, "A b10 c b9", "c b10 A b9"),
        (Column.PROGRESS, "A c b10 b9", "b10 c A b9"),
        (Column.STATUS, "A b9 c b10", "b10 c b9 A"),
        (Column.SPEED, "c b10 A b9", "c b10 A b9"),
        (Column.RETRIES, "c b9 b10 A", "A b10 c b9"),
        (Column.ADDED, "b9 A b10 c", "c b10 A b9"),
    ],
    ids=lambda value: value.name if isinstance(value, Column) else "",
)
def test_sorting_uses_raw_values_and_puts_unknown_ones_last(
    model: JobTableModel, column: Column, upwards: str, downwards: str
) -> None:
    model.add_jobs(JOBS)
    model.sort(column, ASCENDING)
    assert names(model) == upwards.split()
    model.sort(column, DESCENDING)
    assert names(model) == downwards.split()


def test_sorting_keeps_the_selection_and_every_persistent_index(model: JobTableModel) -> None:
    model.add_jobs(JOBS)
    selection = QItemSelectionModel(model)
    row = model.row_of("b9")
    assert row is not None
    flags = QItemSelectionModel.SelectionFlag
    selection.setCurrentIndex(model.index(row, 0), flags.Select | flags.Rows)
    kept = [
        (QPersistentModelIndex(model.index(place, column)), model.job_at(place).id, column)
        for place, column in itertools.product(range(4), Column)
    ]
    for column, order in itertools.product(Column, (ASCENDING, DESCENDING)):
        model.sort(column, order)
        selected = {model.job_at(index.row()).id for index in selection.selectedRows()}
        assert selected == {"b9"}
        assert model.job_at(selection.currentIndex().row()).id == "b9"
        for index, job_id, kept_column in kept:
            assert (model.job_at(index.row()).id, index.column()) == (job_id, kept_column)


def test_sorting_what_is_in_order_moves_nothing(model: JobTableModel) -> None:
    model.add_jobs(JOBS)
    model.sort(Column.NAME, ASCENDING)
    layout = QSignalSpy(model.layoutChanged)
    model.sort(Column.NAME, ASCENDING)
    assert layout.count() == 0


def test_order_by_a_live_column_follows_after_a_while_and_not_with_every_tick(
    model: JobTableModel, qtbot: QtBot
) -> None:
    model.add_jobs([running("a"), running("b")])
    model.sort(Column.SPEED, DESCENDING)
    layout = QSignalSpy(model.layoutChanged)
    for step in range(3):
        model.note_progress([report("a", step, speed=20 + step), report("b", step, speed=10)])
        model.flush()
        model.note_progress([report("a", step, speed=20), report("b", step, speed=30)])
        model.flush()
    assert layout.count() == 0
    with qtbot.waitSignal(model.layoutChanged, timeout=2500):
        pass
    assert names(model) == ["b", "a"]
    assert layout.count() == 1


def test_order_by_added_is_not_looked_at_again(model: JobTableModel, qtbot: QtBot) -> None:
    model.sort(Column.ADDED, DESCENDING)
    model.add_jobs([running("a"), running("b")])
    model.note_progress([report("a", 1)])
    model.flush()
    assert not model._order_timer.isActive()


def test_countdown_is_live_while_a_job_waits_to_retry(
    model: JobTableModel, clock: Clock, qtbot: QtBot
) -> None:
    assert not model._countdown_timer.isActive()
    waiting = make_job("a", Status.RETRYING, retry_count=2, next_retry_at=clock.now_ms + 4000)
    model.add_jobs([waiting, make_job("b")])
    assert text(model, 0, Column.STATUS) == "Retrying in 4 s (2 of 3)"
    changed = QSignalSpy(model.dataChanged)
    clock.now_ms += 1000
    qtbot.waitUntil(lambda: changed.count() == 1, timeout=2500)
    assert spans(changed) == [(0, 0, Column.STATUS, Column.TIME_LEFT)]  # the sentence may reach on
    assert text(model, 0, Column.STATUS) == "Retrying in 3 s (2 of 3)"
    model.change_jobs([waiting._replace(status=Status.PROCESSING)])
    assert not model._countdown_timer.isActive()


def test_countdown_stops_when_the_waiting_job_is_removed(model: JobTableModel) -> None:
    model.add_jobs([make_job("a", Status.RETRYING)])
    assert model._countdown_timer.isActive()
    model.remove_jobs(["a"])
    assert not model._countdown_timer.isActive()


def test_summary_counts_and_adds_up_speeds(model: JobTableModel) -> None:
    told = QSignalSpy(model.summary_changed)
    model.add_jobs(
        [
            running("a"),
            running("b"),
            make_job("c"),
            make_job("d", Status.RETRYING),
            make_job("e", Status.PAUSED),
            make_job("f", Status.COMPLETED),
        ]
    )
    model.note_progress([report("a", 1, speed=100), report("b", 1, speed=None)])
    model.flush()
    summary = model.summary()
    assert (summary.total, summary.active, summary.waiting, summary.paused) == (6, 2, 1, 1)
    assert (summary.retrying, summary.unfinished) == (1, 4)
    assert summary.speed_bytes_s == 100
    assert told.count() == 2
    model.change_jobs([running("a")._replace(status=Status.COMPLETED)])
    assert model.summary().active == 1
    assert model.summary().speed_bytes_s is None


def test_a_bar_without_percent_moves_with_the_data(model: JobTableModel) -> None:
    model.add_jobs([running("a", bytes_total=None)])
    steps = []
    for done in (1, 2):
        model.note_progress([JobProgress("a", 1, Phase.DOWNLOADING, done, None, None)])
        model.flush()
        bar = model.index(0, Column.PROGRESS).data(Role.BAR)
        assert isinstance(bar, Bar)
        steps.append(bar.step)
    assert steps == [1, 2]


def test_cells_hold_raw_values_for_sorting(model: JobTableModel) -> None:
    job = running("a", bytes_done=500)
    model.add_jobs([job])
    assert model.index(0, Column.SIZE).data(Role.SORT) == 1000
    assert model.index(0, Column.SPEED).data(Role.SORT) is None


def test_numbers_stand_on_the_right_with_their_titles(model: JobTableModel) -> None:
    model.add_jobs([make_job("a")])
    role = Qt.ItemDataRole.TextAlignmentRole
    for column in Column:
        cell = Qt.AlignmentFlag(model.index(0, column).data(role))
        title = model.headerData(column, Qt.Orientation.Horizontal, role)
        is_right = bool(cell & Qt.AlignmentFlag.AlignRight)
        assert cell == title
        numbers = (Column.SIZE, Column.SPEED, Column.TIME_LEFT, Column.DOWNLOADED, Column.RETRIES)
        assert is_right == (column in numbers)


def test_columns_come_in_the_promised_order(model: JobTableModel) -> None:
    titles = [model.headerData(column, Qt.Orientation.Horizontal) for column in Column]
    assert titles == [
        "Name", "Size", "Progress", "Status", "Speed", "Time left", "Downloaded",
        "Priority", "Retries", "Added", "Finished", "Folder", "Host", "Link", "Verification",
    ]  # fmt: skip
    assert model.headerData(0, Qt.Orientation.Vertical) is None
    assert model.headerData(99, Qt.Orientation.Horizontal) is None


def test_a_cell_has_no_children(model: JobTableModel) -> None:
    model.add_jobs([make_job("a")])
    inside = model.index(0, 0)
    assert model.rowCount(inside) == 0
    assert model.columnCount(inside) == 0
    assert model.data(QModelIndex()) is None


def test_a_name_decided_later_is_shown(model: JobTableModel) -> None:
    job = make_job("a", Status.PENDING, filename=None, url="https://example.org/get?id=1")
    model.add_jobs([job])
    before = text(model, 0, Column.NAME)
    model.change_jobs([job._replace(filename="thesis.pdf")])
    assert text(model, 0, Column.NAME) == "thesis.pdf" != before


def test_every_change_leaves_positions_right(model: JobTableModel) -> None:
    model.sort(Column.SIZE, DESCENDING)
    for number in range(40):
        model.add_jobs([make_job(str(number), bytes_total=number * 7 % 11)])
        if number % 3 == 0:
            model.remove_jobs([str(number // 2)])
    for row in range(model.rowCount()):
        assert model.row_of(model.job_at(row).id) == row


def _best_ms(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1000


def test_ten_thousand_rows_answer_at_once(qapp: QApplication) -> None:
    model = JobTableModel()
    jobs = [
        make_job(f"file {n}", Status.PENDING, bytes_total=n * 37 % 9973, created_at=n)
        for n in range(10_000)
    ]
    # Bounds are far above what is measured, for slow machines; quadratic work would break them.
    assert _best_ms(lambda: model.add_jobs(jobs)) < 1000
    assert _best_ms(lambda: model.sort(Column.SIZE)) < 500
    assert _best_ms(lambda: model.sort(Column.NAME)) < 1000
    changed = [job._replace(status=Status.PAUSED) for job in jobs]
    assert _best_ms(lambda: model.change_jobs(changed)) < 1500
    assert _best_ms(lambda: model.remove_jobs([job.id for job in jobs[:5000]])) < 2000
    assert model.rowCount() == 5000


class TestFilter:
    @pytest.fixture
    def filled(self, model: JobTableModel) -> JobTableModel:
        model.sort(Column.NAME, ASCENDING)
        model.add_jobs(
            [
                make_job("a", Status.PROCESSING, filename="alpha.iso", attempt=1),
                make_job("b", Status.PENDING, filename="beta.pdf"),
                make_job("c", Status.FAILED, filename="gamma.pdf", target_directory="/srv/Books"),
                make_job("d", Status.PENDING, filename="delta.mp3"),
            ]
        )
        read_all(model)
        return model

    @pytest.mark.parametrize(
        "wanted, shown",
        [
            (JobFilter(), ["a", "b", "d", "c"]),
            (JobFilter(Group.WAITING), ["b", "d"]),
            (JobFilter(Group.PAUSED), []),
            (JobFilter(category=Category.DOCUMENTS), ["b", "c"]),
            (JobFilter(Group.WAITING, Category.DOCUMENTS), ["b"]),
            (JobFilter(words=words_of("ALPHA")), ["a"]),
            (JobFilter(words=words_of("pdf  books")), ["c"]),
            (JobFilter(words=words_of("example.org")), ["a", "b", "d", "c"]),
            (JobFilter(words=words_of("nowhere")), []),
        ],
        ids=str,
    )
    def test_shows_what_it_admits(
        self, filled: JobTableModel, wanted: JobFilter, shown: list[str]
    ) -> None:
        filled.set_filter(wanted)
        assert names(filled) == shown
        filled.set_filter(JobFilter())
        assert names(filled) == ["a", "b", "d", "c"]

    def test_counts_say_how_many_there_are_whatever_is_shown(self, filled: JobTableModel) -> None:
        filled.set_filter(JobFilter(Group.WAITING))
        counts = filled.counts()
        assert counts.by_group == {
            Group.ALL: 4, Group.ACTIVE: 1, Group.WAITING: 2, Group.PAUSED: 0,
            Group.RETRYING: 0, Group.COMPLETED: 0, Group.FAILED: 1, Group.CANCELLED: 0,
        }  # fmt: skip
        assert counts.by_category[Category.DOCUMENTS] == 2
        filled.remove_jobs(["b"])
        assert filled.counts().by_category[Category.DOCUMENTS] == 1
        assert filled.counts().by_group[Group.ALL] == 3

    def test_rows_that_wait_for_a_slot_of_their_host_follow_its_number(
        self, model: JobTableModel, qtbot: QtBot
    ) -> None:
        model.add_jobs(
            [make_job("a", waiting_for=WaitingFor.HOST_LIMIT), make_job("b", Status.PENDING)]
        )

        def words(row: int) -> str:
            return model.index(row, Column.STATUS).data()

        row = next(row for row in range(2) if words(row) != "Waiting")
        model.set_downloads_per_host(4)
        assert words(row) == "Waiting: 4 downloads from this host already"
        with qtbot.waitSignal(model.dataChanged) as changed:
            model.set_downloads_per_host(2)
        assert changed.args[0].row() == changed.args[1].row() == row
        assert words(row) == "Waiting: 2 downloads from this host already"

    def test_a_retry_that_the_network_holds_back_waits(self, model: JobTableModel) -> None:
        away = make_job("a", Status.RETRYING, waiting_for=WaitingFor.NETWORK)
        model.add_jobs([away, make_job("b", Status.RETRYING)])
        counts, summary = model.counts().by_group, model.summary()
        assert (counts[Group.WAITING], counts[Group.RETRYING]) == (1, 1)
        assert (summary.waiting, summary.retrying) == (1, 1)
        model.set_filter(JobFilter(Group.WAITING))
        assert names(model) == ["a"]
        model.change_jobs([away._replace(waiting_for=None, revision=9)])
        assert names(model) == []
        assert model.counts().by_group[Group.RETRYING] == 2

    def test_a_job_comes_and_goes_with_its_state(self, filled: JobTableModel) -> None:
        filled.set_filter(JobFilter(Group.WAITING))
        filled.change_jobs([make_job("b", Status.PAUSED, filename="beta.pdf", revision=9)])
        assert names(filled) == ["d"]
        filled.change_jobs([make_job("a", Status.PENDING, filename="alpha.iso", revision=9)])
        assert names(filled) == ["a", "d"]
        assert filled.row_of("b") is None
        assert filled.job("b") is not None

    def test_a_name_decided_later_may_hide_a_row(self, filled: JobTableModel) -> None:
        filled.set_filter(JobFilter(category=Category.DOCUMENTS))
        filled.change_jobs([make_job("b", Status.PENDING, filename="beta.zip", revision=9)])
        assert names(filled) == ["c"]

    def test_new_jobs_are_shown_if_they_are_admitted(self, filled: JobTableModel) -> None:
        filled.set_filter(JobFilter(Group.WAITING))
        filled.add_jobs([make_job("e", Status.FAILED), make_job("f", Status.PENDING)])
        assert names(filled) == ["b", "d", "f"]
        assert filled.counts().by_group[Group.FAILED] == 2

    def test_a_hidden_row_follows_its_progress_without_a_word(self, filled: JobTableModel) -> None:
        filled.set_filter(JobFilter(Group.WAITING))
        changed = QSignalSpy(filled.dataChanged)
        filled.note_progress([report("a", 500)])
        filled.flush()
        assert changed.count() == 0
        filled.set_filter(JobFilter())
        assert text(filled, 0, Column.PROGRESS) == "50 %"

    def test_what_stays_keeps_its_persistent_indexes(self, model: JobTableModel) -> None:
        model.add_jobs(
            [make_job(f"{i:03}", Status.PENDING if i % 2 else Status.PAUSED) for i in range(200)]
        )
        kept = [QPersistentModelIndex(model.index(model.row_of(f"{i:03}"), 0)) for i in (1, 101)]
        gone = QPersistentModelIndex(model.index(model.row_of("100"), 0))
        removed = QSignalSpy(model.rowsRemoved)
        model.set_filter(JobFilter(Group.WAITING))
        assert [model.job_at(index.row()).id for index in kept] == ["001", "101"]
        assert not gone.isValid()
        assert removed.count() == 1  # not one for each of a hundred rows
        assert model.rowCount() == 100

    def test_a_hidden_job_can_be_removed(self, filled: JobTableModel) -> None:
        filled.set_filter(JobFilter(Group.WAITING))
        filled.remove_jobs(["a"])
        assert names(filled) == ["b", "d"]
        filled.set_filter(JobFilter())
        assert names(filled) == ["b", "d", "c"]

    def test_another_table_of_categories_counts_at_once(self, filled: JobTableModel) -> None:
        filled.set_filter(JobFilter(category=Category.IMAGES))
        assert names(filled) == []
        filled.set_categories(USUAL_CATEGORIES.with_extensions(Category.IMAGES, "iso"))
        assert names(filled) == ["a"]
        assert filled.counts().by_category[Category.ARCHIVES] == 0
        assert filled.counts().by_category[Category.IMAGES] == 1

    def test_the_same_table_of_categories_again_is_no_news(self, filled: JobTableModel) -> None:
        told = QSignalSpy(filled.summary_changed)
        filled.set_categories(USUAL_CATEGORIES.with_extensions(Category.IMAGES, "iso"))
        filled.set_categories(USUAL_CATEGORIES.with_extensions(Category.IMAGES, "iso"))
        assert told.count() == 1
