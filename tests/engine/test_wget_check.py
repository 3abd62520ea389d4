"""Which wget is there, and will it do: asked of real child processes."""

import asyncio
import os
import time
from pathlib import Path

import psutil
import pytest

from dlmanager.core.errors import WgetUnusable
from dlmanager.engine import wget_check
from dlmanager.engine.wget_check import check_wget, find_setpriv, find_wget
from tests.fakes.fake_wget import make_fake_wget, read_calls


@pytest.fixture
def fake(tmp_path: Path) -> Path:
    return tmp_path / "fake"


class TestFinding:
    def test_the_one_that_was_set_counts(self, fake: Path):
        wget = make_fake_wget(fake)
        assert find_wget(str(wget)) == str(wget)

    def test_it_may_be_a_link_a_relative_path_or_in_the_home_folder(
        self, fake: Path, monkeypatch: pytest.MonkeyPatch
    ):
        wget = make_fake_wget(fake)
        (fake / "link").symlink_to(wget)
        monkeypatch.chdir(fake.parent)
        monkeypatch.setenv("HOME", str(fake))
        assert find_wget(str(fake / "link")) == str(fake / "link")
        assert find_wget("fake/wget") == str(wget)
        assert find_wget("~/wget") == str(wget)

    @pytest.mark.parametrize("nothing", [None, ""])
    def test_else_the_first_on_the_path(
        self, fake: Path, monkeypatch: pytest.MonkeyPatch, nothing: str | None
    ):
        wget = make_fake_wget(fake)
        monkeypatch.setenv("PATH", f"/no/such/folder:{fake}:/usr/bin")
        assert find_wget(nothing) == str(wget)

    def test_a_missing_one_is_told_by_its_path(self, fake: Path):
        with pytest.raises(WgetUnusable, match=r"not found at /no/such/wget.*wget_executable_path"):
            find_wget("/no/such/wget")
        fake.mkdir()
        with pytest.raises(WgetUnusable, match="not found at"):
            find_wget(str(fake))

    @pytest.mark.parametrize(
        "given",
        ["~no_such_person_here/wget", "/tmp/" + "x" * 300, "/usr/bin/wget\0"],
        ids=["person", "too long", "NUL"],
    )
    def test_one_that_cannot_even_be_looked_up_is_told(self, given: str):
        with pytest.raises(WgetUnusable, match="not found at"):
            find_wget(given)

    def test_one_that_may_not_be_executed_is_told(self, fake: Path):
        wget = make_fake_wget(fake)
        wget.chmod(0o644)
        with pytest.raises(WgetUnusable, match="may not be executed"):
            find_wget(str(wget))

    def test_none_at_all_is_told(self, fake: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("PATH", str(fake))
        with pytest.raises(WgetUnusable, match="Install it"):
            find_wget(None)

    def test_setpriv_is_found_where_there_is_one(self, fake: Path, monkeypatch: pytest.MonkeyPatch):
        fake.mkdir()
        monkeypatch.setenv("PATH", str(fake))
        assert find_setpriv() is None
        (fake / "setpriv").touch(mode=0o755)
        assert find_setpriv() == str(fake / "setpriv")


class TestChecking:
    def test_a_good_one_tells_its_version(self, run, fake: Path):
        wget = make_fake_wget(fake)
        assert str(run(check_wget(str(wget)))) == "1.21.3"

    @pytest.mark.parametrize(
        "version, words",
        [
            ("wget2", "wget2"),
            ("busybox", "BusyBox"),
            ("old", "too old"),
            ("garbage", "not GNU wget"),
            ("empty", "not GNU wget"),
            ("fail", "not GNU wget"),
        ],
    )
    def test_one_that_will_not_do_is_told_with_what_to_do(
        self, run, fake: Path, version: str, words: str
    ):
        wget = make_fake_wget(fake, {"version": version})
        with pytest.raises(WgetUnusable, match=words) as caught:
            run(check_wget(str(wget)))
        assert str(wget) in str(caught.value)
        assert "Install GNU wget" in str(caught.value)
        assert str(caught.value).isprintable()

    @pytest.mark.parametrize("content", ["", "no program", "#!/no/such/interpreter\n"])
    def test_one_that_does_not_run_is_told(self, run, fake: Path, content: str):
        fake.mkdir()
        wget = fake / "wget"
        wget.write_text(content)
        wget.chmod(0o755)
        with pytest.raises(WgetUnusable):
            run(check_wget(str(wget)))

    def test_a_missing_one_is_told(self, run):
        with pytest.raises(WgetUnusable, match="does not run"):
            run(check_wget("/no/such/wget"))

    def test_one_that_crashes_is_told(self, run, fake: Path):
        fake.mkdir()
        wget = fake / "wget"
        wget.write_text("#!/bin/sh\nkill -9 $$\n")
        wget.chmod(0o755)
        with pytest.raises(WgetUnusable, match="not GNU wget"):
            run(check_wget(str(wget)))

    def test_one_that_hangs_is_ended_and_told(
        self, run, fake: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(wget_check, "CHECK_TIMEOUT_S", 0.5)
        wget = make_fake_wget(fake, {"version": "hang"})
        asked_at = time.monotonic()
        with pytest.raises(WgetUnusable, match="does not run as GNU wget should"):
            run(check_wget(str(wget)))
        assert time.monotonic() - asked_at < 10
        for call in read_calls(fake, versions=True):
            assert not psutil.pid_exists(call.pid)

    @pytest.mark.parametrize("how", ["too long", "no longer wanted"])
    def test_one_that_hangs_takes_along_what_it_has_started(
        self, run, fake: Path, monkeypatch: pytest.MonkeyPatch, how: str
    ):
        monkeypatch.setattr(wget_check, "CHECK_TIMEOUT_S", 0.5 if how == "too long" else 60)
        fake.mkdir()
        wget, pid_file = fake / "wget", fake / "pid"
        wget.write_text(f"#!/bin/sh\nsleep 1000 &\necho $! >{pid_file}.new\n"
                        f"mv {pid_file}.new {pid_file}\nwait\n")  # fmt: skip
        wget.chmod(0o755)

        async def scenario() -> None:
            check = asyncio.ensure_future(check_wget(str(wget)))
            async with asyncio.timeout(10):
                while not pid_file.exists():
                    await asyncio.sleep(0.01)
            if how == "no longer wanted":
                check.cancel()
            with pytest.raises((WgetUnusable, asyncio.CancelledError)):
                await check

        run(scenario())
        sleeper = int(pid_file.read_text())
        end_at = time.monotonic() + 5
        while psutil.pid_exists(sleeper) and (
            psutil.Process(sleeper).status() != psutil.STATUS_ZOMBIE
        ):
            assert time.monotonic() < end_at
            time.sleep(0.01)

    def test_it_is_asked_in_a_clean_environment_and_not_on_our_stdin(
        self, run, fake: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("WGETRC", "/leaked")
        monkeypatch.setenv("LANGUAGE", "de")
        run(check_wget(str(make_fake_wget(fake))))
        (call,) = read_calls(fake, versions=True)
        assert call.argv == ["--version"]
        assert set(call.env) == {"PATH", "LC_ALL", "HOME", "TMPDIR"}
        assert call.env["LC_ALL"] == "C"

    def test_the_real_one_will_do(self, run):
        if not os.path.exists("/usr/bin/wget"):  # noqa: PTH110
            pytest.skip("there is no wget here")
        assert run(check_wget("/usr/bin/wget")).major == 1
