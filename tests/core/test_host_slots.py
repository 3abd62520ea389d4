"""How many downloads of one host may run."""

import pytest

from dlmanager.core.host_slots import HostSlots


@pytest.mark.parametrize(
    "limit, running, full, is_exceeded",
    [
        (0, {"a": 9}, set(), False),
        (2, {}, set(), False),
        (2, {"a": 1, "b": 2}, {"b"}, False),
        (2, {"a": 3, "b": 2}, {"a", "b"}, True),
    ],
)
def test_a_host_is_full_once_as_many_run_as_may(
    limit: int, running: dict, full: set, is_exceeded: bool
):
    slots = HostSlots(limit, running)
    assert (slots.full, slots.is_exceeded) == (full, is_exceeded)
    assert [slots.has_room(host) for host in "ab"] == [host not in full for host in "ab"]


def test_each_download_takes_a_slot_of_its_own_host():
    slots = HostSlots(2).with_one("a").with_one("b").with_one("a").with_one(None)
    assert slots == HostSlots(2, {"a": 2, "b": 1})
    assert slots.has_room(None)
    assert HostSlots().with_one("a").has_room("a")
