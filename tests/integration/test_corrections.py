"""What a person takes back or puts right while wget works: other links, undone removals."""

import asyncio
import json
import os
from pathlib import Path
from urllib.parse import quote

import pytest

from dlmanager.core.checksum_kind import Checksum, ChecksumKind
from dlmanager.core.errors import BadInput, InvalidUrl, SecretsUnusable, UnknownJob
from dlmanager.core.job import Job, Status, Verification
from dlmanager.engine.link_change import change_link
from dlmanager.engine.orchestrator import DownloadQueueOrchestrator
from dlmanager.store.secret_store import SecretStore
from dlmanager.store.store_thread import StoreThread
from tests.integration import loopback_server as answers
from tests.integration.conftest import MEGABYTE, OTHER, is_right, until, until_bytes
from tests.integration.loopback_server import Content, LoopbackServer

CUT = 500_000
LONG_MS = 600_000
LONG = Content(size=4_000_000, seed=3)


@pytest.fixture
def held(server: LoopbackServer):
    """A file of a megabyte, of which one half comes and no more."""
    server.serve("/a.bin", MEGABYTE)
    with server.hold("/a.bin", CUT):
        yield server.url("/a.bin")


async def begun(orchestrator: DownloadQueueOrchestrator, url: str, folder: Path) -> str:
    """Start a download and wait for the first half."""
    await orchestrator.start()
    job_id = orchestrator.enqueue_download(url, folder, max_retries=0)
    await until_bytes(orchestrator, job_id, CUT)
    return job_id


async def completed(orchestrator: DownloadQueueOrchestrator, job_id: str) -> Job:
    return await until(orchestrator, job_id, Status.COMPLETED)


def with_user(url: str, user: str, password: str) -> str:
    return url.replace("://", f"://{quote(user)}:{quote(password)}@")


class TestAnotherLink:
    @pytest.mark.parametrize("first", ["running", "paused"])
    def test_to_the_same_file_keeps_the_bytes(self, run, server, orchestrate, folder, first: str):
        old, new = server.serve("/long.bin", LONG), server.serve("/moved.bin", LONG)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(old, folder, max_retries=0)
            await until_bytes(orchestrator, job_id, 3_000_000)
            if first == "paused":
                await orchestrator.pause([job_id])
            await orchestrator.change_link(job_id, f"  {new}#top ")
            if first == "paused":
                job = orchestrator.get_job_status(job_id)
                assert (job.status, job.bytes_done) == (Status.PAUSED, 3_000_000)
                await orchestrator.resume([job_id])
            job = await completed(orchestrator, job_id)
            assert is_right(job.path, LONG)
            assert (job.url, job.final_url, job.retry_count) == (new, new, 0)
            assert Path(job.path).name == "long.bin"
            assert list(folder.iterdir()) == [Path(job.path)]

        with server.hold("/long.bin", 3_000_000):
            run(scenario())
        (asked,) = [each for each in server.requests if each.path == "/moved.bin"]
        # As after a new start of the machine, a megabyte is compared.
        assert asked.range_start == 3_000_000 - 1024 * 1024
        assert asked.headers["if-match"] == LONG.etag

    @pytest.mark.parametrize(
        "validators",
        [{}, {"etag": None}, {"etag": None, "last_modified": None}, {"etag": MEGABYTE.etag}],
        ids=["others", "same date", "none", "same etag"],
    )
    def test_to_another_file_of_the_same_length_starts_from_zero(
        self, run, server, orchestrate, folder, held, validators
    ):
        new = server.serve("/other.bin", OTHER, **validators)

        async def scenario() -> None:
            orchestrator = orchestrate()
            job_id = await begun(orchestrator, held, folder)
            await orchestrator.change_link(job_id, new)
            job = await completed(orchestrator, job_id)
            assert is_right(job.path, OTHER)

        run(scenario())

    def test_to_what_is_alike_but_proves_nothing_starts_from_zero(
        self, run, server, orchestrate, folder
    ):
        """Of two files of one length without validators, only the beginnings differ."""
        new = OTHER.read(0, 1_000_000) + LONG.read(1_000_000, 3_000_000)
        first = server.serve("/long.bin", LONG, etag=None, last_modified=None)
        second = server.serve("/moved.bin", new, etag=None, last_modified=None)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(first, folder)
            await until_bytes(orchestrator, job_id, 3_000_000)
            await orchestrator.change_link(job_id, second)
            job = await completed(orchestrator, job_id)
            assert Path(job.path).read_bytes() == new

        with server.hold("/long.bin", 3_000_000):
            run(scenario())

    def test_from_another_process_ends_the_attempt_as_well(
        self, run, server, orchestrate, folder, held, database
    ):
        new = server.serve("/moved.bin", MEGABYTE)

        async def scenario() -> None:
            orchestrator = orchestrate()
            job_id = await begun(orchestrator, held, folder)
            store = StoreThread(database)
            secrets = SecretStore(database.parent)
            await asyncio.to_thread(change_link, store, secrets, job_id, new)
            await asyncio.to_thread(store.close)
            job = await completed(orchestrator, job_id)
            assert (job.url, is_right(job.path, MEGABYTE)) == (new, True)

        run(scenario())

    def test_of_a_failed_download_tries_it_again(self, run, server, orchestrate, folder):
        new = server.serve("/here.bin", MEGABYTE)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(server.url("/gone.bin"), folder)
            await until(orchestrator, job_id, Status.FAILED)
            await orchestrator.change_link(job_id, new)
            job = await completed(orchestrator, job_id)
            assert is_right(job.path, MEGABYTE)
            assert Path(job.path).name == "here.bin"

        run(scenario())

    def test_is_refused_in_a_sentence_where_there_is_nothing_to_change(
        self, run, server, orchestrate, folder
    ):
        url = server.serve("/a.bin", MEGABYTE)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            job = await completed(orchestrator, job_id)
            with pytest.raises(BadInput, match="finished"):
                await orchestrator.change_link(job_id, server.url("/b.bin"))
            with pytest.raises(InvalidUrl):
                await orchestrator.change_link(job_id, "ftp://example.org/a")
            with pytest.raises(UnknownJob):
                await orchestrator.change_link("nobody", server.url("/b.bin"))
            assert orchestrator.get_job_status(job_id) == job

        run(scenario())


class TestSecretsOfAnotherLink:
    def test_within_a_server_they_go_along(self, run, server, orchestrate, folder):
        new = server.serve("/b.bin", MEGABYTE, credentials=("me", "hunter2"))

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            old = with_user(server.url("/gone.bin"), "me", "hunter2")
            job_id = orchestrator.enqueue_download(old, folder, max_retries=0)
            await until(orchestrator, job_id, Status.FAILED)
            await orchestrator.change_link(job_id, new)
            await completed(orchestrator, job_id)

        run(scenario())

    def test_another_server_never_sees_them(self, run, server, orchestrate, folder, database):
        server.serve("/a.bin", MEGABYTE, credentials=("me", "hunter2"))

        async def scenario(other: LoopbackServer) -> None:
            new = other.serve("/a.bin", MEGABYTE)
            orchestrator = orchestrate()
            await orchestrator.start()
            old = with_user(server.url("/a.bin"), "me", "hunter2")
            job_id = orchestrator.enqueue_download(old, folder, paused=True)
            await orchestrator.change_link(job_id, new)
            assert SecretStore(database.parent).load(job_id) is None
            await orchestrator.resume([job_id])
            job = await completed(orchestrator, job_id)
            assert not job.has_secrets

        with LoopbackServer(host="127.0.0.2") as other:
            run(scenario(other))
            assert all("authorization" not in each.headers for each in other.requests)
        assert server.requests == []

    def test_new_ones_are_kept_for_the_new_server_alone(
        self, run, server, orchestrate, folder, held, database
    ):
        async def scenario(other: LoopbackServer) -> None:
            new = other.serve("/a.bin", MEGABYTE, credentials=("you", "secret7"))
            orchestrator = orchestrate()
            job_id = await begun(orchestrator, held, folder)
            await orchestrator.change_link(job_id, with_user(new, "you", "secret7"))
            job = await completed(orchestrator, job_id)
            assert is_right(job.path, MEGABYTE)
            assert (job.url, job.has_secrets) == (new, True)

        with LoopbackServer(host="127.0.0.2") as other:
            run(scenario(other))
        assert all("authorization" not in each.headers for each in server.requests)
        assert b"secret7" not in database.read_bytes()

    def test_where_they_cannot_be_kept_the_download_rests(
        self, run, server, orchestrate, folder, held, monkeypatch
    ):
        def fail(*_: object) -> None:
            raise SecretsUnusable("The file cannot be written.")

        monkeypatch.setattr(SecretStore, "save", fail)
        new = server.serve("/b.bin", MEGABYTE, credentials=("me", "hunter2"))

        async def scenario() -> None:
            orchestrator = orchestrate()
            job_id = await begun(orchestrator, held, folder)
            with pytest.raises(SecretsUnusable):
                await orchestrator.change_link(job_id, with_user(new, "me", "hunter2"))
            job = await until(orchestrator, job_id, Status.PAUSED)
            assert (job.url, job.has_secrets) == (new, False)

        run(scenario())
        assert all(each.path != "/b.bin" for each in server.requests)


class TestAnUndoneRemoval:
    def test_goes_on_from_where_it_was(self, run, server, orchestrate, folder):
        url = server.serve("/a.bin", MEGABYTE)
        gate = server.hold("/a.bin", CUT)

        async def scenario() -> None:
            orchestrator = orchestrate()
            added: list[Job] = []
            job_id = await begun(orchestrator, url, folder)
            await orchestrator.remove([job_id], undo_ms=LONG_MS)
            assert orchestrator.get_job_status(job_id) is None
            (part,) = folder.iterdir()
            assert part.stat().st_size == CUT
            gate.release()
            orchestrator.jobs_added.connect(added.extend)
            (job,) = await orchestrator.restore([job_id])
            assert added == [job]
            assert (job.status, job.bytes_done) == (Status.PENDING, CUT)
            job = await completed(orchestrator, job_id)
            assert is_right(job.path, MEGABYTE)

        run(scenario())
        assert server.requests[-1].range_start == CUT - 4096

    def test_after_its_time_has_no_bytes_and_says_so(self, run, orchestrate, folder, held):
        async def scenario() -> None:
            orchestrator = orchestrate()
            job_id = await begun(orchestrator, held, folder)
            await orchestrator.pause([job_id])
            await orchestrator.remove([job_id], undo_ms=1)
            async with asyncio.timeout(10):
                while any(folder.iterdir()):
                    await asyncio.sleep(0.01)
            (job,) = await orchestrator.restore([job_id])
            assert (job.status, job.bytes_done, job.part_path) == (Status.PAUSED, 0, None)

        run(scenario())

    def test_the_next_removal_takes_its_place(self, run, server, orchestrate, folder, held):
        async def scenario() -> None:
            orchestrator = orchestrate()
            job_id = await begun(orchestrator, held, folder)
            await orchestrator.remove([job_id], undo_ms=LONG_MS)
            other_id = orchestrator.enqueue_download(server.url("/b.bin"), folder, paused=True)
            await orchestrator.remove([other_id], undo_ms=LONG_MS)
            assert not any(folder.iterdir())

        run(scenario())

    def test_the_end_of_the_program_throws_the_parts_away(self, run, orchestrate, folder, held):
        async def scenario() -> None:
            orchestrator = orchestrate()
            job_id = await begun(orchestrator, held, folder)
            await orchestrator.remove([job_id], undo_ms=LONG_MS)
            assert any(folder.iterdir())
            await orchestrator.stop()
            assert not any(folder.iterdir())

        run(scenario())

    def test_without_an_undo_the_part_goes_at_once(self, run, orchestrate, folder, held):
        async def scenario() -> None:
            orchestrator = orchestrate()
            job_id = await begun(orchestrator, held, folder)
            await orchestrator.remove([job_id])
            assert not any(folder.iterdir())

        run(scenario())

    def test_its_secrets_are_there_again(self, run, server, orchestrate, folder):
        url = server.serve("/a.bin", MEGABYTE, credentials=("me", "hunter2"))

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            link = with_user(url, "me", "hunter2")
            job_id = orchestrator.enqueue_download(link, folder, paused=True)
            await orchestrator.remove([job_id], undo_ms=LONG_MS)
            await orchestrator.restore([job_id])
            await orchestrator.resume([job_id])
            await completed(orchestrator, job_id)

        run(scenario())


class TestDownloadAgain:
    def test_is_a_new_job_beside_the_old_file(self, run, server, orchestrate, folder, database):
        url = server.serve("/a.bin", MEGABYTE, credentials=("me", "hunter2"))

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            link = with_user(url, "me", "hunter2")
            job_id = orchestrator.enqueue_download(link, folder, filename="mine.bin", max_retries=7)
            first = await completed(orchestrator, job_id)
            (again,) = await orchestrator.download_again([job_id, "nobody"])
            assert again.id != job_id
            second = await completed(orchestrator, again.id)
            assert (second.url, second.max_retries, second.has_secrets) == (url, 7, True)
            assert {Path(first.path).name, Path(second.path).name} == {"mine.bin", "mine (1).bin"}
            assert is_right(second.path, MEGABYTE)
            entries = json.loads((database.parent / "secrets.json").read_text())["entries"]
            assert entries.keys() == {job_id, again.id}

        run(scenario())

    def test_the_server_may_name_its_file_anew(self, run, server, orchestrate, folder):
        url = server.serve("/a", MEGABYTE, content_disposition='attachment; filename="1.bin"')

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            await completed(orchestrator, job_id)
            server.serve("/a", MEGABYTE, content_disposition='attachment; filename="2.bin"')
            (again,) = await orchestrator.download_again([job_id])
            job = await completed(orchestrator, again.id)
            assert Path(job.path).name == "2.bin"

        run(scenario())


def test_a_new_link_that_breaks_off_has_proven_itself(run, server, orchestrate, folder):
    """Its first answer has the validators of the file; the next ones need not."""
    old = server.serve("/long.bin", LONG)
    new = server.serve("/moved.bin", LONG)
    server.sequence("/moved.bin", [answers.cut_fin(1_500_000), answers.ok()])

    async def scenario() -> None:
        orchestrator = orchestrate()
        await orchestrator.start()
        job_id = orchestrator.enqueue_download(old, folder)
        await until_bytes(orchestrator, job_id, 3_000_000)
        await orchestrator.change_link(job_id, new)
        job = await completed(orchestrator, job_id)
        assert is_right(job.path, LONG)

    with server.hold("/long.bin", 3_000_000):
        run(scenario())
    assert server.requests[-1].range_start == 3_000_000 - 1024 * 1024 + 1_500_000 - 4096


class TestAnotherChecksum:
    def test_brings_a_file_that_came_wrong(self, run, server, orchestrate, folder):
        url = server.serve("/a.bin", MEGABYTE)
        changed: list[Job] = []

        async def scenario() -> None:
            orchestrator = orchestrate()
            orchestrator.jobs_changed.connect(changed.extend)
            await orchestrator.start()
            wrong = Checksum(ChecksumKind.SHA256, OTHER.sha256())
            job_id = orchestrator.enqueue_download(url, folder, checksum=wrong)
            failed = await until(orchestrator, job_id, Status.FAILED)
            assert "Correct it if it is wrong, then choose Retry." in failed.error_message
            right = Checksum(ChecksumKind.SHA256, MEGABYTE.sha256())
            await orchestrator.expect_checksum(job_id, right)
            assert changed[-1].expected_checksum == right
            assert changed[-1].status is Status.FAILED
            await orchestrator.retry([job_id])
            job = await completed(orchestrator, job_id)
            assert job.verification is Verification.CHECKSUM
            assert is_right(job.path, MEGABYTE)
            with pytest.raises(BadInput, match="is finished by now"):
                await orchestrator.expect_checksum(job_id, None)

        run(scenario())

    def test_is_what_a_finished_file_is_held_against(self, run, server, orchestrate, folder):
        url = server.serve("/a.bin", MEGABYTE)
        changed: list[Job] = []

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            assert (await completed(orchestrator, job_id)).verification is Verification.SIZE
            orchestrator.jobs_changed.connect(changed.extend)
            right = Checksum(ChecksumKind.SHA256, MEGABYTE.sha256())
            job = await orchestrator.verify(job_id, right)
            assert changed == [job]
            assert job.verification is Verification.CHECKSUM
            Path(job.path).write_bytes(b"another file by now")
            assert (await orchestrator.verify(job_id)).verification is Verification.MISMATCH
            assert changed[-1].status is Status.COMPLETED

        run(scenario())

    def test_holds_up_no_end(self, run, server, orchestrate, folder):
        url = server.serve("/a.bin", MEGABYTE)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            job = await completed(orchestrator, job_id)
            os.truncate(job.path, 64 * 1024**3)  # sparse; more than is hashed within a test
            hashing = asyncio.Event()
            check = asyncio.ensure_future(
                orchestrator.verify(
                    job_id,
                    Checksum(ChecksumKind.MD5, "0a" * 16),
                    lambda done, total: hashing.set(),
                )
            )
            await hashing.wait()
            await orchestrator.stop()
            assert await check is None

        run(scenario())
