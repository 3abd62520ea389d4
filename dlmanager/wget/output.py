"""wget's standard error, read piece by piece into events."""

import re
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from dlmanager.core.response import Response
from dlmanager.core.urls import redact_text

MAX_LINE_BYTES = 32 * 1024
MAX_TAIL_CHARACTERS = 64 * 1024
MAX_HEADER_LINES = 500
MAX_HEADER_BYTES = 256 * 1024
MAX_MESSAGES_PER_FEED = 200
MAX_LINES_PER_FEED = 1000
_MAX_TEXT_CHARACTERS = 4 * 1024


@dataclass(frozen=True, slots=True)
class RequestStarted:
    """wget asks for an address: the first one, or one that it was redirected to.

    url: as wget shows it, with the password masked; query values are not redacted.
    """

    url: str


@dataclass(frozen=True, slots=True)
class BarLine:
    """One record of the progress bar; None is unknown.

    done_bytes: of the whole file, rounded to the three or four digits that wget prints.
    eta_s: also None on the last record.
    """

    percent: int | None
    done_bytes: int
    speed_bytes_s: float | None
    eta_s: int | None


@dataclass(frozen=True, slots=True)
class Message:
    """Any other line, without control characters and secrets."""

    text: str


Event = RequestStarted | Response | BarLine | Message

_REQUEST = re.compile(
    rb"--\d{4}-\d\d-\d\d \d\d:\d\d:\d\d--  (?:\(try: *\d+\)  )?(?P<url>\S+)", re.ASCII
)
_AWAITING = frozenset(
    (
        b"HTTP request sent, awaiting response... ",
        b"Proxy request sent, awaiting response... ",
    )
)
_STATUS = re.compile(rb"HTTP/\d{1,3}(?:\.\d{1,3})?\s+(?P<status>\d{3})(?!\d)")
_ESCAPE = re.compile(rb"\\(?:[\\abfnrtv]|[0-3][0-7]{2})")
_ESCAPED = {b"a": 7, b"b": 8, b"f": 12, b"n": 10, b"r": 13, b"t": 9, b"v": 11, b"\\": 92}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

# All forms: tests/data/wget_stderr/slow*.txt and `--.-KB/s` in most others.
_BAR = re.compile(
    rb"\[[ +=<>]*\]\s+(?P<size>\d{1,15}(?:\.\d{1,9})?)(?P<size_unit>[KMGTPE]?)\s+"
    rb"(?:--\.-KB/s|(?P<speed>\d{1,15}(?:\.\d{1,9})?)\s?(?P<speed_unit>[KMGT]?)B/s)\s*"
    rb"(?:eta (?P<eta>\d{1,9}[dhms](?: \d{1,9}[hms])?)"
    rb"|in (?:\d+(?:\.\d+)?m?s|\d+[dhm](?: \d+[hms])?))?\s*\Z"
)
_PERCENT = re.compile(rb"(?P<percent>\d{1,3})%\s*\Z")
_UNIT_BYTES = {unit.encode(): 1024**power for power, unit in enumerate(("", *"KMGTPE"))}
_UNIT_S = {b"d": 86400, b"h": 3600, b"m": 60, b"s": 1}


class OutputParser:
    """Reads what `wget -S --progress=bar:force:noscroll` with LC_ALL=C writes to stderr.

    Chunks may be cut anywhere. Nothing that comes can make it raise or grow: lines, header
    blocks and the tail are cut to a size, and of a flood only the latest messages are told.
    """

    def __init__(self, on_line: Callable[[str], None] | None = None) -> None:
        """on_line: told each line that goes to the tail."""
        self._on_line = on_line
        self._rest = b""
        self._url: str | None = None
        self._awaiting = False
        self._block: list[bytes] = []
        self._block_bytes = 0
        self._tail: deque[str] = deque()
        self._tail_characters = 0

    @property
    def tail(self) -> list[str]:
        """The last lines that are not progress bars, redacted; headers begin with two blanks."""
        return list(self._tail)

    def feed(self, chunk: bytes) -> list[Event]:
        """Read some bytes; return the events of the lines that they complete.

        Of all bars in one chunk only the last becomes an event.
        """
        data = (self._rest + chunk).replace(b"\r\n", b"\n")
        # The CR that begins the next bar record, or half of a CRLF.
        held = b"\r" if data.endswith(b"\r") else b""
        lines = data.removesuffix(b"\r").replace(b"\r", b"\n").split(b"\n")
        self._rest = lines.pop()[:MAX_LINE_BYTES] + held
        if len(lines) > MAX_LINES_PER_FEED:
            # Not wget, which writes five lines a second: keep the beginning and the end.
            del lines[MAX_LINES_PER_FEED // 2 : -MAX_LINES_PER_FEED // 2]
        return self._read(lines)

    def close(self) -> list[Event]:
        """Read what is left when wget has ended; return its events."""
        last, self._rest = self._rest.removesuffix(b"\r"), b""
        return self._read([last, b""])

    def _read(self, lines: Iterable[bytes]) -> list[Event]:
        found: list[_Found] = []
        bar_at: int | None = None
        for uncut in lines:
            line = uncut[:MAX_LINE_BYTES]
            if self._awaiting and line.startswith(b"  "):
                self._block_bytes += len(line)
                if len(self._block) < MAX_HEADER_LINES and self._block_bytes < MAX_HEADER_BYTES:
                    self._block.append(line)
                continue
            if self._block or (self._awaiting and line.startswith(b"Length: ")):
                # To say a length without any header before is how HTTP/0.9 looks.
                found.append(_Found(_response(self._block, self._url), self._block))
                self._block, self._block_bytes = [], 0
                self._awaiting = False
            if not line:
                continue
            self._awaiting = line in _AWAITING
            if line.startswith(b"--") and (request := _REQUEST.match(line)):
                self._url = _text(request["url"])
                found.append(_Found(RequestStarted(self._url), [line]))
            elif bar := _match_bar(line):
                if bar_at is not None:
                    found[bar_at] = _Found(None, [])
                bar_at = len(found)
                found.append(_Found(bar, []))
            else:
                found.append(_Found(None, [line]))
        return self._told(found)

    def _told(self, found: list["_Found"]) -> list[Event]:
        """Return the events, and add their lines to the tail; of a flood only the latest."""
        events: list[Event] = []
        messages = sum(one.event is None and bool(one.lines) for one in found)
        for event, lines in found:
            if event is None and lines:
                messages -= 1
                if messages >= MAX_MESSAGES_PER_FEED:
                    continue
            texts = [self._remembered(line) for line in lines]
            if isinstance(event, re.Match):
                events.append(_bar_line(event))
            elif event is not None:
                events.append(event)
            else:
                events.extend(map(Message, texts))
        return events

    def _remembered(self, line: bytes) -> str:
        text = redact_text(line.decode(errors="replace"))[:_MAX_TEXT_CHARACTERS]
        if self._on_line is not None:
            self._on_line(text)
        self._tail.append(text)
        self._tail_characters += len(text)
        while self._tail_characters > MAX_TAIL_CHARACTERS:
            self._tail_characters -= len(self._tail.popleft())
        return text


class _Found(NamedTuple):
    """Something in the output and the lines it took; texts are made later, if at all."""

    event: RequestStarted | Response | re.Match[bytes] | None
    lines: list[bytes]


def _response(block: list[bytes], url: str | None) -> Response:
    """Read a header block as -S prints it, each line after two blanks."""
    status = _STATUS.match(block[0], 2) if block else None
    headers = []
    for line in block[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            headers.append(
                (_text(name).strip().lower(), _text(_ESCAPE.sub(_unescape, value)).strip())
            )
    return Response(int(status["status"]) if status else None, tuple(headers), url)


def _unescape(found: re.Match[bytes]) -> bytes:
    # In the C locale wget writes what is not printable ASCII as C does; 0xE4 is \344.
    escaped = found[0][1:]
    return bytes([_ESCAPED[escaped] if escaped in _ESCAPED else int(escaped, 8)])


def _text(raw: bytes) -> str:
    """Decode as UTF-8, else as Latin-1; blanks for tabs, U+FFFD for control characters."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\t", " "))


def _match_bar(line: bytes) -> re.Match[bytes] | None:
    # From the last bracket on: the name in front of the bar may hold anything.
    start = line.rfind(b"[")
    return _BAR.match(line, start) if start >= 0 else None


def _bar_line(bar: re.Match[bytes]) -> BarLine:
    percent = _PERCENT.search(bar.string[max(0, bar.start() - 8) : bar.start()])
    return BarLine(
        percent=int(percent["percent"]) if percent else None,
        done_bytes=round(float(bar["size"]) * _UNIT_BYTES[bar["size_unit"]]),
        speed_bytes_s=float(bar["speed"]) * _UNIT_BYTES[bar["speed_unit"]]
        if bar["speed"]
        else None,
        eta_s=_seconds(bar["eta"]) if bar["eta"] else None,
    )


def _seconds(eta: bytes) -> int:
    """Read `4h 1m`."""
    return sum(int(part[:-1]) * _UNIT_S[part[-1:]] for part in eta.split())
