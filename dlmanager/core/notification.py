"""What the desktop is to tell the person, in words, and what the person can answer."""

from dataclasses import dataclass
from enum import StrEnum


class Subject(StrEnum):
    """What a notification is about."""

    COMPLETED = "completed"
    FAILED = "failed"
    QUEUE_FINISHED = "queue finished"
    TRAY = "tray"


class Answer(StrEnum):
    """What a person can choose at a notification."""

    OPEN_FILE = "open file"
    OPEN_FOLDER = "open folder"
    SHOW_WINDOW = "show window"


@dataclass(frozen=True, slots=True)
class Button:
    """A choice beside the click on the notification itself."""

    answer: Answer
    label: str


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification.

    title, text: plain text, without links and secrets. click: what a click on it means.
    place: a later one with the same number takes its place. job_id: of the job it is about, None
    if it is about several or none. path: the file, or the folder of several files, None if
    there is no one such place.
    """

    subject: Subject
    title: str
    text: str
    click: Answer
    buttons: tuple[Button, ...] = ()
    place: int | None = None
    job_id: str | None = None
    path: str | None = None
