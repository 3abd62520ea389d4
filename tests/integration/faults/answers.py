"""What a server may do wrong: one small function a fault, and what must become of it.

The names are those of the list of faults (../README.md). Each function scripts one path of a
loopback server; `FAULTS` has them all, for the tests and for the comparison with other programs
(tests/benchmarks/faults.py).
"""

from dataclasses import replace
from datetime import timedelta

from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Verification
from tests.integration.faults.scripted import (
    FAULTS,
    FILE,
    SIZE,
    Fault,
    delivers,
    fails,
    fault_named,
)
from tests.integration.loopback_server import (
    CLOSE,
    LONG_AGO,
    Answer,
    Behaviour,
    Body,
    Content,
    Exchange,
    FixedContent,
    Framing,
    Header,
    LoopbackServer,
    bent,
    chunk_cut,
    close_at_once,
    cut_fin,
    cut_rst,
    http_0_9,
    ignore_conditions,
    ignore_range,
    ok,
    reset_at_once,
    status,
    with_headers,
)

__all__ = ["CUT", "FAULTS", "Fault", "fault_named"]

CUT = 120_000
CHANGED = Content(SIZE, seed=2)
LARGER = Content(SIZE + 50_000, seed=2)
SMALLER = Content(CUT - 40_000, seed=2)
ALIKE = FixedContent(
    CHANGED.read(0, CUT - 10_000)
    + FILE.read(CUT - 10_000, 20_000)
    + CHANGED.read(CUT + 10_000, SIZE)
)
"""Another version that is the same around the cut."""
LATER = LONG_AGO + timedelta(days=1)


# 1-3: cut off


@delivers(1, requests=2)
def s_cut_fin(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE)
    server.sequence(path, [cut_fin(CUT), ok()])


@delivers(1, requests=2)
def s_cut_rst(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE)
    server.sequence(path, [cut_rst(CUT), ok()])


@delivers(1, requests=4)
def s_cut_again_and_again(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE)
    server.sequence(path, [cut_fin(CUT), cut_rst(70_000), cut_fin(10), ok()])


@delivers(2, requests=2)
def s_cut_nolen_fin(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE)
    server.sequence(path, [cut_fin(CUT, Framing.UNTIL_CLOSE), ok()])


@delivers(
    2, requests=2, right=FixedContent(FILE.read(0, CUT)), verification=Verification.UNCONFIRMED
)
def s_cut_nolen_fin_norange(server: LoopbackServer, path: str) -> None:
    """Nobody can see that this is not all: it must not be called confirmed."""
    server.serve(path, FILE)
    unframed = bent(lambda each: replace(each, stop=CUT).framed(Framing.UNTIL_CLOSE), ["range"])
    server.on(path, unframed)


@delivers(2, requests=2)
def s_cut_nolen_rst(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE)
    server.sequence(path, [cut_rst(CUT, Framing.UNTIL_CLOSE), ok()])


@delivers(3, requests=2)
def s_chunk_cut_inside(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE)
    server.sequence(path, [chunk_cut(CUT), ok()])


@delivers(3, requests=2)
def s_chunk_cut_between(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE)
    server.sequence(path, [cut_fin(CUT, Framing.CHUNKED), ok()])


@delivers(3, requests=2)
def s_chunk_cut_rst(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE)
    server.sequence(path, [cut_rst(CUT, Framing.CHUNKED), ok()])


@delivers(3, requests=2)
def s_chunk_size_is_no_number(server: LoopbackServer, path: str) -> None:
    """wget takes it for the end of the file, and for success."""

    def behave(exchange: Exchange) -> None:
        answer = exchange.good_answer().framed(Framing.CHUNKED)
        exchange.send_head(200, answer.headers)
        exchange.send(b"zz\r\n")

    server.serve(path, FILE)
    server.sequence(path, [behave, ok()])


# 4-9: another file than before, or perhaps


def _cut_then(
    server: LoopbackServer, path: str, body: Body, then: Behaviour, **validators: str | None
) -> None:
    """Cut the first answer; from then on the path serves another file."""

    def change(exchange: Exchange) -> None:
        cut_fin(CUT)(exchange)
        server.serve(path, body, **validators)  # type: ignore[arg-type]

    server.sequence(path, [change, then])


@delivers(4, requests=3)
def s_range_ignored(server: LoopbackServer, path: str) -> None:
    """The same file, and neither ETag nor date would prove it."""
    server.serve(path, FILE, etag=None, last_modified=None)
    server.sequence(path, [cut_fin(CUT), ignore_range()])


@delivers(4, requests=2)
def s_range_ignored_same_etag(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE)
    server.sequence(path, [cut_fin(CUT), ignore_range()])


@delivers(5, requests=3, right=CHANGED)
def s_range_ignored_changed(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE)
    _cut_then(
        server, path, CHANGED, bent(lambda each: each, ["range", "if-match", "if-unmodified-since"])
    )


@delivers(5, requests=3, right=CHANGED)
def s_range_ignored_changed_novalidator(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE, etag=None, last_modified=None)
    _cut_then(server, path, CHANGED, ignore_range(), etag=None, last_modified=None)


@delivers(6, requests=3, right=CHANGED)
def s_changed_412(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE)
    _cut_then(server, path, CHANGED, ok())


@delivers(7, requests=3, right=ALIKE)
def s_changed_etag_206(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE)
    _cut_then(server, path, ALIKE, ignore_conditions())


@delivers(7, requests=3, right=ALIKE)
def s_changed_lm_206(server: LoopbackServer, path: str) -> None:
    """The bytes around the cut are the same: the date alone tells."""
    server.serve(path, FILE, etag=None)

    def change(exchange: Exchange) -> None:
        cut_fin(CUT)(exchange)
        server.serve(path, ALIKE, etag=None, last_modified=LATER)

    server.sequence(path, [change, ignore_conditions()])


@delivers(7, requests=3, right=ALIKE)
def s_weak_etag_changed(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE, etag='W/"1"', last_modified=None)
    _cut_then(server, path, ALIKE, ok(), etag='W/"2"', last_modified=None)


@delivers(8, requests=3, right=LARGER)
def s_changed_size_206(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE, etag=None, last_modified=None)
    _cut_then(server, path, LARGER, ok(), etag=None, last_modified=None)


@delivers(8, requests=3, right=SMALLER)
def s_changed_smaller(server: LoopbackServer, path: str) -> None:
    """There is nothing after the place where we stopped: 416, which wget takes for success."""
    server.serve(path, FILE, etag=None, last_modified=None)
    _cut_then(server, path, SMALLER, ok(), etag=None, last_modified=None)


@delivers(8, requests=3, right=SMALLER)
def s_changed_smaller_range_ignored(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE, etag=None, last_modified=None)
    _cut_then(server, path, SMALLER, ignore_range(), etag=None, last_modified=None)


@delivers(9, requests=3, right=CHANGED)
def s_changed_novalidator(server: LoopbackServer, path: str) -> None:
    """Only the bytes tell."""
    server.serve(path, FILE, etag=None, last_modified=None)
    _cut_then(server, path, CHANGED, ok(), etag=None, last_modified=None)


# 10-12: answers that fit no question


@fails(10, ErrorKind.BAD_ANSWER, requests=3)
def s_fresh_416(server: LoopbackServer, path: str) -> None:
    server.answer(path, 416)


@fails(10, ErrorKind.BAD_ANSWER, requests=3)
def s_fresh_416_total(server: LoopbackServer, path: str) -> None:
    server.answer(path, 416, [("Content-Range", f"bytes */{SIZE}")])


@delivers(10, requests=2)
def s_complete_416(server: LoopbackServer, path: str) -> None:
    """All has come, and then the connection broke: there is nothing more to get."""
    server.serve(path, FILE)
    server.sequence(path, [cut_rst(SIZE, Framing.CHUNKED), ok()])


@delivers(10, requests=3)
def s_partial_416_nototal(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE)
    server.sequence(path, [cut_fin(CUT), status(416), ok()])


@delivers(11, requests=2)
def s_fresh_206(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE)
    server.sequence(path, [_piece(50_000, SIZE), ok()])


@fails(11, ErrorKind.BAD_ANSWER, requests=3)
def s_fresh_206_always(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE)
    server.on(path, _piece(50_000, SIZE))


@delivers(11, requests=4)
def s_short_206(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE)
    server.on(path, _pieces_of(80_000))


@delivers(11, requests=19)
def s_short_206_many(server: LoopbackServer, path: str) -> None:
    """More pieces than there are retries, each of them too small to make up for one."""
    server.serve(path, FILE)
    server.on(path, _pieces_of(20_000))


@fails(11, ErrorKind.INCOMPLETE, requests=4)
def s_short_206_tiny(server: LoopbackServer, path: str) -> None:
    """Pieces smaller than what is fetched again for comparison: it must not go on for ever."""
    server.serve(path, FILE)
    server.on(path, _pieces_of(3_000))


@delivers(11, requests=3)
def s_wrong_start_206(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE)
    server.sequence(path, [cut_fin(CUT), _piece(CUT + 1_000, SIZE), ok()])


@delivers(11, requests=3)
def s_norange_206(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE)
    bare = bent(lambda each: each.without_headers("Content-Range"))
    server.sequence(path, [cut_fin(CUT), bare, ok()])


@delivers(11, requests=3)
def s_multipart_206(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE)
    parts = bent(
        lambda each: each.without_headers("Content-Range").with_headers(
            ("Content-Type", "multipart/byteranges; boundary=x")
        )
    )
    server.sequence(path, [cut_fin(CUT), parts, ok()])


def _pieces_of(length: int) -> Behaviour:
    """Answer any question with so many bytes at the most."""

    def behave(exchange: Exchange) -> None:
        start = exchange.request.range_start or 0
        _piece(start, min(start + length, SIZE))(exchange)

    return behave


def _piece(start: int, stop: int) -> Behaviour:
    """Answer with this piece of the file, whatever was asked for."""

    def behave(exchange: Exchange) -> None:
        whole = exchange.good_answer(ignoring=["range", "if-match", "if-unmodified-since"])
        piece = replace(whole, status=206, start=start, stop=stop).framed(Framing.LENGTH)
        total = whole.body.size
        exchange.answer(piece.with_headers(("Content-Range", f"bytes {start}-{stop - 1}/{total}")))

    return behave


@fails(12, ErrorKind.BAD_ANSWER)
def s_s204(server: LoopbackServer, path: str) -> None:
    server.answer(path, 204)


@fails(12, ErrorKind.BAD_ANSWER)
def s_s205(server: LoopbackServer, path: str) -> None:
    server.answer(path, 205)


@fails(12, ErrorKind.BAD_ANSWER)
def s_s300(server: LoopbackServer, path: str) -> None:
    server.answer(path, 300, body=b"<a href=1>this</a> or <a href=2>that</a>")


# 13: refused


@fails(13, ErrorKind.AUTH)
def s_s401(server: LoopbackServer, path: str) -> None:
    server.answer(path, 401, [("WWW-Authenticate", 'Basic realm="x"')], b"who are you?")


@fails(13, ErrorKind.REFUSED)
def s_s403(server: LoopbackServer, path: str) -> None:
    server.answer(path, 403, body=b"no")


@fails(13, ErrorKind.NOT_FOUND)
def s_s404(server: LoopbackServer, path: str) -> None:
    server.answer(path, 404, body=b"<h1>not here</h1>")


@fails(13, ErrorKind.AUTH)
def s_s407(server: LoopbackServer, path: str) -> None:
    server.answer(path, 407, [("Proxy-Authenticate", 'Basic realm="x"')], b"who are you?")


@fails(13, ErrorKind.NOT_FOUND)
def s_s410(server: LoopbackServer, path: str) -> None:
    server.answer(path, 410, body=b"gone")


# 16: sent elsewhere


@fails(16, ErrorKind.REDIRECT, requests=11)
def s_redir_loop(server: LoopbackServer, path: str) -> None:
    server.redirect(path, path)


@fails(16, ErrorKind.REDIRECT)
def s_redir_file(server: LoopbackServer, path: str) -> None:
    server.redirect(path, "file:///etc/passwd")


@fails(16, ErrorKind.REDIRECT)
def s_redir_missing_location(server: LoopbackServer, path: str) -> None:
    server.answer(path, 302)


@fails(16, ErrorKind.REDIRECT)
def s_redir_no_link(server: LoopbackServer, path: str) -> None:
    server.redirect(path, "http://:99999999/")


# 21: hardly HTTP


@fails(21, ErrorKind.BAD_ANSWER)
def s_http_0_9(server: LoopbackServer, path: str) -> None:
    server.on(path, http_0_9())


@fails(21, ErrorKind.BAD_ANSWER)
def s_bad_status_line(server: LoopbackServer, path: str) -> None:
    server.on(path, lambda exchange: exchange.send(b"HTTP/1.1 abc What\r\n\r\nthis"))


@delivers(21, requests=2)
def s_close_at_once(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE)
    server.sequence(path, [close_at_once(), ok()])


@delivers(21, requests=2)
def s_reset_at_once(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE)
    server.sequence(path, [reset_at_once(), ok()])


@delivers(21, requests=2)
def s_cut_in_headers(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE)
    half = b"HTTP/1.1 200 OK\r\nContent-Len"
    server.sequence(path, [lambda exchange: exchange.connection.sendall(half), ok()])


# 22: lengths


@fails(22, ErrorKind.BAD_ANSWER)
def s_len_two(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE)
    second: Header = ("Content-Length", "200000")
    server.on(path, bent(lambda each: replace(each, headers=(*each.headers, second))))


@delivers(22, requests=2)
def s_len_negative(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE)
    server.sequence(path, [with_headers(("Content-Length", "-5")), ok()])


@delivers(22, requests=2, verification=Verification.UNCONFIRMED)
def s_len_negative_always(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE)
    server.on(path, bent(lambda each: each.with_headers(("Content-Length", "-5")), ["range"]))


@delivers(22, requests=2, verification=Verification.UNCONFIRMED)
def s_len_huge(server: LoopbackServer, path: str) -> None:
    server.serve(path, FILE)
    huge = bent(lambda each: each.with_headers(("Content-Length", "9" * 20)), ["range"])
    server.on(path, huge)


@fails(22, ErrorKind.CONNECTION, requests=4)
def s_len_too_large(server: LoopbackServer, path: str) -> None:
    """There is never more than this, and it is always said that there is."""
    server.serve(path, FILE)

    def behave(exchange: Exchange) -> None:
        claimed = replace(exchange.resource.body, size=SIZE + 1_000)  # type: ignore[union-attr,type-var]
        of = replace(exchange.resource, body=claimed)  # type: ignore[type-var]
        answer = exchange.good_answer(of)
        exchange.send_head(answer.status, answer.headers)
        exchange.send_body(answer, stop=SIZE)

    server.on(path, behave)


@delivers(22, requests=3)
def s_len_small_206(server: LoopbackServer, path: str) -> None:
    """The second answer brings less than its range says; the rest is fetched by one more."""
    server.serve(path, FILE)
    small = bent(
        lambda each: replace(each.with_headers(("Content-Length", "100000")), stop=200_000)
    )
    server.sequence(path, [cut_fin(CUT), small, ok()])


@delivers(22, requests=1, right=FixedContent(FILE.read(0, CUT)))
def s_len_small(server: LoopbackServer, path: str) -> None:
    """By the rules of HTTP the file is what the length says; the rest is of no message."""
    server.serve(path, FILE)
    server.on(path, with_headers(("Content-Length", str(CUT))))


# 23: headers


@fails(23, ErrorKind.CONNECTION, requests=4)
def s_header_bomb(server: LoopbackServer, path: str) -> None:
    """One header line of 2 MB."""
    server.serve(path, FILE)
    server.on(path, with_headers(("X-Bomb", "x" * 2_000_000)))


@delivers(23, requests=1)
def s_header_flood(server: LoopbackServer, path: str) -> None:
    """Hundreds of header lines, the length after them."""
    server.serve(path, FILE)
    many: list[Header] = [(f"X-{number}", "x" * 20) for number in range(400)]

    def flood(answer: Answer) -> Answer:
        return replace(answer, headers=(*many, *answer.headers))

    server.on(path, bent(flood))


@delivers(23, requests=1)
def s_header_escapes(server: LoopbackServer, path: str) -> None:
    """Escape codes and a forged line, in the name too."""
    evil = b'attachment; filename="\x1b[31mred\x07\x08.bin"'
    server.serve(
        path, FILE, content_disposition=evil, headers=[("X-A", b"\x1b]0;title\x07\x9b31m")]
    )


# 24: odd but right


@delivers(24, requests=1, right=FixedContent(b"\x1f\x8b\x08\0not even gzip" * 1000))
def s_gzip_unasked(server: LoopbackServer, path: str) -> None:
    body = b"\x1f\x8b\x08\0not even gzip" * 1000
    server.serve(path, body, headers=[("Content-Encoding", "gzip")])


@delivers(24, requests=1)
def s_early_hints_103(server: LoopbackServer, path: str) -> None:
    def behave(exchange: Exchange) -> None:
        exchange.send_head(103, [("Link", "</style.css>; rel=preload")])
        exchange.answer(exchange.good_answer())

    server.serve(path, FILE)
    server.on(path, behave)


@delivers(24, requests=1)
def s_continue_100(server: LoopbackServer, path: str) -> None:
    def behave(exchange: Exchange) -> None:
        exchange.send_head(100)
        exchange.answer(exchange.good_answer())

    server.serve(path, FILE)
    server.on(path, behave)


@delivers(24, requests=1, right=FixedContent(b""))
def s_empty(server: LoopbackServer, path: str) -> None:
    server.serve(path, b"")


@delivers(24, requests=2, right=FixedContent(b""), verification=Verification.UNCONFIRMED)
def s_empty_nolen(server: LoopbackServer, path: str) -> None:
    server.answer(path, 200)
    server.on(path, lambda exchange: exchange.send_head(200, [CLOSE]))


@delivers(24, requests=1, right=FixedContent(b"x"))
def s_one_byte(server: LoopbackServer, path: str) -> None:
    server.serve(path, b"x")
