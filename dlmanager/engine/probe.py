"""Whether a server takes a connection: the cheapest question there is."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PROBE_TIMEOUT_S = 5.0
_MOST_ADDRESSES = 4


async def can_connect(host: str, port: int, timeout_s: float = PROBE_TIMEOUT_S) -> bool:
    """Whether a host's name is found and one of its addresses, IPv4 or IPv6, takes a connection.

    The connection is closed at once.
    """
    try:
        async with asyncio.timeout(timeout_s):
            return await _connects(await _addresses(host, port), port)
    except (OSError, TimeoutError, UnicodeError):
        return False


async def _connects(addresses: list[str], port: int) -> bool:
    attempts = [asyncio.ensure_future(_connects_to(address, port)) for address in addresses]
    try:
        for attempt in asyncio.as_completed(attempts):
            if await attempt:
                return True
        return False
    finally:
        for each in attempts:
            each.cancel()
        await asyncio.gather(*attempts, return_exceptions=True)


async def _connects_to(address: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(address, port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


async def _addresses(host: str, port: int) -> list[str]:
    def resolve() -> list[str]:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(address[0]) for *_, address in found))

    # Both families get their chance, whichever the system prefers.
    by_family = await _in_thread_of_its_own(resolve)
    newer = [address for address in by_family if ":" in address]
    older = [address for address in by_family if ":" not in address]
    return newer[: _MOST_ADDRESSES // 2] + older[: _MOST_ADDRESSES // 2]


async def _in_thread_of_its_own(function: Callable[[], T]) -> T:
    """Run a function that may block for long, and that no quit should have to wait for.

    The threads of the loop's pool are few, and all of them are waited for at the end.
    """
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[T] = loop.create_future()

    def tell(result: T | None, error: Exception | None) -> None:
        if ended.done():
            return
        if error is not None:
            ended.set_exception(error)
        else:
            ended.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, error = None, None
        try:
            result = function()
        except Exception as raised:  # noqa: BLE001 - it is raised where it is waited for
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(tell, result, error)

    threading.Thread(target=run, name="resolve", daemon=True).start()
    return await ended
