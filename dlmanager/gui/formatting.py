"""All text for people that is made from raw numbers and states; needs no window."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale

from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import UNFINISHED, Job, Phase, Status, Verification, WaitingFor
from dlmanager.core.priority import Priority
from dlmanager.core.progress import JobProgress, percent
from dlmanager.gui.sentences import in_window_language

_KILO = 1000
_UNIT_COUNT = 6
_MINUTE_S = 60
_HOUR_S = 60 * _MINUTE_S
_DAY_S = 24 * _HOUR_S


def _units() -> tuple[str, ...]:
    return (
        QCoreApplication.translate("Formatting", "bytes"),
        QCoreApplication.translate("Formatting", "KB"),
        QCoreApplication.translate("Formatting", "MB"),
        QCoreApplication.translate("Formatting", "GB"),
        QCoreApplication.translate("Formatting", "TB"),
        QCoreApplication.translate("Formatting", "PB"),
    )


def whole_number(number: int) -> str:
    """Return a count as the locale groups it."""
    return QLocale().toString(number)


def _size_unit(size_bytes: float) -> int:
    """Return the power of 1000 in which the rounded number has at most three digits."""
    unit = 0
    while unit + 1 < _UNIT_COUNT and size_bytes / _KILO**unit >= _KILO - 0.5:
        unit += 1
    return unit


def _in_unit(size_bytes: float, unit: int) -> str:
    value = size_bytes / _KILO**unit
    decimals = 0 if unit == 0 or value >= 99.95 else 1
    return f"{QLocale().toString(float(value), 'f', decimals)}\u00a0{_units()[unit]}"


def size(size_bytes: int | None) -> str:
    """Return a size such as "632 MB" or "4.1 GB" (powers of 1000); empty if unknown."""
    if size_bytes is None:
        return ""
    if size_bytes == 1:
        return QCoreApplication.translate("Formatting", "1 byte")
    return _in_unit(size_bytes, _size_unit(size_bytes))


def speed_unit(speed_bytes_s: float, previous_unit: int | None = None) -> int:
    """Return the power of 1000 to show a speed in; at least KB.

    A speed that wavers about a border keeps its unit, so that the eye can follow the number.
    """
    if previous_unit is not None and previous_unit >= 1:
        value = speed_bytes_s / _KILO**previous_unit
        lowest = 0.0 if previous_unit == 1 else 0.9
        if lowest <= value < _KILO - 0.5:
            return previous_unit
    return max(1, _size_unit(speed_bytes_s))


def speed(speed_bytes_s: float | None, unit: int | None = None) -> str:
    """Return a speed such as "11.2 MB/s"; empty if unknown. unit: as from `speed_unit`."""
    if speed_bytes_s is None:
        return ""
    if unit is None:
        unit = speed_unit(speed_bytes_s)
    amount = _in_unit(speed_bytes_s, unit)
    return QCoreApplication.translate("Formatting", "{amount}/s").format(amount=amount)


def percentage(whole_percent: int | None) -> str:
    """Return "61 %"; empty if unknown."""
    if whole_percent is None:
        return ""
    return QCoreApplication.translate("Formatting", "{number}\u00a0%").format(
        number=whole_number(whole_percent)
    )


def duration(seconds: int | None) -> str:
    """Return a time span in at most two units, such as "22 s" or "2 h 5 min"; empty if unknown."""
    if seconds is None:
        return ""
    if seconds < _MINUTE_S:
        return _seconds(max(0, seconds))
    if seconds < 10 * _MINUTE_S:
        return _two(_minutes(seconds // _MINUTE_S), _seconds, seconds % _MINUTE_S)
    if seconds < _HOUR_S:
        return _minutes(seconds // _MINUTE_S)
    if seconds < _DAY_S:
        return _two(_hours(seconds // _HOUR_S), _minutes, seconds % _HOUR_S // _MINUTE_S)
    if seconds < 100 * _DAY_S:
        return _two(_days(seconds // _DAY_S), _hours, seconds % _DAY_S // _HOUR_S)
    return QCoreApplication.translate("Formatting", "over 100 days")


def _two(larger: str, smaller: Callable[[int], str], amount: int) -> str:
    return f"{larger} {smaller(amount)}" if amount else larger


def _seconds(number: int) -> str:
    return QCoreApplication.translate("Formatting", "{number}\u00a0s").format(number=number)


def _minutes(number: int) -> str:
    return QCoreApplication.translate("Formatting", "{number}\u00a0min").format(number=number)


def _hours(number: int) -> str:
    return QCoreApplication.translate("Formatting", "{number}\u00a0h").format(number=number)


def _days(number: int) -> str:
    return QCoreApplication.translate("Formatting", "{number}\u00a0d").format(number=number)


def spoken_time_left(seconds: int | None) -> str:
    """Return the time left in whole words for a screen reader, such as "2 minutes left"."""
    if seconds is None:
        return ""
    for unit_s, one, many in (
        (
            _DAY_S,
            QCoreApplication.translate("Formatting", "1 day left"),
            QCoreApplication.translate("Formatting", "{number} days left"),
        ),
        (
            _HOUR_S,
            QCoreApplication.translate("Formatting", "1 hour left"),
            QCoreApplication.translate("Formatting", "{number} hours left"),
        ),
        (
            _MINUTE_S,
            QCoreApplication.translate("Formatting", "1 minute left"),
            QCoreApplication.translate("Formatting", "{number} minutes left"),
        ),
        (
            1,
            QCoreApplication.translate("Formatting", "1 second left"),
            QCoreApplication.translate("Formatting", "{number} seconds left"),
        ),
    ):
        number = round(seconds / unit_s)
        if seconds >= unit_s or unit_s == 1:
            return one if number == 1 else many.format(number=whole_number(number))
    return ""


def spoken_percentage(whole_percent: int | None) -> str:
    """Return "43 percent" for a screen reader; empty if unknown."""
    if whole_percent is None:
        return ""
    return QCoreApplication.translate("Formatting", "{number} percent").format(
        number=whole_number(whole_percent)
    )


def date_and_time(time_ms: int | None) -> str:
    """Return a moment (milliseconds since the epoch) in the locale's short form."""
    if time_ms is None:
        return ""
    moment = QDateTime.fromMSecsSinceEpoch(time_ms)
    return QLocale().toString(moment, QLocale.FormatType.ShortFormat)


def size_of_job(job: Job, progress: JobProgress | None = None) -> int | None:
    """Return the size of the whole file in bytes, None while unknown."""
    if progress is not None and progress.bytes_total is not None:
        return progress.bytes_total
    if job.bytes_total is None and job.status is Status.COMPLETED:
        return job.bytes_done
    return job.bytes_total


def bytes_of_job(job: Job, progress: JobProgress | None = None) -> int:
    """Return how many bytes are on the disk."""
    return job.bytes_done if progress is None else progress.bytes_done


def percent_of_job(job: Job, progress: JobProgress | None = None) -> int | None:
    """Return the whole percent that is done; None if unknown."""
    if job.status is Status.COMPLETED:
        return 100
    if progress is not None:
        return progress.percent
    if job.bytes_total is None:
        return job.progress_percent or None
    return percent(job.bytes_done, job.bytes_total)


def progress_text(job: Job, progress: JobProgress | None = None) -> str:
    """Return what stands beside the bar: the percent, or the size so far if the total is unknown.

    Empty once completed and while there is nothing yet.
    """
    if job.status is Status.COMPLETED:
        return ""
    done_bytes = bytes_of_job(job, progress)
    known_percent = percent_of_job(job, progress)
    if known_percent is None:
        return _in_unit(done_bytes, max(1, _size_unit(done_bytes))) if done_bytes else ""
    if job.status is not Status.PROCESSING and not done_bytes and not known_percent:
        return ""
    return percentage(known_percent)


def retries_text(job: Job) -> str:
    """Return the number of retries spent; empty if none."""
    return whole_number(job.retry_count) if job.retry_count else ""


def priority_name(priority: Priority) -> str:
    """Return a level as people read it."""
    match priority:
        case Priority.URGENT:
            return QCoreApplication.translate("Formatting", "Urgent")
        case Priority.HIGH:
            return QCoreApplication.translate("Formatting", "High")
        case Priority.LOW:
            return QCoreApplication.translate("Formatting", "Low")
        case _:
            return QCoreApplication.translate("Formatting", "Normal")


def priority_text(job: Job) -> str:
    """Return the level of a job; empty once it is finished, and waits for no turn."""
    return priority_name(job.priority) if job.takes_priority else ""


def unusual_priority_text(job: Job) -> str:
    """Return the level of a job; empty for the usual one too, so that the others stand out."""
    return "" if job.priority is Priority.NORMAL else priority_text(job)


def status_text(
    job: Job, now_ms: int, progress: JobProgress | None = None, per_host: int | None = None
) -> str:
    """Say in a few words how a job stands.

    per_host: how many downloads of one host may run; None where that is not known.
    """
    match job.status:
        case Status.PENDING | Status.RETRYING if job.waiting_for is not None:
            return _waiting_text(job.waiting_for, per_host)
        case Status.PENDING:
            return QCoreApplication.translate("Formatting", "Waiting")
        case Status.PROCESSING:
            return _phase_text(job.phase if progress is None else progress.phase)
        case Status.RETRYING:
            return _retrying_text(job, now_ms)
        case Status.PAUSED:
            return _paused_text(job)
        case Status.COMPLETED:
            return _completed_text(job)
        case Status.FAILED:
            return _failed_text(job)
        case Status.CANCELLED:
            return QCoreApplication.translate("Formatting", "Cancelled")


def mirror_text(job: Job) -> str:
    """Say which of several mirrors a job uses; empty if it has but one link."""
    if job.mirror is None:
        return ""
    places = {"number": whole_number(job.mirror), "count": whole_number(job.mirror_count)}
    if job.mirror > 1 and job.status in UNFINISHED:
        text = QCoreApplication.translate("Formatting", "Going on with mirror {number} of {count}")
    else:
        text = QCoreApplication.translate("Formatting", "Mirror {number} of {count}")
    return text.format(**places)


def _waiting_text(waiting_for: WaitingFor, per_host: int | None) -> str:
    match waiting_for:
        case WaitingFor.NETWORK:
            return QCoreApplication.translate("Formatting", "Waiting for the network")
        case WaitingFor.HOST:
            return QCoreApplication.translate("Formatting", "Waiting: the server asked for a pause")
        case WaitingFor.HOST_LIMIT:
            return _host_limit_text(per_host)


def _host_limit_text(per_host: int | None) -> str:
    if not per_host:
        return QCoreApplication.translate(
            "Formatting", "Waiting: enough downloads from this host already"
        )
    if per_host == 1:
        return QCoreApplication.translate(
            "Formatting", "Waiting: 1 download from this host already"
        )
    return QCoreApplication.translate(
        "Formatting", "Waiting: {count} downloads from this host already"
    ).format(count=whole_number(per_host))


def _phase_text(phase: Phase | None) -> str:
    match phase:
        case Phase.DOWNLOADING:
            return QCoreApplication.translate("Formatting", "Downloading")
        case Phase.VERIFYING:
            return QCoreApplication.translate("Formatting", "Checking the file")
        case Phase.FINALISING:
            return QCoreApplication.translate("Formatting", "Saving the file")
        case _:
            return QCoreApplication.translate("Formatting", "Connecting")


def _retrying_text(job: Job, now_ms: int) -> str:
    wait_s = -(-((job.next_retry_at or 0) - now_ms) // 1000)
    if wait_s > 0:
        when = QCoreApplication.translate("Formatting", "Retrying in {time}").format(
            time=duration(wait_s)
        )
    else:
        when = QCoreApplication.translate("Formatting", "Waiting to retry")
    if not job.retry_count:
        return when  # a wait that spends no retry, as for another process to let go of the file
    if job.max_retries < 0:
        return f"{when} ({whole_number(job.retry_count)})"
    return QCoreApplication.translate("Formatting", "{when} ({count} of {limit})").format(
        when=when, count=whole_number(job.retry_count), limit=whole_number(job.max_retries)
    )


def _failed_text(job: Job) -> str:
    why = reason_text(job)
    if not why:
        return QCoreApplication.translate("Formatting", "Failed")
    return QCoreApplication.translate("Formatting", "Failed: {reason}").format(
        reason=_after_colon(why, job)
    )


def reason_text(job: Job) -> str:
    """Say why a job failed or was stopped by itself; empty if nothing is known."""
    return in_window_language(job.error_message or "")


def _after_colon(sentence: str, job: Job) -> str:
    """Return a sentence with a small first letter, unless it begins with an abbreviation.

    So English wants it; in another language a noun may come first.
    """
    if sentence != job.error_message:
        return sentence
    return sentence if sentence[1:2].isupper() else sentence[:1].lower() + sentence[1:]


def _paused_text(job: Job) -> str:
    # What was paused by itself, by a full disk or after crashes: the person must see why.
    if job.error_kind in (ErrorKind.DISK_FULL, ErrorKind.INTERRUPTED) and job.error_message:
        return reason_text(job)
    return QCoreApplication.translate("Formatting", "Paused")


def _completed_text(job: Job) -> str:
    match job.verification:
        case Verification.CHECKSUM:
            return QCoreApplication.translate("Formatting", "Completed, checksum verified")
        case Verification.UNCONFIRMED:
            return QCoreApplication.translate("Formatting", "Completed, size not confirmed")
        case Verification.MISMATCH:
            return QCoreApplication.translate("Formatting", "Completed, checksum does not match")
        case _:
            return QCoreApplication.translate("Formatting", "Completed")


def verification_text(job: Job) -> str:
    """Return in a word how a finished file was verified; empty where that is still to come."""
    match job.verification:
        case Verification.CHECKSUM:
            return QCoreApplication.translate("Formatting", "Checksum")
        case Verification.MISMATCH:
            return QCoreApplication.translate("Formatting", "Mismatch")
        case Verification.SIZE:
            return QCoreApplication.translate("Formatting", "Size")
        case Verification.UNCONFIRMED:
            return QCoreApplication.translate("Formatting", "Not confirmed")
        case _:
            return ""


def counts_text(active: int, waiting: int, retrying: int) -> str:
    """Return how many jobs move, wait and retry, such as "3 active, 12 waiting"."""
    counted = (
        (active, QCoreApplication.translate("Formatting", "{number} active")),
        (waiting, QCoreApplication.translate("Formatting", "{number} waiting")),
        (retrying, QCoreApplication.translate("Formatting", "{number} retrying")),
    )
    texts = [text.format(number=whole_number(count)) for count, text in counted if count]
    return ", ".join(texts) or QCoreApplication.translate("Formatting", "Nothing to do")


def failures_text(number: int) -> str:
    """Return "1 failed" or "12 failed"."""
    return QCoreApplication.translate("Formatting", "{number} failed").format(
        number=whole_number(number)
    )


def downloads_text(number: int) -> str:
    """Return "1 download" or "12 downloads"."""
    if number == 1:
        return QCoreApplication.translate("Formatting", "1 download")
    return QCoreApplication.translate("Formatting", "{number} downloads").format(
        number=whole_number(number)
    )
