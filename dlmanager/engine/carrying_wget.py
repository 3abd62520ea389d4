"""A wget with secrets: they reach it unseen, and no origin but the one they were given for."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from dlmanager.core.response import Response
from dlmanager.core.secrets import (
    MAX_HOPS,
    Secrets,
    basic_authorization,
    link_with,
    redirect_target,
    secrets_for,
)
from dlmanager.engine.wget_process import Launch, Luggage, WgetProcess
from dlmanager.wget.config_file import build_config
from dlmanager.wget.exit_status import WgetExit
from dlmanager.wget.output import Event, RequestStarted

CONFIG_SUFFIX = ".wgetrc"
COOKIES_SUFFIX = ".cookies"

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_REFUSED_BY_SERVER = 8
"""wget's exit code for an answer that is no file: of a redirect, as it may follow none."""


def make_wget(
    job_id: str,
    launch: Launch,
    *,
    on_event: Callable[[Event], None],
    on_started: Callable[[int], None] = lambda pid: None,
) -> WgetProcess:
    """The process for a launch, with or without luggage."""
    if launch.luggage is None:
        return WgetProcess(job_id, launch, on_event=on_event, on_started=on_started)
    return CarryingWget(job_id, launch, launch.luggage, on_event=on_event, on_started=on_started)


def discard_luggage(home: Path) -> None:
    """Remove what a killed program has left in the folder of its wgets, ours alone. Blocks."""
    with contextlib.suppress(OSError):
        home.chmod(0o700)
    for suffix in (CONFIG_SUFFIX, COOKIES_SUFFIX):
        for path in home.glob(f"*{suffix}"):
            _remove(path)


class CarryingWget(WgetProcess):
    """One wget, or one after the other along the redirects, told and ended as one.

    User name and password go with the link through a pipe; headers and the proxy through a file
    that is gone as soon as wget has begun. Redirects are followed here where `Carried` says
    so; its cookies are handed on from one to the next.
    """

    def __init__(
        self,
        job_id: str,
        launch: Launch,
        luggage: Luggage,
        *,
        on_event: Callable[[Event], None],
        on_started: Callable[[int], None],
    ) -> None:
        super().__init__(job_id, launch, on_event=on_event, on_started=on_started)
        self._luggage = luggage
        self._asked = luggage.url
        self._answer: Response | None = None
        self._removal: asyncio.Future[None] | None = None

    async def _run(self) -> WgetExit:
        self._asked = self._luggage.url
        try:
            if self._luggage.cookies_path is not None:
                await asyncio.to_thread(_write, self._luggage.cookies_path, "")
            for _ in range(MAX_HOPS):
                exit_ = await self._run_hop()
                target = self._target(exit_)
                if target is None or self.cancelled:
                    return exit_
                self._asked = target
            return await self._run_hop()
        finally:
            if self._luggage.cookies_path is not None:
                await asyncio.to_thread(_remove, self._luggage.cookies_path)

    async def _run_hop(self) -> WgetExit:
        self._answer = None
        secrets = secrets_for(self._luggage.carried.secrets, self._luggage.url, self._asked)
        link = link_with(self._asked, secrets) if secrets.user else self._asked
        self._launch = replace(self._launch, stdin=link.encode("ascii") + b"\n")
        try:
            await asyncio.to_thread(_write, self._luggage.config_path, self._config(secrets))
            return await super()._run()
        finally:
            if self._removal is not None:
                await self._removal
                self._removal = None
            await asyncio.to_thread(_remove, self._luggage.config_path)

    def _config(self, secrets: Secrets) -> str:
        cookies_path = self._luggage.cookies_path
        return build_config(
            headers=_headers(secrets),
            proxy=self._luggage.carried.proxy,
            no_proxy=self._luggage.carried.no_proxy,
            cookies_path=None if cookies_path is None else str(cookies_path),
        )

    def _target(self, exit_: WgetExit) -> str | None:
        """Where the last answer leads on to; None if it is not for us to follow."""
        answer = self._answer
        if answer is None or answer.status not in _REDIRECTS:
            return None
        if exit_.exit_code != _REFUSED_BY_SERVER or not self._luggage.carried.follows_redirects:
            return None
        return redirect_target(self._asked, answer.header("location"))

    def _tell(self, events: Sequence[Event]) -> None:
        super()._tell([self._seen(event) for event in events])

    def _seen(self, event: Event) -> Event:
        if isinstance(event, RequestStarted):
            if self._removal is None:  # wget has read its configuration before it asks
                self._removal = asyncio.get_running_loop().run_in_executor(
                    None, _remove, self._luggage.config_path
                )
            if self._luggage.carried.follows_redirects:
                return RequestStarted(self._asked)  # as wget writes it, with the user's name
        elif isinstance(event, Response):
            self._answer = event
        return event


def _headers(secrets: Secrets) -> list[tuple[str, str]]:
    headers = list(secrets.headers)
    names = {name.lower() for name, _ in headers}
    if secrets.password is not None and not secrets.user and "authorization" not in names:
        # wget takes no link with a password alone, as it is given for access tokens.
        headers.append(basic_authorization(secrets))
    return headers


def _write(path: Path, text: str) -> None:
    _remove(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):  # gone already; the next start tries again
        path.unlink()
