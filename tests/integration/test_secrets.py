"""Downloads that need a password: it reaches its server, and nobody else."""

import asyncio
import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import NewJob, Status
from dlmanager.core.secrets import Secrets
from dlmanager.engine.carrying_wget import make_wget
from tests.integration import loopback_server as answers
from tests.integration.conftest import MEGABYTE, is_right, until
from tests.integration.loopback_server import Exchange, LoopbackServer, text_answer

ODD = (" us\"er'#%ü✓;@/?\\ ", " p#\"'%20é\\:@/?=✓ ")


@pytest.fixture
def other() -> Iterator[LoopbackServer]:
    """A server of another origin."""
    with LoopbackServer(host="127.0.0.2") as server:
        yield server


def with_userinfo(url: str, user: str, password: str) -> str:
    return url.replace("://", f"://{quote(user, safe='')}:{quote(password, safe='')}@")


def order(url: str, folder: Path, *headers: tuple[str, str]) -> NewJob:
    return NewJob(url, str(folder), max_retries=0, secrets=Secrets(headers=headers))


def digest(exchange: Exchange, user: str, password: str) -> bool:
    """Whether a request answers a challenge rightly (RFC 7616, MD5, qop=auth)."""
    given = dict(re.findall(r'(\w+)="?([^",]*)"?', exchange.request.headers["authorization"]))

    def md5(*parts: str) -> str:
        return hashlib.md5(":".join(parts).encode()).hexdigest()

    return given["response"] == md5(
        md5(user, "loopback", password),
        given["nonce"],
        given["nc"],
        given["cnonce"],
        "auth",
        md5(exchange.request.method, given["uri"]),
    )


class TestAccess:
    @pytest.mark.parametrize("access", [("me", "hunter2"), ODD, ("me", ""), ("", "token")])
    def test_basic(self, run, server, orchestrate, folder, access):
        url = with_userinfo(server.serve("/a.bin", MEGABYTE, credentials=access), *access)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder, max_retries=0)
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert is_right(job.path, MEGABYTE)
            assert (job.url, job.has_secrets) == (server.url("/a.bin"), True)
            assert job.final_url == job.url

        run(scenario())

    @pytest.mark.parametrize("access", [("me", "hunter2"), ("me", ODD[1])])
    def test_digest(self, run, server, orchestrate, folder, access):
        server.serve("/a.bin", MEGABYTE)

        def behave(exchange: Exchange) -> None:
            if "authorization" in exchange.request.headers and digest(exchange, *access):
                answers.ok()(exchange)
                return
            challenge = 'Digest realm="loopback", nonce="abc", qop="auth", algorithm=MD5'
            exchange.answer(text_answer(401, ("WWW-Authenticate", challenge)))

        url = with_userinfo(server.on("/a.bin", behave), *access)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder, max_retries=0)
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert is_right(job.path, MEGABYTE)

        run(scenario())

    def test_a_wrong_password_is_told_and_what_to_do(self, run, server, orchestrate, folder):
        url = server.serve("/a.bin", MEGABYTE, credentials=("me", "right"))

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            for link in (url, with_userinfo(url, "me", "hunter2")):
                job_id = orchestrator.enqueue_download(link, folder)
                job = await until(orchestrator, job_id, Status.FAILED)
                assert (job.error_kind, job.http_status) == (ErrorKind.AUTH, 401)
                assert "Edit its link, with name:password@" in job.error_message
                assert "hunter2" not in repr(job)

        run(scenario())

    def test_a_download_that_broke_off_goes_on(self, run, server, orchestrate, folder):
        url = server.serve("/a.bin", MEGABYTE, credentials=("me", "hunter2"))
        server.sequence("/a.bin", [answers.ok(), answers.cut_fin(400_000), answers.ok()])

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            link = with_userinfo(url, "me", "hunter2")
            job_id = orchestrator.enqueue_download(link, folder)
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert is_right(job.path, MEGABYTE)

        run(scenario())
        assert server.requests[-1].range_start == 400_000 - 4096

    def test_after_a_new_start_the_secrets_are_there(self, run, server, orchestrate, folder):
        url = server.serve("/a.bin", MEGABYTE, credentials=("me", "hunter2"))

        async def scenario() -> None:
            first = orchestrate()
            await first.start()
            link = with_userinfo(url, "me", "hunter2")
            job_id = first.enqueue_download(link, folder, paused=True)
            await first.stop()
            second = orchestrate()
            await second.start()
            await second.resume([job_id])
            await until(second, job_id, Status.COMPLETED)

        run(scenario())

    def test_secrets_that_are_lost_are_told(self, run, server, orchestrate, folder, database):
        url = server.serve("/a.bin", MEGABYTE, credentials=("me", "hunter2"))

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            link = with_userinfo(url, "me", "hunter2")
            job_id = orchestrator.enqueue_download(link, folder, paused=True)
            (database.parent / "secrets.json").unlink()
            await orchestrator.resume([job_id])
            job = await until(orchestrator, job_id, Status.FAILED)
            assert job.error_kind is ErrorKind.AUTH
            assert "no longer kept" in job.error_message

        run(scenario())
        assert server.requests == []


@pytest.mark.fault(17)
class TestRedirects:
    HEADERS = (("Authorization", "Bearer hunter2"), ("Cookie", "a=hunter2"), ("X-Token", "hunter2"))

    def fetch(self, run, orchestrate, new_job: NewJob, status: Status = Status.COMPLETED):
        async def scenario():
            orchestrator = orchestrate()
            await orchestrator.start()
            (job,) = await orchestrator.add([new_job])
            return await until(orchestrator, job.id, status)

        return run(scenario())

    def test_another_origin_gets_none_of_them(self, run, server, other, orchestrate, folder):
        other.serve("/b.bin", MEGABYTE)
        url = server.redirect("/a.bin", other.url("/b.bin"))
        job = self.fetch(run, orchestrate, order(url, folder, *self.HEADERS))
        assert is_right(job.path, MEGABYTE)
        assert Path(job.path).name == "b.bin"
        (first,), (second,) = server.requests, other.requests
        for name, value in self.HEADERS:
            assert first.headers[name.lower()] == value
            assert name.lower() not in second.headers

    def test_another_origin_that_asks_gets_no_password(
        self, run, server, other, orchestrate, folder
    ):
        other.serve("/b.bin", MEGABYTE, credentials=("me", "hunter2"))
        url = server.redirect("/a.bin", other.url("/b.bin"))
        secrets = Secrets("me", "hunter2")
        new_job = NewJob(url, str(folder), max_retries=0, secrets=secrets)
        job = self.fetch(run, orchestrate, new_job, Status.FAILED)
        assert (job.error_kind, job.http_status) == (ErrorKind.AUTH, 401)
        assert all("authorization" not in request.headers for request in other.requests)

    def test_the_same_origin_gets_all_of_them(self, run, server, orchestrate, folder):
        server.serve("/b.bin", MEGABYTE)
        url = server.redirect("/a.bin", "/b.bin", status=307)
        job = self.fetch(run, orchestrate, order(url, folder, *self.HEADERS))
        assert is_right(job.path, MEGABYTE)
        for request in server.requests:
            assert {request.headers[name.lower()] for name, _ in self.HEADERS} == {
                value for _, value in self.HEADERS
            }

    def test_back_home_they_are_given_again(self, run, server, other, orchestrate, folder):
        server.serve("/c.bin", MEGABYTE, credentials=("me", "hunter2"))
        other.redirect("/b.bin", server.url("/c.bin"))
        url = server.redirect("/a.bin", other.url("/b.bin"))
        new_job = NewJob(url, str(folder), secrets=Secrets("me", "hunter2"))
        job = self.fetch(run, orchestrate, new_job)
        assert is_right(job.path, MEGABYTE)
        assert "authorization" not in other.requests[0].headers

    def test_cookies_set_on_the_way_are_given_back(self, run, server, orchestrate, folder):
        server.serve("/b.bin", MEGABYTE)
        server.on(
            "/a.bin",
            answers.status(302, headers=(("Location", "/b.bin"), ("Set-Cookie", "way=1; Path=/"))),
        )
        job = self.fetch(run, orchestrate, order(server.url("/a.bin"), folder, ("X-Token", "1")))
        assert is_right(job.path, MEGABYTE)
        assert server.requests[-1].headers["cookie"] == "way=1"

    def test_ten_are_followed_and_no_more(self, run, server, orchestrate, folder):
        for number in range(12):
            server.redirect(f"/{number}", f"/{number + 1}")
        job = self.fetch(
            run, orchestrate, order(server.url("/0"), folder, *self.HEADERS), Status.FAILED
        )
        assert job.error_kind is ErrorKind.REDIRECT
        assert [request.path for request in server.requests] == [f"/{n}" for n in range(11)]

    @pytest.mark.parametrize("location", ["ftp://127.0.0.1/b", "file:///etc/passwd", ""])
    def test_other_schemes_are_not_followed(self, run, server, orchestrate, folder, location: str):
        url = server.redirect("/a.bin", location)
        job = self.fetch(run, orchestrate, order(url, folder, *self.HEADERS), Status.FAILED)
        assert job.error_kind is ErrorKind.REDIRECT
        assert len(server.requests) == 1

    def test_a_download_can_be_paused_on_its_way(self, run, server, other, orchestrate, folder):
        other.serve("/b.bin", MEGABYTE)
        gate = other.hold("/b.bin", 500_000)
        url = server.redirect("/a.bin", other.url("/b.bin"))

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            (job,) = await orchestrator.add([order(url, folder, *self.HEADERS)])
            assert await asyncio.to_thread(gate.reached.wait, 10)
            await orchestrator.pause([job.id])
            gate.release()
            await orchestrator.resume([job.id])
            done = await until(orchestrator, job.id, Status.COMPLETED)
            assert is_right(done.path, MEGABYTE)

        run(scenario())


class TestRunFolder:
    def test_nothing_is_left_in_it(self, run, server, orchestrate, folder, database):
        url = server.serve("/a.bin", MEGABYTE)
        gate = server.hold("/a.bin", 500_000)
        left = database.parent / "run" / "1.wgetrc"
        left.parent.mkdir(parents=True)
        left.write_text("hunter2")

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            assert not left.exists()
            (job,) = await orchestrator.add([order(url, folder, ("X-Token", "hunter2"))])
            assert await asyncio.to_thread(gate.reached.wait, 10)
            async with asyncio.timeout(10):
                while list(left.parent.glob("*.wgetrc")):
                    await asyncio.sleep(0.02)
            gate.release()
            await until(orchestrator, job.id, Status.COMPLETED)

        run(scenario())
        assert list(left.parent.iterdir()) == []
        assert server.requests[0].headers["x-token"] == "hunter2"
        assert left.parent.stat().st_mode & 0o777 == 0o700


class TestProxy:
    def test_it_is_asked_with_its_password(self, run, server, orchestrate, folder):
        server.serve("/a.bin", MEGABYTE)
        seen = []

        def behave(exchange: Exchange) -> None:
            seen.append(exchange.request.headers.get("proxy-authorization"))
            answers.ok(exchange.server.resource("/a.bin"))(exchange)

        server.on("http://files.invalid/a.bin", behave)
        proxy = with_userinfo(server.url(""), "me", ODD[1])

        async def scenario() -> None:
            orchestrator = orchestrate(proxy=proxy)
            await orchestrator.start()
            job_id = orchestrator.enqueue_download("http://files.invalid/a.bin", folder)
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert is_right(job.path, MEGABYTE)

        run(scenario())
        assert [base64.b64decode(value[6:]).decode() for value in seen] == [f"me:{ODD[1]}"]

    def test_the_hosts_it_is_not_for_are_asked_directly_along_redirects_too(
        self, run, server, orchestrate, folder
    ):
        url = server.serve("/a.bin", MEGABYTE)
        server.on("http://files.invalid/a.bin", answers.ok(server.resource("/a.bin")))
        server.on("http://there.invalid/", answers.redirect(url))
        there = server.url("/there")
        server.on("/there", answers.redirect("http://files.invalid/a.bin"))
        links = [url, "http://files.invalid/a.bin", "http://there.invalid/", there]

        async def scenario() -> None:
            orchestrator = orchestrate(proxy=server.url(""), no_proxy="other.test, 127.0.0.1")
            await orchestrator.start()
            for link in links:
                job_id = orchestrator.enqueue_download(link, folder)
                job = await until(orchestrator, job_id, Status.COMPLETED)
                assert is_right(job.path, MEGABYTE)

        run(scenario())
        targets = [request.target for request in server.requests]
        assert targets == [
            "/a.bin",
            "http://files.invalid/a.bin",
            "http://there.invalid/",
            "/a.bin",
            "/there",
            "http://files.invalid/a.bin",
        ]


def test_a_launch_without_luggage_is_a_plain_wget(run):
    from dlmanager.engine.wget_process import Launch, WgetProcess

    async def scenario() -> None:
        launch = Launch("wget", [], {}, "/", b"")
        assert type(make_wget("1", launch, on_event=lambda event: None)) is WgetProcess

    run(scenario())
