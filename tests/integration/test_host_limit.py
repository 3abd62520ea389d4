"""How many downloads of one host run at once, with a real wget; other hosts go on meanwhile."""

import asyncio

from dlmanager.core.job import Job, Status, WaitingFor
from dlmanager.core.priority import Priority
from dlmanager.core.settings import Settings
from tests.integration.conftest import is_right, until
from tests.integration.loopback_server import Content

SMALL = Content(size=300_000, seed=5)


def at_other_name(url: str) -> str:
    """The same server by another name: to the queue, another host."""
    return url.replace("127.0.0.1", "localhost")


class Watch:
    """What the rows of a queue have said: the most that ran at once, of each host."""

    def __init__(self, orchestrator) -> None:
        self.most: dict[str, int] = {}
        self.waited: set[str] = set()
        self._running: dict[str, str] = {}
        orchestrator.jobs_changed.connect(self._on_changed)

    def _on_changed(self, jobs: list[Job]) -> None:
        for job in jobs:
            self._running.pop(job.id, None)
            if job.status is Status.PROCESSING:
                self._running[job.id] = job.host
            if job.waiting_for is WaitingFor.HOST_LIMIT:
                self.waited.add(job.id)
        hosts = [*self._running.values()]
        for host in hosts:
            self.most[host] = max(self.most.get(host, 0), hosts.count(host))


def test_never_more_of_one_host_than_may_while_another_goes_on(run, server, orchestrate, folder):
    urls = [server.serve(f"/{n}.bin", SMALL, rate_bytes_s=600_000) for n in range(8)]
    others = [at_other_name(server.serve(f"/o{n}.bin", SMALL)) for n in range(3)]

    async def scenario() -> None:
        orchestrator = orchestrate(max_concurrent_downloads=6, max_downloads_per_host=4)
        watch = Watch(orchestrator)
        orders = [orchestrator.order(url, folder) for url in [*urls, *others]]
        jobs = await orchestrator.add(orders)
        await orchestrator.start()
        done_others = [await until(orchestrator, job.id, Status.COMPLETED) for job in jobs[8:]]
        # They came last, and did not wait for the line of the first host.
        assert orchestrator.get_job_status(jobs[7].id).status is not Status.COMPLETED
        done = [await until(orchestrator, job.id, Status.COMPLETED) for job in jobs[:8]]
        assert all(is_right(job.path, SMALL) for job in [*done, *done_others])
        assert {job.attempt for job in done} == {1}
        assert watch.most["127.0.0.1"] == 4
        assert watch.waited == {job.id for job in jobs[4:8]}
        assert {job.waiting_for for job in await orchestrator.list_jobs()} == {None}

    run(scenario())
    assert server.max_active <= 6


def test_what_waits_says_so_until_the_limit_is_raised(run, server, orchestrate, folder):
    urls = [server.serve(f"/{n}.bin", SMALL) for n in range(3)]
    gates = [server.hold(f"/{n}.bin", 100_000) for n in range(3)]

    async def scenario() -> None:
        orchestrator = orchestrate(max_concurrent_downloads=5, max_downloads_per_host=2)
        await orchestrator.start()
        ids = [orchestrator.enqueue_download(url, folder) for url in urls]
        held = await until(
            orchestrator, ids[2], lambda job: job.waiting_for is WaitingFor.HOST_LIMIT
        )
        assert held.status is Status.PENDING
        orchestrator.use_settings(Settings(max_concurrent_downloads=5, max_downloads_per_host=0))
        begun = await until(orchestrator, ids[2], Status.PROCESSING)
        assert begun.waiting_for is None
        for gate in gates:
            gate.release()
        await orchestrator.wait_until_idle()

    run(scenario())


def test_start_now_keeps_to_the_limit_of_its_host(run, server, orchestrate, folder):
    urls = [server.serve(f"/{n}.bin", SMALL) for n in range(3)]
    urls.append(at_other_name(server.serve("/other.bin", SMALL)))
    gates = [server.hold(f"/{name}.bin", 100_000) for name in ("0", "1", "2", "other")]

    async def scenario() -> None:
        orchestrator = orchestrate(max_concurrent_downloads=9, max_downloads_per_host=2)
        await orchestrator.start()
        watch = Watch(orchestrator)
        first, last, asked = (orchestrator.enqueue_download(url, folder) for url in urls[:3])
        other = orchestrator.enqueue_download(urls[3], folder, priority=Priority.LOW)
        for gate in (gates[0], gates[1], gates[3]):
            assert await asyncio.to_thread(gate.reached.wait, 20)
        await orchestrator.start_now([asked])
        await until(orchestrator, last, Status.PENDING)
        assert await asyncio.to_thread(gates[2].reached.wait, 20)
        for job_id in (first, other, asked):
            assert orchestrator.get_job_status(job_id).status is Status.PROCESSING
        for gate in gates:
            gate.release()
        await orchestrator.wait_until_idle()
        jobs = await orchestrator.list_jobs()
        assert {(job.status, job.retry_count) for job in jobs} == {(Status.COMPLETED, 0)}
        assert watch.most["127.0.0.1"] == 2

    run(scenario())
    assert server.max_active <= 3


def test_a_low_one_gets_a_slot_of_its_host_among_endless_urgent_ones(
    run, server, orchestrate, folder
):
    low = server.serve("/low.bin", SMALL)
    urgent = server.serve("/urgent.bin", Content(size=200_000, seed=4), rate_bytes_s=1_000_000)

    async def scenario() -> int:
        orchestrator = orchestrate(
            max_concurrent_downloads=3, max_downloads_per_host=1, low_priority_wait_s=1
        )
        await orchestrator.start()

        def one_more(count: int) -> None:
            for _ in range(count):
                orchestrator.enqueue_download(urgent, folder, priority=Priority.URGENT)

        def on_changed(jobs: list[Job]) -> None:
            one_more(sum(job.status is Status.COMPLETED and job.id != low_id for job in jobs))

        one_more(3)
        low_id = orchestrator.enqueue_download(low, folder, priority=Priority.LOW)
        orchestrator.jobs_changed.connect(on_changed)
        await until(orchestrator, low_id, Status.COMPLETED)
        orchestrator.jobs_changed.disconnect(on_changed)
        return sum(job.status is Status.COMPLETED for job in await orchestrator.list_jobs())

    assert run(scenario()) >= 3
    assert server.max_active == 1
