"""The log: what is written in it, who may read it, and the two lines of a life."""

import signal

import pytest

from dlmanager import __version__, log
from dlmanager.core.job import NewJob
from dlmanager.engine.file_lock import FileLock
from tests.program import Profile, catches, wait_until

_LOGGING = """
import logging, sys
from PySide6.QtCore import qCritical, qInfo, qWarning
from dlmanager.log import start_logging
from dlmanager.paths import profile_paths
start_logging(profile_paths(sys.argv[1]))
logging.getLogger("dlmanager").info("höflich")
logging.getLogger("dlmanager").debug("whispered")
qInfo("from Qt, by the way")
qWarning("from Qt, a warning")
qCritical("from Qt, an error")
raise ZeroDivisionError("nobody caught it")
"""


def test_the_log_holds_what_we_say_what_qt_says_and_what_went_wrong(profile: Profile):
    process = profile.python("-c", _LOGGING, str(profile.data_dir))
    out, err = process.communicate(timeout=20)
    for words in (
        "INFO dlmanager: höflich",
        "INFO qt: from Qt, by the way",
        "WARNING qt: from Qt, a warning",
        "ERROR qt: from Qt, an error",
        "CRITICAL dlmanager: uncaught error",
        "Traceback",
        "ZeroDivisionError: nobody caught it",
    ):
        assert words in profile.log
    assert "whispered" not in profile.log
    assert profile.paths.log.stat().st_mode & 0o777 == 0o600
    assert profile.paths.log.parent.stat().st_mode & 0o077 == 0
    # The error is not swallowed: whoever started it sees it too.
    assert (process.returncode, out) == (1, "")
    assert "ZeroDivisionError: nobody caught it" in err
    assert "from Qt" not in err


_CRASHING = """
import ctypes, logging, os, sys
from dlmanager import log
from dlmanager.paths import profile_paths
log.LOG_BYTES = 2_000
log.start_logging(profile_paths(sys.argv[1]))
for number in range(int(sys.argv[2])):
    logging.getLogger("dlmanager").info("%s", "x" * 100)
logging.shutdown()
ctypes.string_at(0)
"""


@pytest.mark.parametrize("lines", [0, 200], ids=["at once", "after rotations"])
def test_a_crash_leaves_a_word_in_the_log(profile: Profile, lines: int):
    process = profile.python("-c", _CRASHING, str(profile.data_dir), str(lines))
    process.communicate(timeout=20)
    assert process.returncode == -signal.SIGSEGV
    assert "Fatal Python error: Segmentation fault" in profile.log
    assert "ctypes" in profile.log


_ROTATING = """
import logging, os, sys
from dlmanager import log
from dlmanager.paths import profile_paths
os.umask(0)
log.LOG_BYTES = 2_000
log.start_logging(profile_paths(sys.argv[1]))
for number in range(200):
    logging.getLogger("dlmanager").info("%s", "x" * 100)
"""


def test_no_file_of_the_log_can_be_read_by_others_after_a_rotation_either(profile: Profile):
    process = profile.python("-c", _ROTATING, str(profile.data_dir))
    assert process.communicate(timeout=20) == ("", "")
    logs = list(profile.paths.log.parent.iterdir())
    assert len(logs) == 1 + log.LOG_FILES
    assert {path.stat().st_mode & 0o777 for path in logs} == {0o600}


_FAILING = """
import sys
from dlmanager import window_app
from dlmanager.paths import profile_paths
async def fail(*_): raise ZeroDivisionError("in the middle")
window_app._window_life = fail
window_app.run_window(profile_paths(sys.argv[1]), [])
"""


class TestTheLogOfALife:
    """Two lines: when it started and who it is, when it ended and why."""

    def lives(self, profile: Profile) -> list[str]:
        lines = [line.partition("INFO dlmanager: ")[2] for line in profile.log.splitlines()]
        return [line for line in lines if line.startswith(("window ", "run "))]

    def started(self, what: str, pid: int, profile: Profile) -> str:
        data = profile.data_dir
        return f"{what} started: dlmanager {__version__}, pid {pid}, data in {data}"

    @pytest.mark.parametrize("arguments", [[], ["run"]], ids=["window", "run"])
    def test_that_a_signal_ended(self, profile: Profile, arguments: list[str]):
        what = "run" if arguments else "window"
        process = profile.start(*arguments)
        wait_until(lambda: catches(process.pid, signal.SIGHUP), 20)
        process.terminate()
        assert process.wait(20) == 0
        assert self.lives(profile) == [
            self.started(what, process.pid, profile), f"{what} ended: signal SIGTERM"
        ]  # fmt: skip

    def test_that_had_nothing_left_to_do(self, profile: Profile):
        process = profile.start("run", "--until-idle")
        assert process.wait(20) == 0
        assert self.lives(profile)[1:] == ["run ended: nothing is left to do"]

    def test_that_could_not_work(self, profile: Profile):
        profile.write_settings(wget_executable_path="/no/such/wget")
        profile.add(NewJob("http://127.0.0.1:9/a.bin", str(profile.folder)))
        process = profile.start("run", "--until-idle")
        assert process.wait(20) == 2
        assert self.lives(profile)[1:] == ["run ended: the queue cannot work"]

    def test_whose_queue_another_has(self, profile: Profile):
        lock = FileLock(profile.data_dir / "queue.db.lock")
        assert lock.acquire()
        process = profile.start("run")
        assert process.wait(20) == 2
        lock.release()
        (_, ended) = self.lives(profile)
        assert ended.startswith("run ended: error: Another dlmanager already works on this queue.")

    def test_that_met_an_error_nobody_caught(self, profile: Profile):
        process = profile.python("-c", _FAILING, str(profile.data_dir))
        assert process.wait(20) == 1
        assert self.lives(profile)[1:] == ["window ended: uncaught ZeroDivisionError"]
        assert "ZeroDivisionError: in the middle" in profile.log

    def test_that_was_killed_has_no_end(self, profile: Profile):
        process = profile.open_window()
        process.kill()
        process.wait()
        assert self.lives(profile) == [self.started("window", process.pid, profile)]
