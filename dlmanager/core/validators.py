"""Validators: is the file on the server still the one that our bytes came from?"""

import re
from dataclasses import dataclass
from enum import StrEnum

from dlmanager.core.response import Response, Validators
from dlmanager.core.retry_after import parse_http_date

_RANGE = re.compile(
    r"bytes\s+(?:(?P<start>[0-9]{1,19})-(?P<end>[0-9]{1,19})|\*)/(?P<total>[0-9]{1,19}|\*)", re.I
)
_LENGTH = re.compile(r"[0-9]{1,19}")
# RFC 9110 8.8.3, less the bytes above ASCII: they would not survive the way through argv.
_STRONG_ETAG = re.compile(r'"[\x21\x23-\x7e]*"')
_MAX_ETAG_CHARACTERS = 1024
_MAX_BYTES = 2**63 - 1
MIN_PIECE_BYTES = 16 * 1024
"""Pieces below this are no way to get a file: they are counted as failures."""


@dataclass(frozen=True, slots=True)
class ContentRange:
    """The header Content-Range; start and end are None in the answer 416, total None for `*`.

    end is the position of the last byte, as in the header, so end - start + 1 bytes follow.
    """

    start: int | None
    end: int | None
    total: int | None


class Verdict(StrEnum):
    """What the head of an answer means for the bytes that we have."""

    GO_ON = "go_on"  # the same file, or nothing of it will be written
    CHANGED = "changed"  # another file: stop at once, start again from zero
    NO_RANGE = "no_range"  # the whole file, and no proof that it is the same one


def parse_content_range(value: str) -> ContentRange | None:
    """Read the header Content-Range; None if it is not a sound byte range."""
    found = _RANGE.fullmatch(value.strip())
    if found is None:
        return None
    start, end, total = (
        int(found[part]) if (found[part] or "*") != "*" else None
        for part in ("start", "end", "total")
    )
    if max(start or 0, end or 0, total or 0) > _MAX_BYTES:
        return None
    if start is None or end is None:
        return ContentRange(None, None, total) if total is not None else None
    if start > end or (total is not None and end >= total):
        return None
    return ContentRange(start, end, total)


def content_range_of(response: Response) -> ContentRange | None:
    """Return the answer's Content-Range; None if it has none, a broken one, or several."""
    values = {value.strip() for name, value in response.headers if name == "content-range"}
    return parse_content_range(values.pop()) if len(values) == 1 else None


def has_conflicting_lengths(response: Response) -> bool:
    """Whether the answer says more than one thing about where it ends."""
    return len(set(_content_lengths(response))) > 1


def validators_of(response: Response) -> Validators:
    """Return what identifies the version of the file that an answer brings.

    total: the whole file's bytes, from Content-Range (206, 416) or Content-Length (200); None
    if missing, not a number, contradictory, or overruled by chunked transfer.
    """
    return Validators(
        etag=_filled(response.header("etag")),
        last_modified=_filled(response.header("last-modified")),
        total=_total_of(response),
    )


def check_response(
    known: Validators, offset_bytes: int, response: Response, *, is_other_link: bool = False
) -> Verdict:
    """Judge the head of an answer to a request for the bytes from offset on (0: for all).

    is_other_link: the bytes came from another link than the answer, so that only an ETag or a
    Last-Modified that agrees shows that they are of one file.
    Call it as soon as the header block is complete, and not for redirects. An answer that
    writes nothing into the part (an error, a complete file's 416) is GO_ON: what it means for
    the job is said by `wget.exit_status.classify`.
    """
    now = validators_of(response)
    if response.status == 412:
        return Verdict.CHANGED
    goes_on = offset_bytes > 0 and response.status in (206, 416)
    if is_other_link and goes_on and not _comparable(known, now):
        return Verdict.CHANGED
    if response.status == 416:
        return _check_unsatisfiable(known, now, offset_bytes)
    if response.status == 206:
        content_range = content_range_of(response)
        if content_range is None or content_range.start != offset_bytes:
            return Verdict.CHANGED
        return Verdict.CHANGED if _differ(known, now) else Verdict.GO_ON
    if offset_bytes == 0 or not _is_written_by_wget(response.status):
        return Verdict.GO_ON
    if response.status == 200:
        if _differ(known, now):
            return Verdict.CHANGED
        return Verdict.GO_ON if _comparable(known, now) else Verdict.NO_RANGE
    return Verdict.NO_RANGE


def is_whole_piece(response: Response, offset_bytes: int, size_bytes: int) -> bool:
    """Whether a server gave all of a piece that it had announced, and the piece was worth it.

    Such a server gives the file in pieces: nothing failed, and the next one can be asked for.
    """
    if response.status != 206 or size_bytes - offset_bytes < MIN_PIECE_BYTES:
        return False
    content_range = content_range_of(response)
    return content_range is not None and content_range.end == size_bytes - 1


def condition_header(known: Validators) -> str | None:
    """Return the header line that makes a server refuse (412) to continue another file.

    None if nothing known is strong and clean enough to send. Never If-Range: a server answers
    a failed If-Range with the whole file, and wget -c joins that to what it has.
    """
    if is_strong(known.etag):
        return f"If-Match: {known.etag}"
    if known.last_modified and parse_http_date(known.last_modified) is not None:
        return f"If-Unmodified-Since: {known.last_modified}"
    return None


def is_strong(etag: str | None) -> bool:
    """Whether an ETag tells every byte of a file from others, and is clean enough to send."""
    return (
        etag is not None
        and len(etag) <= _MAX_ETAG_CHARACTERS
        and _STRONG_ETAG.fullmatch(etag) is not None
    )


def _check_unsatisfiable(known: Validators, now: Validators, offset_bytes: int) -> Verdict:
    # 416 is also the right answer to `Range: bytes=<size>-` of a file that is here already.
    total = now.total if now.total is not None else known.total
    complete = offset_bytes > 0 and total == offset_bytes
    return Verdict.GO_ON if complete and not _differ(known, now) else Verdict.CHANGED


def _is_written_by_wget(status: int | None) -> bool:
    """Whether wget writes the body of such an answer into the file."""
    # None is HTTP/0.9; 300 is a page with a choice of links; 204 and 205 have no body.
    return status is None or status == 300 or (200 <= status < 300 and status not in (204, 205))


def _differ(known: Validators, now: Validators) -> bool:
    return any(
        one is not None and other is not None and one != other
        for one, other in (
            (known.etag, now.etag),
            (known.last_modified, now.last_modified),
            (known.total, now.total),
        )
    )


def _comparable(known: Validators, now: Validators) -> bool:
    """Whether an ETag or a Last-Modified is known on both sides; an equal size proves nothing."""
    return (known.etag is not None and now.etag is not None) or (
        known.last_modified is not None and now.last_modified is not None
    )


def _total_of(response: Response) -> int | None:
    if response.status in (206, 416):
        content_range = content_range_of(response)
        return content_range.total if content_range else None
    if response.status != 200 or response.header("transfer-encoding") is not None:
        return None
    lengths = set(_content_lengths(response))
    if len(lengths) != 1:
        return None
    length = lengths.pop()
    if not _LENGTH.fullmatch(length) or int(length) > _MAX_BYTES:
        return None
    return int(length)


def _content_lengths(response: Response) -> list[str]:
    """Return every length named, one by one: proxies join repeats with a comma."""
    return [
        length.strip()
        for name, value in response.headers
        if name == "content-length"
        for length in value.split(",")
    ]


def _filled(value: str | None) -> str | None:
    return (value or "").strip() or None
