"""What of all that ends is worth a notification: few words, grouped when much ends at once."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from PySide6.QtCore import QCoreApplication

from dlmanager.core.job import Job, Status
from dlmanager.core.notification import Answer, Button, Notification, Subject
from dlmanager.core.settings import Settings
from dlmanager.gui import formatting

QUIET_MS = 1000
"""A notification waits until nothing of its kind has ended for so long ..."""
PATIENCE_MS = 3000
"""... and no longer than this."""
BURST_MS = 5000
"""What follows within so long joins the notification that is shown, with a new count."""
_NAMES_SHOWN = 3
_NAME_LENGTH = 60
_SHORT_NAME_LENGTH = 32
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


@dataclass(slots=True)
class _Burst:
    """Jobs that end one soon after the other. waiting_since_ms: None if all have been told."""

    place: int
    last_ms: int
    waiting_since_ms: int | None
    jobs: list[Job] = field(default_factory=list)

    def due_ms(self) -> int | None:
        if self.waiting_since_ms is None:
            return None
        return min(self.last_ms + QUIET_MS, self.waiting_since_ms + PATIENCE_MS)


class Announcer:
    """Decides what to say, and when. All times are milliseconds of one steady clock."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._places = itertools.count(1)
        self._bursts: dict[Subject, _Burst] = {}
        self._over: tuple[int, int, int] | None = None

    def set_settings(self, settings: Settings) -> None:
        """Follow other settings from now on."""
        self._settings = settings

    def note_ended(self, job: Job, now_ms: int) -> None:
        """A job is completed, or has failed or stopped by itself."""
        subject = Subject.COMPLETED if job.status is Status.COMPLETED else Subject.FAILED
        burst = self._bursts.get(subject)
        if burst is None or now_ms - burst.last_ms > BURST_MS:
            burst = self._bursts[subject] = _Burst(next(self._places), now_ms, None)
        burst.jobs.append(job)
        burst.last_ms = now_ms
        if burst.waiting_since_ms is None:
            burst.waiting_since_ms = now_ms

    def note_over(self, completed: int, stopped: int, now_ms: int) -> None:
        """Nothing is left to do; so many have ended since there was nothing to do before."""
        self._over = (completed, stopped, now_ms + QUIET_MS)

    def note_work(self) -> None:
        """There is something to do: that all was done needs no word any more."""
        self._over = None

    def due_ms(self) -> int | None:
        """When there is something to say; None if there is nothing."""
        due = [burst.due_ms() for burst in self._bursts.values()]
        if self._over is not None:
            due.append(self._over[2])
        return min((each for each in due if each is not None), default=None)

    def take(self, now_ms: int) -> list[Notification]:
        """What is to be said now, once."""
        if self._over is not None and self._over[2] <= now_ms:
            return self._take_all()
        due: list[Notification] = []
        for subject, burst in self._bursts.items():
            due_ms = burst.due_ms()
            if due_ms is not None and due_ms <= now_ms:
                burst.waiting_since_ms = None
                if self._wants(subject):
                    due.append(_of_burst(subject, burst))
        return due

    def _take_all(self) -> list[Notification]:
        """The end of all there was to do: that it is the end stands for the last that ended."""
        assert self._over is not None
        completed, stopped, _ = self._over
        self._over = None
        waiting = {
            subject: burst
            for subject, burst in self._bursts.items()
            if burst.waiting_since_ms is not None
        }
        for burst in waiting.values():
            burst.waiting_since_ms = None
        told = [each for each in waiting if self._wants(each)]
        if not self._settings.notify_queue_finished or (completed + stopped == 1 and told):
            return [_of_burst(each, waiting[each]) for each in told]
        # A failure has a reason that must not be lost.
        said = [_of_burst(each, waiting[each]) for each in told if each is Subject.FAILED]
        last = waiting.get(Subject.COMPLETED)
        place = next(self._places) if last is None else last.place
        return [*said, _of_queue(completed, stopped, last.jobs if last else (), place)]

    def _wants(self, subject: Subject) -> bool:
        if subject is Subject.COMPLETED:
            return self._settings.notify_completed
        return self._settings.notify_failed


def of_tray() -> Notification:
    """Say where the program went when its window was closed for the first time."""
    return Notification(
        Subject.TRAY,
        QCoreApplication.translate("Notifications", "dlmanager goes on in the tray"),
        QCoreApplication.translate(
            "Notifications",
            "Downloads continue. Click the icon to see them, or quit from its menu.",
        ),
        Answer.SHOW_WINDOW,
    )


def reason(job: Job) -> str:
    """Why a job failed, without the sentences that hold a link; empty if that is not known."""
    sentences = _SENTENCE_END.split(formatting.reason_text(job))
    return " ".join(sentence for sentence in sentences if "://" not in sentence)


def short_name(name: str, length: int) -> str:
    """A file name of at most so many characters; its beginning and its extension stay."""
    if len(name) <= length:
        return name
    end = length // 3
    return f"{name[: length - end - 1]}…{name[-end:]}"


def _of_burst(subject: Subject, burst: _Burst) -> Notification:
    jobs = burst.jobs
    if subject is Subject.COMPLETED:
        make = _of_completed if len(jobs) == 1 else _of_several_completed
    else:
        make = _of_failed if len(jobs) == 1 else _of_several_failed
    return make(jobs, burst.place)


def _of_completed(jobs: Sequence[Job], place: int) -> Notification:
    (job,) = jobs
    name = short_name(job.display_name, _NAME_LENGTH)
    size = formatting.size(formatting.size_of_job(job))
    return Notification(
        Subject.COMPLETED,
        QCoreApplication.translate("Notifications", "Download finished"),
        f"{name}, {size}" if size else name,
        Answer.OPEN_FILE,
        (_folder_button(),),
        place,
        job.id,
        job.path,
    )


def _of_several_completed(jobs: Sequence[Job], place: int) -> Notification:
    folder = _common_folder(jobs)
    return Notification(
        Subject.COMPLETED,
        QCoreApplication.translate("Notifications", "{number} downloads finished").format(
            number=formatting.whole_number(len(jobs))
        ),
        _names(jobs),
        Answer.SHOW_WINDOW,
        (_folder_button(),) if folder else (),
        place,
        path=folder,
    )


def _of_failed(jobs: Sequence[Job], place: int) -> Notification:
    (job,) = jobs
    name = short_name(job.display_name, _NAME_LENGTH)
    why = reason(job)
    return Notification(
        Subject.FAILED,
        QCoreApplication.translate("Notifications", "Download failed")
        if job.status is Status.FAILED
        else QCoreApplication.translate("Notifications", "Download paused"),
        f"{name}: {why}" if why else name,
        Answer.SHOW_WINDOW,
        place=place,
        job_id=job.id,
    )


def _of_several_failed(jobs: Sequence[Job], place: int) -> Notification:
    reasons = {reason(job) for job in jobs}
    names = _names(jobs)
    return Notification(
        Subject.FAILED,
        QCoreApplication.translate("Notifications", "{number} downloads stopped").format(
            number=formatting.whole_number(len(jobs))
        )
        if any(job.status is Status.PAUSED for job in jobs)
        else QCoreApplication.translate("Notifications", "{number} downloads failed").format(
            number=formatting.whole_number(len(jobs))
        ),
        f"{names}: {why}" if len(reasons) == 1 and (why := reasons.pop()) else names,
        Answer.SHOW_WINDOW,
        place=place,
    )


def _of_queue(completed: int, stopped: int, jobs: Sequence[Job], place: int) -> Notification:
    """jobs: those that completed last; where all of them are in one folder, it can be opened."""
    folder = _common_folder(jobs)
    counts: list[str] = []
    if completed == 1:
        counts.append(QCoreApplication.translate("Notifications", "1 download finished"))
    elif completed:
        counts.append(
            QCoreApplication.translate("Notifications", "{number} downloads finished").format(
                number=formatting.whole_number(completed)
            )
        )
    if stopped:
        counts.append(
            QCoreApplication.translate("Notifications", "{number} did not").format(
                number=formatting.whole_number(stopped)
            )
            if completed
            else QCoreApplication.translate("Notifications", "{downloads} did not finish").format(
                downloads=formatting.downloads_text(stopped)
            )
        )
    return Notification(
        Subject.QUEUE_FINISHED,
        QCoreApplication.translate("Notifications", "Nothing is left to download"),
        ", ".join(counts),
        Answer.SHOW_WINDOW,
        (_folder_button(),) if folder else (),
        place,
        path=folder,
    )


def _folder_button() -> Button:
    label = QCoreApplication.translate("Notifications", "Open folder")
    return Button(Answer.OPEN_FOLDER, label)


def _names(jobs: Sequence[Job]) -> str:
    shown = [short_name(job.display_name, _SHORT_NAME_LENGTH) for job in jobs[:_NAMES_SHOWN]]
    text = ", ".join(shown)
    more = len(jobs) - len(shown)
    if not more:
        return text
    return QCoreApplication.translate("Notifications", "{names} and {number} more").format(
        names=text, number=formatting.whole_number(more)
    )


def _common_folder(jobs: Sequence[Job]) -> str | None:
    folders = {str(PurePath(job.path).parent) for job in jobs if job.path is not None}
    return folders.pop() if len(folders) == 1 else None
