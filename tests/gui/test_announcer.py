from typing import Any

import pytest

from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Job, Status
from dlmanager.core.notification import Answer, Notification, Subject
from dlmanager.core.settings import Settings
from dlmanager.gui.announcer import (
    BURST_MS,
    PATIENCE_MS,
    QUIET_MS,
    Announcer,
    of_tray,
    reason,
    short_name,
)
from tests.gui.fake_queue import make_job


def done(job_id: str = "a", folder: str = "/tmp") -> Job:
    path = f"{folder}/{job_id}.iso"
    return make_job(job_id, Status.COMPLETED, final_path=path, bytes_done=5_000_000)


def failed(job_id: str = "a", message: str | None = "The file is gone (404).") -> Job:
    return make_job(job_id, Status.FAILED, error_message=message)


def announcer(**settings: Any) -> Announcer:
    return Announcer(Settings(**settings))


def taken(announcer: Announcer) -> list[Notification]:
    """What is said when it is due."""
    due_ms = announcer.due_ms()
    return [] if due_ms is None else announcer.take(due_ms)


def test_one_finished_download_is_told_with_its_name_and_size() -> None:
    asked = announcer()
    asked.note_ended(done(), 0)
    assert asked.due_ms() == QUIET_MS
    assert asked.take(QUIET_MS - 1) == []
    (told,) = asked.take(QUIET_MS)
    assert (told.subject, told.title) == (Subject.COMPLETED, "Download finished")
    assert told.text == "a.iso, 5.0\N{NO-BREAK SPACE}MB"
    assert (told.click, told.job_id, told.path) == (Answer.OPEN_FILE, "a", "/tmp/a.iso")
    assert [(each.answer, each.label) for each in told.buttons] == [
        (Answer.OPEN_FOLDER, "Open folder")
    ]
    assert asked.due_ms() is None


def test_many_are_one_notification() -> None:
    asked = announcer()
    for number in range(5):
        asked.note_ended(done("abcde"[number]), number * 100)
    (told,) = asked.take(400 + QUIET_MS)
    assert told.title == "5 downloads finished"
    assert told.text == "a.iso, b.iso, c.iso and 2 more"
    assert (told.click, told.path) == (Answer.SHOW_WINDOW, "/tmp")
    assert len(told.buttons) == 1


def test_a_group_in_several_folders_has_no_folder_to_open() -> None:
    asked = announcer()
    asked.note_ended(done("a", "/one"), 0)
    asked.note_ended(done("b", "/two"), 0)
    (told,) = taken(asked)
    assert (told.path, told.buttons) == (None, ())


def test_a_steady_stream_is_told_in_time_and_grows_in_its_place() -> None:
    asked = announcer()
    told: list[Notification] = []
    for now_ms in range(0, 20_000, 900):
        asked.note_ended(done(), now_ms)
        told += asked.take(now_ms)
    assert 4 <= len(told) <= 20_000 // PATIENCE_MS
    assert len({each.place for each in told}) == 1
    assert told[-1].title == "20 downloads finished"


def test_what_ends_later_is_another_notification() -> None:
    asked = announcer()
    asked.note_ended(done("a"), 0)
    (first,) = taken(asked)
    asked.note_ended(done("b"), BURST_MS + 1)
    (second,) = taken(asked)
    assert second.title == "Download finished"
    assert first.place != second.place


@pytest.mark.parametrize(
    "jobs, title, text",
    [
        ([failed()], "Download failed", "a.iso: The file is gone (404)."),
        ([failed(message=None)], "Download failed", "a.iso"),
        (
            [failed("a"), failed("b")],
            "2 downloads failed",
            "a.iso, b.iso: The file is gone (404).",
        ),
        ([failed("a"), failed("b", "Denied (403).")], "2 downloads failed", "a.iso, b.iso"),
        (
            [
                make_job(
                    status=Status.PAUSED,
                    error_kind=ErrorKind.DISK_FULL,
                    error_message="The disk is full.",
                )
            ],
            "Download paused",
            "a.iso: The disk is full.",
        ),
    ],
    ids=["one", "unknown reason", "same reason", "different reasons", "full disk"],
)
def test_what_failed_is_told_with_the_reason(jobs: list[Job], title: str, text: str) -> None:
    asked = announcer()
    for job in jobs:
        asked.note_ended(job, 0)
    (told,) = taken(asked)
    assert (told.subject, told.title, told.text) == (Subject.FAILED, title, text)
    assert told.click is Answer.SHOW_WINDOW
    assert told.job_id == ("a" if len(jobs) == 1 else None)


def test_finished_and_failed_are_told_apart() -> None:
    asked = announcer()
    asked.note_ended(done("a"), 0)
    asked.note_ended(failed("b"), 0)
    assert {each.subject for each in taken(asked)} == {Subject.COMPLETED, Subject.FAILED}


def test_no_link_is_shown() -> None:
    job = failed(message="Denied (401). Add it as https://name:secret@host/a. Or give up.")
    assert reason(job) == "Denied (401). Or give up."


@pytest.mark.parametrize(
    "completed, stopped, text",
    [
        (3, 0, "3 downloads finished"),
        (3, 1, "3 downloads finished, 1 did not"),
        (1, 2, "1 download finished, 2 did not"),
        (0, 2, "2 downloads did not finish"),
    ],
)
def test_the_end_of_the_queue_stands_for_the_last_that_finished(
    completed: int, stopped: int, text: str
) -> None:
    asked = announcer()
    if completed:
        asked.note_ended(done(), 0)
    asked.note_over(completed, stopped, 0)
    (told,) = taken(asked)
    assert (told.title, told.text) == ("Nothing is left to download", text)
    assert (told.click, told.path) == (Answer.SHOW_WINDOW, "/tmp" if completed else None)


def test_it_takes_the_place_of_the_group_it_continues() -> None:
    asked = announcer()
    asked.note_ended(done("a"), 0)
    (first,) = taken(asked)
    asked.note_ended(done("b"), QUIET_MS + 500)
    asked.note_over(2, 0, QUIET_MS + 500)
    (last,) = taken(asked)
    assert last.subject is Subject.QUEUE_FINISHED
    assert last.place == first.place


def test_the_last_failure_is_told_with_its_reason_even_at_the_end() -> None:
    asked = announcer()
    asked.note_ended(failed(), 0)
    asked.note_over(1, 1, 0)
    assert [each.subject for each in taken(asked)] == [Subject.FAILED, Subject.QUEUE_FINISHED]


@pytest.mark.parametrize("job", [done(), failed()], ids=["finished", "failed"])
def test_one_download_alone_is_told_once(job: Job) -> None:
    asked = announcer()
    asked.note_ended(job, 0)
    asked.note_over(int(job.status is Status.COMPLETED), int(job.status is Status.FAILED), 0)
    (told,) = taken(asked)
    assert told.job_id == "a"
    assert asked.due_ms() is None


def test_new_work_takes_back_that_nothing_is_left() -> None:
    asked = announcer()
    asked.note_ended(done("a"), 0)
    asked.note_over(2, 0, 0)
    asked.note_work()
    (told,) = taken(asked)
    assert told.subject is Subject.COMPLETED


@pytest.mark.parametrize(
    "off, expected",
    [
        ("notify_completed", [Subject.FAILED, Subject.QUEUE_FINISHED]),
        ("notify_failed", [Subject.QUEUE_FINISHED]),
        ("notify_queue_finished", [Subject.COMPLETED, Subject.FAILED]),
    ],
)
def test_each_can_be_switched_off(off: str, expected: list[Subject]) -> None:
    asked = announcer()
    asked.set_settings(Settings(**{off: False}))
    asked.note_ended(done("a"), 0)
    asked.note_ended(failed("b"), 0)
    asked.note_over(1, 1, 0)
    assert [each.subject for each in taken(asked)] == expected


def test_with_all_switched_off_nothing_is_said() -> None:
    asked = announcer(notify_completed=False, notify_failed=False, notify_queue_finished=False)
    asked.note_ended(done("a"), 0)
    asked.note_ended(failed("b"), 0)
    assert taken(asked) == []
    asked.note_over(1, 1, 0)
    assert taken(asked) == []
    assert asked.due_ms() is None


def test_one_download_whose_own_word_is_off_is_told_as_the_end() -> None:
    asked = announcer(notify_completed=False)
    asked.note_ended(done(), 0)
    asked.note_over(1, 0, 0)
    (told,) = taken(asked)
    assert told.text == "1 download finished"


@pytest.mark.parametrize("name", ["short.iso", f"{'long' * 50}.tar.gz"])
def test_a_long_name_keeps_its_beginning_and_its_extension(name: str) -> None:
    short = short_name(name, 60)
    assert len(short) <= 60
    assert short[:5] == name[:5]
    assert short.endswith(name[-4:])


def test_of_the_tray_no_more_is_said_than_where_it_is() -> None:
    assert of_tray().click is Answer.SHOW_WINDOW
