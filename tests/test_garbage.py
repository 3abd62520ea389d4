import gc
from collections.abc import Iterator

import pytest

from dlmanager.event_loop import event_loop
from dlmanager.garbage import MainThreadCollector


@pytest.fixture
def collector(qapp) -> Iterator[MainThreadCollector]:
    yield MainThreadCollector()
    gc.enable()


class Node:
    """Refers to itself, so that only a collection frees it."""

    alive = 0

    def __init__(self) -> None:
        self.itself = self
        Node.alive += 1

    def __del__(self) -> None:
        Node.alive -= 1


def test_python_does_not_collect_by_itself_meanwhile(collector: MainThreadCollector):
    for _ in range(5_000):
        Node()
    assert Node.alive == 5_000
    collector.collect_what_is_due()
    assert Node.alive == 0


def test_little_garbage_is_left_for_later(collector: MainThreadCollector):
    gc.collect()
    Node()
    collector.collect_what_is_due()
    assert Node.alive == 1
    gc.collect()


def test_no_collection_while_qt_is_torn_down(qapp):
    with event_loop(qapp):
        pass
    try:
        assert not gc.isenabled()
    finally:
        qapp.findChild(MainThreadCollector).deleteLater()
        gc.enable()
