import pytest

from dlmanager.core.categories import USUAL_CATEGORIES
from dlmanager.core.job import Job, Phase, Status, Verification
from dlmanager.core.progress import JobProgress
from dlmanager.gui.job_row import SORT_VALUES, Column, JobRow
from tests.gui.fake_queue import make_job, report, running

NOW_MS = 1_000_000


def row_of(job: Job, progress: JobProgress | None = None) -> JobRow:
    row = JobRow(job, 0)
    row.progress = progress
    return row


@pytest.mark.parametrize(
    "job, progress, spoken",
    [
        (
            running("ubuntu", bytes_total=1000),
            report("ubuntu", 430, speed=4.75),
            "ubuntu.iso, 43 percent, 2 minutes left",
        ),
        (
            running("a", phase=Phase.VERIFYING, bytes_done=1000),
            None,
            "a.iso, 100 percent, Checking the file",
        ),
        (make_job("a"), None, "a.iso, Waiting"),
        (make_job("a", Status.COMPLETED), None, "a.iso, Completed"),
        (
            make_job("a", Status.FAILED, error_message="File not found (404)"),
            None,
            "a.iso, Failed: file not found (404)",
        ),
    ],
    ids=["downloading", "verifying", "waiting", "completed", "failed"],
)
def test_a_row_can_be_heard(job: Job, progress: JobProgress | None, spoken: str) -> None:
    row = row_of(job, progress)
    assert row.spoken(row.look(NOW_MS), Column.NAME) == spoken


def test_each_cell_has_words_for_screen_readers() -> None:
    row = row_of(running("a"), report("a", 430, speed=4.75))
    shown = row.look(NOW_MS)
    assert row.spoken(shown, Column.PROGRESS) == "43 percent"
    assert row.spoken(shown, Column.TIME_LEFT) == "2 minutes left"
    assert row.spoken(shown, Column.STATUS) == "Downloading"


@pytest.mark.parametrize(
    "job, bar",
    [
        (make_job("a"), None),
        (make_job("a", Status.COMPLETED, bytes_total=10, bytes_done=10), None),
        (make_job("a", Status.FAILED), None),
        (running("a", bytes_total=None), (Status.PROCESSING, None)),
        (running("a", bytes_done=500), (Status.PROCESSING, 50)),
        (make_job("a", Status.PAUSED, bytes_total=10, bytes_done=1), (Status.PAUSED, 10)),
    ],
    ids=["nothing yet", "completed", "failed at once", "unknown total", "half", "paused"],
)
def test_a_bar_is_there_only_while_there_is_something_to_show(
    job: Job, bar: tuple[Status, int | None] | None
) -> None:
    row = row_of(job)
    found = row.bar(row.look(NOW_MS))
    assert (None if found is None else (found.status, found.percent)) == bar


def tip(job: Job, column: Column) -> str:
    row = row_of(job)
    return row.tool_tip(row.look(NOW_MS), column) or ""


def test_tool_tips_show_names_and_messages_as_they_are() -> None:
    job = make_job(
        "a", Status.FAILED, filename="<b>x</b>.iso", error_message="<img src=x> was refused"
    )
    assert "&lt;b&gt;x&lt;/b&gt;.iso" in tip(job, Column.NAME)
    assert "&lt;img src=x&gt;" in tip(job, Column.STATUS)
    assert tip(make_job("a", bytes_total=1234), Column.SIZE) == "<span>1,234 bytes</span>"
    assert tip(job, Column.RETRIES) == ""


def test_the_tool_tip_of_a_sentence_is_there_as_far_as_it_reaches() -> None:
    job = make_job("a", Status.FAILED, error_message="The link is old.")
    assert tip(job, Column.SPEED) == tip(job, Column.TIME_LEFT) == tip(job, Column.STATUS)
    moving = row_of(running("a"), report("a", 430, speed=4.75))
    assert moving.tool_tip(moving.look(NOW_MS), Column.SPEED) is None


def test_tool_tip_of_a_waiting_job_tells_what_went_wrong() -> None:
    job = make_job("a", Status.RETRYING, error_message="No answer came.")
    assert (
        tip(job, Column.STATUS) == "<span>Waiting to retry</span><br><span>No answer came.</span>"
    )


@pytest.mark.parametrize(
    ("status", "mirror", "words"),
    [
        (Status.PROCESSING, 2, "Going on with mirror 2 of 3"),
        (Status.PENDING, 3, "Going on with mirror 3 of 3"),
        (Status.PROCESSING, 1, "Mirror 1 of 3"),
        (Status.COMPLETED, 2, "Mirror 2 of 3"),
    ],
)
def test_tool_tip_tells_which_mirror_is_used(status: Status, mirror: int, words: str) -> None:
    job = make_job("a", status, mirror=mirror, mirror_count=3)
    assert tip(job, Column.STATUS).endswith(f"<span>{words}</span>")


def test_tool_tip_of_a_failed_job_tells_all_and_tells_it_once() -> None:
    job = make_job("a", Status.FAILED, error_message="The link is old. Check it.")
    assert tip(job, Column.STATUS) == "<span>Failed: the link is old. Check it.</span>"


def test_how_a_file_was_verified_is_told_and_the_worst_sorted_first() -> None:
    words = {
        Verification.MISMATCH: "Mismatch",
        Verification.UNCONFIRMED: "Not confirmed",
        Verification.SIZE: "Size",
        Verification.CHECKSUM: "Checksum",
        Verification.NONE: "",
    }
    assert words.keys() == set(Verification)
    rows = [JobRow(make_job("a", verification=each), 1) for each in words]
    assert [row.look(NOW_MS).texts[Column.VERIFICATION] for row in rows] == [*words.values()]
    mixed = [rows[place] for place in (2, 4, 0, 3, 1)]
    assert sorted(mixed, key=SORT_VALUES[Column.VERIFICATION]) == rows


def test_the_badge_of_a_finished_file_that_is_wrong_is_that_of_a_failure() -> None:
    right, wrong = (
        JobRow(make_job("a", Status.COMPLETED, verification=each), 1)
        for each in (Verification.CHECKSUM, Verification.MISMATCH)
    )
    assert (right.badge, wrong.badge) == (Status.COMPLETED, Status.FAILED)
    assert Column.NAME in right.look(NOW_MS).columns_unlike(wrong.look(NOW_MS))


def test_a_part_that_is_wrong_is_a_failure_once_its_job_has_failed() -> None:
    at_work = running("a", verification=Verification.MISMATCH, bytes_done=500)
    row = row_of(at_work)
    before = row.look(NOW_MS)
    assert row.badge is Status.PROCESSING
    row.change(at_work._replace(status=Status.FAILED), USUAL_CATEGORIES)
    assert row.badge is Status.FAILED
    after = row.look(NOW_MS)
    assert {Column.NAME, Column.PROGRESS} <= after.columns_unlike(before)
    bar = row.bar(after)
    assert bar is not None
    assert bar.status is Status.FAILED
