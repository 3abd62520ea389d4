"""The program dies at each point of its protocol, and dies again where it puts that in order."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dlmanager.core.job import Status
from tests.integration.crashing_program import CrashingProgram, crashing_program
from tests.integration.loopback_server import (
    Content,
    LoopbackServer,
    chunked,
    ignore_range,
    no_length,
)
from tests.integration.site import Site

CONTENT = Content(size=300_000, seed=1)
KILLED = -9

TRANSFER = [
    ("claiming, before the commit",),
    ("claimed",),
    ("job locked",),
    ("part made",),
    ("part made", "part made"),
    ("part noted",),
    ("offset noted",),
    ("wget started",),
    ("wget noted",),
    ("answer noted",),
    ("progress written",),
    ("progress written", "overlap cut", "offset noted", "wget noted", "answer noted"),
    ("wget ended",),
    ("part settled",),
    ("judged",),
]
UNKNOWN_LENGTH = [
    ("answer noted",),
    ("wget ended",),
    ("probing", "overlap cut", "offset noted", "wget started"),
    ("probing", "judged", "linked"),
]
WITHOUT_RANGES = [
    ("progress written", "part cleared"),
    ("progress written", "start over noted", "progress written"),
]
PUBLISHING = [
    ("syncing",),
    ("synced",),
    ("finalising noted",),
    ("linked",),
    ("moved",),
    ("folder synced",),
    ("published",),
    ("attempt closed",),
    ("ending, before the commit",),
    ("ended",),
]
SWEEP = [
    ("queue locked",),
    ("queue opened",),
    ("wget noted", "orphan ended", "requeuing, before the commit", "requeued"),
    ("finalising noted", "orphan ended", "synced", "linked", "part's name dropped", "ended"),
    ("finalising noted", "moved", "requeued"),
    ("moved", "ending, before the commit", "ended", "left parts listed"),
    ("claimed", "locks discarded", "swept"),
]


CANCELLING = [
    ("part made", "wish granted"),
    ("answer noted", "wish granted"),
    ("answer noted", "part discarded"),
    ("answer noted", "forgetting the part"),
    ("answer noted", "part forgotten"),
    ("finalising noted", "wish granted"),
    ("linked", "wish granted"),
    ("linked", "part discarded"),
    ("moved", "wish granted"),
]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CrashingProgram]:
    site = Site(tmp_path_factory.mktemp("program"))
    with crashing_program(site.environment()) as program:
        yield program


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    site.set(initial_retry_delay_ms=100, poll_interval_ms=100, progress_throttle_ms=100)
    return site


class Deaths:
    """Lets the program die at one point after the other, looking around after each death."""

    def __init__(self, program: CrashingProgram, site: Site, kills) -> None:
        self._program = program
        self._site = site
        self._kills = kills
        self._points: list[str] = []

    def die(self, points: tuple[str, ...], acknowledged: list[str]) -> None:
        for point in points:
            self._points.append(point)
            assert self.go_on(point) == KILLED, point
            troubles = self._site.troubles_now(acknowledged)
            assert not troubles, (point, troubles)

    def finish(self, wanted: dict[str, Content]) -> None:
        status = self.go_on()
        self.judge(self._site.troubles_at_the_end(wanted) + ([f"status {status}"] * bool(status)))

    def go_on(self, point: str | None = None) -> int:
        """Work on the queue; what a third death in a row has paused is resumed by hand."""
        status = self.run("run", "--until-idle", point=point)
        if paused := [job.id for job in self._site.jobs() if job.status is Status.PAUSED]:
            assert status == 0
            assert self.run("resume", *paused) == 0
            status = self.run("run", "--until-idle", point=point)
        return status

    def judge(self, troubles: list[str]) -> None:
        """Note what became of all the deaths."""
        about = f"killed at: {', '.join(self._points)}"
        for _ in self._points:
            self._kills.record(not troubles, about)
        assert not troubles

    def add(self, *urls: str, point: str) -> None:
        """Have links added from the command line, which is killed at the point."""
        self._points.append(point)
        assert self.run("add", "--to", str(self._site.folder), *urls, point=point) == KILLED

    def cancel(self, job_id: str, point: str) -> None:
        """Have the job cancelled from the command line, which is killed at the point."""
        self._points.append(point)
        assert self.run("cancel", job_id, point=point) == KILLED
        assert self._site.jobs()[0].status is Status.CANCELLED

    def run(self, *arguments: str, point: str | None = None) -> int:
        return self._program.run(self._site.data_dir, *arguments, point=point)


@pytest.fixture
def deaths(program: CrashingProgram, site: Site, kills) -> Deaths:
    return Deaths(program, site, kills)


def _name(points: tuple[str, ...]) -> str:
    return " - ".join(points)


@pytest.mark.fault(27)
@pytest.mark.parametrize("points", TRANSFER, ids=_name)
def test_killed_in_a_transfer_it_goes_on(
    deaths: Deaths, server: LoopbackServer, site: Site, points: tuple[str, ...]
):
    rate = 400_000 if "progress written" in points else None
    url = server.serve("/a.bin", CONTENT, rate_bytes_s=rate)
    deaths.die(points, site.add(url))
    deaths.finish({url: CONTENT})


@pytest.mark.fault(30)
@pytest.mark.parametrize("points", PUBLISHING, ids=_name)
def test_killed_while_it_publishes_there_is_one_file_and_one_completed_row(
    deaths: Deaths, server: LoopbackServer, site: Site, points: tuple[str, ...]
):
    url = server.serve("/a.bin", CONTENT)
    deaths.die(points, site.add(url))
    deaths.finish({url: CONTENT})
    assert [path.name for path in site.folder.iterdir()] == ["a.bin"]


@pytest.mark.fault(30)
@pytest.mark.parametrize("points", SWEEP, ids=_name)
def test_killed_while_it_puts_an_earlier_kill_in_order_it_does_so_the_next_time(
    deaths: Deaths, server: LoopbackServer, site: Site, points: tuple[str, ...]
):
    url = server.serve("/a.bin", CONTENT)
    deaths.die(points, site.add(url))
    deaths.finish({url: CONTENT})


@pytest.mark.fault(27)
@pytest.mark.parametrize("points", UNKNOWN_LENGTH, ids=_name)
@pytest.mark.parametrize("behaviour", [chunked(), no_length()], ids=["chunked", "until close"])
def test_killed_while_the_length_is_not_known_the_file_is_right(
    deaths: Deaths, server: LoopbackServer, site: Site, points: tuple[str, ...], behaviour
):
    url = server.serve("/a.bin", CONTENT)
    server.on("/a.bin", behaviour)
    deaths.die(points, site.add(url))
    deaths.finish({url: CONTENT})


@pytest.mark.fault(27)
@pytest.mark.parametrize("points", WITHOUT_RANGES, ids=_name)
def test_killed_where_the_server_knows_no_ranges_the_file_comes_anew(
    deaths: Deaths, server: LoopbackServer, site: Site, points: tuple[str, ...]
):
    url = server.serve("/a.bin", CONTENT, etag=None, last_modified=None, rate_bytes_s=400_000)
    server.on("/a.bin", ignore_range())
    deaths.die(points, site.add(url))
    deaths.finish({url: CONTENT})


def test_killed_in_the_first_start_after_a_power_cut_its_parts_are_doubted_all_the_same(
    deaths: Deaths, server: LoopbackServer, site: Site
):
    url = server.serve("/a.bin", CONTENT, rate_bytes_s=400_000)
    deaths.die(("progress written",), site.add(url))
    site.database.with_name("queue.db.lock").write_text("an earlier boot")
    deaths.die(("doubting the parts",), [])
    deaths.finish({url: CONTENT})
    assert server.requests[-1].range_start is None  # a megabyte back: from the start


@pytest.mark.fault(38)
@pytest.mark.parametrize("state, point", CANCELLING, ids=map(_name, CANCELLING))
def test_killed_while_it_cancels_nothing_is_left(
    deaths: Deaths, server: LoopbackServer, site: Site, state: str, point: str
):
    (job_id,) = site.add(server.serve("/a.bin", CONTENT))
    deaths.die((state,), [job_id])
    deaths.cancel(job_id, point)
    assert_cancelled(site, deaths)


@pytest.mark.fault(38)
def test_killed_before_it_takes_the_file_of_a_cancelled_job_back(
    deaths: Deaths, server: LoopbackServer, site: Site
):
    job_ids = site.add(server.serve("/a.bin", CONTENT))
    deaths.die(("published, though cancelled",), job_ids)
    assert_cancelled(site, deaths)


def assert_cancelled(site: Site, deaths: Deaths) -> None:
    assert deaths.run("run", "--until-idle") == 0
    (job,) = site.jobs()
    assert (job.status, job.part_path, job.path) == (Status.CANCELLED, None, None)
    deaths.judge(site.leftovers() + [f"left over: {path}" for path in site.folder.iterdir()])


@pytest.mark.fault(27)
@pytest.mark.parametrize("point", ["adding, before the commit", "added, nobody told"])
def test_killed_while_it_adds_all_links_are_there_or_none(
    deaths: Deaths, server: LoopbackServer, site: Site, point: str
):
    content = {server.serve(f"/{each}.bin", CONTENT): CONTENT for each in range(3)}
    (job_id,) = site.add(url := server.serve("/a.bin", CONTENT))
    deaths.add(*content, point=point)
    assert not site.troubles_now([job_id])
    wanted = {url: CONTENT} if point == "adding, before the commit" else {url: CONTENT, **content}
    deaths.finish(wanted)
