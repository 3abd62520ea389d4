"""What the fake wget plays as a transfer, and a row in memory for it to be written to."""

import asyncio
from collections.abc import Callable
from typing import Any

from dlmanager.core.job import Job

SIZE = 300_000
TOLD = {
    "Content-Length": str(SIZE),
    "ETag": '"v1"',
    "Last-Modified": "Wed, 01 Jan 2025 00:00:00 GMT",
}
UNTOLD = {"Content-Type": "text/plain"}
BAR = {"bar": "part 43%[=======>            ] 1.25M  1.46MB/s  eta 4s "}
ASKED = {"stderr": "HTTP request sent, awaiting response... \n"}
BODY = {"stderr": "Length: 300000 (293K)\n\n"}


def answer(status: str, **headers: str) -> list[dict[str, Any]]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return [ASKED, {"response": status, "headers": named}, BODY]


def ok(up_to: int = SIZE, code: int = 0, **headers: str) -> list[dict[str, Any]]:
    return [*answer("200 OK", **(headers or TOLD)), BAR, {"write_up_to": up_to}, {"exit": code}]


def rest(start: int, **headers: str) -> list[dict[str, Any]]:
    content_range = f"bytes {start}-{SIZE - 1}/{SIZE}"
    return [
        *answer("206 Partial Content", **(headers or {**TOLD, "Content-Range": content_range})),
        {"write_up_to": SIZE},
        {"exit": 0},
    ]


class Row:
    """The row of the job, in memory; `taken` makes it somebody else's from a moment on."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.facts: list[dict[str, Any]] = []
        self.taken: Callable[[dict[str, Any]], bool] = lambda facts: False

    async def record(self, facts: dict[str, Any]) -> Job | None:
        await asyncio.sleep(0)
        if self.taken(facts):
            return None
        self.facts.append(facts)
        self.job = self.job._replace(**facts)
        return self.job
