"""The question whether a server takes a connection, asked of sockets on the loopback."""

import asyncio
import socket
import time
from collections.abc import Iterator

import pytest

from dlmanager.engine import probe
from dlmanager.engine.probe import can_connect


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def test_a_server_that_listens_is_reached(run, listener: socket.socket):
    assert run(can_connect("127.0.0.1", listener.getsockname()[1])) is True


def test_a_name_is_looked_up(run, listener: socket.socket):
    assert run(can_connect("localhost", listener.getsockname()[1])) is True


def test_a_server_on_ipv6_is_reached(run):
    if not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 here")
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        assert run(can_connect("::1", listener.getsockname()[1])) is True


def test_nobody_listens(run, listener: socket.socket):
    port = listener.getsockname()[1]
    listener.close()
    assert run(can_connect("127.0.0.1", port)) is False


def test_no_such_name(run, monkeypatch: pytest.MonkeyPatch):
    def getaddrinfo(*args: object, **options: object) -> list[object]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(probe.socket, "getaddrinfo", getaddrinfo)
    assert run(can_connect("example.org", 80)) is False


@pytest.mark.parametrize("host", ["", "a" * 300, "xn--\udcff"])
def test_a_name_that_is_none(run, host: str):
    assert run(can_connect(host, 1)) is False


def test_one_dead_address_does_not_hide_a_living_one(
    run, listener: socket.socket, monkeypatch: pytest.MonkeyPatch
):
    addresses = ["127.0.0.9", "127.0.0.1"]
    monkeypatch.setattr(
        probe.socket,
        "getaddrinfo",
        lambda *args, **options: [(None, None, None, None, (each, 1)) for each in addresses],
    )
    assert run(can_connect("two.test", listener.getsockname()[1])) is True


def test_a_name_server_that_is_silent_is_waited_for_neither_now_nor_at_the_end(
    run, monkeypatch: pytest.MonkeyPatch
):
    begun_s = time.monotonic()
    monkeypatch.setattr(probe.socket, "getaddrinfo", lambda *args, **options: time.sleep(1.5))
    assert run(can_connect("example.org", 80, timeout_s=0.1)) is False

    async def end() -> None:
        await asyncio.get_running_loop().shutdown_default_executor()

    run(end())
    assert time.monotonic() - begun_s < 1
