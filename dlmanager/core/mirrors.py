"""Mirrors: several links to one file, which of them is next, and what becomes of the bytes."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from dlmanager.core.errors import ASKED_ON_THE_WAY, BadInput, ErrorKind
from dlmanager.core.job import NewJob, NewMirror
from dlmanager.core.outcome import Ending, Outcome
from dlmanager.core.response import Response, Validators
from dlmanager.core.retry import FRESH_BYTES
from dlmanager.core.urls import host_of
from dlmanager.core.validators import (
    Verdict,
    check_response,
    condition_header,
    is_strong,
    validators_of,
)

MAX_MIRRORS = 100
"""How many links one file may have; a metalink may name any number."""

MUCH_FASTER = 4
"""A mirror known to be so many times faster is worth a switch; and so the switch back is not."""
UNTRIED_BYTES_S = 16 * 1024
"""A mirror that nobody has tried is hoped to be faster than this."""
SMALL_LOSS_BYTES = 1024 * 1024
"""What a switch may cost in bytes fetched again, without a thought."""

OTHER_SIZE_WORDS = "The file on this server has another size than it should have. Check the link."
SLOW_WORDS = "This mirror was too slow."


class MirrorState(StrEnum):
    """What a mirror is to the present round, in which each is tried once."""

    FRESH = "fresh"  # not tried in this round
    FAILED = "failed"  # tried, and worth another try in a later round
    GONE = "gone"  # it would not help to ask it again: it has no such file


@dataclass(frozen=True, slots=True)
class Mirror:
    """One link of several to a file, with its record.

    position: from 1, the preferred one first. url: without user name and password.
    tries: attempts that came to an end at it. failures: those of them that failed.
    bytes_received: all that came from it. speed_bytes_s: of the last attempt that brought
    something, None if none did. last_error: a sentence, None if the last attempt went well.
    """

    position: int
    url: str
    tries: int = 0
    failures: int = 0
    bytes_received: int = 0
    speed_bytes_s: float | None = None
    last_error: str | None = None
    state: MirrorState = MirrorState.FRESH


@dataclass(frozen=True, slots=True)
class Choice:
    """What is done after an attempt at one of several mirrors.

    mirrors: their records from now on. next: the one that goes on, None if none can.
    is_at_once: it was not tried in this round, so no retry is spent and nobody waits.
    """

    mirrors: tuple[Mirror, ...]
    next: Mirror | None
    is_at_once: bool = False


_FAULTS = frozenset(
    {
        ErrorKind.DNS,
        ErrorKind.CONNECTION,
        ErrorKind.TIMEOUT,
        ErrorKind.TOO_SLOW,
        ErrorKind.TLS,
        ErrorKind.AUTH,
        ErrorKind.NOT_FOUND,
        ErrorKind.REFUSED,
        ErrorKind.SERVER,
        ErrorKind.RATE_LIMITED,
        ErrorKind.REDIRECT,
        ErrorKind.BAD_ANSWER,
        ErrorKind.INCOMPLETE,
        ErrorKind.CHANGED,
        ErrorKind.WEB_PAGE,
    }
)


def is_its_fault(outcome: Outcome) -> bool:
    """Whether an attempt failed for something that another mirror may do better.

    A wrong checksum may be the mirror's fault once; the second time the job has failed.
    """
    if outcome.error_kind is ErrorKind.CHECKSUM:
        return outcome.ending is Ending.RETRY
    return (
        outcome.ending in (Ending.RETRY, Ending.FAIL)
        and outcome.error_kind in _FAULTS
        and outcome.http_status not in ASKED_ON_THE_WAY  # every mirror would meet it
    )


def is_worth_staying(
    outcome: Outcome, known: Validators, new_bytes: int, *, has_checksum: bool
) -> bool:
    """Whether a mirror that failed is asked again, as only it can go on with its bytes.

    known: of the version of the file that the bytes belong to. new_bytes: what the attempt brought.
    """
    may_be_kept = has_checksum or (is_strong(known.etag) and known.total is not None)
    return (
        outcome.ending is Ending.RETRY
        and outcome.error_kind is not ErrorKind.TOO_SLOW
        and new_bytes >= FRESH_BYTES
        and not may_be_kept
    )


def after_try(
    mirror: Mirror, outcome: Outcome, *, bytes_received: int, speed_bytes_s: float | None
) -> Mirror:
    """The record of a mirror after an attempt at it that went well, or failed by its fault."""
    failed = outcome.ending is not Ending.DONE
    state = MirrorState.FRESH
    if failed:
        state = MirrorState.GONE if outcome.ending is Ending.FAIL else MirrorState.FAILED
    return replace(
        mirror,
        tries=mirror.tries + 1,
        failures=mirror.failures + failed,
        bytes_received=mirror.bytes_received + bytes_received,
        speed_bytes_s=speed_bytes_s if speed_bytes_s is not None else mirror.speed_bytes_s,
        last_error=outcome.error_message if failed else None,
        state=state,
    )


def choose_next(mirrors: Sequence[Mirror], closed_hosts: Collection[str] = ()) -> Choice:
    """Choose the mirror that goes on, once the last attempt is in the records.

    First those that were not tried in this round. Where all were, a new round begins with what is
    left, for which a retry is spent. closed_hosts: not to be asked now; such a mirror comes last.
    """

    def rank(mirror: Mirror) -> tuple[bool, int, float, int]:
        is_closed = host_of(mirror.url) in closed_hosts
        return is_closed, mirror.failures, -(mirror.speed_bytes_s or 0), mirror.position

    fresh = [each for each in mirrors if each.state is MirrorState.FRESH]
    if fresh:
        return Choice(tuple(mirrors), min(fresh, key=rank), is_at_once=True)
    renewed = tuple(
        each if each.state is MirrorState.GONE else replace(each, state=MirrorState.FRESH)
        for each in mirrors
    )
    left = [each for each in renewed if each.state is MirrorState.FRESH]
    return Choice(renewed, min(left, key=rank, default=None))


# Bytes of another mirror


def may_keep(known: Validators, now: Validators, *, has_checksum: bool) -> bool:
    """Whether bytes of one mirror may be followed by those of another.

    Only if both name the same version by a strong ETag, and the same size; or if the whole file
    will be held against a checksum, and nothing speaks against it yet.
    """
    if has_checksum:
        return None in (known.total, now.total) or known.total == now.total
    return is_strong(known.etag) and known.etag == now.etag and known.total == now.total is not None


def check_other_mirror(
    known: Validators, offset_bytes: int, response: Response, *, has_checksum: bool
) -> Verdict:
    """Judge the head of an answer where the bytes up to the offset came from another mirror.

    See `core.validators.check_response`.
    """
    if offset_bytes and response.status in (200, 206, 416):
        if not may_keep(known, validators_of(response), has_checksum=has_checksum):
            return Verdict.CHANGED
        if has_checksum:
            known = Validators(total=known.total)
    return check_response(known, offset_bytes, response)


def condition_for_other_mirror(known: Validators, *, has_checksum: bool) -> str | None:
    """The header line that makes another mirror refuse (412) to go on with another file."""
    if has_checksum or not is_strong(known.etag):
        return None  # its date would say nothing: the answer's head decides
    return condition_header(Validators(etag=known.etag))


# Slowness


def least_speed_bytes_s(
    rivals: Iterable[Mirror], done_bytes: int, total_bytes: int | None, *, has_checksum: bool
) -> float:
    """Below which mean speed a transfer is ended for another mirror; 0: it is never.

    rivals: the other mirrors. The bytes count as lost unless a checksum lets them be kept, so near
    the end of a file it goes on as it is.
    """
    left = [each for each in rivals if each.state is not MirrorState.GONE]
    loses_little = has_checksum or done_bytes < SMALL_LOSS_BYTES
    limits = [0.0]
    if loses_little and any(not each.tries for each in left):
        limits.append(UNTRIED_BYTES_S)
    # A quarter of the time for the whole file is less than the time for its second half.
    if loses_little or (total_bytes is not None and 2 * done_bytes < total_bytes):
        limits += [each.speed_bytes_s / MUCH_FASTER for each in left if each.speed_bytes_s]
    return max(limits)


# What people give


def one_file(orders: Sequence[NewJob]) -> NewJob:
    """Make one order of several, whose links are mirrors of one file; each link counts once."""
    first = orders[0]
    others: dict[str, NewMirror] = {}
    for order in orders:
        for each in (NewMirror(order.url, order.secrets), *order.mirrors):
            if each.url != first.url:
                others.setdefault(each.url, each)
    return replace(
        first,
        mirrors=tuple(others.values())[: MAX_MIRRORS - 1],
        checksum=next((each.checksum for each in orders if each.checksum), None),
    )


def check_mirrors(urls: Sequence[str]) -> None:
    """Check the links of one file, the first one included; raises BadInput.

    urls: without user names and passwords.
    """
    if len(urls) > MAX_MIRRORS:
        raise BadInput(f"A file may have {MAX_MIRRORS} mirrors at most.")
    if len(set(urls)) < len(urls):
        raise BadInput("The same mirror is given twice. Give each link once.")
