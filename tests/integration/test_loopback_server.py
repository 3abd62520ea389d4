"""The loopback server says what it is told to say, to the real wget too."""

from __future__ import annotations

import base64
import hashlib
import http.client
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.integration import loopback_server as lb
from tests.integration.loopback_server import BLOCK_BYTES, Content, Framing, LoopbackServer

needs_wget = pytest.mark.skipif(shutil.which("wget") is None, reason="wget is not installed")
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate")

SMALL = Content(300_000, seed=7)
JANUARY_2 = datetime(2025, 1, 2, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer() as server:
        yield server


def wget(url: str, part: Path, *arguments: str) -> int:
    """Run the real wget as our engine does, in short, and return its exit code."""
    command = [
        "wget", "--no-config", "--no-hsts", "--tries=1", "--read-timeout=10", "-q", *arguments
    ]  # fmt: skip
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(part.parent)}
    completed = subprocess.run(
        [*command, "-O", str(part), "--", url], env=environment, timeout=30, check=False
    )
    return completed.returncode


def fetch(
    url: str, headers: dict[str, str] | None = None, method: str = "GET"
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Return status, headers and body of one answer; redirects are not followed."""
    origin, _, path = url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(origin, timeout=10)
    try:
        connection.request(method, f"/{path}", headers=headers or {})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def open_raw(server: LoopbackServer, path: str) -> socket.socket:
    """Return a connection on which a path has been asked for."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return connection


def read_all(connection: socket.socket) -> bytes:
    received = b""
    while data := connection.recv(1 << 16):
        received += data
    return received


def read_head(connection: socket.socket) -> bytes:
    received = b""
    while not received.endswith(b"\r\n\r\n"):
        received += connection.recv(1)
    return received


# The content


@given(start=st.integers(0, 3 * BLOCK_BYTES), length=st.integers(0, 2 * BLOCK_BYTES))
def test_a_piece_is_what_the_whole_has_there(start: int, length: int) -> None:
    content = Content(2 * BLOCK_BYTES + 12_345)
    assert content.read(start, length) == WHOLE[start : start + length]


WHOLE = Content(2 * BLOCK_BYTES + 12_345).read(0, 3 * BLOCK_BYTES)


def test_the_content_is_the_same_in_every_process_and_version() -> None:
    expected = "229ee13ad8ccdc81f100fc1ced79e9523b0c645b6dd1eb61f5175a79814ea51a"
    assert Content(3_000_000, seed=1).sha256() == expected
    assert hashlib.sha256(Content(3_000_000, seed=1).read(0, 3_000_000)).hexdigest() == expected


def test_other_seeds_and_other_places_have_other_bytes() -> None:
    content = Content(1 << 40)
    pieces = {content.read(place * BLOCK_BYTES, 64) for place in (0, 1, 2, 1000, (1 << 20) - 1)}
    assert len(pieces | {Content(1 << 40, seed=2).read(0, 64)}) == 6


def test_a_place_beyond_four_gib_is_read_without_what_lies_before() -> None:
    content = Content((5 << 30) + 10)
    assert len(content.read(5 << 30, 100)) == 10


# The good server


@pytest.mark.parametrize(
    ("asked", "status", "content_range", "span"),
    [
        ({}, 200, None, (0, 300_000)),
        ({"Range": "bytes=100-"}, 206, "bytes 100-299999/300000", (100, 300_000)),
        ({"Range": "bytes=100-199"}, 206, "bytes 100-199/300000", (100, 200)),
        ({"Range": "bytes=0-999999"}, 206, "bytes 0-299999/300000", (0, 300_000)),
        ({"Range": "bytes=-5"}, 206, "bytes 299995-299999/300000", (299_995, 300_000)),
        ({"Range": "bytes=300000-"}, 416, "bytes */300000", (0, 0)),
        ({"Range": "bytes=-0"}, 416, "bytes */300000", (0, 0)),
        ({"Range": "bytes=0-1,5-6"}, 200, None, (0, 300_000)),
        ({"Range": "bytes=-"}, 200, None, (0, 300_000)),
        ({"If-Match": '"v1"'}, 200, None, (0, 300_000)),
        ({"If-Match": '"v0", "v1"', "Range": "bytes=5-9"}, 206, "bytes 5-9/300000", (5, 10)),
        ({"If-Match": "*"}, 200, None, (0, 300_000)),
        ({"If-Match": '"v2"', "Range": "bytes=100-"}, 412, None, (0, 0)),
        ({"If-Unmodified-Since": "Wed, 01 Jan 2025 00:00:00 GMT"}, 412, None, (0, 0)),
        ({"If-Unmodified-Since": "Thu, 02 Jan 2025 00:00:00 GMT"}, 200, None, (0, 300_000)),
        ({"If-Unmodified-Since": "yesterday"}, 200, None, (0, 300_000)),
        ({"If-Range": '"v1"', "Range": "bytes=5-9"}, 206, "bytes 5-9/300000", (5, 10)),
        ({"If-Range": '"v2"', "Range": "bytes=5-9"}, 200, None, (0, 300_000)),
        (
            {"If-Range": "Thu, 02 Jan 2025 00:00:00 GMT", "Range": "bytes=5-9"},
            206, "bytes 5-9/300000", (5, 10),
        ),
    ],
    ids=str,
)  # fmt: skip
def test_ranges_and_preconditions_are_honoured(
    server: LoopbackServer,
    asked: dict[str, str],
    status: int,
    content_range: str | None,
    span: tuple[int, int],
) -> None:
    url = server.serve("/a.bin", SMALL, etag='"v1"', last_modified=JANUARY_2)

    answered, headers, body = fetch(url, asked)

    assert (answered, headers["Content-Range"]) == (status, content_range)
    assert body == SMALL.read(span[0], span[1] - span[0])
    assert headers["Content-Length"] == str(len(body))


def test_a_weak_etag_matches_no_precondition(server: LoopbackServer) -> None:
    url = server.serve("/a.bin", SMALL, etag='W/"v1"')

    assert fetch(url, {"If-Match": 'W/"v1"'})[0] == 412
    assert fetch(url, {"If-Range": 'W/"v1"', "Range": "bytes=5-9"})[0] == 200


def test_head_describes_the_file_and_sends_none_of_it(server: LoopbackServer) -> None:
    url = server.serve("/a.bin", SMALL, etag='"v1"', content_type="video/mp4")

    status, headers, body = fetch(url, method="HEAD")

    assert (status, body) == (200, b"")
    assert dict(headers) == {
        "Content-Type": "video/mp4",
        "Accept-Ranges": "bytes",
        "ETag": '"v1"',
        "Last-Modified": "Wed, 01 Jan 2025 00:00:00 GMT",
        "Connection": "close",
        "Content-Length": "300000",
    }
    assert server.requests[0].bytes_sent == 0


def test_validators_are_left_out_on_wish(server: LoopbackServer) -> None:
    url = server.serve("/a.bin", SMALL, etag=None, last_modified=None)

    _, headers, _ = fetch(url)

    assert headers["ETag"] is None
    assert headers["Last-Modified"] is None


def test_a_name_of_any_bytes_is_sent_as_it_is(server: LoopbackServer) -> None:
    server.serve("/a.bin", b"", content_disposition=b'attachment; filename="\xe4\xff.zip"')

    with open_raw(server, "/a.bin") as connection:
        assert b'Content-Disposition: attachment; filename="\xe4\xff.zip"\r\n' in read_all(
            connection
        )


def test_an_unknown_path_is_not_found(server: LoopbackServer) -> None:
    assert fetch(server.url("/nothing"))[0] == 404


def test_basic_authentication_is_asked_for(server: LoopbackServer) -> None:
    url = server.serve("/a.bin", SMALL, credentials=("ann", "p:ss"))
    right = base64.b64encode(b"ann:p:ss").decode()

    status, headers, _ = fetch(url)
    assert (status, headers["WWW-Authenticate"]) == (401, 'Basic realm="loopback"')
    assert fetch(url, {"Authorization": "Basic d3Jvbmc="})[0] == 401
    assert fetch(url, {"Authorization": f"Basic {right}"})[2] == SMALL.read(0, 300_000)


def test_a_status_alone_and_a_redirect(server: LoopbackServer) -> None:
    gone = server.answer("/gone", 410, {"X-Why": "moved out"}, b"gone\n")
    moved = server.redirect("/moved", "/a.bin", status=308)

    assert fetch(gone)[0::2] == (410, b"gone\n")
    assert fetch(gone)[1]["X-Why"] == "moved out"
    assert (fetch(moved)[0], fetch(moved)[1]["Location"]) == (308, "/a.bin")


def test_a_file_of_the_disk_is_sent_by_range(server: LoopbackServer, tmp_path: Path) -> None:
    file_path = tmp_path / "disk.bin"
    file_path.write_bytes(SMALL.read(0, 300_000))
    url = server.serve_file("/disk.bin", file_path)

    assert fetch(url)[2] == SMALL.read(0, 300_000)
    status, headers, body = fetch(url, {"Range": "bytes=299990-"})
    assert (status, body) == (206, SMALL.read(299_990, 10))
    assert fetch(url, {"If-Match": headers["ETag"]})[0] == 200


def test_a_file_replaced_in_mid_life_has_new_bytes_and_a_new_etag(server: LoopbackServer) -> None:
    url = server.serve("/a.bin", Content(1000, seed=1))
    before = fetch(url)
    server.serve("/a.bin", Content(1000, seed=2))

    assert fetch(url)[2] == Content(1000, seed=2).read(0, 1000)
    assert fetch(url, {"If-Match": before[1]["ETag"]})[0] == 412


@pytest.mark.parametrize("framing", [Framing.CHUNKED, Framing.UNTIL_CLOSE])
def test_a_body_without_its_length_arrives(server: LoopbackServer, framing: Framing) -> None:
    url = server.serve("/a.bin", SMALL, framing=framing)

    _, headers, body = fetch(url)

    assert headers["Content-Length"] is None
    assert body == SMALL.read(0, 300_000)


def test_the_rate_is_kept_to(server: LoopbackServer) -> None:
    url = server.serve("/a.bin", Content(100_000), rate_bytes_s=400_000)
    began_at = time.monotonic()

    fetch(url)

    assert time.monotonic() - began_at >= 0.25


# What is remembered


def test_a_request_is_remembered_with_what_became_of_it(server: LoopbackServer) -> None:
    url = server.serve("/a.bin", SMALL)
    fetch(f"{url}?token=x", {"Range": "bytes=1000-", "X-Odd": "Value"})
    server.wait_until_idle()

    (request,) = server.requests_for("/a.bin")

    assert (request.method, request.target, request.query) == ("GET", "/a.bin?token=x", "token=x")
    assert (request.headers["x-odd"], request.range_start) == ("Value", 1000)
    assert (request.status, request.bytes_sent, request.client_left) == (206, 299_000, False)
    assert request.closed_at is not None
    assert request.received_at <= request.closed_at


def test_clients_at_the_same_time_are_counted(server: LoopbackServer) -> None:
    server.serve("/a.bin", SMALL)
    with server.hold("/a.bin"):
        connections = [open_raw(server, "/a.bin") for _ in range(3)]
        server.wait_for_requests(3)
        assert (server.active, server.max_active) == (3, 3)
    for connection in connections:
        read_all(connection)
        connection.close()
    server.wait_until_idle()
    fetch(server.url("/a.bin"))

    assert server.max_active == 3


def test_clients_one_after_the_other_never_count_as_two(server: LoopbackServer) -> None:
    url = server.serve("/a.bin", b"x")
    for _ in range(200):
        fetch(url)

    assert server.max_active == 1


def test_a_client_that_left_does_not_count_while_its_behaviour_goes_on(
    server: LoopbackServer,
) -> None:
    go_on = threading.Event()
    server.on("/deaf", lambda exchange: _ignore(go_on.wait(10)))
    open_raw(server, "/deaf").close()
    server.wait_for_requests(1)
    fetch(server.url("/nothing"))

    assert server.max_active == 1
    go_on.set()


def _ignore(_: object) -> None:
    pass


# Gates


def test_a_gate_holds_the_transfer_at_its_byte(server: LoopbackServer) -> None:
    server.serve("/a.bin", SMALL)
    gate = server.hold("/a.bin", at_byte=100_001)
    with open_raw(server, "/a.bin") as connection:
        read_head(connection)
        assert gate.reached.wait(10)
        assert server.requests[0].bytes_sent == 100_001
        held = connection.recv(100_001, socket.MSG_WAITALL)
        gate.release()
        assert held + read_all(connection) == SMALL.read(0, 300_000)


@pytest.mark.parametrize(
    ("place", "arrived"), [(0, 0), (300_000, 300_000)], ids=["first byte", "end"]
)
def test_a_gate_stands_at_either_end(server: LoopbackServer, place: int, arrived: int) -> None:
    server.serve("/a.bin", SMALL)
    with server.hold("/a.bin", at_byte=place) as gate, open_raw(server, "/a.bin") as connection:
        assert gate.reached.wait(10)
        assert server.requests[0].bytes_sent == arrived
        assert server.active == 1
        gate.release()
        assert len(read_all(connection)) > 300_000


def test_a_transfer_that_begins_behind_the_gate_is_not_held(server: LoopbackServer) -> None:
    url = server.serve("/a.bin", SMALL)
    with server.hold("/a.bin", at_byte=10) as gate:
        assert fetch(url, {"Range": "bytes=11-"})[0] == 206
        assert not gate.reached.is_set()


def test_a_gate_before_the_answer_holds_everything(server: LoopbackServer) -> None:
    server.answer("/gone", 410)
    with server.hold("/gone") as gate, open_raw(server, "/gone") as connection:
        assert gate.reached.wait(10)
        assert server.requests[0].status is None
        gate.release()
        assert read_all(connection).startswith(b"HTTP/1.1 410 Gone\r\n")


# Behaviours


def test_the_nth_request_gets_the_nth_behaviour_and_the_last_one_stays(
    server: LoopbackServer,
) -> None:
    server.serve("/flaky", SMALL)
    url = server.sequence("/flaky", [lb.status(503, retry_after=1), lb.status(404), lb.ok()])

    answers = [fetch(url) for _ in range(4)]

    assert [status for status, _, _ in answers] == [503, 404, 200, 200]
    assert answers[0][1]["Retry-After"] == "1"


def test_the_good_answer_can_be_bent(server: LoopbackServer) -> None:
    server.serve("/a.bin", b"12345")
    lengths = (("Content-Length", "5"), ("Content-Length", "7"))
    server.on("/a.bin", lb.with_headers(*lengths))
    with open_raw(server, "/a.bin") as connection:
        answer = read_all(connection)

    assert answer.count(b"Content-Length: ") == 2
    assert answer.endswith(b"Content-Length: 5\r\nContent-Length: 7\r\n\r\n12345")


def test_an_answer_can_be_of_another_resource(server: LoopbackServer) -> None:
    url = server.serve("/a.bin", b"old")
    server.on("/a.bin", lb.ok(of=lb.Resource(lb.FixedContent(b"newer"), etag='"2"')))

    _, headers, body = fetch(url)

    assert (headers["ETag"], body) == ('"2"', b"newer")


def test_a_chunk_can_be_cut_in_its_middle(server: LoopbackServer) -> None:
    server.serve("/a.bin", b"0123456789")
    server.on("/a.bin", lb.chunk_cut(after=4, announced=12))

    with open_raw(server, "/a.bin") as connection:
        assert read_all(connection).endswith(b"\r\n\r\n10\r\n0123")


def test_a_drip_arrives_whole(server: LoopbackServer) -> None:
    server.serve("/a.bin", b"0123456789", framing=Framing.CHUNKED)
    url = server.on("/a.bin", lb.drip(step_bytes=3, every_s=0.001))

    assert fetch(url)[2] == b"0123456789"


@pytest.mark.parametrize("framing", [Framing.LENGTH, Framing.CHUNKED])
def test_a_stall_goes_on_when_released(server: LoopbackServer, framing: Framing) -> None:
    release = threading.Event()
    server.serve("/a.bin", b"0123456789", framing=framing)
    server.on("/a.bin", lb.stall(after=4, release=release))
    threading.Timer(0.05, release.set).start()

    assert fetch(server.url("/a.bin"))[2] == b"0123456789"


@pytest.mark.parametrize(
    "behaviour",
    [lb.stall(after=10), lb.stall_before_head(), lb.drip(step_bytes=1, every_s=60)],
    ids=["stall", "stall before the head", "drip"],
)
def test_a_stalled_connection_ends_when_its_client_leaves(
    server: LoopbackServer, behaviour: lb.Behaviour
) -> None:
    server.serve("/a.bin", SMALL)
    server.on("/a.bin", behaviour)
    open_raw(server, "/a.bin").close()

    server.wait_for_requests(1)
    server.wait_until_idle()

    assert server.requests[0].client_left


def test_silence_and_garbage_are_sent_as_such(server: LoopbackServer) -> None:
    for path, behaviour in [
        ("/closed", lb.close_at_once()), ("/reset", lb.reset_at_once()), ("/0.9", lb.http_0_9())
    ]:  # fmt: skip
        server.on(path, behaviour)

    with open_raw(server, "/closed") as connection:
        assert connection.recv(1) == b""
    with open_raw(server, "/reset") as connection, pytest.raises(ConnectionResetError):
        connection.recv(1)
    with open_raw(server, "/0.9") as connection:
        assert read_all(connection) == b"no status line, no headers, just this text\n"


def test_bytes_after_the_request_do_not_turn_the_end_into_a_reset(server: LoopbackServer) -> None:
    server.serve("/a.bin", b"0123456789")
    with server.hold("/a.bin", at_byte=10) as gate, open_raw(server, "/a.bin") as connection:
        assert gate.reached.wait(10)
        connection.sendall(b"more than was asked")
        gate.release()

        assert read_all(connection).endswith(b"0123456789")


@pytest.mark.parametrize(
    "garbage", [b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"G" * 70_000], ids=str
)
def test_what_is_no_request_is_answered_400(server: LoopbackServer, garbage: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(garbage)
        assert connection.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 400"


# Life


def test_the_end_of_the_block_ends_stalled_connections_and_all_threads() -> None:
    with LoopbackServer() as server:
        server.serve("/a.bin", Content(1 << 40))
        server.on("/silent", lb.stall_before_head())
        silent = open_raw(server, "/silent")
        never_read = open_raw(server, "/a.bin")
        no_request = socket.create_connection(("127.0.0.1", server.port))
        server.wait_for_requests(2)

    for connection in (silent, never_read, no_request):
        connection.close()
    assert not [each.name for each in threading.enumerate() if each.name.startswith("loopback")]
    with pytest.raises(ConnectionRefusedError):
        open_raw(server, "/a.bin")


def test_a_mistake_in_a_behaviour_comes_out_at_the_end() -> None:
    def stumble(_: lb.Exchange) -> None:
        raise ZeroDivisionError("mine")

    server = LoopbackServer().start()
    server.on("/a.bin", stumble)
    with open_raw(server, "/a.bin") as connection:
        read_all(connection)

    with pytest.raises(ExceptionGroup) as caught:
        server.stop()

    assert caught.group_contains(ZeroDivisionError, match="mine")


def test_more_connections_than_allowed_come_out_at_the_end() -> None:
    server = LoopbackServer(max_connections=1).start()
    server.on("/a.bin", lb.stall_before_head())
    with open_raw(server, "/a.bin"), open_raw(server, "/a.bin") as second:
        with pytest.raises(ConnectionResetError):
            second.recv(1)

        with pytest.raises(ExceptionGroup) as caught:
            server.stop()

    assert caught.group_contains(OverflowError)


def test_offline_connections_end_and_new_ones_are_refused_until_it_comes_back(
    server: LoopbackServer,
) -> None:
    url = server.serve("/a.bin", SMALL)
    gate = server.hold("/a.bin", at_byte=1000)
    with open_raw(server, "/a.bin") as connection:
        assert gate.reached.wait(10)
        server.go_offline()
        read_head(connection)
        assert read_all(connection) == SMALL.read(0, 1000)
    with pytest.raises(ConnectionRefusedError):
        open_raw(server, "/a.bin")

    server.come_back()
    gate.release()

    assert fetch(url)[2] == SMALL.read(0, 300_000)


def test_waiting_for_what_does_not_come_has_an_end(server: LoopbackServer) -> None:
    with pytest.raises(TimeoutError, match="1 requests"):
        server.wait_for_requests(1, timeout_s=0.01)


def test_a_greeting_comes_before_the_request() -> None:
    def refuse(exchange: lb.Exchange) -> None:
        exchange.send(b"busy\n")
        exchange.close_fin()

    with (
        LoopbackServer(greet=refuse) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection,
    ):
        assert read_all(connection) == b"busy\n"


# The real wget


@needs_wget
def test_wget_resumes_to_the_right_bytes(server: LoopbackServer, tmp_path: Path) -> None:
    part = tmp_path / "a.part"
    server.serve("/a.bin", SMALL)
    url = server.sequence("/a.bin", [lb.cut_fin(after=123_456), lb.ok()])

    assert wget(url, part, "-c") == 4
    assert part.stat().st_size == 123_456
    assert wget(url, part, "-c") == 0

    assert part.read_bytes() == SMALL.read(0, 300_000)
    assert [request.range_start for request in server.requests] == [None, 123_456]


@needs_wget
def test_wget_leaves_the_part_alone_when_the_file_changed(
    server: LoopbackServer, tmp_path: Path
) -> None:
    part = tmp_path / "a.part"
    part.write_bytes(SMALL.read(0, 1000))
    url = server.serve("/a.bin", Content(300_000, seed=8), etag='"v2"')

    assert wget(url, part, "-c", '--header=If-Match: "v1"') == 8

    assert part.read_bytes() == SMALL.read(0, 1000)
    assert server.requests[0].status == 412


@needs_wget
@pytest.mark.parametrize(
    ("behaviour", "code", "size"),
    [
        (lb.ok(), 0, 300_000),
        (lb.chunked(), 0, 300_000),
        (lb.no_length(), 0, 300_000),
        (lb.cut_fin(after=200_000), 4, 200_000),
        (lb.cut_rst(after=200_000), 4, 200_000),
        (lb.cut_fin(after=200_000, framing=Framing.UNTIL_CLOSE), 0, 200_000),
        (lb.cut_rst(after=200_000, framing=Framing.UNTIL_CLOSE), 4, 200_000),
        (lb.cut_fin(after=200_000, framing=Framing.CHUNKED), 4, 200_000),
        (lb.chunk_cut(after=200_000), 0, 200_000),
        (lb.status(404), 8, 0),
        (lb.status(504), 4, 0),
        (lb.status(204), 0, 0),
        (lb.close_at_once(), 4, 0),
        (lb.reset_at_once(), 4, 0),
        (lb.redirect("/a.bin"), 8, 0),
        (lb.redirect("file:///etc/passwd"), 1, 0),
        (lb.without_headers("Content-Length"), 0, 300_000),
    ],
    ids=[
        "ok", "chunked", "no length", "cut by FIN", "cut by RST", "no length, FIN",
        "no length, RST", "between chunks", "inside a chunk", "404", "504", "204", "close", "reset",
        "redirected in a circle", "redirected to a file", "length left out",
    ],
)  # fmt: skip
def test_wget_ends_as_the_behaviour_makes_it(
    server: LoopbackServer, tmp_path: Path, behaviour: lb.Behaviour, code: int, size: int
) -> None:
    part = tmp_path / "a.part"
    server.serve("/a.bin", SMALL)
    url = server.on("/a.bin", behaviour)

    assert wget(url, part) == code
    assert part.read_bytes() == SMALL.read(0, size)


@needs_wget
@pytest.mark.parametrize(
    ("behaviour", "arguments"),
    [(lb.ignore_range(), []), (lb.ignore_conditions(), ['--header=If-Match: "v1"'])],
    ids=["200 to a range", "206 of another file"],
)
def test_wget_splices_two_files_where_the_server_looks_away(
    server: LoopbackServer, tmp_path: Path, behaviour: lb.Behaviour, arguments: list[str]
) -> None:
    part = tmp_path / "a.part"
    part.write_bytes(SMALL.read(0, 1000))
    changed = Content(300_000, seed=8)
    server.serve("/a.bin", changed)
    url = server.on("/a.bin", behaviour)

    assert wget(url, part, "-c", *arguments) == 0

    assert part.read_bytes() == SMALL.read(0, 1000) + changed.read(1000, 299_000)


@needs_wget
def test_wget_follows_a_redirect_to_another_origin(server: LoopbackServer, tmp_path: Path) -> None:
    with LoopbackServer() as other:
        url = server.redirect("/a", other.serve("/b", SMALL))

        assert wget(url, tmp_path / "a.part") == 0

    assert (len(server.requests), len(other.requests)) == (1, 1)
    assert (tmp_path / "a.part").read_bytes() == SMALL.read(0, 300_000)


@needs_wget
def test_wget_asks_again_with_its_credentials(server: LoopbackServer, tmp_path: Path) -> None:
    url = server.serve("/a.bin", SMALL, credentials=("ann", "secret"))

    assert wget(url, tmp_path / "1") == 6
    assert wget(url, tmp_path / "2", "--user=ann", "--password=secret") == 0


@needs_wget
@needs_openssl
def test_wget_speaks_tls_and_distrusts_our_certificate(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", key, "-out", certificate, "-subj", "/CN=127.0.0.1",
            "-addext", "subjectAltName=IP:127.0.0.1",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with LoopbackServer(tls_context=context) as server:
        url = server.serve("/a.bin", SMALL)
        assert url.startswith("https://")
        assert wget(url, tmp_path / "1") == 5
        trusting = f"--ca-certificate={certificate}"
        assert wget(url, tmp_path / "2", trusting) == 0
        server.on("/a.bin", lb.no_length())
        assert wget(url, tmp_path / "3", trusting) == 0
        server.on("/a.bin", lb.cut_fin(after=1000, framing=Framing.UNTIL_CLOSE))
        assert wget(url, tmp_path / "4", trusting) == 4  # no close_notify

    assert (tmp_path / "2").read_bytes() == SMALL.read(0, 300_000)


# By hand


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("300", 300), ("64k", 65_536), ("1.5M", 1_572_864), ("1T", 1 << 40)],
)
def test_a_size_is_read(text: str, size: int) -> None:
    assert lb.parse_size(text) == size


@pytest.mark.parametrize("text", ["", "-1", "1X", "1 K", "G"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a size"):
        lb.parse_size(text)


def test_an_unknown_behaviour_is_refused() -> None:
    with pytest.raises(ValueError, match="no behaviour 'burn'"):
        lb.parse_behaviours("ok,burn")


def test_it_runs_by_hand_until_it_is_interrupted(tmp_path: Path) -> None:
    (tmp_path / "disk.bin").write_bytes(b"from the disk")
    command = [
        sys.executable, "-m", "tests.integration.loopback_server", "--lifetime", "30",
        "--file", "a.bin=3K", "--disk", f"b.bin={tmp_path / 'disk.bin'}",
        "--behave", "a.bin=status:503,ok",
    ]  # fmt: skip
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        generated, on_disk = (process.stdout.readline().strip() for _ in range(2))
        assert [fetch(generated)[0] for _ in range(2)] == [503, 200]
        assert fetch(generated)[2] == Content(3072, seed=1).read(0, 3072)
        assert fetch(on_disk)[2] == b"from the disk"
        process.send_signal(signal.SIGINT)

    assert process.returncode == 0
