"""The main window: toolbar, list, and what becomes of clicks, drops and closing."""

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QMimeData, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QHideEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QMainWindow,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from dlmanager.core.errors import DlmanagerError
from dlmanager.core.job import Job, Wish
from dlmanager.core.notification import Answer, Notification, Subject
from dlmanager.core.settings import Settings, category_table
from dlmanager.gui import announcer, formatting, questions
from dlmanager.gui.actions import MAX_OPENED, Actions, fill_menu
from dlmanager.gui.arrivals import Arrivals
from dlmanager.gui.banner import Banner
from dlmanager.gui.details_general import Remedies
from dlmanager.gui.details_panel import DetailsPanel
from dlmanager.gui.drop_overlay import DropOverlay
from dlmanager.gui.free_space_label import FreeSpaceLabel
from dlmanager.gui.herald import Herald
from dlmanager.gui.link_adder import LinkAdder
from dlmanager.gui.list_and_details import ListAndDetails
from dlmanager.gui.list_pane import ListPane
from dlmanager.gui.live_progress import LiveProgress
from dlmanager.gui.mime_links import may_hold_links
from dlmanager.gui.queue import Queue
from dlmanager.gui.row_actions import MoveToTrash, RowActions
from dlmanager.gui.screen_room import keep_on_screen
from dlmanager.gui.sentences import in_window_language
from dlmanager.gui.status_line import StatusLine
from dlmanager.gui.tool_bar import ToolBar
from dlmanager.gui.tray import Tray, is_tray_available
from dlmanager.gui.window_state import WindowState

if TYPE_CHECKING:
    from dlmanager.core.link_files import LinkFile

_START_SIZE = QSize(1160, 640)


class MainWindow(QMainWindow):
    """Shows the queue and hands the person's wishes to it.

    Signals:
        quit_requested(): the person wants the program to end.
        announced(Notification): the desktop is to show this; see `answer` and `show_at_tray`.
    """

    quit_requested = Signal()
    announced = Signal(object)

    def __init__(
        self,
        queue: Queue,
        *,
        start_task: Callable[[Coroutine[Any, Any, None]], None],
        download_directory: str,
        open_file: Callable[[str], None],
        open_in_browser: Callable[[str], bool],
        show_in_folder: Callable[[str, Callable[[], None]], None],
        move_to_trash: MoveToTrash,
        make_settings_dialog: Callable[[QWidget], QDialog],
        make_about_dialog: Callable[[QWidget], QDialog],
        read_link_file: Callable[[str], Awaitable["LinkFile"]],
        free_bytes: Callable[[str], Awaitable[int | None]],
        settings: Settings | None = None,
        state: WindowState | None = None,
        parent: QWidget | None = None,
        tray_is_available: Callable[[], bool] = is_tray_available,
    ) -> None:
        """start_task: runs a coroutine and reports its errors. download_directory: for links
        that come without a folder, where the settings name none. open_file: of a path; raises
        CannotOpen. open_in_browser: of a link; False if it cannot be. show_in_folder: of a path;
        calls what it is given if it cannot be. move_to_trash: see MoveToTrash.
        make_settings_dialog, make_about_dialog: below a window; not opened
        yet. read_link_file: of a path; raises BadInput. free_bytes: of the disk of a folder, None
        if that cannot be told. settings: None for the defaults. state: None to remember nothing.
        """
        super().__init__(parent)
        self._queue = queue
        self._start_task = start_task
        self._usual_directory = download_directory
        self._make_settings_dialog = make_settings_dialog
        self._make_about_dialog = make_about_dialog
        self._open_file = open_file
        self._open_in_browser = open_in_browser
        self._show_in_folder = show_in_folder
        self._settings = settings or Settings()
        self._state = state or WindowState(None, self)
        self._is_quitting = False
        self._settings_dialog: QDialog | None = None
        self._quit_question: QMessageBox | None = None
        self.setWindowTitle("dlmanager")
        self.setAcceptDrops(True)
        self._make_parts(tray_is_available, free_bytes)
        self._adder = LinkAdder(
            self,
            queue,
            self._jobs,
            start_task=start_task,
            folder=self._folder,
            state=self._state,
            read_link_file=read_link_file,
            free_bytes=free_bytes,
            bring_to_front=self.bring_to_front,
        )
        self._drop_overlay = DropOverlay(self)
        self._rows = RowActions(
            self._actions,
            self._table,
            queue,
            start_task=start_task,
            move_to_trash=move_to_trash,
            window=self,
        )
        self._make_menus()
        self._make_toolbar()
        self._connect_actions()
        self._connect_queue()
        self._on_selection_changed()
        self._on_summary_changed()
        self.resize(_START_SIZE)
        self.restoreGeometry(self._state.geometry)
        keep_on_screen(self)

    def load(self, jobs: Iterable[Job]) -> None:
        """Fill the list with what the queue holds."""
        held = list(jobs)
        self._jobs.add_jobs(held)
        self._herald.note_jobs(held)

    def set_settings(self, settings: Settings) -> None:
        """Follow other settings from now on."""
        self._settings = settings
        self._herald.set_settings(settings)
        self._show_settings(settings)
        self._free_space.refresh()

    def _show_settings(self, settings: Settings) -> None:
        self._table.set_density(settings.row_height)
        self._jobs.set_categories(category_table(settings))
        self._jobs.set_downloads_per_host(settings.max_downloads_per_host)
        self._details.general.downloads_per_host = settings.max_downloads_per_host

    def add_links(self, urls: Sequence[str]) -> None:
        """Add links to the default folder at once; what is left to decide comes to the dialog."""
        self._adder.add_links(urls)

    def warn(self, text: str) -> None:
        """Show a sentence above the list, unless the queue itself has a problem to tell."""
        if self._queue.problem is None:
            self._banner.show_problem(text)

    def tell(self, text: str) -> None:
        """Say what has just happened: in the status bar, or where a hidden window has none."""
        self._status_line.say(text)
        if not self.isVisible() and not self._is_quitting:
            self.announced.emit(Notification(Subject.TRAY, "dlmanager", text, Answer.SHOW_WINDOW))

    def show_at_tray(self, notification: Notification) -> None:
        """Show a notification where the desktop has no service for them."""
        self._tray.tell(notification)

    def answer(self, notification: Notification, answer: Answer) -> None:
        """Do what the person chose at a notification."""
        job = self._jobs.job(notification.job_id) if notification.job_id else None
        path = notification.path
        if answer is Answer.OPEN_FOLDER and path is not None:
            self._show_path(path)
        elif answer is Answer.OPEN_FILE and job is not None and job.path == path:
            if path is not None and not Path(path).exists():
                self.bring_to_front()  # where it is said that the file is gone
            self._open(job)
        else:
            self.bring_to_front()
            if job is not None:
                self._list.show_jobs([job.id])

    def bring_to_front(self) -> None:
        """Show the window, wherever it is, with the keyboard."""
        if self.isMinimized():
            self.showNormal()
        else:
            self.show()
        self.raise_()
        self.activateWindow()
        self._herald.note_seen()

    def close_for_good(self) -> None:
        """Close without a question, with the icon in the tray; the program is ending."""
        self._is_quitting = True
        self._tray.leave()
        self._queue.stop_verifying()  # it may take minutes
        self._list.note_end()
        self.close()

    def open_add_dialog(self, links: Sequence[str] = ()) -> None:
        """Ask for links to add, beginning with the given ones."""
        self._adder.open_dialog(links)

    # Parts

    def _make_parts(
        self,
        tray_is_available: Callable[[], bool],
        free_bytes: Callable[[str], Awaitable[int | None]],
    ) -> None:
        self._banner = Banner(self)
        self._list = ListPane(self._state, self)
        self._table = self._list.table
        self._jobs = self._table.jobs
        self._actions = Actions(self, self._table)
        self._list.show_panel_while(self._actions.show_side_panel)
        self._page_banner = Banner(self, (self._actions.open_in_browser, self._actions.accept))
        self._live = LiveProgress(self)
        actions = self._actions
        self._details = DetailsPanel(
            self._queue,
            self._live,
            remedies=_remedies(actions),
            shown=actions.details,
            start_task=self._start_task,
            parent=self,
        )
        self._show_settings(self._settings)
        self._centre = ListAndDetails(
            self._make_upper_part(), self._details, actions.details, self._state, self
        )
        self.setCentralWidget(self._centre)
        self._free_space = FreeSpaceLabel(
            free_bytes=free_bytes, folder=self._folder, start_task=self._start_task
        )
        self._status_line = StatusLine(self._free_space, self)
        self.setStatusBar(self._status_line)
        self._arrivals = Arrivals(self._list, self._status_line, actions.show_arrivals)
        self._tray = Tray(self._actions, self, is_available=tray_is_available)
        # A burst of changes needs one look at the selection.
        self._selection_timer = QTimer(self)
        self._selection_timer.setSingleShot(True)
        self._selection_timer.setInterval(0)
        self._selection_timer.timeout.connect(self._on_selection_changed)

    def _make_upper_part(self) -> QWidget:
        above = QWidget(self)
        layout = QVBoxLayout(above)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._banner)
        layout.addWidget(self._list, 1)
        # Below the list, as it comes with a click on a row, which must not move under the mouse.
        layout.addWidget(self._page_banner)
        return above

    def _make_menus(self) -> None:
        actions = self._actions
        bar = self.menuBar()
        fill_menu(
            bar.addMenu(self.tr("&File")),
            (actions.add, actions.paste, actions.import_files, None, actions.quit),
        )
        fill_menu(
            bar.addMenu(self.tr("&Edit")),
            (
                actions.undo_remove,
                None,
                actions.copy_link,
                actions.select_all,
                None,
                actions.search,
                None,
                actions.settings,
            ),
        )
        view = bar.addMenu(self.tr("&View"))
        fill_menu(view, (actions.show_side_panel, actions.details, None, actions.queue_order))
        self._columns_menu = view.addMenu(self.tr("&Columns"))
        self._columns_menu.aboutToShow.connect(self._on_columns_menu)
        fill_menu(
            bar.addMenu(self.tr("&Downloads")),
            (*actions.of_jobs, None, actions.resume_all, actions.pause_all),
        )
        fill_menu(bar.addMenu(self.tr("&Help")), (actions.show_keys, None, actions.about))
        self._table.set_menu_actions(actions.of_jobs, (actions.add, actions.paste))

    def _make_toolbar(self) -> None:
        actions = self._actions
        groups = (
            (actions.add,),
            (actions.resume, actions.pause, actions.cancel, actions.retry),
            (actions.open, actions.open_folder),
            (actions.remove, actions.delete_file),
            (
                actions.turn_menu.menuAction(),
                actions.download_again,
                actions.edit_link,
                actions.properties,
            ),
        )
        seldom_used = (actions.delete_file, *groups[-1])
        self._tool_bar = ToolBar(groups, self, wordless=seldom_used)
        self.addToolBar(self._tool_bar)

    def _connect_actions(self) -> None:
        actions = self._actions
        actions.add.triggered.connect(self._on_add)
        actions.paste.triggered.connect(self._on_paste)
        actions.add_from_clipboard.triggered.connect(self._on_add_from_clipboard)
        actions.settings.triggered.connect(self._on_settings)
        actions.show_keys.triggered.connect(self._on_show_keys)
        actions.about.triggered.connect(lambda: self._make_about_dialog(self).open())
        actions.import_files.triggered.connect(self._adder.ask_for_files)
        self._adder.told.connect(self.tell)
        self._adder.told_of.connect(self._on_jobs_came)
        self._adder.show_requested.connect(self._list.show_jobs)
        actions.quit.triggered.connect(self._on_quit)
        actions.wished.connect(self._on_wished)
        self._rows.told.connect(self.tell)
        self._rows.told_of.connect(self._on_jobs_came)
        self._rows.undo_offered.connect(self._on_undo_offered)
        self._rows.order_offered.connect(self._on_order_offered)
        actions.properties.triggered.connect(self._show_properties)
        actions.open.triggered.connect(self._on_open)
        actions.open_folder.triggered.connect(self._on_open_folder)
        actions.open_in_browser.triggered.connect(self._on_open_in_browser)
        actions.copy_link.triggered.connect(self._on_copy_link)
        actions.select_all.triggered.connect(self._table.selectAll)
        actions.pause_all.triggered.connect(self._on_pause_all)
        actions.resume_all.triggered.connect(self._on_resume_all)
        actions.show_or_hide.triggered.connect(self._on_show_or_hide)
        actions.search.triggered.connect(self._tool_bar.begin_search)
        self._tool_bar.searched.connect(self._list.search)
        self._tool_bar.left_search.connect(
            lambda: self._table.setFocus(Qt.FocusReason.ShortcutFocusReason)
        )
        self._list.filter_cleared.connect(lambda: self._tool_bar.search_for(""))
        self._tray.clicked.connect(self._on_show_or_hide)
        self._tray.gone.connect(self._on_tray_gone)
        self._tray.message_clicked.connect(lambda shown: self.answer(shown, shown.click))
        self._table.selection_changed.connect(self._on_selection_changed)
        self._table.finished_activated.connect(self._open)
        self._table.unfinished_activated.connect(self._show_properties)
        actions.details.toggled.connect(self._show_page_banner)
        self._details.page_changed.connect(self._show_page_banner)

    def _connect_queue(self) -> None:
        queue, jobs = self._queue, self._jobs
        queue.jobs_added.connect(jobs.add_jobs)
        # A change may be the first word of a job: another process has added it.
        queue.jobs_changed.connect(jobs.add_jobs)
        queue.jobs_removed.connect(jobs.remove_jobs)
        queue.progressed.connect(jobs.note_progress)
        queue.progressed.connect(self._live.note_progress)
        queue.jobs_changed.connect(self._live.note_jobs)
        queue.jobs_removed.connect(self._live.forget)
        queue.problem_changed.connect(self._banner.show_problem)
        self._banner.show_problem(queue.problem)
        queue.network_away_changed.connect(self._status_line.show_offline)
        self._status_line.show_offline(queue.network_is_away)
        jobs.jobs_updated.connect(self._selection_timer.start)
        jobs.counted_down.connect(self._details.keep_step)
        jobs.summary_changed.connect(self._on_summary_changed)
        # After the list, which knows the latest of each job.
        self._herald = Herald(
            queue,
            self._settings,
            show=self.announced.emit,
            is_watched=self._is_watched,
            latest=lambda job: jobs.job(job.id) or job,
            parent=self,
        )
        self._herald.moved.connect(self._on_herald_moved)

    # What the queue tells

    def _on_summary_changed(self) -> None:
        summary = self._jobs.summary()
        self._status_line.show_summary(summary)
        self._tray.show_summary(summary)
        self._actions.suit_list(summary)
        self._centre.set_has_jobs(bool(summary.total))

    def _on_herald_moved(self) -> None:
        self._tray.show_work(self._herald.fraction, self._herald.unseen_failures)

    def _on_selection_changed(self) -> None:
        jobs = self._table.selected_jobs()
        self._actions.suit_selection(jobs)
        self._details.show_jobs(jobs)
        self._show_page_banner()

    def _show_page_banner(self) -> None:
        """Ask about a page that came in place of a file, where the details do not."""
        jobs = self._table.selected_jobs()
        came_as_page = len(jobs) == 1 and jobs[0].allows(Wish.ACCEPT)
        if self._details.isVisible() and self._details.page is self._details.general:
            came_as_page = False
        self._page_banner.show_problem(jobs[0].error_message if came_as_page else None)

    def _show_properties(self) -> None:
        self._actions.details.setChecked(True)
        self._details.show_page(self._details.general)

    def _on_columns_menu(self) -> None:
        self._columns_menu.clear()
        self._table.columns.fill_menu(self._columns_menu)

    # Settings

    def _folder(self) -> str:
        """Where links are saved that come without a folder."""
        return self._settings.download_directory or self._usual_directory

    def _on_settings(self) -> None:
        if self._settings_dialog is None:
            if not self.isVisible():
                self.bring_to_front()
            self._settings_dialog = self._make_settings_dialog(self)
            self._settings_dialog.finished.connect(self._on_settings_dialog_finished)
            self._settings_dialog.open()
        self._settings_dialog.raise_()
        self._settings_dialog.activateWindow()

    def _on_settings_dialog_finished(self) -> None:
        self._settings_dialog = None

    def _on_show_keys(self) -> None:
        from dlmanager.gui.help_dialogs import KeysDialog

        KeysDialog(self._actions.with_keys, self).open()

    # Adding

    def _clipboard(self) -> QMimeData | None:
        # PySide's stubs do not tell that it is None while the clipboard is empty.
        return QGuiApplication.clipboard().mimeData()

    def _on_add(self) -> None:
        self._adder.begin(self._clipboard())

    def _on_paste(self) -> None:
        self._adder.paste(self._clipboard())

    def _on_add_from_clipboard(self) -> None:
        self._adder.add_clipboard(self._clipboard())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        # Not the finished files of this very window.
        if event.source() is None and may_hold_links(event.mimeData()):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self._drop_overlay.appear()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._drop_overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self._drop_overlay.hide()
        # Never a move, which would tell the source to delete what was dragged.
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self._adder.take_drop(event.mimeData())

    # The selected jobs

    def _on_wished(self, wish: Wish) -> None:
        if wish is Wish.REMOVE:
            self._rows.remove()
            return
        rows = self._table.selected_rows()
        wanted = [row for row in rows if self._jobs.job_at(row).allows(wish)]
        jobs = [self._jobs.job_at(row) for row in wanted]
        ids = [job.id for job in jobs]
        if not ids:
            return
        bytes_lost = sum(self._jobs.bytes_done_at(row) for row in wanted)
        if wish is Wish.CANCEL and bytes_lost:
            question = questions.ask_to_cancel(
                self, jobs, bytes_lost, lambda: self._ask_queue(wish, ids)
            )
            self._withdraw_once_settled(question, ids)
        else:
            self._ask_queue(wish, ids)

    def _withdraw_once_settled(self, question: QMessageBox, job_ids: Sequence[str]) -> None:
        """Take back the question whether to cancel jobs when none is left that could be."""

        def look() -> None:
            jobs = map(self._jobs.job, job_ids)
            if not any(job is not None and job.allows(Wish.CANCEL) for job in jobs):
                question.reject()
                self.tell(self.tr("Nothing is left to cancel."))

        self._jobs.jobs_updated.connect(look)
        question.finished.connect(lambda: self._jobs.jobs_updated.disconnect(look))

    def _ask_queue(self, wish: Wish, job_ids: Sequence[str]) -> None:
        self._start_task(self._telling(self._wish(wish, job_ids)))

    async def _telling(self, asked: Coroutine[Any, Any, None]) -> None:
        """Ask something of the queue, and tell the person where it cannot be done."""
        try:
            await asked
        except DlmanagerError as error:
            self.tell(in_window_language(str(error)))

    async def _wish(self, wish: Wish, job_ids: Sequence[str]) -> None:
        match wish:
            case Wish.PAUSE:
                changed = await self._queue.pause(job_ids)
                text = self.tr("Paused {downloads}.")
            case Wish.RESUME:
                changed = await self._queue.resume(job_ids)
                text = self.tr("Resumed {downloads}.")
            case Wish.START:
                changed = await self._queue.start_now(job_ids)
                text = self.tr("Starting {downloads} now.")
            case Wish.CANCEL:
                changed = await self._queue.cancel(job_ids)
                text = self.tr("Cancelled {downloads}.")
            case Wish.ACCEPT:
                changed = await self._queue.accept(job_ids)
                text = self.tr("Fetching the web page of {downloads}.")
            case _:
                changed = await self._queue.retry(job_ids)
                text = self.tr("Trying {downloads} again.")
        if changed:
            self.tell(text.format(downloads=formatting.downloads_text(len(changed))))

    def _on_jobs_came(self, text: str, job_ids: Sequence[str]) -> None:
        self.tell(text)
        self._arrivals.follow(text, job_ids)

    def _on_undo_offered(self, text: str) -> None:
        self._status_line.say(text, self._actions.undo_remove)

    def _on_order_offered(self, text: str) -> None:
        self._status_line.say(text, self._actions.queue_order)

    def _on_open(self) -> None:
        for job in self._table.selected_jobs()[:MAX_OPENED]:
            self._open(job)

    def _open(self, job: Job) -> None:
        if job.path is None:
            return
        try:
            self._open_file(job.path)
        except DlmanagerError as error:
            self.tell(in_window_language(str(error)))

    def _on_open_folder(self) -> None:
        # Each folder once, with the first of its files.
        places: dict[str, str] = {}
        for job in self._table.selected_jobs()[:MAX_OPENED]:
            places.setdefault(job.target_directory, job.path or job.target_directory)
        for path in places.values():
            self._show_path(path)

    def _show_path(self, path: str) -> None:
        folder = path if Path(path).is_dir() else str(Path(path).parent)

        def on_failed() -> None:
            self.bring_to_front()
            self.tell(self.tr("The folder {folder} could not be opened.").format(folder=folder))

        self._show_in_folder(path, on_failed)

    def _on_open_in_browser(self) -> None:
        for job in self._table.selected_jobs()[:1]:
            if not self._open_in_browser(job.url):
                self.tell(self.tr("No browser opened. Copy the link and open it by hand."))

    def _on_copy_link(self) -> None:
        links = [job.url for job in self._table.selected_jobs()]
        if not links:
            return
        QGuiApplication.clipboard().setText("\n".join(links))
        self.tell(
            self.tr("Copied the link.")
            if len(links) == 1
            else self.tr("Copied {number} links.").format(
                number=formatting.whole_number(len(links))
            )
        )

    def _on_pause_all(self) -> None:
        self._start_task(self._telling(self._queue.pause_all()))

    def _on_resume_all(self) -> None:
        self._start_task(self._telling(self._queue.resume_all()))

    # The window and the tray

    def _is_watched(self) -> bool:
        """Whether the person sees the window, or a dialog of it, in front just now."""
        return (
            self.isVisible() and not self.isMinimized() and QApplication.activeWindow() is not None
        )

    def _on_show_or_hide(self) -> None:
        if self.isVisible() and not self.isMinimized():
            # Without a tray there would be no way back.
            if self._tray.appear():
                self.hide()
        else:
            self.bring_to_front()

    def _on_tray_gone(self) -> None:
        if not self.isVisible():
            self.bring_to_front()  # it would be lost

    def _request_quit(self) -> None:
        self._is_quitting = True
        self._tray.leave()
        self.quit_requested.emit()

    def _on_quit(self) -> None:
        # Without a tray nothing but the window shows that downloads run.
        if self._tray.appear():
            self._request_quit()
        else:
            self._quit_or_ask()

    def _quit_or_ask(self) -> None:
        if count := self._unfinished():
            self._ask_to_quit(count)
        else:
            self._request_quit()

    def _unfinished(self) -> int:
        return self._jobs.summary().unfinished

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self._is_watched():
            self._herald.note_seen()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._tray.appear()
        self._actions.suit_window(is_visible=True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._state.note_geometry(self.saveGeometry())
        self._actions.suit_window(is_visible=False)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._is_quitting:
            event.accept()
            return
        event.ignore()
        if not self._settings.close_to_tray:
            self._quit_or_ask()
        elif self._tray.appear():
            self.hide()
            self._tell_of_tray()
        elif self._unfinished():
            self.showMinimized()
            self.tell(
                self.tr("Downloads continue. To end dlmanager, choose Quit in the File menu.")
            )
        else:
            self._request_quit()

    def _ask_to_quit(self, count: int) -> None:
        if self._quit_question is None:
            self._quit_question = questions.ask_to_quit(self, count, self._request_quit)
            self._quit_question.finished.connect(self._on_quit_question_finished)

    def _on_quit_question_finished(self) -> None:
        self._quit_question = None

    def _tell_of_tray(self) -> None:
        if not self._state.was_told_of_tray:
            self._state.note_told_of_tray()
            self.announced.emit(announcer.of_tray())


def _remedies(actions: Actions) -> Remedies:
    """What may help where a download went wrong, the likeliest first."""

    def always(job: Job) -> bool:
        return True

    return {
        actions.enter_password: always,
        actions.open_in_browser: always,
        actions.accept: always,
        actions.edit_link: lambda job: job.may_need_link,
        actions.checksum: lambda job: job.has_wrong_checksum,
        actions.download_again: lambda job: job.has_wrong_checksum,
        actions.retry: always,
    }
