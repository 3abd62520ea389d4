"""A web page in place of the file never passes for it: real wget, real store."""

import asyncio
from pathlib import Path

import pytest

from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Job, Status, Wish
from dlmanager.engine.orchestrator import DownloadQueueOrchestrator
from tests.integration import loopback_server as answers
from tests.integration.conftest import MEGABYTE, is_right, until
from tests.integration.loopback_server import Exchange

PAGE = b"<!DOCTYPE html><html><title>Log in</title><form></form></html>\n"


def page(content_type: str | None = "text/html; charset=utf-8") -> answers.Behaviour:
    """What a login page or a captive portal says to everything."""
    headers = () if content_type is None else (("Content-Type", content_type),)
    return answers.status(200, headers=headers, body=PAGE)


def as_logged_in(behaviour: answers.Behaviour) -> answers.Behaviour:
    """Ask for the user name and the password first, as every path with `credentials` does."""

    def behave(exchange: Exchange) -> None:
        if "authorization" in exchange.request.headers:
            behaviour(exchange)
        else:
            exchange.answer(exchange.good_answer())

    return behave


async def ended(orchestrator: DownloadQueueOrchestrator, job_id: str) -> Job:
    return await until(orchestrator, job_id, lambda job: job.finished_at is not None)


def assert_is_refused(job: Job) -> None:
    assert job.status is Status.FAILED
    assert job.error_kind is ErrorKind.WEB_PAGE
    assert job.error_message is not None
    assert job.error_message.startswith("The server sent a web page instead of the file")
    assert job.allows(Wish.ACCEPT)


@pytest.fixture
def get(run, orchestrate, folder):
    """Fetches a link to its end, and returns how the job stands."""

    def fetch(url: str, **options) -> Job:
        async def scenario() -> Job:
            orchestrator = orchestrate()
            await orchestrator.start()
            return await ended(orchestrator, orchestrator.enqueue_download(url, folder, **options))

        return run(scenario())

    return fetch


class TestInPlaceOfANewFile:
    @pytest.mark.parametrize(
        "content_type",
        ["text/html", "application/xhtml+xml", None, "application/octet-stream", "text/plain"],
    )
    def test_it_fails_and_leaves_nothing(self, get, server, folder, content_type: str | None):
        server.on("/setup.zip", page(content_type))
        job = get(server.url("/setup.zip"))
        assert_is_refused(job)
        assert list(folder.iterdir()) == []
        assert len(server.requests_for("/setup.zip")) == 1
        assert (job.bytes_done, job.bytes_total, job.etag, job.filename) == (0, None, None, None)

    def test_behind_a_redirect_to_a_login_it_fails(self, get, server, folder):
        server.on("/setup.zip", answers.redirect(server.url("/login")))
        server.on("/login", page())
        job = get(server.url("/setup.zip"))
        assert_is_refused(job)
        assert job.filename is None
        assert list(folder.iterdir()) == []

    def test_without_a_type_behind_a_redirect_it_does_not_name_the_file(self, get, server, folder):
        server.on("/setup.zip", answers.redirect(server.url("/login")))
        server.on("/login", page(None))
        job = get(server.url("/setup.zip"))
        assert_is_refused(job)
        assert (job.filename, job.final_url, job.content_type) == (None, None, None)
        assert list(folder.iterdir()) == []

    def test_the_persons_name_tells_what_was_expected(self, get, server):
        server.on("/get", page())
        assert_is_refused(get(server.url("/get"), filename="setup.zip"))

    def test_retry_after_logging_in_brings_the_file(self, run, server, orchestrate, folder):
        url = server.serve("/setup.zip", MEGABYTE)
        server.sequence("/setup.zip", [page(), answers.ok()])

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            assert_is_refused(await ended(orchestrator, job_id))
            await orchestrator.retry([job_id])
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert job.path == str(folder / "setup.zip")
            assert is_right(job.path, MEGABYTE)

        run(scenario())


class TestInPlaceOfTheRest:
    @pytest.mark.parametrize("content_type", ["text/html", None, "text/plain"])
    @pytest.mark.parametrize("how", ["at once", "redirected"])
    @pytest.mark.parametrize("path", ["/setup.zip", "/get"])
    def test_it_fails_and_keeps_the_part(
        self, run, server, orchestrate, folder, content_type: str | None, how: str, path: str
    ):
        url = server.serve(path, MEGABYTE, content_type="application/zip")
        portal = page(content_type)
        if how == "redirected":
            server.on("/login", portal)
            portal = answers.redirect(server.url("/login"))

        def cut_and_log_out(exchange: Exchange) -> None:
            answers.cut_fin(400_000)(exchange)
            server.on(path, portal)

        server.on(path, cut_and_log_out)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            job = await ended(orchestrator, job_id)
            assert_is_refused(job)
            assert job.bytes_done == 400_000
            assert job.bytes_total == MEGABYTE.size
            assert job.etag == MEGABYTE.etag
            (part,) = folder.iterdir()
            assert part.read_bytes() == MEGABYTE.read(0, 400_000)
            assert list((Path(orchestrator._home)).glob("*.peek")) == []
            server.on(path, answers.ok())
            await orchestrator.retry([job_id])
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert is_right(job.path, MEGABYTE)
            assert server.requests_for(path)[-1].range_start is not None

        run(scenario())

    def test_another_version_without_a_type_is_told_from_a_page_and_fetched(
        self, run, server, orchestrate, folder
    ):
        """The look at its body is a request more, and the old part goes only then."""
        url = server.serve("/a.bin", MEGABYTE, content_type=None)

        def cut_and_forget_ranges(exchange: Exchange) -> None:
            answers.cut_fin(400_000)(exchange)
            server.serve("/a.bin", answers.Content(900_000, seed=7), content_type=None)
            server.on("/a.bin", answers.bent(lambda answer: answer, ignoring=IGNORED))

        server.on("/a.bin", cut_and_forget_ranges)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert is_right(job.path, answers.Content(900_000, seed=7))

        run(scenario())
        assert len(server.requests_for("/a.bin")) == 4

    def test_a_part_outlives_a_connection_that_breaks_while_it_is_looked_at(
        self, run, server, orchestrate, folder
    ):
        url = server.serve("/a.bin", MEGABYTE, content_type=None)

        def reset(exchange: Exchange) -> None:
            exchange.reset()

        server.sequence("/a.bin", [answers.cut_fin(400_000), page(None), reset, answers.ok()])

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert is_right(job.path, MEGABYTE)

        run(scenario())
        assert server.requests_for("/a.bin")[-1].range_start == 400_000 - 4096

    @pytest.mark.parametrize("content", ["page", "another version"])
    def test_the_look_is_taken_with_the_secrets_of_the_job(
        self, run, server, orchestrate, folder, content: str
    ):
        """Without them it would see the server's refusal, and the download would never go on."""
        url = server.serve("/a.bin", MEGABYTE, content_type=None, credentials=("me", "hush"))
        other = answers.Content(900_000, seed=7)

        def cut_and_change(exchange: Exchange) -> None:
            answers.cut_fin(400_000)(exchange)
            server.serve("/a.bin", other, content_type=None, credentials=("me", "hush"))
            if content == "page":
                server.on("/a.bin", as_logged_in(page(None)))
            else:
                server.on("/a.bin", answers.bent(lambda answer: answer, ignoring=IGNORED))

        server.sequence("/a.bin", [as_logged_in(cut_and_change)])

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            link = url.replace("://", "://me:hush@")
            job = await ended(orchestrator, orchestrator.enqueue_download(link, folder))
            if content == "page":
                assert_is_refused(job)
                (part,) = folder.iterdir()
                assert part.stat().st_size == 400_000
            else:
                assert is_right(job.path, other)

        run(scenario())

    def test_a_look_that_takes_too_long_is_given_up(
        self, run, server, orchestrate, folder, monkeypatch
    ):
        monkeypatch.setattr("dlmanager.engine.page_guard.PEEK_LIMIT_S", 0.5)
        url = server.serve("/a.bin", MEGABYTE, content_type=None)
        server.sequence(
            "/a.bin",
            [answers.cut_fin(400_000), page(None), answers.stall_before_head(), answers.ok()],
        )

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert is_right(job.path, MEGABYTE)

        run(scenario())

    def test_a_pause_ends_the_look(self, run, server, orchestrate, folder):
        url = server.serve("/a.bin", MEGABYTE, content_type=None)
        server.sequence(
            "/a.bin",
            [answers.cut_fin(400_000), page(None), answers.stall_before_head(), answers.ok()],
        )

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            await asyncio.to_thread(server.wait_for_requests, 3)
            await orchestrator.pause([job_id])
            (part,) = folder.iterdir()
            assert part.stat().st_size == 400_000
            await orchestrator.resume([job_id])
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert is_right(job.path, MEGABYTE)

        run(scenario())

    def test_a_page_of_which_half_has_come_is_no_file_either(
        self, run, server, orchestrate, folder
    ):
        """Cut in the middle and without a type: the part itself is the page, and goes."""
        body = PAGE + b"x" * 100_000
        url = server.serve("/setup.zip", body, content_type=None)
        server.sequence("/setup.zip", [answers.cut_fin(50_000), answers.ok()])

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            assert_is_refused(await ended(orchestrator, job_id))
            assert list(folder.iterdir()) == []

        run(scenario())


IGNORED = ("range", "if-range", "if-match", "if-unmodified-since")


class TestAPageThatIsWanted:
    @pytest.mark.parametrize(
        "path, name",
        [
            ("/", "127.0.0.1.html"),
            ("/index.html", "index.html"),
            ("/wiki/Page", "Page.html"),
            ("/view.php?file=setup.zip", "view.php"),
            ("/a/", "127.0.0.1.html"),
        ],
    )
    def test_comes_as_any_file(self, get, server, folder, path: str, name: str):
        server.on(path.partition("?")[0], page())
        job = get(server.url(path))
        assert job.path == str(folder / name)
        assert Path(job.path).read_bytes() == PAGE

    def test_a_binary_file_that_passes_for_a_page_is_told_by_its_bytes(self, get, server, folder):
        """PHP says text/html of everything; the name in Content-Disposition says more."""
        url = server.serve(
            "/get.php",
            MEGABYTE,
            content_type="text/html",
            content_disposition='attachment; filename="setup.zip"',
        )
        job = get(url)
        assert job.path == str(folder / "setup.zip")
        assert is_right(job.path, MEGABYTE)

    @pytest.mark.parametrize("content_type", ["text/html", None])
    @pytest.mark.parametrize("filename, name", [(None, "setup.zip.html"), ("mine.zip", "mine.zip")])
    @pytest.mark.parametrize("cut_after", [None, 400_000])
    def test_is_kept_when_accepted(
        self, run, server, orchestrate, folder, content_type, filename, name, cut_after
    ):
        url = server.serve("/setup.zip", MEGABYTE)
        first = [] if cut_after is None else [answers.cut_fin(cut_after)]
        server.sequence("/setup.zip", [*first, page(content_type)])

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder, filename=filename)
            assert_is_refused(await ended(orchestrator, job_id))
            assert len(await orchestrator.accept([job_id])) == 1
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert job.path == str(folder / name)
            assert Path(job.path).read_bytes() == PAGE
            assert [path.name for path in folder.iterdir()] == [name]
            assert server.requests_for("/setup.zip")[-1].range_start is None

        run(scenario())

    def test_accepting_brings_the_file_if_the_server_sends_it_now(
        self, run, server, orchestrate, folder
    ):
        url = server.serve("/setup.zip", MEGABYTE)
        server.sequence("/setup.zip", [page(), answers.ok()])

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            await ended(orchestrator, job_id)
            await orchestrator.accept([job_id])
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert job.path == str(folder / "setup.zip")
            assert is_right(job.path, MEGABYTE)

        run(scenario())

    def test_nothing_but_a_page_can_be_accepted(self, run, server, orchestrate, folder):
        server.on("/setup.zip", answers.status(404))

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(server.url("/setup.zip"), folder)
            await until(orchestrator, job_id, Status.FAILED)
            assert await orchestrator.accept([job_id]) == []

        run(scenario())
