import pytest

from dlmanager import occupied_queue
from dlmanager.core.errors import QueueInUse
from dlmanager.engine.file_lock import FileLock
from dlmanager.occupied_queue import give_links
from tests.program import Profile


def test_a_window_that_was_just_starting_gets_the_links(
    run, profile: Profile, monkeypatch: pytest.MonkeyPatch
):
    answers = iter([False, True])
    monkeypatch.setattr(occupied_queue, "hand_over", lambda *_: next(answers))
    lock = FileLock(profile.data_dir / "queue.db.lock")
    assert lock.acquire()
    assert run(give_links(profile.paths, ["x"], QueueInUse("in use"))) is None
    lock.release()
