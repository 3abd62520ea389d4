"""The HTTP server on 127.0.0.1 that tests, benchmarks and trials by hand download from.

A path has a *resource* (what the file is: `LoopbackServer.serve`) and a *behaviour* (how it is
answered: `LoopbackServer.on` and `sequence`). Without a behaviour of its own it is answered well:
ranges, preconditions, validators. A fault is one small function that takes the `Exchange`, mostly
by bending `Exchange.good_answer()`; every byte on the wire is under its control.

By hand: python -m tests.integration.loopback_server --port 8123 --file big.bin=1G --rate 5M
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import email.utils
import enum
import functools
import hashlib
import http
import random
import re
import selectors
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol, Self

BLOCK_BYTES: Final = 1 << 20
HEAD_LIMIT_BYTES: Final = 64 << 10
STOP_TIMEOUT_S: Final = 10.0
WAIT_STEP_S: Final = 0.05
LONG_AGO: Final = datetime(2025, 1, 1, tzinfo=UTC)
DERIVED: Final = "derived from the body"

Header = tuple[str, str | bytes]
Headers = Mapping[str, str] | Iterable[Header]
CLOSE: Final[Header] = ("Connection", "close")  # else wget asks again on the same connection


# What is served


class Body(Protocol):
    """The bytes of a resource, readable from any place."""

    @property
    def size(self) -> int:
        """Length in bytes."""
        ...

    @property
    def etag(self) -> str:
        """A strong entity tag that differs when the bytes differ."""
        ...

    def read(self, start: int, length: int) -> bytes:
        """Return the bytes from start on: length of them, or fewer at the end."""
        ...

    def send_piece(self, connection: socket.socket, start: int, length: int) -> int:
        """Write one piece of at most length bytes, and return how many were written."""
        ...


@dataclass(frozen=True, slots=True)
class Content:
    """Pseudo-random bytes of any size in constant memory, the same for the same seed.

    Block i is a random block rotated by i * stride: no two blocks of the first TiB are alike, none
    has to be stored or copied, and a byte in a wrong place or of another seed shows at once.
    """

    size: int
    seed: int = 1

    @property
    def etag(self) -> str:
        """A strong entity tag made of seed and size."""
        return f'"seed{self.seed}-size{self.size}"'

    def view(self, start: int, length: int) -> memoryview:
        """Return up to length bytes at start without a copy, ending with their block."""
        index, inside = divmod(start, BLOCK_BYTES)
        turn = index * _STRIDE % BLOCK_BYTES
        count = max(0, min(length, BLOCK_BYTES - inside, self.size - start))
        return _random_block_twice(self.seed)[turn + inside : turn + inside + count]

    def read(self, start: int, length: int) -> bytes:
        """Return the bytes from start on: length of them, or fewer at the end."""
        stop = min(start + length, self.size)
        pieces = []
        while start < stop:
            pieces.append(self.view(start, stop - start))
            start += len(pieces[-1])
        return b"".join(pieces)

    def sha256(self) -> str:
        """Return the hexadecimal SHA-256 of all bytes (computed once per content)."""
        return _sha256(self)

    def send_piece(self, connection: socket.socket, start: int, length: int) -> int:
        """Write one piece of at most a block, straight from the shared memory."""
        piece = self.view(start, length)
        connection.sendall(piece)
        return len(piece)


_STRIDE: Final = 0x9E3B1  # odd, so that the rotations run through all of the block before repeating


@functools.lru_cache(maxsize=16)
def _random_block_twice(seed: int) -> memoryview:
    return memoryview(random.Random(seed).randbytes(BLOCK_BYTES) * 2)


@functools.lru_cache(maxsize=64)
def _sha256(content: Content) -> str:
    digest = hashlib.sha256()
    for start in range(0, content.size, BLOCK_BYTES):
        digest.update(content.view(start, BLOCK_BYTES))
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class FixedContent:
    """Bytes that the test wrote down."""

    data: bytes = b""

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self.data)

    @property
    def etag(self) -> str:
        """A strong entity tag made of the bytes."""
        return f'"{hashlib.sha256(self.data).hexdigest()[:16]}"'

    def read(self, start: int, length: int) -> bytes:
        """Return the bytes from start on: length of them, or fewer at the end."""
        return self.data[start : start + length]

    def send_piece(self, connection: socket.socket, start: int, length: int) -> int:
        """Write all of the asked bytes in one piece."""
        connection.sendall(self.data[start : start + length])
        return length


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file on disk, sent by sendfile where the system has it."""

    path: Path

    @property
    def size(self) -> int:
        """Length in bytes at this moment."""
        return self.path.stat().st_size

    @property
    def etag(self) -> str:
        """A strong entity tag made of size and time of change, as web servers do it."""
        facts = self.path.stat()
        return f'"{facts.st_size:x}-{facts.st_mtime_ns:x}"'

    def read(self, start: int, length: int) -> bytes:
        """Return the bytes from start on: length of them, or fewer at the end."""
        with self.path.open("rb") as file:
            file.seek(start)
            return file.read(length)

    def send_piece(self, connection: socket.socket, start: int, length: int) -> int:
        """Write one piece of at most eight blocks."""
        with self.path.open("rb") as file:
            sent = connection.sendfile(file, start, min(length, 8 * BLOCK_BYTES))
        if sent == 0:
            raise ConnectionAbortedError(f"{self.path} became shorter while it was sent")
        return sent


class Framing(enum.Enum):
    """How the client learns where the body ends."""

    LENGTH = "Content-Length"
    CHUNKED = "Transfer-Encoding: chunked"
    UNTIL_CLOSE = "the end of the connection"


@dataclass(frozen=True, slots=True)
class Resource:
    """What a path serves, with its validators and the wishes of a good server about it.

    etag: as it stands in the header, quotes and W/ included; DERIVED: the body's own; None: none.
    content_disposition and headers: sent as they are, once with every 200, 206 and HEAD answer.
    credentials: (user, password) asked for by basic authentication.
    """

    body: Body
    etag: str | None = DERIVED
    last_modified: datetime | None = LONG_AGO
    content_type: str | None = "application/octet-stream"
    content_disposition: str | bytes | None = None
    framing: Framing = Framing.LENGTH
    credentials: tuple[str, str] | None = None
    rate_bytes_s: float | None = None
    headers: tuple[Header, ...] = ()

    @property
    def entity_tag(self) -> str | None:
        """The ETag header's value, None if it is not sent."""
        return self.body.etag if self.etag == DERIVED else self.etag

    @property
    def last_modified_text(self) -> str | None:
        """The Last-Modified header's value, None if it is not sent."""
        if self.last_modified is None:
            return None
        return email.utils.format_datetime(self.last_modified, usegmt=True)


# What was asked, and what a good server answers


@dataclass(slots=True)
class Request:
    """One request as it came in, and what became of it; the server keeps filling in the latter.

    headers: names in lower case, repeated ones joined by a comma.
    port: the client's. received_at, closed_at: time.monotonic().
    bytes_sent: bytes of the body given to the system, without the framing of chunks.
    client_left: the client closed before the server had finished.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    port: int
    received_at: float
    status: int | None = None
    bytes_sent: int = 0
    closed_at: float | None = None
    client_left: bool = False

    @property
    def path(self) -> str:
        """The target up to its question mark, percent-encoding as sent."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The target after its question mark."""
        return self.target.partition("?")[2]

    @property
    def range_start(self) -> int | None:
        """The first byte asked for by a single range with a start, else None."""
        match = re.fullmatch(r"bytes=(\d+)-\d*", self.headers.get("range", ""))
        return int(match[1]) if match else None

    def without(self, *names: str) -> Request:
        """Return the request as a server sees it that does not know these headers."""
        kept = {name: value for name, value in self.headers.items() if name not in names}
        return replace(self, headers=kept)


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, headers and the bytes [start, stop) of a body."""

    status: int
    headers: tuple[Header, ...] = ()
    body: Body = field(default_factory=FixedContent)
    start: int = 0
    stop: int = 0
    framing: Framing = Framing.LENGTH

    def with_headers(self, *headers: Header) -> Answer:
        """Return the answer with these headers in place of all of the same names."""
        names = [name for name, _ in headers]
        return replace(self, headers=self.without_headers(*names).headers + headers)

    def without_headers(self, *names: str) -> Answer:
        """Return the answer without the headers of these names."""
        unwanted = {name.lower() for name in names}
        kept = tuple(header for header in self.headers if header[0].lower() not in unwanted)
        return replace(self, headers=kept)

    def framed(self, framing: Framing) -> Answer:
        """Return the answer with its end marked in another way."""
        bare = replace(self.without_headers("Content-Length", "Transfer-Encoding"), framing=framing)
        if framing is Framing.LENGTH:
            return bare.with_headers(("Content-Length", str(self.stop - self.start)))
        if framing is Framing.CHUNKED:
            return bare.with_headers(("Transfer-Encoding", "chunked"))
        return bare


def text_answer(status: int, *headers: Header, body: bytes = b"") -> Answer:
    """Return an answer that has nothing to do with a resource."""
    answer = Answer(status, (*headers, CLOSE), FixedContent(body), 0, len(body))
    return answer if status in (204, 304) else answer.framed(Framing.LENGTH)


def good_answer(request: Request, resource: Resource) -> Answer:
    """Return what an honest server answers.

    Source: RFC 9110, sections 13.2.2 (order of preconditions), 13.1.5 (If-Range), 14.2 (Range).
    """
    if resource.credentials and not _is_authorised(request, resource.credentials):
        return text_answer(401, ("WWW-Authenticate", 'Basic realm="loopback"'))
    if not _preconditions_hold(request, resource):
        return text_answer(412)
    size = resource.body.size
    span = _wanted_span(request, resource)
    if span is None:
        return _body_answer(200, (), resource, 0, size)
    start, stop = span
    if start >= stop:
        return text_answer(416, ("Content-Range", f"bytes */{size}"))
    content_range = ("Content-Range", f"bytes {start}-{stop - 1}/{size}")
    return _body_answer(206, (content_range,), resource, start, stop)


def _body_answer(
    status: int, headers: tuple[Header, ...], resource: Resource, start: int, stop: int
) -> Answer:
    described: list[tuple[str, str | bytes | None]] = [
        ("Content-Type", resource.content_type),
        ("Content-Disposition", resource.content_disposition),
        ("Accept-Ranges", "bytes"),
        ("ETag", resource.entity_tag),
        ("Last-Modified", resource.last_modified_text),
    ]
    headers += (*((name, value) for name, value in described if value is not None), CLOSE)
    return Answer(status, headers + resource.headers, resource.body, start, stop).framed(
        resource.framing
    )


def _is_authorised(request: Request, credentials: tuple[str, str]) -> bool:
    expected = base64.b64encode(":".join(credentials).encode()).decode()
    return request.headers.get("authorization") == f"Basic {expected}"


def _preconditions_hold(request: Request, resource: Resource) -> bool:
    wanted_tags = request.headers.get("if-match")
    if wanted_tags is not None:
        tags = [tag.strip() for tag in wanted_tags.split(",")]
        return tags == ["*"] or (_is_strong(resource.entity_tag) and resource.entity_tag in tags)
    limit = _http_date(request.headers.get("if-unmodified-since"))
    return limit is None or resource.last_modified is None or resource.last_modified <= limit


def _wanted_span(request: Request, resource: Resource) -> tuple[int, int] | None:
    """Return the span [start, stop) to send, None for the whole, start >= stop for none of it."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("range", ""))
    if not match or match[0] == "bytes=-" or not _if_range_holds(request, resource):
        return None
    size = resource.body.size
    if not match[1]:
        return max(0, size - int(match[2])), size
    last = int(match[2]) if match[2] else size - 1
    return int(match[1]), min(last + 1, size)


def _if_range_holds(request: Request, resource: Resource) -> bool:
    validator = request.headers.get("if-range")
    if validator is None:
        return True
    if _is_strong(resource.entity_tag) and validator == resource.entity_tag:
        return True
    return validator == resource.last_modified_text


def _is_strong(etag: str | None) -> bool:
    return etag is not None and etag.startswith('"')


def _http_date(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None  # RFC 9110, 13.1.4: an invalid date is ignored


# One connection


class Gate:
    """Holds the transfers of a path at one byte of the file until the test lets them go.

    reached: set when a transfer stands at the gate; all bytes before it are on the wire.
    at_byte: a place in the file, its size included (before the end is marked); None: before any
    byte of the answer. Leaving the `with` block releases.
    """

    def __init__(self, path: str, at_byte: int | None) -> None:
        self.path = path
        self.at_byte = at_byte
        self.reached = threading.Event()
        self.released = threading.Event()

    def release(self) -> None:
        """Let the waiting transfers, and all later ones, pass."""
        self.released.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class Exchange:
    """One request and the connection that it came on: all that a behaviour works with.

    Everything raises ConnectionError once the client has left or the server stops, so that a
    behaviour needs no way out of its own. When it returns, the connection is closed (FIN).
    """

    def __init__(self, server: LoopbackServer, connection: socket.socket, request: Request) -> None:
        self.server = server
        self.connection = connection
        self.request = request

    @property
    def resource(self) -> Resource | None:
        """What the path serves at this moment, None if nothing."""
        return self.server.resource(self.request.path)

    def good_answer(self, of: Resource | None = None, ignoring: Sequence[str] = ()) -> Answer:
        """Return what an honest server would answer; 404 if the path serves nothing.

        of: answer as if the path served this. ignoring: names (lower case) of request headers
        that the server does not know.
        """
        resource = of or self.resource
        if resource is None:
            return text_answer(404, body=b"Nothing is served here.\n")
        return good_answer(self.request.without(*ignoring), resource)

    def answer(self, answer: Answer) -> None:
        """Send the head, the body and the mark of its end."""
        self.send_head(answer.status, answer.headers)
        self.send_body(answer)
        self.send_end(answer)

    def send_head(self, status: int, headers: Headers = (), reason: str | None = None) -> None:
        """Send a status line and exactly these headers."""
        self.request.status = status
        self._send_raw(head_bytes(status, headers, reason))

    def send(self, data: bytes) -> None:
        """Send bytes as they are, counted as body."""
        self._send_raw(data)
        self.request.bytes_sent += len(data)

    def send_body(self, answer: Answer, stop: int | None = None) -> None:
        """Send the answer's body, up to the byte stop of the file; nothing to a HEAD.

        Keeps to the resource's rate and halts at the gates. Does not mark the end: see send_end.
        """
        if self.request.method == "HEAD":
            return
        position = answer.start
        stop = answer.stop if stop is None else min(stop, answer.stop)
        began_at = time.monotonic()
        rate = self.resource.rate_bytes_s if self.resource else None
        step = 64 * BLOCK_BYTES if rate is None else max(1, int(rate * WAIT_STEP_S))
        while True:
            self._wait_at_gates(position)
            if position >= stop:
                return
            limit = self.server._next_gate(self.request.path, position, stop)
            length = min(limit - position, step)
            if rate is not None:
                due_at = began_at + (position + length - answer.start) / rate
                self.wait(max(0.0, due_at - time.monotonic()))
            position += self._send_piece(answer, position, length)

    def send_end(self, answer: Answer) -> None:
        """Mark the end of the body, where the framing or TLS has a mark."""
        if answer.framing is Framing.CHUNKED and self.request.method != "HEAD":
            self._send_raw(b"0\r\n\r\n")
        if answer.framing is Framing.UNTIL_CLOSE and isinstance(self.connection, ssl.SSLSocket):
            self.connection.setblocking(False)  # send close_notify, wait for none
            with contextlib.suppress(ssl.SSLWantReadError):
                self.connection.unwrap()

    def wait(self, seconds: float | None, until: threading.Event | None = None) -> bool:
        """Wait for an event or the time; True if the event came.

        seconds: None without limit. Raises ConnectionError once client or server is gone.
        """
        event = until or threading.Event()
        end_at = None if seconds is None else time.monotonic() + seconds
        while not event.is_set():
            left = WAIT_STEP_S if end_at is None else min(WAIT_STEP_S, end_at - time.monotonic())
            if left <= 0:
                return False
            event.wait(left)
            self._check_both_are_there()
        return True

    def close_fin(self) -> None:
        """Close the proper way: what was sent arrives, then the end of the stream."""
        if self.connection.fileno() == -1:
            return
        self.connection.setblocking(False)
        with contextlib.suppress(OSError):
            while _readable([self.connection]) and self.connection.recv(HEAD_LIMIT_BYTES):
                pass  # unread bytes would turn the FIN into an RST
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self.connection, socket.SHUT_WR)
        self._close()

    def reset(self) -> None:
        """Close with an RST; what was sent before has arrived, on systems that can tell."""
        _wait_until_acknowledged(self.connection)
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._close()

    def _close(self) -> None:
        self.request.closed_at = time.monotonic()
        self.server._drop(self.connection)

    def _send_raw(self, data: bytes) -> None:
        self.connection.sendall(data)

    def _send_piece(self, answer: Answer, start: int, length: int) -> int:
        if answer.framing is Framing.CHUNKED:
            piece = answer.body.read(start, min(length, 64 << 10))
            self._send_raw(b"%x\r\n%b\r\n" % (len(piece), piece))
            sent = len(piece)
        else:
            sent = answer.body.send_piece(self.connection, start, length)
        self.request.bytes_sent += sent
        return sent

    def _wait_at_gates(self, position: int | None) -> None:
        while gate := self.server._gate_at(self.request.path, position):
            gate.reached.set()
            self.wait(None, gate.released)

    def _check_both_are_there(self) -> None:
        if self.server.is_stopping:
            raise ConnectionAbortedError("the server stops")
        if _departed([self.connection]):
            raise ConnectionAbortedError("the client left")


def head_bytes(status: int, headers: Headers = (), reason: str | None = None) -> bytes:
    """Return a status line and headers as bytes; text becomes UTF-8, bytes stay as they are."""
    if reason is None:
        known = status in http.HTTPStatus._value2member_map_
        reason = http.HTTPStatus(status).phrase if known else "Unknown"
    lines = [f"HTTP/1.1 {status} {reason}".encode()]
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    for name, value in pairs:
        lines.append(name.encode() + b": " + (value.encode() if isinstance(value, str) else value))
    return b"\r\n".join([*lines, b"", b""])


def _readable(connections: Iterable[socket.socket]) -> list[socket.socket]:
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection, selectors.EVENT_READ, connection)
        return [key.data for key, _ in selector.select(0)]


def _departed(connections: Iterable[socket.socket]) -> list[socket.socket]:
    """Return the connections whose client has closed or reset them."""
    if not hasattr(socket, "MSG_DONTWAIT"):
        return []  # Windows; there a connection ends when its behaviour sends or the server stops
    departed = []
    for connection in _readable(connections):
        try:
            # The plain socket's recv, because a TLS socket cannot peek; without waiting, because
            # the connection's own thread may have taken the bytes meanwhile.
            data = socket.socket.recv(connection, 1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            continue
        except ConnectionError:
            data = b""
        if not data:
            departed.append(connection)
    return departed


def _wait_until_acknowledged(connection: socket.socket, timeout_s: float = 2.0) -> None:
    """Wait until the peer's system has all that was sent (Linux; elsewhere return at once)."""
    if not sys.platform.startswith("linux"):
        return
    import fcntl
    import termios

    end_at = time.monotonic() + timeout_s
    while time.monotonic() < end_at:
        try:
            answer = fcntl.ioctl(connection, termios.TIOCOUTQ, b"\0\0\0\0")
        except OSError:
            return
        if struct.unpack("i", answer)[0] == 0:
            return
        time.sleep(0.001)  # the kernel has no event for this


# Behaviours: how a path is answered. One small function each.

Behaviour = Callable[[Exchange], None]


def ok(of: Resource | None = None) -> Behaviour:
    """Answer as an honest server; of: as if the path served this."""
    return lambda exchange: exchange.answer(exchange.good_answer(of))


def status(
    code: int, *, retry_after: str | int | None = None, headers: Headers = (), body: bytes = b""
) -> Behaviour:
    """Answer with a status alone."""
    pairs = tuple(headers.items() if isinstance(headers, Mapping) else headers)
    if retry_after is not None:
        pairs += (("Retry-After", str(retry_after)),)
    return lambda exchange: exchange.answer(text_answer(code, *pairs, body=body))


def redirect(location: str, code: int = 302) -> Behaviour:
    """Send the client to another place, which may be any text."""
    return status(code, headers=(("Location", location),))


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """Answer the nth request with the nth behaviour; the last one stays."""
    lock = threading.Lock()
    left = list(behaviours)

    def behave(exchange: Exchange) -> None:
        with lock:
            behaviour = left.pop(0) if len(left) > 1 else left[0]
        behaviour(exchange)

    return behave


def bent(bend: Callable[[Answer], Answer], ignoring: Sequence[str] = ()) -> Behaviour:
    """Send the good answer after changing it; ignoring: see Exchange.good_answer."""
    return lambda exchange: exchange.answer(bend(exchange.good_answer(ignoring=ignoring)))


def with_headers(*headers: Header) -> Behaviour:
    """Send the good answer with these headers in place of its own of the same names."""
    return bent(lambda answer: answer.with_headers(*headers))


def without_headers(*names: str) -> Behaviour:
    """Send the good answer without these headers."""
    return bent(lambda answer: answer.without_headers(*names))


def ignore_range() -> Behaviour:
    """Answer 200 with the whole file whatever range is asked for."""
    return bent(
        lambda answer: answer.without_headers("Accept-Ranges"), ignoring=("range", "if-range")
    )


def ignore_conditions() -> Behaviour:
    """Honour ranges, but know no precondition."""
    return bent(lambda answer: answer, ignoring=("if-match", "if-unmodified-since", "if-range"))


def chunked() -> Behaviour:
    """Send the body in chunks, without its length."""
    return bent(lambda answer: answer.framed(Framing.CHUNKED))


def no_length() -> Behaviour:
    """Send the body without its length; the end of the connection ends it."""
    return bent(lambda answer: answer.framed(Framing.UNTIL_CLOSE))


def cut_fin(after: int, framing: Framing | None = None) -> Behaviour:
    """Close after so many bytes of the body, as if all had been sent.

    With chunks the cut falls between two of them; see chunk_cut for inside.
    """

    def behave(exchange: Exchange) -> None:
        _send_start(exchange, after, framing)

    return behave


def cut_rst(after: int, framing: Framing | None = None) -> Behaviour:
    """Reset the connection after so many bytes of the body."""

    def behave(exchange: Exchange) -> None:
        _send_start(exchange, after, framing)
        exchange.reset()

    return behave


def chunk_cut(after: int, announced: int = 1000) -> Behaviour:
    """Close inside a chunk: so many bytes of the body, the last chunk shorter than announced."""

    def behave(exchange: Exchange) -> None:
        answer = _send_start(exchange, 0, Framing.CHUNKED)
        piece = answer.body.read(answer.start, after)
        exchange.connection.sendall(b"%x\r\n" % (len(piece) + announced))
        exchange.send(piece)

    return behave


def stall(after: int = 0, release: threading.Event | None = None) -> Behaviour:
    """Fall silent after so many bytes of the body; go on when released, else for ever."""

    def behave(exchange: Exchange) -> None:
        answer = _send_start(exchange, after)
        exchange.wait(None, release)
        exchange.send_body(replace(answer, start=min(answer.start + after, answer.stop)))
        exchange.send_end(answer)

    return behave


def stall_before_head(release: threading.Event | None = None) -> Behaviour:
    """Take the request and say nothing; answer well when released, else never."""

    def behave(exchange: Exchange) -> None:
        exchange.wait(None, release)
        exchange.answer(exchange.good_answer())

    return behave


def drip(step_bytes: int, every_s: float) -> Behaviour:
    """Send the body a few bytes at a time."""

    def behave(exchange: Exchange) -> None:
        answer = _send_start(exchange, 0)
        for start in range(answer.start, answer.stop, step_bytes):
            exchange.send_body(replace(answer, start=start), stop=start + step_bytes)
            exchange.wait(every_s)
        exchange.send_end(answer)

    return behave


def close_at_once() -> Behaviour:
    """Close without a word."""
    return lambda exchange: exchange.close_fin()


def reset_at_once() -> Behaviour:
    """Reset without a word."""
    return lambda exchange: exchange.reset()


def http_0_9(data: bytes = b"no status line, no headers, just this text\n") -> Behaviour:
    """Send bytes that have no status line before them."""
    return lambda exchange: exchange.send(data)


def _send_start(exchange: Exchange, count: int, framing: Framing | None = None) -> Answer:
    """Send the good answer's head and so many bytes of its body, and return the answer."""
    answer = exchange.good_answer()
    if framing is not None:
        answer = answer.framed(framing)
    exchange.send_head(answer.status, answer.headers)
    if count > 0:
        exchange.send_body(answer, stop=answer.start + count)
    return answer


# The server


class LoopbackServer:
    """Serves on the loopback from threads of its own until the `with` block ends.

    Every connection carries one request and is then closed. Leaving the block ends all connections
    and threads, and raises what went wrong in a behaviour.

    port: 0 takes a free one. host: any address of 127.0.0.0/8. tls_context: serve https. greet:
    called with every connection before a byte of it is read (a stalled TLS handshake, a banner);
    it may wait, send and close.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        max_connections: int = 512,
        tls_context: ssl.SSLContext | None = None,
        greet: Behaviour | None = None,
    ) -> None:
        self.is_stopping = False
        self.max_active = 0
        self._max_connections = max_connections
        self._tls_context = tls_context
        self._greet = greet
        self._changed = threading.Condition()
        self._requests: list[Request] = []
        self._resources: dict[str, Resource] = {}
        self._behaviours: dict[str, Behaviour] = {}
        self._gates: list[Gate] = []
        self._connections: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._failures: list[Exception] = []
        self._host = host
        self._listener = _bind(port, host)
        self.port: int = self._listener.getsockname()[1]
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._accepter: threading.Thread | None = None

    # What is served

    def serve(
        self,
        path: str,
        body: Body | bytes,
        *,
        etag: str | None = DERIVED,
        last_modified: datetime | None = LONG_AGO,
        content_type: str | None = "application/octet-stream",
        content_disposition: str | bytes | None = None,
        framing: Framing = Framing.LENGTH,
        credentials: tuple[str, str] | None = None,
        rate_bytes_s: float | None = None,
        headers: Headers = (),
    ) -> str:
        """Put a file at a path, or replace the one that is there, and return its URL.

        The path keeps the behaviour that it has. See Resource for the arguments.
        """
        pairs = tuple(headers.items() if isinstance(headers, Mapping) else headers)
        resource = Resource(
            FixedContent(body) if isinstance(body, bytes) else body,
            etag,
            last_modified,
            content_type,
            content_disposition,
            framing,
            credentials,
            rate_bytes_s,
            pairs,
        )
        with self._changed:
            self._resources[path] = resource
        return self.url(path)

    def serve_file(self, path: str, file_path: Path, *, rate_bytes_s: float | None = None) -> str:
        """Put a file of the disk at a path, and return its URL."""
        changed_at = datetime.fromtimestamp(int(file_path.stat().st_mtime), UTC)
        return self.serve(
            path, FileContent(file_path), last_modified=changed_at, rate_bytes_s=rate_bytes_s
        )

    def on(self, path: str, behaviour: Behaviour) -> str:
        """Have a path answered in this way from now on, and return its URL."""
        with self._changed:
            self._behaviours[path] = behaviour
        return self.url(path)

    def sequence(self, path: str, behaviours: Sequence[Behaviour]) -> str:
        """Have the nth request answered by the nth behaviour, the last one from then on."""
        return self.on(path, in_turn(*behaviours))

    def redirect(self, path: str, location: str, status: int = 302) -> str:
        """Have a path point elsewhere: a path of this server, a URL, or any text."""
        return self.on(path, redirect(location, status))

    def answer(self, path: str, code: int, headers: Headers = (), body: bytes = b"") -> str:
        """Have a path answered with a status alone."""
        return self.on(path, status(code, headers=headers, body=body))

    def hold(self, path: str, at_byte: int | None = None) -> Gate:
        """Put a gate into a path's transfers at a byte of the file; None: before the answer."""
        gate = Gate(path, at_byte)
        with self._changed:
            self._gates.append(gate)
        return gate

    def resource(self, path: str) -> Resource | None:
        """Return what a path serves at this moment, None if nothing."""
        with self._changed:
            return self._resources.get(path)

    def url(self, path: str) -> str:
        """Return the URL of a path of this server."""
        return f"{'https' if self._tls_context else 'http'}://{self._host}:{self.port}{path}"

    # What happened

    @property
    def requests(self) -> list[Request]:
        """All requests so far, oldest first (a copy of the list)."""
        with self._changed:
            return list(self._requests)

    def requests_for(self, path: str) -> list[Request]:
        """Return the requests for one path, oldest first."""
        return [request for request in self.requests if request.path == path]

    @property
    def active(self) -> int:
        """The number of connections open now.

        max_active is the highest number of clients at once: a connection that a client has closed
        and the server not yet does not count there.
        """
        with self._changed:
            return len(self._connections)

    def wait_for_requests(self, count: int, timeout_s: float = 10.0) -> list[Request]:
        """Return the requests as soon as there are so many; raises TimeoutError."""
        self._wait_for(lambda: len(self._requests) >= count, timeout_s, f"{count} requests")
        return self.requests

    def wait_until_idle(self, timeout_s: float = 10.0) -> None:
        """Return as soon as no connection is open; raises TimeoutError."""
        self._wait_for(lambda: not self._connections, timeout_s, "all connections to end")

    # Life

    def start(self) -> Self:
        """Listen and accept; the `with` statement does this."""
        self._listener.listen(256)
        self._accepter = threading.Thread(target=self._accept, name="loopback-accept", daemon=True)
        self._accepter.start()
        return self

    def go_offline(self) -> None:
        """Cut every connection (FIN) and refuse new ones, keeping the port."""
        self._end_accepting()
        self._listener.close()
        self._listener = _bind(
            self.port, self._host
        )  # bound, not listening: connections are refused
        with self._changed:
            for connection in self._connections:
                _shut(connection)

    def come_back(self) -> None:
        """Accept connections again after go_offline."""
        self.start()

    def stop(self) -> None:
        """End every connection and thread; raises what went wrong in a behaviour."""
        self.is_stopping = True
        self._end_accepting()
        self._listener.close()
        with self._changed:
            for connection in self._connections:
                _shut(connection)
        end_at = time.monotonic() + STOP_TIMEOUT_S
        for thread in self._threads:
            thread.join(max(0.0, end_at - time.monotonic()))
        self._wake_reader.close()
        self._wake_writer.close()
        left = [thread.name for thread in self._threads if thread.is_alive()]
        if left:
            raise RuntimeError(f"behaviours that do not end: {', '.join(left)}")
        if self._failures:
            raise ExceptionGroup("behaviours of the loopback server failed", self._failures)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _wait_for(self, is_true: Callable[[], bool], timeout_s: float, what: str) -> None:
        with self._changed:
            if not self._changed.wait_for(is_true, timeout_s):
                raise TimeoutError(f"waited {timeout_s:g} s for {what}")

    def _end_accepting(self) -> None:
        if self._accepter is not None:
            self._wake_writer.send(b"\0")
            self._accepter.join()
            self._accepter = None

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._wake_reader, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _ in selector.select()]
                if self._wake_reader in ready:
                    self._wake_reader.recv(1)
                    return
                connection, address = self._listener.accept()
                self._take(connection, address[1])

    def _take(self, connection: socket.socket, client_port: int) -> None:
        with self._changed:
            if len(self._connections) >= self._max_connections:
                self._failures.append(OverflowError(f"over {self._max_connections} connections"))
                connection.close()
                return
            self._connections.add(connection)
        self._note_most_clients()
        thread = threading.Thread(
            target=self._converse,
            args=(connection, client_port),
            name=f"loopback-{client_port}",
            daemon=True,
        )
        self._threads = [each for each in self._threads if each.is_alive()] + [thread]
        thread.start()

    def _note_most_clients(self) -> None:
        if self._count_clients() > self.max_active:
            # A client's end is seen late while the connection's own thread is in a system call.
            time.sleep(0.002)
            self.max_active = max(self.max_active, self._count_clients())

    def _count_clients(self) -> int:
        with self._changed:
            return len(self._connections) - len(_departed(self._connections))

    def _converse(self, connection: socket.socket, client_port: int) -> None:
        """Read one request and have it answered; the whole life of a connection."""
        exchange = Exchange(self, connection, Request("", "", {}, client_port, time.monotonic()))
        try:
            if self._greet:
                self._greet(exchange)
            if self._tls_context:
                exchange.connection = self._encrypt(connection, self._tls_context)
            if (head := _read_head(exchange.connection)) is not None:
                self._answer(exchange, head)
        except (ConnectionError, TimeoutError, ssl.SSLError):
            exchange.request.client_left = not self.is_stopping
        except Exception as failure:  # noqa: BLE001 - stop() raises it in the test's thread
            with self._changed:
                self._failures.append(failure)
        finally:
            exchange.close_fin()

    def _answer(self, exchange: Exchange, head: bytes) -> None:
        request = parse_head(head, exchange.request.port)
        if request is None:
            exchange.send_head(400)
            return
        exchange.request = request
        with self._changed:
            self._requests.append(request)
            behaviour = self._behaviours.get(request.path) or ok()
            self._changed.notify_all()
        exchange._wait_at_gates(None)
        behaviour(exchange)

    def _encrypt(self, connection: socket.socket, context: ssl.SSLContext) -> socket.socket:
        with self._changed:
            encrypted = context.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
            self._connections.discard(connection)
            self._connections.add(encrypted)
        encrypted.do_handshake()
        return encrypted

    def _drop(self, connection: socket.socket) -> None:
        """Close a connection; under the lock, so that stop() cannot touch a reused descriptor."""
        with self._changed:
            self._connections.discard(connection)
            connection.close()
            self._changed.notify_all()

    def _gate_at(self, path: str, position: int | None) -> Gate | None:
        with self._changed:
            gates = [gate for gate in self._shut_gates(path) if gate.at_byte == position]
        return gates[0] if gates else None

    def _next_gate(self, path: str, position: int, stop: int) -> int:
        with self._changed:
            places = [gate.at_byte for gate in self._shut_gates(path) if gate.at_byte is not None]
        return min((place for place in places if position < place < stop), default=stop)

    def _shut_gates(self, path: str) -> list[Gate]:
        return [gate for gate in self._gates if gate.path == path and not gate.released.is_set()]


def parse_head(head: bytes, client_port: int) -> Request | None:
    """Read a request line and its headers; None if they are something else."""
    first, *lines = head.decode("latin-1").split("\r\n")
    match = re.fullmatch(r"([A-Z]+) (\S+) HTTP/1\.[01]", first)
    if not match:
        return None
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Request(match[1], match[2], headers, client_port, time.monotonic())


def _read_head(connection: socket.socket) -> bytes | None:
    """Return the request's head without its blank line, None if the client left before its end.

    Whatever cannot become a request (a TLS greeting, say) is returned as soon as it shows.
    """
    if connection.fileno() == -1:
        return None
    received = b""
    while b"\r\n\r\n" not in received:
        data = connection.recv(HEAD_LIMIT_BYTES)
        if not data:
            return None
        received += data
        if not received[:1].isalpha() or len(received) > HEAD_LIMIT_BYTES:
            return b""
    return received.partition(b"\r\n\r\n")[0]


def _bind(port: int, host: str) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


# By hand

NAMED_BEHAVIOURS: Final[Mapping[str, Callable[[int], Behaviour]]] = {
    "ok": lambda _: ok(),
    "status": lambda code: status(code),
    "cut_fin": lambda after: cut_fin(after),
    "cut_rst": lambda after: cut_rst(after),
    "chunk_cut": lambda after: chunk_cut(after),
    "stall": lambda after: stall(after),
    "ignore_range": lambda _: ignore_range(),
    "no_length": lambda _: no_length(),
    "chunked": lambda _: chunked(),
    "close_at_once": lambda _: close_at_once(),
    "http_0_9": lambda _: http_0_9(),
}


def parse_size(text: str) -> int:
    """Read a number of bytes such as 300, 64K, 5M, 1.5G; the letters are powers of 1024."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGT]?)", text.upper())
    if not match:
        raise ValueError(f"not a size: {text!r}; write 300, 64K, 5M or 1G")
    return int(float(match[1]) * 1024 ** " KMGT".index(match[2] or " "))


def parse_behaviours(text: str) -> list[Behaviour]:
    """Read behaviours such as cut_fin:100K,status:503,ok."""
    behaviours = []
    for part in text.split(","):
        name, _, argument = part.partition(":")
        if name not in NAMED_BEHAVIOURS:
            raise ValueError(f"no behaviour {name!r}; there are {', '.join(NAMED_BEHAVIOURS)}")
        behaviours.append(NAMED_BEHAVIOURS[name](parse_size(argument or "0")))
    return behaviours


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl+C or the end of the lifetime."""
    parser = argparse.ArgumentParser(description="Serve pseudo-random files on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--file", action="append", default=[], metavar="NAME=SIZE")
    parser.add_argument("--disk", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--behave", action="append", default=[], metavar="NAME=cut_fin:100K,ok")
    parser.add_argument("--rate", type=parse_size, default=None, help="bytes a second")
    parser.add_argument("--lifetime", type=float, default=3600.0, help="seconds")
    options = parser.parse_args(arguments)
    with LoopbackServer(options.port) as server:
        for seed, (name, _, size) in enumerate((text.partition("=") for text in options.file), 1):
            content = Content(parse_size(size), seed)
            _say(server.serve(f"/{name}", content, rate_bytes_s=options.rate))
        for name, _, path in (text.partition("=") for text in options.disk):
            _say(server.serve_file(f"/{name}", Path(path), rate_bytes_s=options.rate))
        for name, _, behaviours in (text.partition("=") for text in options.behave):
            server.sequence(f"/{name}", parse_behaviours(behaviours))
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait(options.lifetime)
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
