import pytest

from dlmanager.core.priority import LevelWaits, Line, Priority, SlotWaits

URGENT, HIGH, NORMAL, LOW = Priority


def test_the_levels_are_ranked_from_the_first():
    assert [level.rank for level in Priority] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "notes, at_ms, overdue",
    [
        ([], 1000, []),
        ([((LOW,), (), 0)], 1000, []),
        ([((HIGH, LOW), (), 0)], 99, []),
        ([((HIGH, LOW), (), 0)], 100, [LOW]),
        ([((HIGH, LOW), (), 0), ((HIGH, LOW), (URGENT,), 50)], 100, [LOW]),
        ([((HIGH, LOW), (), 0), ((HIGH, LOW), (LOW,), 50)], 149, []),
        ([((HIGH, LOW), (), 0), ((HIGH, LOW), (LOW,), 50)], 150, [LOW]),
        ([((HIGH, LOW), (), 0), ((HIGH,), (), 50), ((HIGH, LOW), (), 60)], 150, []),
        ([((HIGH, LOW), (), 0), ((HIGH, NORMAL, LOW), (), 10)], 110, [LOW, NORMAL]),
        ([((HIGH, NORMAL), (), 0), ((HIGH, NORMAL, LOW), (), 10)], 110, [NORMAL, LOW]),
    ],
    ids=[
        "nobody waits",
        "it is the first that waits",
        "not yet",
        "long enough",
        "others were served",
        "its own was served",
        "and waits again",
        "none of it waited meanwhile",
        "the longest first",
        "the longest first, the other way",
    ],
)
def test_a_level_is_overdue_once_it_has_waited_too_long(
    notes: list, at_ms: int, overdue: list[Priority]
):
    waits = LevelWaits()
    for waiting, served, noted_at_ms in notes:
        waits.note(waiting, served, noted_at_ms)
    assert waits.overdue(at_ms, 100) == overdue


def test_none_is_overdue_where_they_may_wait_for_ever():
    waits = LevelWaits()
    waits.note([HIGH, LOW], [], 0)
    assert waits.overdue(10**9, 0) == []


def test_among_endless_urgent_ones_each_other_level_gets_a_slot_in_each_such_time():
    waits, taken = LevelWaits(), []
    for at_ms in range(0, 1000, 10):  # a slot is free every 10 ms, and everybody wants it
        overdue = waits.overdue(at_ms, 200)
        served = overdue[0] if overdue else URGENT
        taken.append(served)
        waits.note(Priority, [served], at_ms)
    assert {level: taken.count(level) for level in (HIGH, NORMAL, LOW)} == {
        HIGH: 4,
        NORMAL: 4,
        LOW: 4,
    }


def lines(*levels: Priority, host: str | None = None) -> list[Line]:
    return [Line(level, host) for level in levels]


def test_a_host_that_is_full_makes_its_levels_wait_apart():
    waits = SlotWaits()
    own, others = lines(URGENT, LOW, host="a"), lines(NORMAL, LOW)
    for at_ms in range(0, 300, 10):
        # Each time a low one of elsewhere and an urgent one of the host get the slots.
        waits.note([*own, *others], [*lines(URGENT, host="a"), *lines(URGENT, LOW)], at_ms)
    assert waits.overdue(300, 200) == lines(LOW, host="a")
    waits.note([*own, *others], [*lines(LOW, host="a"), *lines(LOW)], 300)
    assert waits.overdue(300, 200) == []


def test_the_first_level_of_each_host_is_not_overdue():
    waits = SlotWaits()
    waits.note([*lines(HIGH, LOW, host="a"), *lines(NORMAL, host="b")], [], 0)
    assert waits.overdue(300, 200) == lines(LOW, host="a")


def test_what_a_host_has_waited_is_forgotten_once_it_has_slots():
    waits = SlotWaits()
    waits.note(lines(HIGH, LOW, host="a"), [], 0)
    waits.note([], [], 100)
    waits.note(lines(HIGH, LOW, host="a"), [], 150)
    assert waits.overdue(300, 200) == []
