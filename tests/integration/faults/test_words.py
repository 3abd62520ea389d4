"""Faults in what is said: by servers in their headers, by wget in another language."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Status
from dlmanager.core.response import Response
from dlmanager.engine.orchestrator import DownloadQueueOrchestrator
from dlmanager.gui.job_table_model import JobTableModel
from dlmanager.wget.output import OutputParser
from tests.conftest import Run
from tests.integration import loopback_server
from tests.integration.conftest import MEGABYTE, is_right, until
from tests.integration.faults.answers import fault_named
from tests.integration.faults.conftest import Fetch
from tests.integration.loopback_server import LoopbackServer

Orchestrate = Callable[..., DownloadQueueOrchestrator]


def control_characters(text: str) -> set[str]:
    return {each for each in text if each < " " or "\x7f" <= each <= "\x9f"}


@pytest.mark.fault(13)
@pytest.mark.parametrize(
    "name, words",
    [
        ("s401", "wants a valid user name and password (401)"),
        ("s403", "does not allow this download (403). You may have to log in"),
        ("s404", "does not exist (404). Check the link"),
        ("s407", "proxy wants a valid user name and password (407)"),
        ("s410", "gone for good (410)"),
    ],
)
def test_what_is_refused_is_told_in_plain_words(
    server: LoopbackServer, fetch: Fetch, name: str, words: str
):
    job = fetch(fault_named(name).play(server)).job
    assert words in (job.error_message or "")
    assert job.http_status == int(name[1:])


@pytest.mark.fault(23)
def test_escape_codes_of_a_server_are_neither_kept_nor_shown_nor_logged(
    server: LoopbackServer, fetch: Fetch, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("DEBUG", "dlmanager")
    job = fetch(fault_named("header_escapes").play(server)).job
    shown = [str(each) for each in job]
    logged = [record.getMessage() for record in caplog.records]
    assert control_characters("".join(shown + logged)) == set()
    model = JobTableModel()
    model.add_jobs([job])
    cells = [str(model.data(model.index(0, column))) for column in range(model.columnCount())]
    assert control_characters("".join(cells)) == set()


@pytest.mark.fault(23)
@pytest.mark.parametrize("line", [b"  X-Bomb: " + b"x" * 60_000, b"  a: b"], ids=["long", "many"])
def test_a_header_bomb_takes_no_frame_of_the_window(line: bytes):
    """Read at once, with as much as wget lets through; measured in CPU time of this thread."""
    count = 1 if len(line) > 1_000 else 12_000
    text = b"\n".join(
        [
            b"HTTP request sent, awaiting response... ",
            b"  HTTP/1.1 200 OK",
            *[line] * count,
            b"  Content-Length: 5",
            b"Length: 5",
            b"",
        ]
    )
    parser = OutputParser()
    began_s = time.thread_time()
    events = parser.feed(text)
    assert time.thread_time() - began_s < 0.1
    assert [each.status for each in events if isinstance(each, Response)] == [200]
    assert sum(map(len, parser.tail)) < 70_000


TRANSLATED = {
    "de": {"LANG": "de_DE.UTF-8", "LANGUAGE": "de", "LC_ALL": "C.UTF-8"},
    "ru": {"LANG": "ru_RU.UTF-8", "LANGUAGE": "ru:de", "LC_ALL": "C.UTF-8"},
    "fr by LANG alone": {"LANG": "fr_FR.UTF-8", "LC_MESSAGES": "fr_FR.UTF-8"},
    "C": {"LANG": "C", "LANGUAGE": "", "LC_ALL": "C"},
}


@pytest.mark.fault(43)
@pytest.mark.parametrize("variables", TRANSLATED.values(), ids=list(TRANSLATED))
def test_in_any_language_of_ours_wget_is_understood(
    run: Run,
    server: LoopbackServer,
    orchestrate: Orchestrate,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
):
    for name in ("LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    cut = server.serve("/a.bin", MEGABYTE)
    server.sequence("/a.bin", [loopback_server.cut_fin(400_000), loopback_server.ok()])
    gone = server.answer("/gone", 404)
    with LoopbackServer() as other:
        refused = other.url("/a.bin")

    async def scenario() -> None:
        orchestrator = orchestrate(max_retries=1)
        await orchestrator.start()
        ids = [orchestrator.enqueue_download(url, folder) for url in (cut, gone, refused)]
        ends = [Status.COMPLETED, Status.FAILED, Status.FAILED]
        jobs = [await until(orchestrator, *each) for each in zip(ids, ends, strict=True)]
        assert is_right(jobs[0].path or "", MEGABYTE)
        assert (jobs[1].error_kind, jobs[1].http_status) == (ErrorKind.NOT_FOUND, 404)
        assert jobs[2].error_kind is ErrorKind.CONNECTION
        assert "refused the connection" in (jobs[2].error_message or "")

    run(scenario())
