"""All that can be told of a job, or of several together, as text."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from dlmanager.core.job import Job, Status, Verification
from dlmanager.core.mirrors import Mirror
from dlmanager.core.progress import JobProgress
from dlmanager.gui import formatting
from dlmanager.gui.sentences import in_window_language

_ProgressOf = Callable[[Job], JobProgress | None]


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: what it is about, and what is known."""

    title: str
    value: str


def _known(facts: Sequence[tuple[str, str | None]]) -> list[Fact]:
    return [Fact(title, value) for title, value in facts if value]


def facts_of_file(
    job: Job, now_ms: int, progress: JobProgress | None = None, per_host: int | None = None
) -> list[Fact]:
    """What the job is and how it stands: the longer texts.

    per_host: how many downloads of one host may run.
    """
    status = formatting.status_text(job, now_ms, progress, per_host)
    message = formatting.reason_text(job)
    return _known(
        [
            (QCoreApplication.translate("JobFacts", "Name"), job.display_name),
            (QCoreApplication.translate("JobFacts", "Status"), status),
            (
                QCoreApplication.translate("JobFacts", "Reason"),
                message if message and message.casefold() not in status.casefold() else None,
            ),
            (QCoreApplication.translate("JobFacts", "Folder"), job.target_directory),
            (QCoreApplication.translate("JobFacts", "Link"), job.url),
            (
                QCoreApplication.translate("JobFacts", "Led to"),
                job.final_url if job.final_url != job.url else None,
            ),
            (QCoreApplication.translate("JobFacts", "Kind"), job.content_type),
            (QCoreApplication.translate("JobFacts", "Expected checksum"), _expected(job)),
            (QCoreApplication.translate("JobFacts", "Found checksum"), _found(job)),
            (QCoreApplication.translate("JobFacts", "Id"), job.id),
        ]
    )


def facts_of_course(job: Job, progress: JobProgress | None = None) -> list[Fact]:
    """How far the job is, and when what happened: the shorter texts."""
    speed = None if progress is None else progress.speed_bytes_s
    eta_s = None if progress is None else progress.eta_s
    return _known(
        [
            (
                QCoreApplication.translate("JobFacts", "Size"),
                exact_size(formatting.size_of_job(job, progress)),
            ),
            (QCoreApplication.translate("JobFacts", "Downloaded"), _downloaded(job, progress)),
            (QCoreApplication.translate("JobFacts", "Speed"), formatting.speed(speed)),
            (QCoreApplication.translate("JobFacts", "Time left"), formatting.duration(eta_s)),
            (QCoreApplication.translate("JobFacts", "Resumable"), _resumable(job)),
            (
                QCoreApplication.translate("JobFacts", "Added"),
                formatting.date_and_time(job.created_at),
            ),
            (
                QCoreApplication.translate("JobFacts", "Finished"),
                formatting.date_and_time(job.finished_at),
            ),
            (
                QCoreApplication.translate("JobFacts", "Priority"),
                formatting.priority_text(job),
            ),
            (QCoreApplication.translate("JobFacts", "Attempts"), _number(job.attempt)),
            (QCoreApplication.translate("JobFacts", "Retries"), _retries(job)),
            (QCoreApplication.translate("JobFacts", "Verified"), _verification(job)),
        ]
    )


def facts_of_mirrors(mirrors: Sequence[Mirror], job: Job) -> list[Fact]:
    """Each of several links to a job's file, with its record."""
    in_use = job.mirror if job.status is Status.PROCESSING else None
    return [
        Fact(
            QCoreApplication.translate("JobFacts", "Mirror {number}").format(
                number=formatting.whole_number(each.position)
            ),
            f"{each.url} ({_record(each, is_in_use=each.position == in_use)})",
        )
        for each in mirrors
    ]


def _record(mirror: Mirror, *, is_in_use: bool) -> str:
    if not mirror.tries and not is_in_use:
        return QCoreApplication.translate("JobFacts", "not tried yet")
    parts = [QCoreApplication.translate("JobFacts", "in use")] if is_in_use else []
    if mirror.tries:
        tried = QCoreApplication.translate("JobFacts", "tried: {tries}, failed: {failures}")
        tries, failures = map(formatting.whole_number, (mirror.tries, mirror.failures))
        parts.append(tried.format(tries=tries, failures=failures))
    if mirror.bytes_received:
        parts.append(formatting.size(mirror.bytes_received))
    if mirror.speed_bytes_s is not None:
        parts.append(formatting.speed(mirror.speed_bytes_s))
    record = ", ".join(parts)
    return f"{record}: {in_window_language(mirror.last_error)}" if mirror.last_error else record


def exact_size(size_bytes: int | None) -> str:
    """Return a size in a unit and to the byte; empty if unknown."""
    short = formatting.size(size_bytes)
    if size_bytes is None or size_bytes < 1000:
        return short
    return QCoreApplication.translate("JobFacts", "{size} ({number} bytes)").format(
        size=short, number=formatting.whole_number(size_bytes)
    )


def _downloaded(job: Job, progress: JobProgress | None) -> str | None:
    done_bytes = formatting.bytes_of_job(job, progress)
    if job.status is Status.COMPLETED or not done_bytes:
        return None
    if progress is not None and progress.checked_bytes is not None:
        progress = None  # its percentage is that of the check
    percent = formatting.percentage(formatting.percent_of_job(job, progress))
    return ", ".join(part for part in (exact_size(done_bytes), percent) if part)


def _resumable(job: Job) -> str | None:
    if job.status is Status.COMPLETED:
        return None
    if job.http_status == 206:
        return QCoreApplication.translate("JobFacts", "Yes")
    if job.etag or job.last_modified:
        return QCoreApplication.translate("JobFacts", "Probably")
    if job.status in (Status.FAILED, Status.CANCELLED):
        return None  # nobody waits for it to become known
    return QCoreApplication.translate("JobFacts", "Not known yet")


def _number(count: int) -> str | None:
    return formatting.whole_number(count) if count else None


def _retries(job: Job) -> str:
    spent = formatting.whole_number(job.retry_count)
    if job.max_retries < 0:
        return QCoreApplication.translate("JobFacts", "{count}, until it succeeds").format(
            count=spent
        )
    return QCoreApplication.translate("JobFacts", "{count} of {limit}").format(
        count=spent, limit=formatting.whole_number(job.max_retries)
    )


def _expected(job: Job) -> str | None:
    checksum = job.expected_checksum
    return None if checksum is None else f"{checksum.kind.label} {checksum.hex}"


def _found(job: Job) -> str | None:
    if job.checksum_kind is None or job.checksum_found is None:
        return None
    if job.checksum_found == job.checksum:
        return QCoreApplication.translate("JobFacts", "The same")
    return f"{job.checksum_kind.label} {job.checksum_found}"


def _verification(job: Job) -> str | None:
    if job.verification is Verification.MISMATCH:
        return QCoreApplication.translate("JobFacts", "No: its checksum is another one")
    if job.status is not Status.COMPLETED:
        return None
    match job.verification:
        case Verification.CHECKSUM:
            return QCoreApplication.translate("JobFacts", "By its checksum")
        case Verification.SIZE:
            return QCoreApplication.translate("JobFacts", "By its size")
        case Verification.UNCONFIRMED:
            return QCoreApplication.translate("JobFacts", "No: the server did not tell its size")
        case _:
            return QCoreApplication.translate("JobFacts", "No")


def as_text(facts: Sequence[Fact]) -> str:
    """Return facts as lines, for the clipboard."""
    return "\n".join(f"{fact.title}: {fact.value}" for fact in facts)


# Several jobs


def sum_text(jobs: Sequence[Job], progress_of: _ProgressOf) -> str:
    """Return how much several jobs are together, such as "3 downloads, 1.2 GB of 4.0 GB"."""
    done_bytes = total_bytes = 0
    all_known = True
    for job in jobs:
        progress = progress_of(job)
        done_bytes += formatting.bytes_of_job(job, progress)
        size_bytes = formatting.size_of_job(job, progress)
        all_known &= size_bytes is not None
        total_bytes += size_bytes or 0
    count = formatting.downloads_text(len(jobs))
    if not done_bytes and not total_bytes:
        return count
    done, total = formatting.size(done_bytes), formatting.size(total_bytes)
    if not all_known:
        return QCoreApplication.translate("JobFacts", "{downloads}, {done} so far").format(
            downloads=count, done=done
        )
    if done_bytes == total_bytes:
        return f"{count}, {total}"
    return QCoreApplication.translate("JobFacts", "{downloads}, {done} of {total}").format(
        downloads=count, done=done, total=total
    )


def states_text(jobs: Sequence[Job]) -> str:
    """Return how many jobs are in which state, such as "2 completed, 1 failed"."""
    counts = Counter(job.status for job in jobs)
    words = _state_words()
    return ", ".join(
        words[status].format(number=formatting.whole_number(counts[status]))
        for status in words
        if counts[status]
    )


def _state_words() -> dict[Status, str]:
    return {
        Status.PROCESSING: QCoreApplication.translate("JobFacts", "{number} active"),
        Status.PENDING: QCoreApplication.translate("JobFacts", "{number} waiting"),
        Status.RETRYING: QCoreApplication.translate("JobFacts", "{number} waiting to retry"),
        Status.PAUSED: QCoreApplication.translate("JobFacts", "{number} paused"),
        Status.COMPLETED: QCoreApplication.translate("JobFacts", "{number} completed"),
        Status.FAILED: QCoreApplication.translate("JobFacts", "{number} failed"),
        Status.CANCELLED: QCoreApplication.translate("JobFacts", "{number} cancelled"),
    }
