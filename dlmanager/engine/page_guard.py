"""The watch over one transfer for a web page that comes in place of the file."""

import asyncio
import contextlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from dlmanager.core.errors import ErrorKind
from dlmanager.core.expectation import (
    SNIFFED_BYTES,
    WEB_PAGE_WORDS,
    Doubt,
    Expectation,
    doubt_of,
    is_same_type,
    looks_like_page,
    name_of_page,
)
from dlmanager.core.job import Job
from dlmanager.core.outcome import Ending, Outcome
from dlmanager.core.response import Response
from dlmanager.core.validators import Verdict
from dlmanager.engine.carrying_wget import make_wget
from dlmanager.engine.part_file import PartFile
from dlmanager.engine.wget_process import Launch
from dlmanager.wget.output import Event

PEEK_LIMIT_S = 60
"""How long a look may take: a drip of header bytes would keep it for ever."""
_LOOK_EVERY_S = 0.05
_TOLD = (
    "etag",
    "last_modified",
    "bytes_total",
    "final_url",
    "content_type",
    "filename",
    "named_by_server",
    "part_mirror",
)
"""What an answer tells of a file; a page's word on it counts for nothing."""


class PageGuard:
    """Watches one transfer. job: as it was before the transfer."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self.doubt = Doubt.NONE

    @property
    def facts_before(self) -> dict[str, Any]:
        """What the row said of the file before the page came."""
        return {name: getattr(self._job, name) for name in _TOLD}

    def judge_head(self, response: Response, offset_bytes: int, verdict: Verdict) -> Doubt:
        """Judge the head of an answer to a request for the bytes from offset on."""
        job = self._job
        if job.accept_page:
            return Doubt.NONE
        expected = Expectation(job.url, job.filename, job.content_type, job.bytes_total)
        is_same_file = offset_bytes > 0 and verdict is Verdict.GO_ON
        self.doubt = doubt_of(expected, response, is_same_file=is_same_file)
        return self.doubt

    def needs_peek(self, response: Response) -> bool:
        """Whether an answer that would cost the part must be looked at first."""
        return (
            self.doubt is Doubt.BODY
            and response.status == 200
            # A page does not come under the very type that the file had.
            and not is_same_type(self._job.content_type, response.header("content-type"))
        )

    def finds_page(self, part: PartFile) -> bool:
        """Whether what came is a page, by its body; it is thrown away then. Blocks."""
        if self.doubt is not Doubt.BODY or not looks_like_page(part.head(SNIFFED_BYTES)):
            return False
        part.clear()
        return True


def page_outcome(http_status: int | None) -> Outcome:
    """A page came in place of the file."""
    return Outcome(Ending.FAIL, ErrorKind.WEB_PAGE, WEB_PAGE_WORDS, http_status)


def final_name(job: Job, part: PartFile) -> str:
    """The name to publish a complete part under: an accepted page gets a page's. Blocks."""
    if job.accept_page and job.named_by_server:
        return name_of_page(job.display_name, job.content_type, part.head(SNIFFED_BYTES))
    return job.display_name


class Peek:
    """Fetches the beginning of what a server sends, beside the part.

    launch: as for a transfer of the whole file into the part. scratch: the path of a file of ours.
    """

    def __init__(self, job: Job, launch: Launch, part: PartFile, scratch: Path) -> None:
        self._job = job
        self._scratch = scratch
        self._response: Response | None = None
        path = str(part.path)
        arguments = [str(scratch) if each == path else each for each in launch.arguments]
        self.process = make_wget(
            job.id, replace(launch, arguments=arguments), on_event=self._on_event
        )

    async def run(self) -> Outcome | None:
        """Why the part must stay as it is; None if another version of the file comes.

        Raises WgetUnusable.
        """
        self._remove()
        try:
            head = await self._fetch()
        finally:
            self._remove()
        if self._response is None or self._response.status != 200:
            return Outcome(
                Ending.RETRY,
                ErrorKind.CONNECTION,
                "The connection broke off. The next try goes on from there.",
            )
        guard = PageGuard(self._job)
        doubt = guard.judge_head(self._response, 0, Verdict.GO_ON)
        if doubt is Doubt.PAGE or (doubt is Doubt.BODY and looks_like_page(head)):
            return page_outcome(200)
        return None

    async def _fetch(self) -> bytes:
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + PEEK_LIMIT_S
        running = asyncio.ensure_future(self.process.run())
        try:
            while not running.done():
                await asyncio.wait([running], timeout=_LOOK_EVERY_S)
                if len(self._head()) == SNIFFED_BYTES or loop.time() > ends_at:
                    await self.process.cancel()
        finally:
            await running
        return self._head()

    def _head(self) -> bytes:
        with contextlib.suppress(OSError), self._scratch.open("rb") as file:
            return file.read(SNIFFED_BYTES)
        return b""

    def _remove(self) -> None:
        with contextlib.suppress(OSError):
            self._scratch.unlink()

    def _on_event(self, event: Event) -> None:
        if isinstance(event, Response):
            self._response = event
