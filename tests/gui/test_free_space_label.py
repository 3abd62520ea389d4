import asyncio

from pytestqt.qtbot import QtBot

from dlmanager.gui.free_space_label import LITTLE_BYTES, FreeSpaceLabel


class Disk:
    """A disk that answers at once."""

    def __init__(self, free: int | None) -> None:
        self.free = free
        self.asked: list[str] = []

    async def free_bytes(self, folder: str) -> int | None:
        self.asked.append(folder)
        return self.free


def label_of(qtbot: QtBot, disk: Disk) -> FreeSpaceLabel:
    made = FreeSpaceLabel(
        free_bytes=disk.free_bytes, folder=lambda: "/home/me/Downloads", start_task=asyncio.run
    )
    qtbot.addWidget(made)
    return made


def test_it_asks_when_it_comes_into_sight(qtbot: QtBot) -> None:
    disk = Disk(128_000_000_000)
    label = label_of(qtbot, disk)
    assert disk.asked == []
    label.show()
    assert disk.asked == ["/home/me/Downloads"]
    assert label.text() == "128\u00a0GB free"
    assert "/home/me/Downloads" in label.toolTip()


def test_it_asks_again_while_it_is_in_sight_only(qtbot: QtBot) -> None:
    label = label_of(qtbot, Disk(128_000_000_000))
    label._timer.setInterval(1)
    label.show()
    asked = label._free_bytes.__self__.asked
    qtbot.waitUntil(lambda: len(asked) > 2)
    label.hide()
    assert not label._timer.isActive()


def test_little_space_is_said_in_words(qtbot: QtBot) -> None:
    label = label_of(qtbot, Disk(LITTLE_BYTES - 1_000_000))
    label.show()
    assert label.text() == "Only 999\u00a0MB free"


def test_a_disk_that_does_not_tell_shows_nothing(qtbot: QtBot) -> None:
    disk = Disk(128_000_000_000)
    label = label_of(qtbot, disk)
    label.show()
    disk.free = None
    label.refresh()
    assert label.text() == ""


def test_a_disk_that_takes_its_time_is_not_asked_twice(qtbot: QtBot) -> None:
    disk = Disk(1)
    waiting = []
    label = FreeSpaceLabel(
        free_bytes=disk.free_bytes, folder=lambda: "/home/me", start_task=waiting.append
    )
    qtbot.addWidget(label)
    label.refresh()
    label.refresh()
    (task,) = waiting
    asyncio.run(task)
    label.refresh()
    asyncio.run(waiting.pop())
    assert disk.asked == ["/home/me", "/home/me"]
