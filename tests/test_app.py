"""The queue without a window: what a run waits for, and how it ends."""

import asyncio
import logging
import select
import signal
from collections.abc import Iterator

import pytest

from dlmanager import app
from dlmanager.core.errors import SettingsUnreadable
from dlmanager.core.job import NewJob, Status, WaitingFor
from dlmanager.core.settings import Settings
from dlmanager.engine import network_care
from tests.integration.loopback_server import Content, LoopbackServer
from tests.program import Profile, catches, wait_until

CONTENT = Content(size=1_000_000, seed=1)


def test_every_setting_reaches_the_queue(profile: Profile, monkeypatch: pytest.MonkeyPatch):
    made: list[dict[str, object]] = []
    monkeypatch.setattr(app, "DownloadQueueOrchestrator", lambda **options: made.append(options))
    settings = Settings(
        7,
        700,
        -1,
        7_000,
        777,
        5,
        77,
        "/opt/wget",
        "/downloads",
        99,
        98,
        97,
        "http://h:1",
        "h.example",
    )
    app.make_orchestrator(profile.paths, settings)
    app.make_orchestrator(profile.paths, Settings())
    assert made[0] == {
        "db": profile.paths.database,
        "wget_executable_path": "/opt/wget",
        "logger": logging.getLogger("dlmanager"),
        "max_concurrent_downloads": 7,
        "poll_interval_ms": 700,
        "max_retries": -1,
        "initial_retry_delay_ms": 7_000,
        "progress_throttle_ms": 777,
        "max_downloads_per_host": 5,
        "low_priority_wait_s": 77,
        "low_speed_limit_bytes_s": 99,
        "low_speed_time_s": 98,
        "header_timeout_s": 97,
        "system_network": None,
        "proxy": "http://h:1",
        "no_proxy": "h.example",
    }
    assert made[1]["wget_executable_path"] is None


class TestARun:
    def test_the_queue_of_a_running_run_is_told_of_what_it_lacks(self, profile: Profile):
        profile.write_settings(wget_executable_path="/no/such/wget")
        process = profile.start("run")
        assert process.stderr is not None
        is_there = select.select([process.stderr], [], [], 20)[0]  # without waiting for the end
        assert is_there
        assert process.stderr.readline().startswith("dlmanager: wget was not found")
        wait_until(lambda: catches(process.pid, signal.SIGHUP))
        process.terminate()
        assert process.wait(5) == 0
        assert process.communicate() == ("", "")
        assert "wget was not found" in profile.log

    def test_what_cannot_be_begun_is_raised(self, profile: Profile):
        profile.data_dir.mkdir()
        profile.paths.settings.write_text("max_retries = 'three'")
        with pytest.raises(SettingsUnreadable):
            app.run_headless(profile.paths, until_idle=True)
        assert not profile.paths.log.exists()


class TestARunThatIsToEndByItself:
    """It waits for the network, but not for ever."""

    @pytest.fixture
    def servers(
        self, profile: Profile, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[list[LoopbackServer]]:
        """Two hosts that cannot be reached, and a download waiting for each."""
        monkeypatch.setattr(network_care, "probe_gap_ms", lambda failed_probes: 50)
        with LoopbackServer(host="127.0.0.2") as one, LoopbackServer(host="127.0.0.3") as other:
            for server in (one, other):
                url = server.serve(f"/{server.port}.bin", CONTENT)
                profile.add(NewJob(url, str(profile.folder), max_retries=1))
                server.go_offline()
            away = [one, other]
            yield away
            for server in away:
                server.come_back()

    async def headless(self, profile: Profile) -> int:
        settings = Settings(poll_interval_ms=100, initial_retry_delay_ms=100)
        return await app._headless(profile.paths, settings, until_idle=True)

    @pytest.mark.fault(52)
    def test_ends_with_a_sentence_where_nothing_can_be_reached_for_long(
        self, run, profile: Profile, servers, monkeypatch: pytest.MonkeyPatch, capsys
    ):
        monkeypatch.setattr(app, "MAX_TIME_AWAY_MS", 200)
        assert run(self.headless(profile)) == 2
        assert "No server could be reached for ten minutes" in capsys.readouterr().err
        assert {(job.status, job.retry_count) for job in profile.jobs} == {(Status.RETRYING, 0)}

    def test_goes_on_where_the_network_comes_back_in_time(
        self, run, profile: Profile, servers, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(app, "MAX_TIME_AWAY_MS", 3_000)
        gate = servers[0].hold(f"/{servers[0].port}.bin", 500_000)

        async def scenario() -> int:
            life = asyncio.ensure_future(self.headless(profile))
            async with asyncio.timeout(20):
                while {job.waiting_for for job in profile.jobs} != {WaitingFor.NETWORK}:
                    await asyncio.sleep(0.02)
            servers.pop(0).come_back()
            assert await asyncio.to_thread(gate.reached.wait, 10)
            await asyncio.sleep(3.2)  # longer than it would have waited
            assert not life.done()
            gate.release()
            async with asyncio.timeout(10):
                return await life

        # The other host stays away, and has a trouble of its own now.
        assert run(scenario()) == 1
        assert [job.status for job in profile.jobs] == [Status.COMPLETED, Status.FAILED]
