from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QPushButton, QTextBrowser
from pytestqt.qtbot import QtBot

from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Job, Phase, Status, WaitingFor
from dlmanager.core.mirrors import Mirror
from dlmanager.core.progress import JobProgress
from dlmanager.gui.details_general import MAX_JOBS_SUMMED_LIVE, DetailsGeneral
from dlmanager.gui.details_page import Selection
from tests.gui.fake_queue import FakeQueue, finish, make_job

FAILED = make_job("a", Status.FAILED, error_kind=ErrorKind.NOT_FOUND, error_message="It is gone.")


def selection(*jobs: Job, progress: JobProgress | None = None) -> Selection:
    return Selection(jobs, lambda job: progress)


@pytest.fixture
def remedies() -> list[QAction]:
    return [QAction("Retry"), QAction("Open in browser")]


@pytest.fixture
def queue() -> FakeQueue:
    return FakeQueue()


@pytest.fixture
def page(qtbot: QtBot, remedies: list[QAction], queue: FakeQueue) -> DetailsGeneral:
    def start_task(task: Coroutine[Any, Any, None]) -> None:
        with pytest.raises(StopIteration):  # the fake waits for nothing
            task.send(None)

    made = DetailsGeneral(
        {each: lambda job: True for each in remedies},
        source=queue,
        start_task=start_task,
        clock=lambda: 10_000,
    )
    qtbot.addWidget(made)
    made.resize(800, 160)
    made.show()
    qtbot.waitExposed(made)
    return made


def text(page: DetailsGeneral) -> str:
    (browser,) = page.findChildren(QTextBrowser)
    return browser.toPlainText().replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_every_fact_is_text_that_can_be_selected(page: DetailsGeneral, qtbot: QtBot) -> None:
    page.show_selection(selection(FAILED))
    for fact in page.facts:
        assert fact.title in text(page)
        assert fact.value.replace("\N{NARROW NO-BREAK SPACE}", " ") in text(page)
    (browser,) = page.findChildren(QTextBrowser)
    browser.setFocus()
    qtbot.keyClick(browser, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(browser, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert "https://example.org/a.iso" in QGuiApplication.clipboard().text()


def test_all_are_copied_with_one_click(page: DetailsGeneral, qtbot: QtBot) -> None:
    page.show_selection(selection(FAILED))
    (button,) = page.findChildren(QPushButton)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    lines = QGuiApplication.clipboard().text().split("\n")
    assert lines[:2] == ["Name: a.iso", "Status: Failed: it is gone."]


def test_what_comes_from_a_server_is_never_markup(page: DetailsGeneral) -> None:
    page.show_selection(selection(FAILED._replace(filename="<b>a</b> & <img src=x>")))
    assert "<b>a</b> & <img src=x>" in text(page)


def test_numbers_follow_the_progress_but_hold_still_under_a_selection(
    page: DetailsGeneral, qtbot: QtBot
) -> None:
    job = make_job("a", Status.PROCESSING, attempt=1)
    report = JobProgress("a", 1, Phase.DOWNLOADING, 1_000_000, 9_000_000, 1e6)
    page.show_selection(selection(job, progress=report))
    assert "1,000,000 bytes" in text(page)
    (browser,) = page.findChildren(QTextBrowser)
    browser.selectAll()
    page.show_selection(selection(job, progress=replace(report, bytes_done=2_000_000)))
    assert "1,000,000 bytes" in text(page)
    cursor = browser.textCursor()
    cursor.clearSelection()
    browser.setTextCursor(cursor)
    page.show_selection(selection(job, progress=replace(report, bytes_done=2_000_000)))
    assert "2,000,000 bytes" in text(page)


def test_another_job_is_shown_in_spite_of_a_selection(page: DetailsGeneral) -> None:
    page.show_selection(selection(FAILED))
    (browser,) = page.findChildren(QTextBrowser)
    browser.selectAll()
    page.show_selection(selection(make_job("b")))
    assert "b.iso" in text(page)


def test_where_something_went_wrong_what_can_be_done_is_offered(
    page: DetailsGeneral, remedies: list[QAction]
) -> None:
    remedies[1].setEnabled(False)
    page.show_selection(selection(FAILED))
    assert page.offered == remedies[:1]
    page.show_selection(selection(make_job("b", Status.PAUSED)))
    assert page.offered == []


def test_what_may_help_one_is_not_offered_to_another(qtbot: QtBot, queue: FakeQueue) -> None:
    edit = QAction("Edit link")
    page = DetailsGeneral(
        {edit: lambda job: job.may_need_link}, source=queue, start_task=finish, clock=lambda: 0
    )
    qtbot.addWidget(page)
    page.show_selection(selection(FAILED._replace(error_kind=ErrorKind.NOT_FOUND)))
    assert page.offered == [edit]
    page.show_selection(selection(FAILED._replace(error_kind=ErrorKind.DISK_FULL)))
    assert page.offered == []


def test_several_are_summed(page: DetailsGeneral) -> None:
    jobs = [make_job(each, bytes_done=2_000_000, bytes_total=4_000_000) for each in "abc"]
    page.show_selection(selection(*jobs))
    hint = (page.hint or "").replace("\N{NO-BREAK SPACE}", " ")
    assert hint == "3 downloads, 6.0 MB of 12.0 MB\n3 waiting"


def test_very_many_are_summed_when_they_change_and_not_each_second(page: DetailsGeneral) -> None:
    asked = 0

    def progress_of(job: Job) -> None:
        nonlocal asked
        asked += 1

    many = Selection([make_job(str(n)) for n in range(MAX_JOBS_SUMMED_LIVE + 1)], progress_of)
    for _ in range(3):
        page.show_selection(many)
    assert asked == MAX_JOBS_SUMMED_LIVE + 1


def test_nothing_selected_is_a_quiet_hint(page: DetailsGeneral) -> None:
    page.show_selection(selection())
    assert page.hint == "Select a download to see everything about it here."


@pytest.mark.parametrize("width", [320, 800, 1600])
def test_a_long_link_is_broken_and_nothing_scrolls_sideways(
    page: DetailsGeneral, width: int
) -> None:
    page.resize(width, 160)
    page.show_selection(selection(make_job("a", url="https://example.org/" + "a" * 600)))
    (browser,) = page.findChildren(QTextBrowser)
    assert browser.horizontalScrollBar().maximum() == 0


def test_each_mirror_is_shown_with_its_record(page: DetailsGeneral, queue: FakeQueue) -> None:
    queue.known_mirrors["a"] = [
        Mirror(1, "http://one.test/a", 2, 2, 0, None, "This mirror was too slow."),
        Mirror(2, "http://two.test/a", 1, 0, 2_000_000, 1_000_000.0),
        Mirror(3, "http://three.test/a"),
    ]
    job = make_job("a", Status.PROCESSING, mirror=2, mirror_count=3, attempt=3)
    page.show_selection(selection(job))
    page.show_selection(selection(job))
    shown = text(page)
    assert "http://one.test/a (tried: 2, failed: 2: This mirror was too slow.)" in shown
    assert "http://two.test/a (in use, tried: 1, failed: 0, 2.0 MB, 1.0 MB/s)" in shown
    assert "http://three.test/a (not tried yet)" in shown
    assert queue.calls == [("mirrors", ["a"])]


def test_nobody_is_asked_for_mirrors_of_one_link(page: DetailsGeneral, queue: FakeQueue) -> None:
    page.show_selection(selection(FAILED))
    assert queue.calls == []
    assert not any("Mirror" in fact.title for fact in page.facts)


def test_who_waits_for_a_slot_of_its_host_says_how_many_it_has(page: DetailsGeneral) -> None:
    page.downloads_per_host = 4
    held = make_job("a", Status.PENDING, waiting_for=WaitingFor.HOST_LIMIT)
    page.show_selection(selection(held))
    assert "Waiting: 4 downloads from this host already" in text(page)
