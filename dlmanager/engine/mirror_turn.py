"""Whose turn it is among the mirrors of a job, once an attempt at one of them has ended."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dlmanager.core.errors import ErrorKind
from dlmanager.core.mirrors import (
    SLOW_WORDS,
    Mirror,
    after_try,
    choose_next,
    is_its_fault,
    is_worth_staying,
)
from dlmanager.core.outcome import Ending, Outcome
from dlmanager.core.retry import FRESH_BYTES
from dlmanager.core.urls import host_of
from dlmanager.engine.transfer import has_checksum, known_validators

if TYPE_CHECKING:
    from dlmanager.engine.attempt import Attempt


@dataclass(frozen=True, slots=True)
class Turn:
    """What an attempt's end means for the mirrors.

    outcome: of the attempt, as it counts for the job. records: of all mirrors. facts: to be written
    with the job, so that the next attempt asks the mirror whose turn it is.
    is_at_once: it goes on with a mirror that was not tried, and no retry is spent.
    """

    outcome: Outcome
    records: tuple[Mirror, ...]
    facts: dict[str, Any]
    is_at_once: bool = False


def take_turn(
    attempt: "Attempt", outcome: Outcome, known: Sequence[Mirror], closed_hosts: Collection[str]
) -> Turn:
    """Write an attempt's end into the records, and choose who is next.

    known: the mirrors as they were. closed_hosts: as in `choose_next`.
    """
    job = attempt.job
    failed = is_its_fault(outcome)
    if not failed and outcome.ending is not Ending.DONE:
        return Turn(outcome, (), {})
    if outcome.error_kind is ErrorKind.TOO_SLOW:
        outcome = replace(outcome, error_message=SLOW_WORDS)  # next to nothing came, or too little
    tried = tuple(
        after_try(
            each,
            outcome,
            bytes_received=attempt.bytes_received,
            speed_bytes_s=attempt.speed_bytes_s,
        )
        if each.position == job.mirror
        else each
        for each in known
    )
    if not failed or is_worth_staying(
        outcome, known_validators(job), attempt.new_bytes, has_checksum=has_checksum(job)
    ):
        return Turn(outcome, tried, {})
    choice = choose_next(tried, closed_hosts)
    if choice.next is None:
        return Turn(replace(outcome, ending=Ending.FAIL), choice.mirrors, {})
    facts = _facts_of_link(choice.next) if choice.next.position != job.mirror else {}
    if choice.is_at_once:
        if attempt.new_bytes >= FRESH_BYTES:
            facts["retry_count"] = 0
        return Turn(outcome, choice.mirrors, facts, is_at_once=True)
    return Turn(replace(outcome, ending=Ending.RETRY), choice.mirrors, facts)


def _facts_of_link(mirror: Mirror) -> dict[str, Any]:
    return {
        "url": mirror.url,
        "host": host_of(mirror.url),
        "mirror": mirror.position,
        "accept_page": False,
        # Two files of one length may end alike: more than usual is compared.
        "unclean_stop": True,
    }
