import random
from collections.abc import Callable

import pytest

from dlmanager.core.job import Job
from dlmanager.core.priority import Priority
from dlmanager.core.queue_order import (
    Move,
    SlotHolder,
    give_way,
    level_between,
    moved,
    new_places,
    order_key,
    put_before,
    who_makes_room,
)

URGENT, HIGH, NORMAL, LOW = Priority


@pytest.mark.parametrize(
    "first, second",
    [
        ({"priority": URGENT, "created_at": 9}, {"priority": HIGH, "created_at": 1}),
        ({"priority": HIGH, "created_at": 9}, {"priority": NORMAL, "created_at": 1}),
        ({"priority": NORMAL, "created_at": 9}, {"priority": LOW, "created_at": 1}),
        ({"created_at": 1}, {"created_at": 2}),
        ({"created_at": 5}, {"created_at": 1, "next_retry_at": 6}),
        ({"created_at": 1, "next_retry_at": 6}, {"created_at": 7}),
        ({"created_at": 5, "place": 0.5}, {"created_at": 1}),
        ({"created_at": 5, "next_retry_at": 9, "place": 0.5}, {"created_at": 1}),
        ({"created_at": 1}, {"created_at": 0, "place": 1.5}),
        ({"created_at": 1, "place": 3}, {"created_at": 2, "place": 3}),
        ({"priority": LOW, "place": 0, "created_at": 9, "start_asked_at": 5}, {"priority": URGENT}),
        ({"start_asked_at": 6, "created_at": 9}, {"start_asked_at": 5, "priority": URGENT}),
        ({"start_asked_at": 5, "priority": URGENT}, {"start_asked_at": 5, "created_at": 0}),
    ],
    ids=[
        "urgent before high",
        "high before normal",
        "normal before low",
        "older before newer",
        "due before a retry that became due later",
        "a retry before what came after it became due",
        "a place counts more than age",
        "a place counts more than the time of a retry",
        "a place among the ages",
        "of the same turn the older",
        "what is to start now before urgent ones",
        "the latest wish to start first",
        "of the same wish by level",
    ],
)
def test_whose_turn_comes_first(make_job: Callable[..., Job], first: dict, second: dict):
    assert order_key(make_job(**first)) < order_key(make_job(**second))


@pytest.mark.parametrize(
    "chosen, move, line",
    [
        ("c", Move.TOP, "cabde"),
        ("ce", Move.TOP, "ceabd"),
        ("ec", Move.TOP, "ceabd"),
        ("c", Move.BOTTOM, "abdec"),
        ("ac", Move.BOTTOM, "bdeac"),
        ("c", Move.UP, "acbde"),
        ("a", Move.UP, "abcde"),
        ("ab", Move.UP, "abcde"),
        ("ac", Move.UP, "acbde"),
        ("cd", Move.UP, "acdbe"),
        ("bd", Move.UP, "badce"),
        ("c", Move.DOWN, "abdce"),
        ("e", Move.DOWN, "abcde"),
        ("ce", Move.DOWN, "abdce"),
        ("bc", Move.DOWN, "adbce"),
        ("abcde", Move.DOWN, "abcde"),
        ("x", Move.TOP, "abcde"),
    ],
)
def test_a_line_after_a_move(chosen: str, move: Move, line: str):
    assert "".join(moved("abcde", chosen, move)) == line


@pytest.mark.parametrize(
    "chosen, following, line",
    [
        ("c", "a", "cabde"),
        ("c", "d", "abcde"),
        ("c", None, "abdec"),
        ("ea", "d", "bcead"),
        ("a", "gone", "bcdea"),
        ("x", "b", "axbcde"),
    ],
)
def test_a_line_after_some_were_put_elsewhere(chosen: str, following: str | None, line: str):
    assert "".join(put_before("abcde", chosen, following)) == line


@pytest.mark.parametrize(
    "above, below, chosen, level",
    [
        (HIGH, HIGH, {LOW}, HIGH),
        (HIGH, NORMAL, {HIGH}, HIGH),
        (HIGH, NORMAL, {NORMAL}, NORMAL),
        (HIGH, NORMAL, {LOW}, NORMAL),
        (HIGH, NORMAL, {HIGH, NORMAL}, NORMAL),
        (None, HIGH, {LOW}, HIGH),
        (LOW, None, {HIGH}, LOW),
        (None, None, {HIGH}, None),
    ],
)
def test_the_level_of_a_gap(above, below, chosen, level):
    assert level_between(above, below, chosen) == level


@pytest.mark.parametrize(
    "turns, chosen, places",
    [
        ([5, 1, 2], {0}, {0: 0}),
        ([5, 6, 1, 2], {0, 1}, {0: -1, 1: 0}),
        ([1, 2, 0], {2}, {2: 3}),
        ([1, 9, 2], {1}, {1: 1.5}),
        ([1, 9, 8, 4], {1, 2}, {1: 2, 2: 3}),
        ([1, 9, 2, 0, 3], {1, 3}, {1: 1.5, 3: 2.5}),
        ([3], {0}, {0: 3}),
        ([3, 3, 3], {0, 1, 2}, {0: 3, 1: 4, 2: 5}),
    ],
    ids=[
        "to the top",
        "two to the top",
        "to the bottom",
        "between two",
        "two between two",
        "here and there",
        "the only one",
        "all",
    ],
)
def test_places_are_given_between_the_neighbours(turns: list, chosen: set, places: dict):
    assert new_places(turns, chosen) == places


def test_among_equal_turns_those_around_make_room():
    """A hundred links of one paste have the same turn, that of the moment they were added."""
    turns = [7.0] * 100
    places = new_places(turns, {10})
    assert len(places) <= 21
    after = [places.get(index, turn) for index, turn in enumerate(turns)]
    assert after == sorted(after)
    assert after[9] < after[10] < after[11]


def test_any_number_of_moves_leaves_a_line_in_the_wanted_order():
    chance = random.Random(7)
    line = [f"job {number}" for number in range(60)]
    turns = {job_id: float(chance.randrange(20)) for job_id in line}
    line.sort(key=lambda job_id: turns[job_id])
    for _ in range(500):
        chosen = set(chance.sample(line, chance.randrange(1, 6)))
        wanted = (
            moved(line, chosen, chance.choice(list(Move)))
            if chance.random() < 0.5
            else put_before(
                line, sorted(chosen), chance.choice([each for each in line if each not in chosen])
            )
        )
        indices = {index for index, job_id in enumerate(wanted) if job_id in chosen}
        places = new_places([turns[job_id] for job_id in wanted], indices)
        turns |= {wanted[index]: place for index, place in places.items()}
        # Of equal turns, those that nobody moved stay as they were added: a stable sort.
        line = sorted(line, key=lambda job_id: turns[job_id])
        assert line == wanted


@pytest.mark.parametrize(
    "asked, running, limit, count",
    [
        ([], [None, None], 2, 0),
        ([5], [None], 2, 0),
        ([5], [None, None], 2, 1),
        ([5], [4, 3], 2, 1),
        ([5], [5, None], 2, 1),
        ([5], [5, 5], 2, 0),
        ([5], [7, 6], 2, 0),
        ([5, 5], [None, None, None], 3, 2),
        ([5, 5, 5, 5], [None, None], 2, 2),
        ([5, 5], [None, None], 3, 1),
        ([6, 4], [4, 4], 2, 1),
        ([5], [], 0, 0),
        ([5], [None, None, None], 2, 2),
        ([], [None, None, None], 2, 1),
        ([], [7, 6, 5], 1, 2),
        ([5], [None, 9, 8], 2, 1),
        ([5, 5], [None, None], -1, 2),
    ],
    ids=[
        "nothing is asked",
        "a slot is free",
        "the last makes room",
        "of an earlier wish too",
        "not of the same wish, but another",
        "all are of the same wish",
        "all are of later wishes",
        "two for two",
        "no more than may run",
        "one slot is free",
        "only for the later wish",
        "what runs cannot be stopped",
        "more run than may",
        "more run than may, and nothing is asked",
        "more run than may, all of them asked for",
        "more run than may, and the next is of a later wish",
        "what runs beside them is more than may",
    ],
)
def test_how_many_make_room(asked: list, running: list, limit: int, count: int):
    assert give_way(asked, running, limit) == count


def holders(text: str, asked_at: int | None = None) -> list[SlotHolder]:
    """One job a letter, its host; in capitals where it may not be stopped."""
    return [SlotHolder(each.lower(), asked_at, is_fixed=each.isupper()) for each in text]


@pytest.mark.parametrize(
    "running, asked, limit, host_limit, leaving",
    [
        ("aaab", "", 4, 0, []),
        ("aaab", "", 2, 0, [2, 3]),
        ("aaab", "", 4, 2, [2]),
        ("abab", "", 4, 1, [2, 3]),
        ("aaab", "", 2, 2, [2, 3]),
        ("aaAb", "", 4, 1, [0, 1]),
        ("AAb", "", 3, 1, []),
        ("aab", "a", 8, 2, [1]),
        ("aab", "b", 8, 2, []),
        ("aab", "b", 3, 2, [2]),
        ("aab", "a", 3, 2, [1]),
        ("abb", "a", 3, 2, [2]),
        ("bba", "aa", 3, 2, [1, 2]),
        ("AAb", "a", 3, 2, []),
        ("AAb", "ac", 3, 2, [2]),
        ("aaab", "a", 4, 2, [1, 2]),
        ("aaa", "b", 2, 2, [1, 2]),
    ],
    ids=[
        "nothing is too much",
        "the last of all",
        "the last of a host",
        "the last of each host",
        "the last of a host first",
        "what may not be stopped takes a slot",
        "what may not be stopped stays",
        "for one that is to start now, one of its host",
        "a slot is free",
        "for one of another host, the last of all",
        "one makes room for both limits",
        "one for one, as its host has a slot",
        "two for two of one host",
        "not for what its host has no slot for",
        "but for the next one",
        "too many, and one to start now",
        "too many of one host, and one of another to start now",
    ],
)
def test_who_makes_room(running: str, asked: str, limit: int, host_limit: int, leaving: list):
    assert who_makes_room(holders(running), holders(asked, 5), limit, host_limit) == leaving


def test_nobody_makes_room_for_an_earlier_wish_of_the_same_host():
    running = [SlotHolder("a", 9), SlotHolder("a", 8)]
    assert who_makes_room(running, holders("a", 5), 8, 2) == []
    assert who_makes_room(running, holders("a", 9), 8, 2) == [1]


def test_what_has_no_host_holds_none():
    running = [SlotHolder(None), SlotHolder(None)]
    assert who_makes_room(running, [], 8, 1) == []
