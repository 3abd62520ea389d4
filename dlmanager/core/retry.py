"""When a failed attempt is tried again."""

from dataclasses import dataclass

from dlmanager.core.job import Job, Status, WaitingFor

MAX_DELAY_MS = 5 * 60 * 1000
MAX_RETRY_AFTER_MS = 60 * 60 * 1000
FRESH_BYTES = 64 * 1024
"""An attempt that brought at least this many new bytes sets the retry count back to 0."""

MOST_UNRESOLVED = 3
"""How often a job is tried again in a row whose server's name is not found: it is mistyped, or gone
for longer than a few retries last."""
MOST_CRASHES = 3
"""A job that the program ended uncleanly with so often in a row may well be the cause."""


def retry_delay_ms(
    initial_retry_delay_ms: int, retry_count: int, retry_after_s: int | None = None
) -> int:
    """Wait before the next attempt: `initial * 2 ** retry_count`, capped at 5 minutes.

    retry_count: retries already spent (0 before the first one).
    retry_after_s: the server's Retry-After; it can only raise the delay, up to one hour.
    """
    # The exponent is bounded so that a huge retry_count cannot build a huge integer.
    backoff_ms = min(MAX_DELAY_MS, initial_retry_delay_ms << min(retry_count, 40))
    asked_ms = min(MAX_RETRY_AFTER_MS, max(0, retry_after_s or 0) * 1000)
    return max(backoff_ms, asked_ms)


def retries_left(retry_count: int, max_retries: int) -> bool:
    """Whether one more retry is allowed; max_retries -1 means without end."""
    return max_retries < 0 or retry_count < max_retries


def crashes_in_a_row(job: Job) -> int:
    """How often the program has ended uncleanly with a job, if it just did so again.

    Bytes that came since the last time start the count anew.
    """
    got_on = job.crash_bytes is not None and job.bytes_done > job.crash_bytes
    return 1 if got_on else job.crash_count + 1


@dataclass(frozen=True, slots=True)
class NextTry:
    """What becomes of a job after a failed attempt.

    next_retry_at: milliseconds since the epoch. unresolved_count: as in the job.
    """

    status: Status
    retry_count: int
    next_retry_at: int | None
    waiting_for: WaitingFor | None = None
    unresolved_count: int = 0


def next_try(
    job: Job,
    *,
    new_bytes: int,
    retry_after_s: int | None,
    initial_retry_delay_ms: int,
    now_ms: int,
    is_unresolved: bool = False,
) -> NextTry:
    """Decide whether and when a job whose attempt failed is tried again.

    new_bytes: how far the attempt got beyond where the job ever was. is_unresolved: the server's
    name was not found though the network is up; then MOST_UNRESOLVED counts beside max_retries,
    unless that is without end.
    """
    spent = 0 if new_bytes >= FRESH_BYTES else job.retry_count
    unresolved = job.unresolved_count + 1 if is_unresolved else 0
    is_given_up = unresolved > MOST_UNRESOLVED and job.max_retries >= 0
    if is_given_up or not retries_left(spent, job.max_retries):
        return NextTry(Status.FAILED, spent, None)
    delay_ms = retry_delay_ms(initial_retry_delay_ms, spent, retry_after_s)
    return NextTry(Status.RETRYING, spent + 1, now_ms + delay_ms, unresolved_count=unresolved)


def wait_for_network(job: Job, *, new_bytes: int, next_probe_at_ms: int) -> NextTry:
    """What becomes of a job whose attempt failed while no server could be reached.

    No retry is spent, whatever is left of them.
    """
    spent = 0 if new_bytes >= FRESH_BYTES else job.retry_count
    return NextTry(Status.RETRYING, spent, next_probe_at_ms, WaitingFor.NETWORK)
