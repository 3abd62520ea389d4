"""What is done with the selected rows: removed and brought back, deleted, had again, changed."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from dlmanager.core.errors import DlmanagerError
from dlmanager.core.job import IN_LINE, Job, Status
from dlmanager.core.priority import Priority
from dlmanager.core.queue_order import Move
from dlmanager.gui import formatting, questions
from dlmanager.gui.actions import Actions
from dlmanager.gui.job_table_model import Gap
from dlmanager.gui.job_table_view import JobTableView
from dlmanager.gui.link_dialog import LinkDialog
from dlmanager.gui.queue import Queue
from dlmanager.gui.sentences import in_window_language

UNDO_MS = 60_000
"""For how long a removal can be undone."""
_KEPT_MS = UNDO_MS + 10_000  # the queue begins to count before we do

MoveToTrash = Callable[[str], Awaitable[bool]]
"""Of a path; False if no file is there any more. Raises CannotDelete."""


class RowActions(QObject):
    """Does what the actions ask for the selected jobs.

    Signals:
        told(str): what has just happened, or why it could not.
        told_of(str, list[str]): what has just happened, by which these jobs came into the list.
        undo_offered(str): what has just happened, and `Actions.undo_remove` takes it back.
        order_offered(str): why a row cannot be dragged, and `Actions.queue_order` changes that.
    """

    told = Signal(str)
    told_of = Signal(str, object)
    undo_offered = Signal(str)
    order_offered = Signal(str)

    def __init__(
        self,
        actions: Actions,
        table: JobTableView,
        queue: Queue,
        *,
        start_task: Callable[[Coroutine[Any, Any, None]], None],
        move_to_trash: MoveToTrash,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._actions = actions
        self._table = table
        self._jobs = table.jobs
        self._queue = queue
        self._start_task = start_task
        self._move_to_trash = move_to_trash
        self._window = window
        self._removed: Sequence[str] = ()
        self._undo_timer = QTimer(self)
        self._undo_timer.setSingleShot(True)
        self._undo_timer.setInterval(UNDO_MS)
        self._undo_timer.timeout.connect(self._forget_removal)
        self._forget_removal()
        actions.undo_remove.triggered.connect(self._on_undo)
        actions.delete_file.triggered.connect(self._on_delete_file)
        actions.download_again.triggered.connect(self._on_download_again)
        actions.edit_link.triggered.connect(self._on_edit_link)
        actions.enter_password.triggered.connect(self._on_enter_password)
        actions.level_chosen.connect(self._on_level_chosen)
        actions.move_chosen.connect(self._on_move_chosen)
        actions.queue_order.triggered.connect(table.show_queue_order)
        table.rows_dropped.connect(self._on_rows_dropped)
        table.drag_refused.connect(self._on_drag_refused)
        actions.checksum.triggered.connect(self._on_checksum)

    def remove(self) -> None:
        """Take the selected jobs off the list; asks where bytes would be thrown away."""
        rows = self._table.selected_rows()
        jobs = [self._jobs.job_at(row) for row in rows]
        ids = [job.id for job in jobs]
        bytes_lost = sum(
            self._jobs.bytes_done_at(row)
            for row, job in zip(rows, jobs, strict=True)
            if job.status is not Status.COMPLETED
        )
        if bytes_lost:
            questions.ask_to_remove(self._window, jobs, bytes_lost, lambda: self._remove(ids))
        elif ids:
            self._remove(ids)

    # Off the list and back

    def _remove(self, job_ids: Sequence[str]) -> None:
        self._start(self._remove_from_queue(job_ids))

    async def _remove_from_queue(self, job_ids: Sequence[str]) -> None:
        beside = self._table.job_beside(job_ids)
        await self._queue.remove(job_ids, undo_ms=_KEPT_MS)
        self._go_on_with(beside)
        self._removed = job_ids
        self._undo_timer.start()
        self._actions.undo_remove.setEnabled(True)
        self.undo_offered.emit(
            self.tr("Removed {downloads}.").format(
                downloads=formatting.downloads_text(len(job_ids))
            )
        )

    def _go_on_with(self, job_id: str | None) -> None:
        """Select what is beside the rows that are gone, unless the person has selected already."""
        if job_id is not None and not self._table.selectionModel().hasSelection():
            self._table.show_jobs([job_id])

    def _forget_removal(self) -> None:
        self._undo_timer.stop()
        self._removed = ()
        self._actions.undo_remove.setEnabled(False)

    def _on_undo(self) -> None:
        removed = self._removed
        self._forget_removal()
        if removed:
            self._start(self._restore(removed))

    async def _restore(self, job_ids: Sequence[str]) -> None:
        restored = await self._queue.restore(job_ids)
        self._tell_of(
            restored,
            self.tr("Brought back {downloads}.").format(
                downloads=formatting.downloads_text(len(restored))
            ),
        )

    def _tell_of(self, jobs: Sequence[Job], text: str) -> None:
        """Select jobs that have just come, and say how."""
        ids = [job.id for job in jobs]
        self._table.show_jobs(ids)
        self.told_of.emit(text, ids)

    # Files

    def _on_delete_file(self) -> None:
        jobs = [job for job in self._table.selected_jobs() if job.path is not None]
        if jobs:
            self._start(self._delete(jobs))

    async def _delete(self, jobs: Sequence[Job]) -> None:
        moved: list[Job] = []
        gone: list[Job] = []
        problems: list[str] = []
        for job in jobs:
            assert job.path is not None
            try:
                was_there = await self._move_to_trash(job.path)
                (moved if was_there else gone).append(job)
            except DlmanagerError as error:
                problems.append(in_window_language(str(error)))
        if done := [job.id for job in (*moved, *gone)]:
            beside = self._table.job_beside(done)
            await self._queue.remove(done)
            self._go_on_with(beside)
        self.told.emit(self._deleted_text(moved, gone, problems))

    def _deleted_text(
        self, moved: Sequence[Job], gone: Sequence[Job], problems: Sequence[str]
    ) -> str:
        if len(problems) == 1:
            return problems[0]
        if problems:
            return self.tr("{problem} {number} files in all stayed where they are.").format(
                problem=problems[0], number=formatting.whole_number(len(problems))
            )
        if len(moved) == 1:
            return self.tr("Moved {name} to the trash.").format(name=_file_name(moved[0]))
        if moved:
            return self.tr("Moved {number} files to the trash.").format(
                number=formatting.whole_number(len(moved))
            )
        if len(gone) == 1:
            return self.tr("{name} was not there any more. It is off the list now.").format(
                name=_file_name(gone[0])
            )
        return self.tr("The files were not there any more. They are off the list now.")

    # Their place in the queue

    def _on_level_chosen(self, priority: Priority) -> None:
        if ids := [job.id for job in self._table.selected_jobs() if job.takes_priority]:
            self._start(self._prioritize(ids, priority))
        # The click has checked it, but it is the rows that decide.
        self._actions.suit_selection(self._table.selected_jobs())

    async def _prioritize(self, job_ids: Sequence[str], priority: Priority) -> None:
        await self._queue.prioritize(job_ids, priority)
        self._jobs.renew_order()
        self.told.emit(
            self.tr("Priority of {downloads}: {priority}.").format(
                downloads=formatting.downloads_text(len(job_ids)),
                priority=formatting.priority_name(priority),
            )
        )

    def _on_move_chosen(self, move: Move) -> None:
        if ids := [job.id for job in self._table.selected_jobs() if job.status in IN_LINE]:
            self._start(self._move(ids, move))

    async def _move(self, job_ids: Sequence[str], move: Move) -> None:
        self._note_moved(job_ids, await self._queue.move(job_ids, move))

    def _on_rows_dropped(self, job_ids: Sequence[str], gap: Gap) -> None:
        self._start(self._put(job_ids, gap))

    async def _put(self, job_ids: Sequence[str], gap: Gap) -> None:
        changed = await self._queue.put(job_ids, gap.priority, gap.following)
        self._note_moved(job_ids, changed)

    def _note_moved(self, job_ids: Sequence[str], changed: Sequence[Job]) -> None:
        self._jobs.renew_order()
        self.told.emit(
            self.tr("Moved {downloads} in the queue.").format(
                downloads=formatting.downloads_text(len(job_ids))
            )
            if changed
            else self.tr("Nothing was moved: they are at that end already.")
        )

    def _on_drag_refused(self) -> None:
        self.order_offered.emit(
            self.tr("Rows can be dragged while the list is in the order of the queue.")
        )

    # Once more, another link, and checksums

    def _on_download_again(self) -> None:
        jobs = self._table.selected_jobs()
        if ids := [job.id for job in jobs if job.status is Status.COMPLETED]:
            self._start(self._download_again(ids))

    async def _download_again(self, job_ids: Sequence[str]) -> None:
        added = await self._queue.download_again(job_ids)
        self._tell_of(
            added,
            self.tr("Downloading {name} again.").format(name=added[0].display_name)
            if len(added) == 1
            else self.tr("Downloading {number} files again.").format(
                number=formatting.whole_number(len(added))
            ),
        )

    def _on_edit_link(self) -> None:
        row = self._only_row()
        if row is None:
            return
        dialog = LinkDialog(
            self._queue,
            self._jobs.job_at(row),
            self._jobs.bytes_done_at(row),
            start_task=self._start_task,
            parent=self._window,
        )
        dialog.changed.connect(lambda: self.told.emit(self.tr("Changed the link.")))
        dialog.open()

    def _on_enter_password(self) -> None:
        row = self._only_row()
        if row is None:
            return
        from dlmanager.gui.login_dialog import LoginDialog  # few are ever asked

        job = self._jobs.job_at(row)
        LoginDialog(self._queue, job, start_task=self._start_task, parent=self._window).open()

    def _on_checksum(self) -> None:
        row = self._only_row()
        if row is None:
            return
        from dlmanager.gui.checksum_dialogs import checksum_dialog  # few starts need them

        job = self._jobs.job_at(row)
        dialog = checksum_dialog(self._queue, job, start_task=self._start_task, parent=self._window)
        dialog.changed.connect(lambda: self.told.emit(self.tr("Changed the checksum.")))
        dialog.open()

    def _only_row(self) -> int | None:
        """The row that is selected; None if none is, or several are."""
        rows = self._table.selected_rows()
        return rows[0] if len(rows) == 1 else None

    def _start(self, asked: Coroutine[Any, Any, None]) -> None:
        self._start_task(self._telling(asked))

    async def _telling(self, asked: Coroutine[Any, Any, None]) -> None:
        try:
            await asked
        except DlmanagerError as error:
            self.told.emit(in_window_language(str(error)))


def _file_name(job: Job) -> str:
    return Path(job.path or job.display_name).name
