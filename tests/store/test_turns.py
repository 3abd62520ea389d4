"""Levels and places in a real database: whose turn it is, and who makes room."""

import random
from collections.abc import Callable

import pytest

from dlmanager.core.attempt_record import AttemptEnding
from dlmanager.core.host_slots import HostSlots
from dlmanager.core.job import IN_LINE, Job, NewJob, Phase, Status, Wish
from dlmanager.core.priority import Line, Priority
from dlmanager.core.queue_order import Move, order_key
from dlmanager.store import attempts
from dlmanager.store.job_store import DueNow, JobStore
from dlmanager.store.turns import (
    has_start_asked,
    make_room,
    move,
    passed_over,
    prioritize,
    put,
    waiting_lines,
)
from dlmanager.store.wishes import fulfil
from tests.store.conftest import order

URGENT, HIGH, NORMAL, LOW = Priority


def add(store: JobStore, names: str, at_ms: int = 1, **fields: object) -> dict[str, str]:
    """Jobs named by one letter each; returns their ids."""
    jobs = store.add([order(name, **fields) for name in names], at_ms)
    return {job.display_name: job.id for job in jobs}


def add_of(store: JobStore, hosts: str, at_ms: int = 1, **fields: object) -> list[str]:
    """Jobs of hosts of one letter each; returns their ids."""
    orders = [NewJob(f"http://{host}/{host}", "/tmp", **fields) for host in hosts]
    return [job.id for job in store.add(orders, at_ms)]


def turns(store: JobStore, limit: int = 99, **options: object) -> str:
    """The names of the jobs in the order in which they would be taken."""
    return "".join(job.display_name for job in store.claim(limit, 1_000_000, **options))


def names(jobs: list[Job]) -> str:
    return "".join(job.display_name for job in jobs)


def test_levels_go_before_age_and_age_counts_inside_a_level(store: JobStore):
    for at_ms, (name, level) in enumerate(
        [("a", LOW), ("b", NORMAL), ("c", URGENT), ("d", HIGH), ("e", HIGH), ("f", NORMAL)]
    ):
        add(store, name, at_ms, priority=level)
    assert turns(store) == "cdebfa"


def test_the_level_of_an_order_is_that_of_its_job(store: JobStore):
    (job,) = store.add([order(priority=LOW)], 1)
    assert (job.priority, store.get(job.id).priority, job.place) == (LOW, LOW, None)


def test_the_order_in_sql_is_that_of_jobs(store: JobStore):
    chance = random.Random(3)
    store.add([order(str(number)) for number in range(300)], 5)
    for job in store.list_jobs():
        facts = {
            "priority": chance.choice(list(Priority)),
            "place": chance.choice([None, None, chance.random() * 9]),
            "created_at": chance.randrange(9),
            "start_asked_at": chance.choice([None, None, None, 1, 2]),
        }
        if chance.random() < 0.3:
            facts |= {"status": Status.RETRYING, "next_retry_at": chance.randrange(9)}
        store.update(facts, store.table.id == job.id)
    jobs = store.list_jobs()  # by created_at, else as they were added
    wanted = [job.id for job in sorted(jobs, key=order_key)]
    assert [job.id for job in store.claim(300, 9)] == wanted


@pytest.mark.fault(58)
def test_what_keeps_failing_loses_the_place_that_a_person_gave_it(store: JobStore):
    ids = add(store, "abc")
    move(store, [ids["c"]], Move.TOP, 2)
    (first,) = store.claim(1, 3)
    assert first.display_name == "c"
    failed = store.finish(first.id, first.attempt, Status.RETRYING, 4, {"next_retry_at": 10})
    assert failed.place is None
    assert turns(store) == "abc"


def test_a_retry_can_be_given_a_place(store: JobStore):
    ids = add(store, "abc")
    (first,) = store.claim(1, 3)
    store.finish(first.id, first.attempt, Status.RETRYING, 4, {"next_retry_at": 10})
    move(store, [ids["a"]], Move.TOP, 5)
    assert turns(store) == "abc"


def test_a_level_is_given_where_it_is_another_and_the_job_not_finished(
    store: JobStore, job_in: Callable[..., Job]
):
    # A waiting one last: what makes a running one would take it.
    jobs = {status: job_in(status) for status in reversed(Status)}
    ids = [job.id for job in jobs.values()]
    changed = prioritize(store, [*ids, "no such id"], HIGH, 50)
    assert {job.status for job in changed} == set(Status) - {Status.COMPLETED}
    assert {job.priority for job in changed} == {HIGH}
    assert len({job.revision for job in changed}) == 1
    assert store.get(jobs[Status.COMPLETED].id) == jobs[Status.COMPLETED]
    assert prioritize(store, ids, HIGH, 51) == []
    running = store.get(jobs[Status.PROCESSING].id)
    assert (running.status, running.attempt) == (Status.PROCESSING, 1)


def test_a_place_is_one_inside_a_level(store: JobStore):
    ids = add(store, "abc")
    move(store, [ids["c"]], Move.TOP, 2)
    prioritize(store, [ids["c"], ids["b"]], HIGH, 3)
    assert store.get(ids["c"]).place is None
    assert turns(store) == "bca"


@pytest.mark.parametrize(
    "chosen, where, wanted",
    [
        ("d", Move.TOP, "dabc"),
        ("bd", Move.TOP, "bdac"),
        ("a", Move.BOTTOM, "bcda"),
        ("c", Move.UP, "acbd"),
        ("b", Move.DOWN, "acbd"),
    ],
)
@pytest.mark.parametrize("ages", ["apart", "together"])
def test_a_move_changes_the_turns(
    store: JobStore, chosen: str, where: Move, wanted: str, ages: str
):
    ids = {}
    for number, name in enumerate("abcd"):
        ids |= add(store, name, 10 * number if ages == "apart" else 7)
    changed = move(store, [ids[name] for name in chosen], where, 99)
    assert set(chosen) <= set(names(changed))
    assert turns(store) == wanted


def test_jobs_of_several_levels_move_each_in_its_own(store: JobStore):
    ids = add(store, "abc") | add(store, "xyz", priority=HIGH)
    move(store, [ids["c"], ids["z"]], Move.TOP, 9)
    assert turns(store) == "zxycab"


def test_what_has_nowhere_to_go_is_not_written(store: JobStore):
    ids = add(store, "abc")
    before = store.list_jobs()
    assert move(store, [ids["a"]], Move.UP, 9) == []
    assert move(store, [ids["c"]], Move.BOTTOM, 9) == []
    assert move(store, ["no such id"], Move.TOP, 9) == []
    assert store.list_jobs() == before


def test_only_what_is_in_line_moves(store: JobStore, job_in: Callable[..., Job]):
    jobs = [job_in(status) for status in Status]
    changed = move(store, [job.id for job in jobs[1:]], Move.TOP, 9)
    assert {job.status for job in changed} <= IN_LINE


def test_a_removed_job_is_in_no_line(store: JobStore):
    ids = add(store, "abc")
    fulfil(store, Wish.REMOVE, [ids["a"]], 3)
    assert move(store, [ids["a"]], Move.BOTTOM, 9) == []
    assert move(store, [ids["b"]], Move.UP, 9) == []


@pytest.mark.parametrize(
    "chosen, level, following, wanted",
    [
        ("c", NORMAL, "a", "xycab"),
        ("ac", NORMAL, None, "xybac"),
        ("ca", HIGH, "y", "xcayb"),
        ("xb", NORMAL, "c", "yaxbc"),
        ("c", HIGH, None, "xycab"),
        ("a", NORMAL, "x", "xybca"),
    ],
    ids=[
        "up",
        "to the end",
        "into another level",
        "from two levels",
        "its end",
        "of another level",
    ],
)
def test_jobs_are_put_where_a_person_dropped_them(
    store: JobStore, chosen: str, level: Priority, following: str | None, wanted: str
):
    ids = add(store, "abc") | add(store, "xy", priority=HIGH)
    changed = put(store, [ids[name] for name in chosen], level, following and ids[following], 9)
    assert set(chosen) <= set(names(changed))
    assert turns(store) == wanted


def test_a_move_among_thousands_changes_few(store: JobStore):
    jobs = []
    for at_ms in range(3_000):
        jobs += store.add([order(str(at_ms))], 10 * at_ms)
    assert len(move(store, [jobs[1_500].id], Move.UP, 9)) == 1
    assert len(put(store, [jobs[2_000].id], NORMAL, jobs[5].id, 9)) == 1


def test_an_overdue_level_gets_one_slot_before_the_others(store: JobStore):
    add(store, "lm", 1, priority=LOW)
    add(store, "n", 1)
    add(store, "uvw", 1, priority=URGENT)
    assert turns(store, 2, overdue=[Line(LOW)]) == "lu"
    assert turns(store, 1, overdue=[Line(NORMAL), Line(LOW)]) == "n"  # the first of them
    assert turns(store) == "vwm"


def test_what_is_to_start_now_comes_before_an_overdue_level(store: JobStore):
    ids = add(store, "l", 1, priority=LOW) | add(store, "n")
    fulfil(store, Wish.START, [ids["n"]], 9)
    assert turns(store, overdue=[Line(LOW)]) == "nl"


def test_the_levels_that_wait_are_those_with_jobs_that_are_due(
    store: JobStore, job_in: Callable[..., Job]
):
    job_in(Status.RETRYING)  # due at 10,000
    add(store, "u", priority=URGENT, paused=True)
    ids = add(store, "l", priority=LOW)
    assert waiting_lines(store, DueNow(9_999), []) == [Line(LOW)]
    assert waiting_lines(store, DueNow(10_000), []) == [Line(NORMAL), Line(LOW)]
    assert waiting_lines(store, DueNow(10_000, [ids["l"]]), []) == [Line(NORMAL)]
    assert waiting_lines(store, DueNow(10_000, (), ["127.0.0.1"]), []) == []


@pytest.mark.parametrize("status", [Status.PENDING, Status.RETRYING, Status.PAUSED], ids=str)
def test_the_wish_to_start_now_makes_a_job_the_first(
    store: JobStore, job_in: Callable[..., Job], status: Status
):
    add(store, "u", 1, priority=URGENT)
    job = job_in(status)
    (asked,) = fulfil(store, Wish.START, [job.id], 9)
    assert (asked.status, asked.start_asked_at, asked.next_retry_at) == (Status.PENDING, 9, None)
    assert has_start_asked(store)
    (claimed,) = store.claim(1, 10)
    assert (claimed.id, claimed.start_asked_at) == (job.id, 9)
    assert not has_start_asked(store)


@pytest.mark.parametrize(
    "status, still_counts",
    [
        (Status.COMPLETED, False),
        (Status.FAILED, False),
        (Status.RETRYING, False),
        (Status.PAUSED, False),
        (Status.PENDING, True),  # another mirror goes on at once
    ],
    ids=str,
)
def test_the_wish_to_start_now_counts_until_the_attempt_has_ended(
    store: JobStore, status: Status, still_counts: bool
):
    ids = add(store, "a")
    fulfil(store, Wish.START, [ids["a"]], 9)
    (job,) = store.claim(1, 10)
    ended = store.finish(job.id, job.attempt, status, 11, {})
    assert (ended.start_asked_at is not None) is still_counts


def test_another_wish_takes_back_the_one_to_start_now(store: JobStore):
    ids = add(store, "a")
    fulfil(store, Wish.START, [ids["a"]], 9)
    (paused,) = fulfil(store, Wish.PAUSE, [ids["a"]], 10)
    assert paused.start_asked_at is None


class TestMakingRoom:
    def test_the_last_in_order_goes_back_with_its_bytes_and_its_retries(self, store: JobStore):
        ids = add(store, "h", priority=HIGH) | add(store, "ab")
        ids |= add(store, "n", 2)
        running = {job.display_name: job for job in store.claim(3, 3)}
        store.record(running["b"].id, 1, 4, {"bytes_done": 70, "part_path": "/tmp/b.part"})
        fulfil(store, Wish.START, [ids["n"]], 5)
        (given,) = make_room(store, 3, DueNow(6), 6)
        assert given.display_name == "b"
        assert (given.status, given.retry_count, given.bytes_done) == (Status.PENDING, 0, 70)
        assert given.part_path == "/tmp/b.part"
        assert [each.ending for each in attempts.read(store, given.id)] == [AttemptEnding.GAVE_WAY]
        assert make_room(store, 3, DueNow(7), 7) == []
        assert turns(store, 1) == "n"

    def test_a_lower_level_goes_before_the_one_that_came_last(self, store: JobStore):
        ids = add(store, "l", 1, priority=LOW) | add(store, "a", 2)
        store.claim(2, 3)
        ids |= add(store, "n", 4)
        fulfil(store, Wish.START, [ids["n"]], 5)
        assert names(make_room(store, 2, DueNow(6), 6)) == "l"

    def test_a_file_that_is_being_published_is_left_to_its_end(self, store: JobStore):
        ids = add(store, "ab")
        running = store.claim(2, 3)
        store.record(running[1].id, 1, 4, {"phase": Phase.FINALISING})
        ids |= add(store, "n", 4)
        fulfil(store, Wish.START, [ids["n"]], 5)
        assert names(make_room(store, 2, DueNow(6), 6)) == "a"

    def test_nobody_makes_room_for_what_cannot_start(self, store: JobStore):
        ids = add(store, "a")
        store.claim(1, 3)
        ids |= add(store, "n", 4)
        fulfil(store, Wish.START, [ids["n"]], 5)
        assert make_room(store, 1, DueNow(6, [ids["n"]]), 6) == []
        assert make_room(store, 1, DueNow(6, (), ["127.0.0.1"]), 6) == []
        assert names(make_room(store, 1, DueNow(6), 6)) == "a"

    def test_what_made_room_comes_again_before_others_of_its_level(self, store: JobStore):
        ids = add(store, "abn")
        store.claim(1, 3)
        fulfil(store, Wish.START, [ids["n"]], 5)
        make_room(store, 1, DueNow(6), 6)
        assert turns(store) == "nab"


class TestSlotsOfHosts:
    def test_others_go_on_where_a_host_has_no_slot_left(self, store: JobStore):
        add_of(store, "aaaabbc")
        slots = HostSlots(2, {"a": 1})
        assert turns(store, 4, host_slots=slots) == "abbc"
        assert turns(store, 4, host_slots=HostSlots(2, {"a": 2, "b": 2})) == ""
        assert turns(store, 4, host_slots=HostSlots(2)) == "aa"

    def test_without_a_limit_the_order_alone_counts(self, store: JobStore):
        add_of(store, "aaab")
        assert turns(store, 3, host_slots=HostSlots(0, {"a": 9})) == "aaa"

    def test_a_full_host_first_in_line_costs_no_slot_of_the_others(self, store: JobStore):
        add_of(store, "a" * 2_000 + "bcb")
        assert turns(store, 5, host_slots=HostSlots(2)) == "aabcb"

    @pytest.mark.parametrize("seed", range(5))
    def test_what_is_taken_is_what_one_after_the_other_would_take(self, store: JobStore, seed: int):
        chance = random.Random(seed)
        for at_ms in range(60):
            add_of(store, chance.choice("aaabbcd"), at_ms, priority=chance.choice([*Priority]))
        slots = HostSlots(3, {"a": 2, "d": 3})
        wanted: list[str] = []
        left = slots
        for job in sorted(store.list_jobs(), key=order_key):
            if left.has_room(job.host) and len(wanted) < 7:
                left = left.with_one(job.host)
                wanted.append(job.id)
        assert [job.id for job in store.claim(7, 99, host_slots=slots)] == wanted

    def test_the_overdue_line_of_a_host_gets_the_next_slot_of_the_host(self, store: JobStore):
        add_of(store, "ab", priority=LOW)
        add_of(store, "aab", priority=URGENT)
        overdue = [Line(LOW, "a")]
        assert turns(store, 1, overdue=overdue, host_slots=HostSlots(2, {"a": 2})) == "b"
        (taken,) = store.claim(1, 9, overdue=overdue, host_slots=HostSlots(2, {"a": 1}))
        assert (taken.host, taken.priority) == ("a", LOW)

    def test_an_overdue_level_takes_its_first_that_gets_a_slot(self, store: JobStore):
        add_of(store, "ab", priority=LOW)
        add_of(store, "c", priority=URGENT)
        slots = HostSlots(1, {"a": 1})
        assert turns(store, 1, overdue=[Line(LOW)], host_slots=slots) == "b"

    def test_the_lines_of_full_hosts_wait_apart(self, store: JobStore):
        add_of(store, "ab", priority=LOW)
        add_of(store, "a", priority=HIGH)
        wanted = [Line(LOW), Line(HIGH, "a"), Line(LOW, "a")]
        assert waiting_lines(store, DueNow(9), ["a"]) == wanted
        assert waiting_lines(store, DueNow(9), ["a", "b"]) == [*wanted[1:], Line(LOW, "b")]

    @pytest.mark.parametrize(
        "line, full, passed",
        [
            ("aab", "a", "a"),
            ("baa", "a", ""),
            ("aabac", "ab", "ab"),
            ("acb", "ab", "a"),
            ("", "a", ""),
            ("aa", "a", "a"),
        ],
    )
    def test_a_full_host_is_passed_over_where_it_would_be_its_turn(
        self, store: JobStore, line: str, full: str, passed: str
    ):
        add_of(store, line)
        assert passed_over(store, DueNow(9), list(full)) == set(passed)

    def test_what_was_passed_over_stays_so_while_its_host_is_full(self, store: JobStore):
        add_of(store, "cab")
        assert passed_over(store, DueNow(9), ["a", "b"]) == set()
        assert passed_over(store, DueNow(9), ["a", "b"], ["b", "c"]) == {"b"}
        assert passed_over(store, DueNow(9), ["a", "c"], ["c"]) == {"a", "c"}

    def test_the_last_of_a_host_goes_back_where_more_run_than_may(self, store: JobStore):
        ids = add_of(store, "aaab")
        store.claim(4, 3)
        (given,) = make_room(store, 4, DueNow(6), 6, 2)
        assert (given.id, given.status, given.retry_count) == (ids[2], Status.PENDING, 0)
        assert [job.id for job in make_room(store, 1, DueNow(7), 7, 2)] == [ids[1], ids[3]]

    def test_what_is_to_start_now_takes_the_slot_of_the_last_of_its_host(self, store: JobStore):
        ids = add_of(store, "aab")
        store.claim(3, 3)
        (now, *_) = add_of(store, "aaa", 4)
        fulfil(store, Wish.START, [now], 5)
        assert [job.id for job in make_room(store, 8, DueNow(6), 6, 2)] == [ids[1]]
        slots = HostSlots(2, {"a": 1, "b": 1})
        assert [job.id for job in store.claim(9, 7, host_slots=slots)] == [now]

    def test_wishes_that_their_host_has_no_slot_for_hide_no_other(self, store: JobStore):
        (running,) = add_of(store, "b")
        store.claim(1, 3)
        wished = add_of(store, "aaaac", 4)
        fulfil(store, Wish.START, wished, 5)
        assert [job.id for job in make_room(store, 2, DueNow(6), 6, 1)] == [running]
        chosen = store.claim(2, 7, [running], host_slots=HostSlots(1))
        assert "".join(job.host for job in chosen) == "ac"
