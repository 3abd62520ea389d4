"""How an attempt ended, judged from all that wget left behind.

wget's exit code alone proves nothing: 0 is also the end of a file cut short, 8 is both "not
found" and "come back later". So the status of the last answer counts first, then the exit
code, then the size of the part.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dlmanager.core.errors import ErrorKind
from dlmanager.core.outcome import Ending, Outcome
from dlmanager.core.response import Response
from dlmanager.core.retry_after import parse_retry_after
from dlmanager.core.validators import content_range_of, has_conflicting_lengths, validators_of


@dataclass(frozen=True, slots=True)
class WgetExit:
    """How the process ended: by a code, or by a signal; both None if it never started."""

    exit_code: int | None
    signal: int | None


def classify(
    exit: WgetExit,
    response: Response | None,
    tail: Sequence[str],
    *,
    offset_bytes: int,
    size_bytes: int,
    known_total: int | None,
    now_s: float,
) -> Outcome:
    """Say how an attempt ended that nobody stopped on purpose.

    response: the last answer, None if there was none. tail: wget's last lines, as
    `wget.output.OutputParser.tail` has them. offset_bytes, size_bytes: the part before and
    after. known_total: from an earlier answer. now_s: seconds since the epoch.
    """
    lines = [line for line in tail if not line.startswith(_NOT_WGETS_WORDS)]
    outcome = (
        _from_process(exit, lines)
        or _from_answer(exit, response, offset_bytes, size_bytes, known_total)
        or _from_exit_code(exit, response, lines)
    )
    status = response.status if response else None
    retry_after = response.header("retry-after") if response else None
    if outcome.ending is not Ending.RETRY or status not in _RETRY_KINDS or retry_after is None:
        return replace(outcome, http_status=status)
    wait_s = parse_retry_after(retry_after, now_s)
    return replace(outcome, http_status=status, retry_after_s=wait_s)


def never_settled(http_status: int | None, offset_bytes: int) -> Outcome:
    """Say why nothing came of an attempt that was started from zero again and again.

    http_status: of the last answer, to a request for the bytes from offset on.
    """
    if http_status in (206, 416) and not offset_bytes:
        outcome = _UNASKED_PIECE if http_status == 206 else _UNASKED_REFUSAL
        return replace(outcome, http_status=http_status)
    return _failed(
        ErrorKind.CHANGED,
        "The file on the server keeps changing while it is fetched. Choose Retry later.",
        http_status,
    )


# Headers, addresses and redirect targets are words of others: they must not pass for an error.
_NOT_WGETS_WORDS = ("  ", "--", "Location: ")

_EXEC_FAILED = frozenset({126, 127})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

_FINAL_SERVER_ERRORS = frozenset({501, 505, 506, 508, 510, 511})
_RETRY_KINDS = {
    408: ErrorKind.TIMEOUT,
    421: ErrorKind.SERVER,
    425: ErrorKind.SERVER,
    429: ErrorKind.RATE_LIMITED,
    **dict.fromkeys(set(range(500, 600)) - _FINAL_SERVER_ERRORS, ErrorKind.SERVER),
}

_LOGIN_HINT = "Edit its link, with name:password@ before the server."
_PROXY_HINT = "Set proxy to http://name:password@host:port."

_STATUS_WORDS = {
    204: "The server answered without a file (204). Check the link.",
    205: "The server answered without a file (205). Check the link.",
    300: "The server offers several files instead of one (300). Open the link in a browser.",
    400: "The server does not understand this link (400). Check the link.",
    401: "The server wants a valid user name and password (401). " + _LOGIN_HINT,
    403: "The server does not allow this download (403). You may have to log in there first.",
    404: "The server says this file does not exist (404). Check the link.",
    407: "The proxy wants a valid user name and password (407). " + _PROXY_HINT,
    408: "The server waited too long for our request (408). It is worth another try.",
    410: "The server says this file is gone for good (410). Look for another link.",
    429: "The server asks us to slow down (429). Wait a while before trying again.",
    451: "The server may not give out this file for legal reasons (451).",
    501: "The server cannot do what is needed for this download (501).",
    503: "The server is overloaded or being repaired (503). Try again later.",
    504: "A server on the way did not answer in time (504). Try again later.",
    511: "This network wants you to log in first (511). Open a browser to do so.",
}
_FAIL_KINDS = {
    401: ErrorKind.AUTH,
    404: ErrorKind.NOT_FOUND,
    407: ErrorKind.AUTH,
    410: ErrorKind.NOT_FOUND,
    511: ErrorKind.AUTH,
}


def _from_process(exit: WgetExit, lines: list[str]) -> Outcome | None:
    """Judge what has nothing to do with the server: wget itself, and the disk."""
    code = exit.exit_code
    if exit.signal is not None:
        return Outcome(
            Ending.RETRY,
            ErrorKind.KILLED,
            f"wget was ended by the system (signal {exit.signal}). Memory may have run out.",
        )
    if code is None or code in _EXEC_FAILED:
        return Outcome(
            Ending.INSTALLATION,
            ErrorKind.WGET,
            "wget could not be started. Check the path to wget in the settings.",
        )
    if code == 2:
        return Outcome(
            Ending.INSTALLATION,
            ErrorKind.WGET,
            "wget did not accept its arguments. Install GNU wget 1.16 or newer.",
        )
    if code in (1, 3):
        return _from_disk(code, lines)
    return None


def _from_disk(code: int, lines: list[str]) -> Outcome | None:
    for line in reversed(lines):
        for pattern, ending, kind, words in _DISK_PROBLEMS:
            if pattern.search(line):
                return Outcome(ending, kind, words)
    if code == 1:
        return None
    return Outcome(
        Ending.FAIL,
        ErrorKind.FOLDER,
        "The file could not be written. Check the target folder, or choose another one.",
    )


_DISK_PROBLEMS = [
    (re.compile(rf"(?:[:(]\s?)(?:{reason})\)?\.?\s*$"), ending, kind, words)
    for reason, ending, kind, words in (
        (
            "No space left on device",
            Ending.DISK_FULL,
            ErrorKind.DISK_FULL,
            "The disk is full. Make room, and the download goes on by itself.",
        ),
        (
            "Disk quota exceeded",
            Ending.DISK_FULL,
            ErrorKind.DISK_FULL,
            "Your share of the disk is used up. Make room, and the download goes on by itself.",
        ),
        (
            "File too large",
            Ending.FAIL,
            ErrorKind.FOLDER,
            "The file is too large for this disk. Choose a folder on another one.",
        ),
        (
            "No such file or directory|Not a directory",
            Ending.FAIL,
            ErrorKind.FOLDER,
            "The target folder does not exist any more. Create it, or choose another one.",
        ),
        (
            "Read-only file system|Permission denied|Operation not permitted",
            Ending.FAIL,
            ErrorKind.FOLDER,
            "The target folder cannot be written to. Choose another one.",
        ),
        (
            "Is a directory|File name too long|Too many levels of symbolic links|File exists|"
            "Text file busy|Input/output error|Stale file handle|No such device or address",
            Ending.FAIL,
            ErrorKind.FOLDER,
            "The file could not be written. Check the target folder, or choose another one.",
        ),
    )
]


def _from_answer(
    exit: WgetExit,
    response: Response | None,
    offset_bytes: int,
    size_bytes: int,
    known_total: int | None,
) -> Outcome | None:
    """Judge by the last answer; None if it is not the one that ended the attempt."""
    if response is None:
        return None
    status = response.status
    if status is None:
        return _failed(ErrorKind.BAD_ANSWER, "The server does not speak HTTP. Check the link.")
    if status in (200, 206):
        return _from_file(exit, response, offset_bytes, size_bytes, known_total)
    if status in _REDIRECTS:
        return _from_redirect(exit, response)
    if status == 416:
        return _from_unsatisfiable(response, offset_bytes, size_bytes, known_total)
    if status == 412:
        return _CHANGED
    if status in (401, 407) and exit.exit_code in (4, 7):
        return None  # the answer to the credentials never came
    return _from_status(status)


def _from_status(status: int) -> Outcome:
    words = _STATUS_WORDS.get(status)
    if kind := _RETRY_KINDS.get(status):
        words = words or f"The server has a problem of its own ({status}). Try again later."
        return Outcome(Ending.RETRY, kind, words)
    if 400 <= status < 500:
        words = words or f"The server refuses this download ({status})."
        return _failed(_FAIL_KINDS.get(status, ErrorKind.REFUSED), words)
    if 500 <= status < 600:
        words = words or f"The server cannot deliver this file ({status})."
        return _failed(_FAIL_KINDS.get(status, ErrorKind.SERVER), words)
    words = words or f"The server gave an answer that is not a file ({status}). Check the link."
    return _failed(ErrorKind.BAD_ANSWER, words)


def _from_file(
    exit: WgetExit,
    response: Response,
    offset_bytes: int,
    size_bytes: int,
    known_total: int | None,
) -> Outcome | None:
    """Judge a 200 or 206 by sizes: exit code 0 is no proof, another one no disproof."""
    if _is_ambiguous(exit, response):
        return _failed(
            ErrorKind.BAD_ANSWER,
            "The server contradicts itself about the size of this file. Try another link.",
        )
    if response.status == 206:
        content_range = content_range_of(response)
        if content_range is None or content_range.start != offset_bytes:
            if offset_bytes:
                return _WRONG_PIECE
            return _UNASKED_PIECE
    total = validators_of(response).total
    if offset_bytes and None not in (total, known_total) and total != known_total:
        return _CHANGED
    if total is None and (offset_bytes or size_bytes == known_total):
        total = known_total
    if total == size_bytes:
        return Outcome(Ending.DONE)
    if total is not None and size_bytes > total:
        return _CHANGED
    if exit.exit_code != 0:
        return None
    if total is None:
        return Outcome(Ending.PROBE)
    return Outcome(
        Ending.RETRY,
        ErrorKind.INCOMPLETE,
        "The server ended before the file was complete. The next try goes on from there.",
    )


def _is_ambiguous(exit: WgetExit, response: Response) -> bool:
    # wget miscounts a chunked answer that names a length too, and ends with an error.
    two_ends = response.header("transfer-encoding") and response.header("content-length")
    return has_conflicting_lengths(response) or bool(two_ends and exit.exit_code)


def _from_redirect(exit: WgetExit, response: Response) -> Outcome | None:
    location = (response.header("location") or "").strip()
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", location)
    if not location:
        words = "The server redirects without saying where to. Check the link."
    elif scheme and scheme[1].lower() not in ("http", "https"):
        words = f"The server redirects to {scheme[1].lower()[:20]}:, which cannot be downloaded."
    elif exit.exit_code in (4, 5, 6, 7):
        return None  # the redirect was fine; the server behind it did not answer
    elif exit.exit_code == 8:
        words = "The server redirects again and again. Open the link in a browser."
    else:
        words = "The server redirects to something that is not a link. Check the link."
    return _failed(ErrorKind.REDIRECT, words)


def _from_unsatisfiable(
    response: Response, offset_bytes: int, size_bytes: int, known_total: int | None
) -> Outcome:
    """Judge a 416: nothing follows our last byte, or the file is another one."""
    if offset_bytes == 0:
        return _UNASKED_REFUSAL
    total = validators_of(response).total
    if total is None:
        total = known_total
    known = total if known_total is None else known_total
    return Outcome(Ending.DONE) if total == known == size_bytes == offset_bytes else _CHANGED


def _from_exit_code(exit: WgetExit, response: Response | None, lines: list[str]) -> Outcome:
    """Judge by wget's own words, where no answer decides."""
    code = exit.exit_code
    if code in (4, 7):
        return _from_network(response, lines)
    if code == 5:
        return _failed(ErrorKind.TLS, _certificate_words(lines))
    if code == 6:
        return _failed(
            ErrorKind.AUTH,
            "The server wants a valid user name and password. " + _LOGIN_HINT,
        )
    if code == 0:
        return _failed(ErrorKind.WGET, "wget ended without asking any server. Check the link.")
    if code == 1 and any("Invalid URL" in line or "No URLs found" in line for line in lines):
        return _failed(ErrorKind.WGET, "wget cannot use this link. Check it.")
    return _failed(ErrorKind.WGET, f"wget ended with the code {code}. Try again.")


def _from_network(response: Response | None, lines: list[str]) -> Outcome:
    for line in reversed(lines):
        for pattern, ending, kind, words in _NETWORK_PROBLEMS:
            if found := pattern.search(line):
                is_unreached = response is None and _UNREACHED.match(line) is not None
                words = words.format(*found.groups())
                # The answer of the proxy to CONNECT, of which wget shows the words alone.
                status = 407 if kind is ErrorKind.AUTH else None
                return Outcome(ending, kind, words, status, is_unreached=is_unreached)
    return Outcome(Ending.RETRY, ErrorKind.CONNECTION, _BROKEN_OFF)


_UNREACHED = re.compile(r"wget: unable to resolve host address|Connecting to .* failed: ")


_BROKEN_OFF = "The connection broke off. The next try goes on from there."
_HOST = r"[`'‘]([A-Za-z0-9._:\[\]-]{1,253})['’]"
_NETWORK_PROBLEMS = [
    (re.compile(pattern), ending, kind, words)
    for pattern, ending, kind, words in (
        (
            rf"^wget: unable to resolve host address {_HOST}",
            Ending.RETRY,
            ErrorKind.DNS,
            "The name {} was not found. Check the link and your connection.",
        ),
        (
            r"^wget: unable to resolve host address",
            Ending.RETRY,
            ErrorKind.DNS,
            "The name of the server was not found. Check the link and your connection.",
        ),
        (
            r"^Proxy tunneling failed: Proxy Authentication Required",
            Ending.FAIL,
            ErrorKind.AUTH,
            "The proxy wants a valid user name and password. " + _PROXY_HINT,
        ),
        (
            r"^Proxy tunneling failed",
            Ending.RETRY,
            ErrorKind.CONNECTION,
            "The proxy did not get a connection to the server. Try again later.",
        ),
        (
            r"^Connecting to .* failed: Connection timed out",
            Ending.RETRY,
            ErrorKind.TIMEOUT,
            "The server did not answer in time. Try again later.",
        ),
        (
            r"^Connecting to .* failed: Connection refused",
            Ending.RETRY,
            ErrorKind.CONNECTION,
            "The server refused the connection. Try again later.",
        ),
        (
            r"^Connecting to .* failed: ",
            Ending.RETRY,
            ErrorKind.CONNECTION,
            "The server cannot be reached. Check your connection.",
        ),
        (
            r"Read error .*\(Connection timed out\)",
            Ending.RETRY,
            ErrorKind.TIMEOUT,
            "The server stopped sending. The next try goes on from there.",
        ),
        (
            r"^Unable to establish SSL connection",
            Ending.RETRY,
            ErrorKind.TLS,
            "A secure connection could not be made. Check that the link is right.",
        ),
        (
            r"ERROR -1: Malformed status line",
            Ending.FAIL,
            ErrorKind.BAD_ANSWER,
            "The server does not speak HTTP. Check the link.",
        ),
        (
            r"awaiting response\.\.\. No data received",
            Ending.RETRY,
            ErrorKind.CONNECTION,
            "The server closed the connection without an answer. Try again later.",
        ),
        (
            r"Connection closed at byte|Read error ",
            Ending.RETRY,
            ErrorKind.CONNECTION,
            _BROKEN_OFF,
        ),
    )
]


def _certificate_words(lines: list[str]) -> str:
    text = "\n".join(lines)
    if "has expired" in text:
        reason = "has expired"
    elif "not yet activated" in text:
        reason = "is not valid yet; check the clock of this computer"
    elif "does not match" in text or "no certificate subject alternative name" in text:
        reason = "belongs to another server"
    elif "revoked" in text:
        reason = "has been revoked"
    else:
        reason = "is not from a known issuer"
    return f"The server could not prove who it is: its certificate {reason}."


def _failed(kind: ErrorKind, words: str, http_status: int | None = None) -> Outcome:
    return Outcome(Ending.FAIL, kind, words, http_status)


_CHANGED = Outcome(
    Ending.RESTART,
    ErrorKind.CHANGED,
    "The file on the server is not the one it was. The download starts anew.",
)
_WRONG_PIECE = Outcome(
    Ending.RESTART,
    ErrorKind.CHANGED,
    "The server did not go on where the download had stopped. The download starts anew.",
)
_UNASKED_PIECE = _failed(
    ErrorKind.BAD_ANSWER,
    "The server sent a piece of the file that was not asked for. Try again later.",
)
_UNASKED_REFUSAL = _failed(
    ErrorKind.BAD_ANSWER,
    "The server refuses a range that was not asked for (416). Try again later.",
)
