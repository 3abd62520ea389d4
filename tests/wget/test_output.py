import random
import time

import pytest

from dlmanager.core.response import Response
from dlmanager.wget.output import (
    MAX_HEADER_BYTES,
    MAX_HEADER_LINES,
    MAX_LINE_BYTES,
    MAX_LINES_PER_FEED,
    MAX_MESSAGES_PER_FEED,
    MAX_TAIL_CHARACTERS,
    BarLine,
    Message,
    OutputParser,
    RequestStarted,
)
from tests.wget.recorded import CASES, read, stderr_of

AWAITING = b"HTTP request sent, awaiting response... \n"
URL = "http://127.0.0.1:4567/file.bin"


@pytest.mark.parametrize("name", CASES)
def test_recorded_output_reads_the_same_however_it_is_cut(name: str):
    output = stderr_of(name)
    whole = read([output])
    assert read([output[i : i + 1] for i in range(len(output))]) == whole
    assert read([output.replace(b"\n", b"\r\n")]).responses == whole.responses
    choice = random.Random(name)
    cuts = sorted(choice.randrange(len(output) + 1) for _ in range(40))
    pieces = [output[a:b] for a, b in zip([0, *cuts], [*cuts, len(output)], strict=True)]
    assert read(pieces) == whole


@pytest.mark.parametrize(
    "name, statuses",
    [
        ("ok", [200]),
        ("resume_206", [206]),
        ("redirect_301", [301, 200]),
        ("redirect_loop", [302] * 11),
        ("redirect_ftp", [302]),
        ("s401", [401]),
        ("s404", [404]),
        ("s412", [412]),
        ("s416_fresh", [416]),
        ("s429", [429]),
        ("s503_date", [503]),
        ("s504", [504]),
        ("auth_in_link", [401, 200]),
        ("http09", [None]),
        ("http09_resume", [None]),
        ("bad_status_line", []),
        ("close_at_once", []),
        ("refused", []),
        ("dns_unknown", []),
        ("killed", [200]),
    ],
)
def test_every_answer_is_told(name: str, statuses: list[int | None]):
    assert [response.status for response in read([stderr_of(name)]).responses] == statuses


def test_an_answer_holds_its_headers_and_address():
    assert read([stderr_of("resume_206")]).responses == [
        Response(
            206,
            (
                ("etag", '"v1"'),
                ("last-modified", "Mon, 02 Nov 2026 10:00:00 GMT"),
                ("accept-ranges", "bytes"),
                ("content-length", "207200"),
                ("content-range", "bytes 100000-307199/307200"),
            ),
            URL,
        )
    ]


def test_each_answer_of_a_redirect_has_its_own_address():
    reading = read([stderr_of("redirect_301")])
    final = "http://127.0.0.1:4567/other.bin?token=verysecret"
    assert [event for event in reading.events if isinstance(event, RequestStarted)] == [
        RequestStarted(URL),
        RequestStarted(final),
    ]
    assert [response.url for response in reading.responses] == [URL, final]


def test_repeated_headers_are_kept():
    (response,) = read([stderr_of("two_lengths")]).responses
    lengths = [value for name, value in response.headers if name == "content-length"]
    assert lengths == ["5", "10"]


def test_escaped_header_bytes_become_text_and_controls_become_marks():
    (response,) = read([stderr_of("hostile_headers")]).responses
    assert response.header("content-disposition") == 'attachment; filename="ä😀.zip"'
    assert response.header("x-latin") == "äö"
    assert response.header("x-escape") == "\ufffd[31mred\ufffd \\033 a b\ufffd"
    assert response.header("x-fake") == "a\ufffd--2026-01-01 00:00:00--  http://evil.example/"
    assert response.header("empty") == ""
    assert response.header("x-folded") == "one    two"
    assert response.header("no colon here") is None


def test_a_header_cannot_pass_for_a_request():
    events = read([stderr_of("hostile_headers")]).events
    assert [event for event in events if isinstance(event, RequestStarted)] == [RequestStarted(URL)]


def test_an_answer_is_told_with_the_first_line_after_it():
    parser = OutputParser()
    assert parser.feed(b"--2026-11-23 22:56:50--  http://a/\n" + AWAITING)
    assert parser.feed(b"  HTTP/1.1 200 OK\n  ETag: x\n") == []
    response = Response(200, (("etag", "x"),), "http://a/")
    assert parser.feed(b"Length: 5\n") == [response, Message("Length: 5")]


def test_an_answer_cut_off_by_the_end_is_told_by_close():
    parser = OutputParser()
    parser.feed(AWAITING + b"  HTTP/1.1 200 OK\n  ETag: x")
    assert parser.close() == [Response(200, (("etag", "x"),))]
    assert parser.close() == []


def test_a_status_line_of_nonsense_has_no_status():
    assert read([AWAITING + b"  ICY 200 OK\n\n"]).responses == [Response(None)]


def test_an_indented_line_outside_of_an_answer_is_a_message():
    reading = read([b"  HTTP/1.1 200 OK\n"])
    assert reading.responses == []
    assert reading.events == [Message("  HTTP/1.1 200 OK")]


@pytest.mark.parametrize(
    "record, bar",
    [
        (
            b" 43%[++++++=>     ]   1.25M  1.46MB/s    eta 4h 1m  ",
            BarLine(43, 1310720, 1.46 * 1024**2, 14460),
        ),
        (
            b" 100%[===========>]   2.86M  1.46MB/s    in 2.0s    ",
            BarLine(100, 2998927, 1.46 * 1024**2, None),
        ),
        (
            b"     [  <=>       ]  28.00K   140KB/s               ",
            BarLine(None, 28672, 143360, None),
        ),
        (
            b"  50%[==>  ]  50%[===>  ]   1.50K  --.-KB/s    in 1m 5s",
            BarLine(50, 1536, None, None),
        ),
        (b"  0%[    ]       0  --.-KB/s               ", BarLine(0, 0, None, None)),
        (b"  9%[>   ]     512  12.5 B/s    eta 3d 2h  ", BarLine(9, 512, 12.5, 266400)),
        (b"  9%[>   ]   1.00G  1.00GB/s    eta 59s    ", BarLine(9, 1024**3, 1024**3, 59)),
    ],
)
def test_a_progress_bar_is_read(record: bytes, bar: BarLine):
    reading = read([b"\rname" + record])
    assert reading.last_bar == bar
    assert (reading.events, reading.tail) == ([], [])
    assert read([b"\rname" + record + b"\n"]) == reading


@pytest.mark.parametrize(
    "line",
    [
        b"[  <=>  ]",
        b"[====>] 1.25M 1.46MB/s eta soon",
        b"[====>] 1.25M 1.46MB/s trailing",
        b"[==x=>] 1.25M 1.46MB/s",
        b"2026-11-23 22:56:50 (390 MB/s) - '/x/[a]' saved [307200/307200]",
    ],
)
def test_what_only_looks_like_a_bar_is_a_message(line: bytes):
    assert read([line]).events == [Message(line.decode())]


def test_of_many_bars_in_one_chunk_the_last_is_told_in_its_place():
    bars = b"".join(b"\rname %3d%%[==>  ]  1.00K  --.-KB/s  " % n for n in range(50))
    assert OutputParser().feed(b"before\n" + bars + b"\nafter\n") == [
        Message("before"),
        BarLine(49, 1024, None, None),
        Message("after"),
    ]


def test_a_recorded_download_ends_at_its_real_size():
    assert read([stderr_of("slow")]).last_bar == BarLine(100, 307200, 107 * 1024, None)
    assert read([stderr_of("killed")]).last_bar == BarLine(22, 69632, 113 * 1024, None)


def test_the_tail_holds_no_bars_and_no_secrets():
    tail = "\n".join(read([stderr_of("auth_in_link")]).tail)
    assert "%[" not in tail
    assert "  HTTP/1.1 401 Unauthorized" in tail
    assert "http://***@127.0.0.1:4567/file.bin?sig=***" in tail
    for name in CASES:
        assert "verysecret" not in "\n".join(read([stderr_of(name)]).tail)


def test_messages_hold_no_secrets_and_no_control_characters():
    events = read([b"see http://u:verysecret@h/?key=verysecret \x1b[31m\x07\xff\n"]).events
    assert events == [Message("see http://***@h/?key=*** \ufffd[31m\ufffd\ufffd")]


def test_a_flood_of_messages_is_told_from_its_end():
    events = OutputParser().feed(b"".join(b"%d\n" % n for n in range(50_000)))
    assert len(events) == MAX_MESSAGES_PER_FEED
    assert events[-1] == Message("49999")


def test_an_answer_before_a_flood_is_told():
    chunk = AWAITING + b"  HTTP/1.1 404 Not Found\n\n" + b"x\n" * 100_000
    assert Response(404) in OutputParser().feed(chunk)
    assert MAX_LINES_PER_FEED < 100_000


def test_a_line_without_end_is_cut():
    parser = OutputParser()
    for _ in range(100):
        assert parser.feed(b"a" * 65536) == []
    (message,) = parser.feed(b"\nb")
    assert isinstance(message, Message)
    assert set(message.text) == {"a"}
    assert len(message.text) <= MAX_LINE_BYTES
    assert parser.close() == [Message("b")]


def test_an_answer_without_end_is_cut():
    parser = OutputParser()
    parser.feed(AWAITING + b"  HTTP/1.1 200 OK\n")
    for _ in range(300):
        parser.feed(b"  a: b\n" * 400)
    (response,) = parser.close()
    assert isinstance(response, Response)
    assert len(response.headers) == MAX_HEADER_LINES - 1


def test_an_answer_of_huge_lines_is_cut():
    parser = OutputParser()
    parser.feed(AWAITING + b"  HTTP/1.1 200 OK\n")
    for _ in range(50):
        parser.feed(b"  a: " + b"b" * 30_000 + b"\n")
    (response,) = parser.close()
    assert isinstance(response, Response)
    assert sum(len(value) for _, value in response.headers) <= MAX_HEADER_BYTES


def test_the_tail_is_bounded_and_keeps_the_end():
    parser = OutputParser()
    for n in range(3000):
        parser.feed(b"%d " % n + b"x" * 500 + b"\n")
    assert sum(map(len, parser.tail)) <= MAX_TAIL_CHARACTERS
    assert parser.tail[-1].startswith("2999 ")


@pytest.mark.parametrize(
    "piece",
    [b"\r", b"\n", b"x\n", b"[", b"\0", b"\xff", b"  a: b\n", AWAITING, b"\\033", b"?key=", b"://"],
    ids=repr,
)
def test_a_flood_is_read_faster_than_it_can_come(piece: bytes):
    parser = OutputParser()
    chunk = (piece * (65536 // len(piece) + 1))[:65536]
    started_s = time.monotonic()
    for _ in range(32):
        parser.feed(chunk)
    parser.close()
    assert time.monotonic() - started_s < 4  # 2 MiB; a quadratic reader needs minutes


def test_each_line_of_the_tail_is_told_as_it_comes():
    told: list[str] = []
    parser = OutputParser(told.append)
    parser.feed(b"--2026-11-23 22:56:50--  http://u:hunter2@a/\n" + AWAITING)
    parser.feed(b"  HTTP/1.1 200 OK\n  Set-Cookie: hunter2\nLength: 5\n")
    assert told == parser.tail
    assert len(told) == 5
    assert "hunter2" not in "".join(told)
