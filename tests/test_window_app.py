"""Windows: real processes on the offscreen platform, and the same in this process."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QMessageBox, QPushButton

from dlmanager import app, occupied_queue, window_app
from dlmanager.app import UNUSABLE
from dlmanager.core.job import NewJob, Status
from dlmanager.core.settings import Page, Settings
from dlmanager.desktop.single_instance import hand_over
from dlmanager.engine import wget_check
from dlmanager.engine.file_lock import FileLock, queue_lock
from dlmanager.engine.settings_keeper import SettingsKeeper
from dlmanager.gui import announcer
from dlmanager.gui.banner import Banner
from dlmanager.gui.job_table_view import JobTableView
from dlmanager.gui.main_window import MainWindow
from dlmanager.gui.row_height import COMPACT, row_height
from dlmanager.gui.settings_dialog import SettingsDialog
from dlmanager.gui.tray import Tray
from dlmanager.store import connection
from dlmanager.store.secret_store import SecretStore
from dlmanager.store.settings_file import read_settings
from tests.fakes.fake_wget import make_fake_wget, read_calls
from tests.integration.loopback_server import Content, LoopbackServer
from tests.program import ROOT, Profile, catches, wait_until

CONTENT = Content(size=1_000_000, seed=1)


class TestAWindow:
    def test_opens_on_its_data_folder_and_ends_at_a_signal(self, profile: Profile):
        process = profile.open_window()
        assert profile.paths.database.exists()
        assert (profile.data_dir / "logs/dlmanager.log").exists()
        assert FileLock(profile.data_dir / "queue.db.lock").acquire() is False
        process.terminate()
        assert process.wait(5) == 0
        assert process.communicate() == ("", "")
        assert not profile.paths.socket.exists()
        assert "ERROR" not in profile.log

    @pytest.mark.fault(54)
    def test_that_is_told_to_end_ends_every_wget_in_good_order(
        self, profile: Profile, server: LoopbackServer
    ):
        names = ["a", "b", "c", "d"]
        gates = [server.hold(f"/{name}", 500_000) for name in names]
        profile.add(*(NewJob(server.serve(f"/{n}", CONTENT), str(profile.folder)) for n in names))
        process = profile.open_window()
        for gate in gates[:3]:
            assert gate.reached.wait(5)
        wgets = psutil.Process(process.pid).children(recursive=True)
        assert len(wgets) == 3
        process.terminate()
        assert process.wait(5) == 0
        assert [wget for wget in wgets if wget.is_running()] == []
        assert {(job.status, job.retry_count, job.pid) for job in profile.jobs} == {
            (Status.PENDING, 0, None)
        }
        assert FileLock(profile.data_dir / "queue.db.lock").acquire()
        for gate in gates:
            gate.release()

    def test_that_is_told_twice_to_end_still_ends_in_good_order(
        self, profile: Profile, tmp_path: Path
    ):
        stubborn = make_fake_wget(tmp_path / "fake", "stubborn")
        profile.write_settings(wget_executable_path=str(stubborn))
        profile.add(NewJob("http://127.0.0.1:9/a.bin", str(profile.folder)))
        process = profile.open_window()
        wait_until((tmp_path / "fake" / "hanging").exists)
        process.terminate()
        wait_until(lambda: profile.jobs[0].status is Status.PENDING)
        process.terminate()
        assert process.wait(5) == 0
        assert FileLock(profile.data_dir / "queue.db.lock").acquire()

    def test_adds_the_links_it_was_started_with(self, profile: Profile, server: LoopbackServer):
        profile.write_settings()
        process = profile.open_window(server.serve("/a.bin", CONTENT))
        wait_until(lambda: (profile.folder / "a.bin").exists())
        process.terminate()
        assert process.wait(5) == 0
        assert (profile.folder / "a.bin").read_bytes() == CONTENT.read(0, CONTENT.size)

    def test_gets_the_links_of_a_second_start(self, profile: Profile):
        profile.write_settings()
        first = profile.open_window()
        links = ["http://127.0.0.1:9/a", "http://127.0.0.1:9/b"]
        second = profile.start(*links)
        assert second.wait(5) == 0
        assert second.communicate() == ("", "")
        wait_until(lambda: len(profile.jobs) == 2)
        assert [job.url for job in profile.jobs] == links
        assert {job.target_directory for job in profile.jobs} == {str(profile.folder)}
        assert first.poll() is None

    def test_lets_another_profile_have_its_own(self, profile: Profile, tmp_path: Path):
        first = profile.open_window()
        other = Profile(tmp_path / "other", profile.folder)
        other.started = profile.started
        second = other.open_window()
        assert profile.paths.socket != other.paths.socket
        for process in (first, second):
            process.terminate()
            assert process.wait(5) == 0

    def test_opens_where_a_killed_one_left_its_socket(self, profile: Profile):
        killed = profile.open_window()
        killed.kill()
        killed.wait()
        assert profile.paths.socket.exists()
        process = profile.open_window()
        wait_until(lambda: hand_over(profile.paths.socket, []))
        process.terminate()
        assert process.wait(5) == 0


class TestWithoutAWindow:
    def test_a_queue_in_use_is_told_and_the_sentence_stays_until_it_is_closed(
        self, profile: Profile
    ):
        lock = FileLock(profile.data_dir / "queue.db.lock")
        assert lock.acquire()  # as `dlmanager run` does
        process = profile.start()
        assert process.stderr is not None
        assert "already works on this queue" in process.stderr.readline()
        wait_until(lambda: catches(process.pid, signal.SIGHUP))
        assert process.poll() is None  # the box is open
        process.terminate()
        assert process.wait(5) == 2
        assert process.communicate() == ("", "")
        lock.release()

    def test_no_display_is_told(
        self, profile: Profile, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ):
        for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
            monkeypatch.delenv(name, raising=False)
        assert window_app.run_window(profile.paths, ["http://127.0.0.1/a"]) == UNUSABLE
        assert "`dlmanager run`" in capsys.readouterr().err
        assert not profile.data_dir.exists()

    @pytest.mark.parametrize("name", ["DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"])
    def test_any_display_will_do(
        self, profile: Profile, monkeypatch: pytest.MonkeyPatch, name: str
    ):
        for each in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
            monkeypatch.delenv(each, raising=False)
        monkeypatch.setenv(name, "something")
        monkeypatch.setattr(window_app, "hand_over", lambda *_: True)
        assert window_app.run_window(profile.paths, []) == 0


@pytest.mark.qt_log_ignore("^This plugin does not support", "systemTrayWindowChanged")
class TestTheLifeOfAWindow:
    """The same in this process, to look inside."""

    @pytest.fixture(autouse=True)
    def as_in_a_process_of_its_own(
        self, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[None]:
        # The log and the messages of Qt are pytest's here.
        monkeypatch.setattr(window_app, "start_logging", lambda paths: None)
        # As run_window sets it: the end of the last window is not the end of the loop.
        qapp.setQuitOnLastWindowClosed(False)
        yield
        qapp.setQuitOnLastWindowClosed(True)

    async def window(self) -> MainWindow:
        async with asyncio.timeout(15):
            while True:
                for widget in QApplication.topLevelWidgets():
                    if isinstance(widget, MainWindow) and widget.isVisible():
                        return widget
                await asyncio.sleep(0.01)

    async def hand_over(self, profile: Profile, links: list[str]) -> None:
        """What a second start does, which is another process."""
        code = (
            "import sys; from pathlib import Path;"
            "from dlmanager.desktop.single_instance import hand_over;"
            "sys.exit(not hand_over(Path(sys.argv[1]), sys.argv[2:]))"
        )
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, str(profile.paths.socket), *links, cwd=ROOT
        )
        assert await child.wait() == 0

    @pytest.mark.fault(56)
    @pytest.mark.parametrize(
        "content",
        [
            b"max_retries = 'three'",
            b"max_retries = ",
            b"max_retries = 5000",
            b"max_concurrent_downloads = 0",
            b"max_concurrent_downloads = true",
            b"poll_interval_ms = 1e99",
            b"download_directory = 7",
            b"no_such_setting = 1",
            b"{}",
            b"\xff\xfe\x00",
            b"[" * 100_000,
        ],
        ids=lambda content: ascii(content)[:30],
    )
    def test_settings_that_cannot_be_read_are_told_and_the_defaults_count(
        self, run, profile: Profile, caplog: pytest.LogCaptureFixture, content: bytes
    ):
        profile.data_dir.mkdir()
        profile.paths.settings.write_bytes(content)

        async def scenario() -> None:
            life = asyncio.ensure_future(window_app._with_window(profile.paths, []))
            window = await self.window()
            message = window.findChildren(Banner)[0].text
            assert "settings.toml" in message
            assert "Until then the defaults count." in message
            window.quit_requested.emit()
            window.quit_requested.emit()
            assert await life == 0
            assert not window.isVisible()

        run(scenario())
        assert profile.paths.settings.read_bytes() == content
        assert [record.levelno for record in caplog.records if "settings.toml" in record.message]
        caplog.clear()

    def test_the_window_looks_as_the_settings_say(self, run, profile: Profile):
        profile.data_dir.mkdir()
        profile.paths.settings.write_text('row_height = "compact"\ncolour_scheme = "dark"\n')
        worn: list[Settings] = []

        async def scenario() -> None:
            life = asyncio.ensure_future(window_app._with_window(profile.paths, [], worn.append))
            window = await self.window()
            (table,) = window.findChildren(JobTableView)
            assert table.verticalHeader().defaultSectionSize() == row_height(
                COMPACT, table.fontMetrics()
            )
            window.quit_requested.emit()
            assert await life == 0

        run(scenario())
        assert [settings.colour_scheme for settings in worn] == ["dark"]

    def test_a_change_in_the_settings_counts_at_once(self, run, profile: Profile, qtbot):
        worn: list[Settings] = []

        async def scenario() -> None:
            life = asyncio.ensure_future(window_app._with_window(profile.paths, [], worn.append))
            window = await self.window()
            window._actions.settings.trigger()
            (dialog,) = window.findChildren(SettingsDialog)
            assert dialog.isVisible()
            window._actions.settings.trigger()
            assert len(window.findChildren(SettingsDialog)) == 1
            dialog.show_page(Page.APPEARANCE)
            for box in dialog.findChildren(QComboBox):
                if box.isVisible() and box.accessibleName() in ("Colours", "Rows"):
                    qtbot.keyClick(box, Qt.Key.Key_End)
            (table,) = window.findChildren(JobTableView)
            compact_px = row_height(COMPACT, table.fontMetrics())
            while table.verticalHeader().defaultSectionSize() != compact_px:
                await asyncio.sleep(0.01)
            dialog.close()
            window.quit_requested.emit()
            assert await life == 0

        run(scenario())
        assert worn[-1].colour_scheme == "dark"
        settings = Settings(colour_scheme="dark", row_height="compact")
        assert read_settings(profile.paths.settings) == settings
        # Nothing is heard of a change that comes after the end.
        witness = SettingsKeeper(profile.paths.settings, settings, SecretStore(profile.data_dir))
        with qtbot.waitSignal(witness.changed, timeout=5000):
            profile.write_settings(colour_scheme="light")
        witness.close()
        assert worn[-1].colour_scheme == "dark"

    def test_wget_can_be_tested_from_the_settings(self, run, profile: Profile, qtbot):
        async def scenario() -> None:
            life = asyncio.ensure_future(window_app._with_window(profile.paths, []))
            window = await self.window()
            window._actions.settings.trigger()
            (dialog,) = window.findChildren(SettingsDialog)
            dialog.show_page(Page.ADVANCED)
            (button,) = [
                each for each in dialog.findChildren(QPushButton) if each.text() == "&Test"
            ]
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
            async with asyncio.timeout(10):
                while not any(
                    "It can be used." in label.text() for label in dialog.findChildren(QLabel)
                ):
                    await asyncio.sleep(0.01)
            dialog.close()
            window.quit_requested.emit()
            assert await life == 0

        run(scenario())

    def test_a_database_that_is_none_is_set_aside_and_the_window_says_so(
        self, run, profile: Profile, caplog: pytest.LogCaptureFixture
    ):
        profile.data_dir.mkdir()
        profile.paths.database.write_bytes(b"my own notes " * 100)

        async def scenario() -> None:
            life = asyncio.ensure_future(window_app._with_window(profile.paths, []))
            window = await self.window()
            banner = window.findChildren(Banner)[0]
            assert "set aside as queue.db.corrupt-" in banner.text
            assert not banner.isHidden()
            window.quit_requested.emit()
            assert await life == 0

        run(scenario())
        (aside,) = profile.data_dir.glob("queue.db.corrupt-*")
        assert aside.read_bytes() == b"my own notes " * 100
        assert profile.jobs == []
        caplog.clear()

    @pytest.mark.fault(49)
    @pytest.mark.parametrize("is_quit", [False, True], ids=["waited out", "quit meanwhile"])
    def test_a_queue_that_cannot_be_started_yet_is_told_and_waited_for(
        self,
        run,
        profile: Profile,
        server: LoopbackServer,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        is_quit: bool,
    ):
        monkeypatch.setitem(connection.PRAGMAS, "busy_timeout", 10)
        monkeypatch.setattr(app, "FIRST_START_GAP_S", 0.05)
        profile.write_settings()
        links = [server.serve(f"/{name}", CONTENT) for name in ("a", "b")]

        async def scenario() -> None:
            with profile.locked():
                life = asyncio.ensure_future(window_app._with_window(profile.paths, links[:1]))
                window = await self.window()
                banner = window.findChildren(Banner)[0]
                assert "in use by another program" in banner.text
                assert not banner.isHidden()
                # What a second start hands over waits, too.
                await self.hand_over(profile, links[1:])
                if is_quit:
                    window.quit_requested.emit()
                    assert await life == 0
                    return
            async with asyncio.timeout(10):
                while window._jobs.summary().total != 2 or not banner.isHidden():
                    await asyncio.sleep(0.01)
            window.quit_requested.emit()
            assert await life == 0

        run(scenario())
        assert sorted(job.url for job in profile.jobs) == ([] if is_quit else links)
        caplog.clear()

    def test_a_wait_that_turns_out_to_be_in_vain_is_told_in_a_box(
        self, run, profile: Profile, monkeypatch: pytest.MonkeyPatch, caplog
    ):
        monkeypatch.setitem(connection.PRAGMAS, "busy_timeout", 10)
        other = queue_lock(profile.paths.database)

        async def scenario() -> None:
            with profile.locked():
                life = asyncio.ensure_future(window_app._with_window(profile.paths, []))
                window = await self.window()
                while not other.acquire():
                    await asyncio.sleep(0.01)
            async with asyncio.timeout(10):
                while not (box := QApplication.activeModalWidget()):
                    await asyncio.sleep(0.01)
            assert isinstance(box, QMessageBox)
            assert "already works on this queue" in box.text()
            assert not window.isVisible()
            box.accept()
            assert await life == 2

        run(scenario())
        other.release()
        caplog.clear()

    @pytest.mark.fault(56)
    @pytest.mark.parametrize("how", ["gone", "a file", "read-only"])
    def test_a_folder_for_downloads_that_is_gone_is_told_and_the_usual_one_taken(
        self, run, profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
    ):
        usual = tmp_path / "usual"
        monkeypatch.setenv("XDG_DOWNLOAD_DIR", str(usual))
        profile.write_settings()
        profile.folder.rmdir()
        if how == "a file":
            profile.folder.write_bytes(b"")
        elif how == "read-only":
            profile.folder.mkdir()
            monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != profile.folder)

        async def scenario() -> None:
            life = asyncio.ensure_future(
                window_app._with_window(profile.paths, ["http://127.0.0.1:9/a"])
            )
            window = await self.window()
            message = window.findChildren(Banner)[0].text
            assert str(profile.folder) in message
            assert f"Until then downloads go to {usual}." in message
            async with asyncio.timeout(10):
                while not window._jobs.summary().total:
                    await asyncio.sleep(0.01)
            assert window._jobs.job_at(0).target_directory == str(usual)
            window.quit_requested.emit()
            assert await life == 0

        run(scenario())

    @pytest.mark.fault(40)
    def test_a_wget_that_hangs_keeps_neither_the_window_nor_its_end_waiting(
        self, run, profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(wget_check, "CHECK_TIMEOUT_S", 600)
        wget = make_fake_wget(tmp_path / "fake", {"version": "hang"})
        profile.write_settings(wget_executable_path=str(wget))

        async def scenario() -> None:
            life = asyncio.ensure_future(window_app._with_window(profile.paths, []))
            window = await self.window()
            assert window.findChildren(Banner)[0].isHidden()
            async with asyncio.timeout(10):
                while not read_calls(tmp_path / "fake", versions=True):
                    await asyncio.sleep(0.01)
            window.quit_requested.emit()
            async with asyncio.timeout(10):
                assert await life == 0

        run(scenario())
        (call,) = read_calls(tmp_path / "fake", versions=True)
        assert not psutil.pid_exists(call.pid)

    @pytest.mark.fault(40)
    def test_a_wget_that_hangs_is_told_in_the_window(
        self, run, profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog
    ):
        monkeypatch.setattr(wget_check, "CHECK_TIMEOUT_S", 0.3)
        wget = make_fake_wget(tmp_path / "fake", {"version": "hang"})
        profile.write_settings(wget_executable_path=str(wget))

        async def scenario() -> None:
            life = asyncio.ensure_future(window_app._with_window(profile.paths, []))
            banner = (await self.window()).findChildren(Banner)[0]
            async with asyncio.timeout(10):
                while banner.isHidden():
                    await asyncio.sleep(0.01)
            assert "does not run as GNU wget should" in banner.text
            (await self.window()).quit_requested.emit()
            assert await life == 0

        run(scenario())
        caplog.clear()

    def test_without_a_bus_a_notification_comes_to_the_tray(
        self, run, profile: Profile, monkeypatch: pytest.MonkeyPatch
    ):
        told: list[str] = []
        monkeypatch.setattr(Tray, "tell", lambda _, notification: told.append(notification.title))

        async def scenario() -> None:
            life = asyncio.ensure_future(window_app._with_window(profile.paths, []))
            window = await self.window()
            window.announced.emit(announcer.of_tray())
            async with asyncio.timeout(10):
                while not told:
                    await asyncio.sleep(0.01)
            window.quit_requested.emit()
            assert await life == 0

        run(scenario())
        assert told == [announcer.of_tray().title]

    @pytest.mark.fault(37)
    def test_a_later_start_raises_the_window_and_adds_its_links(self, run, profile: Profile):
        profile.write_settings()

        async def scenario() -> None:
            life = asyncio.ensure_future(window_app._with_window(profile.paths, []))
            window = await self.window()
            for links in ([], ["http://127.0.0.1:9/a"]):
                window.hide()
                await self.hand_over(profile, links)
                await self.window()
            async with asyncio.timeout(15):
                while not profile.jobs:
                    await asyncio.sleep(0.02)
            window.quit_requested.emit()
            assert await life == 0

        run(scenario())
        (job,) = profile.jobs
        assert (job.url, job.target_directory) == ("http://127.0.0.1:9/a", str(profile.folder))

    def test_that_was_quit_says_so_in_the_log(self, run, profile: Profile, caplog):
        caplog.set_level(logging.INFO)

        async def scenario() -> None:
            life = asyncio.ensure_future(window_app._with_window(profile.paths, []))
            (await self.window()).quit_requested.emit()
            assert await life == 0

        run(scenario())
        assert caplog.records[-1].getMessage() == "window ended: it was quit"

    def test_a_socket_that_cannot_be_had_is_told_in_the_log(
        self, run, profile: Profile, runtime: Path, monkeypatch: pytest.MonkeyPatch, caplog
    ):
        long = runtime / ("x" * 100)
        long.mkdir(mode=0o700)
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(long))

        async def scenario() -> None:
            life = asyncio.ensure_future(window_app._with_window(profile.paths, []))
            (await self.window()).quit_requested.emit()
            assert await life == 0

        run(scenario())
        (warning,) = [each for each in caplog.records if each.levelno == logging.WARNING]
        path = profile.paths.socket
        assert warning.getMessage() == (
            "no later start will find this window: "
            f"a socket's path has 106 bytes at most, and this one {len(str(path))} ({path})"
        )

    @pytest.mark.parametrize(
        "links, words, added",
        [
            ([], "already works on this queue", []),
            (["http://127.0.0.1:9/a"], "Your links were added to it.", ["http://127.0.0.1:9/a"]),
            (["nonsense"], "not a link", []),
        ],
        ids=["no links", "links", "bad links"],
    )
    def test_a_queue_in_use_is_told_in_a_box_and_gets_the_links(
        self, run, profile: Profile, capsys, monkeypatch, links, words: str, added: list[str]
    ):
        asked: list[Path] = []
        sleep = asyncio.sleep

        def nobody_takes_them(path: Path, links: list[str]) -> bool:
            asked.append(path)
            return False

        def open_boxes() -> list[QMessageBox]:
            boxes = [w for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox)]
            return [box for box in boxes if box.isVisible()]

        monkeypatch.setattr(occupied_queue, "hand_over", nobody_takes_them)
        monkeypatch.setattr(asyncio, "sleep", lambda delay_s: sleep(0))
        profile.write_settings()
        lock = FileLock(profile.data_dir / "queue.db.lock")
        assert lock.acquire()

        async def scenario() -> None:
            life = asyncio.ensure_future(window_app._with_window(profile.paths, links))
            async with asyncio.timeout(15):
                while not open_boxes():
                    await sleep(0.01)
            (box,) = open_boxes()
            assert words in box.text()
            box.accept()
            assert await life == UNUSABLE

        run(scenario())
        lock.release()
        assert asked == [profile.paths.socket] * 10
        assert words in capsys.readouterr().err
        assert [job.url for job in profile.jobs] == added
