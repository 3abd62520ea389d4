"""The middle of the window: the panel of filters, and beside it the list or what stands for it."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QSplitter, QStackedWidget, QWidget

from dlmanager.core.categories import Category
from dlmanager.gui.columns import load_column_state
from dlmanager.gui.empty_page import EmptyPage, NoHitsPage
from dlmanager.gui.job_filter import NO_FILTER, Group, JobFilter, Verdict, words_of
from dlmanager.gui.job_table_view import JobTableView
from dlmanager.gui.side_panel import Choice, SidePanel, text_of
from dlmanager.gui.window_state import WindowState

_SETTLE_MS = 500
_THE_REST_PX = 10_000


class ListPane(QSplitter):
    """Shows the jobs that the side panel and the search leave.

    Signals:
        filter_changed(): other jobs may be hidden.
        filter_cleared(): the person wants to see all again; the field of the search is to follow.
    """

    filter_changed = Signal()
    filter_cleared = Signal()

    def __init__(self, state: WindowState, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._state = state
        self._filter = NO_FILTER
        self._searched = ""
        self.side_panel = SidePanel(self)
        self.table = JobTableView(self)
        self._jobs = self.table.jobs
        self._empty_page = EmptyPage(self)
        self._no_hits_page = NoHitsPage(self)
        self._pages = QStackedWidget(self)
        for page in (self._empty_page, self.table, self._no_hits_page):
            self._pages.addWidget(page)
        self.addWidget(self.side_panel)
        self.addWidget(self._pages)
        self.setStretchFactor(0, 0)
        self.setStretchFactor(1, 1)
        self.setChildrenCollapsible(False)
        self.setHandleWidth(1)
        self._restore_state()
        # Dragging changes widths many times a second.
        self._settle_timer = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle_timer.timeout.connect(self._save_state)
        self.table.columns.changed.connect(self._settle_timer.start)
        self.splitterMoved.connect(self._settle_timer.start)
        self.side_panel.chosen.connect(self._on_chosen)
        self._no_hits_page.cleared.connect(self.clear_filter)
        self._jobs.summary_changed.connect(self._on_summary_changed)
        self._on_summary_changed()

    def show_panel_while(self, wanted: QAction) -> None:
        """Show the side panel while an action is checked; begin as the person left it."""
        wanted.setChecked(self._state.side_panel_is_shown)
        self.side_panel.setVisible(wanted.isChecked())
        wanted.toggled.connect(self.side_panel.setVisible)
        wanted.toggled.connect(self._state.note_side_panel_shown)

    def note_end(self) -> None:
        """Remember what has just been changed; the window goes."""
        if self._settle_timer.isActive():
            self._save_state()

    def search(self, text: str) -> None:
        """Show only jobs with each of these words in name, link or folder."""
        self._searched = text.strip()
        self._filter = replace(self._filter, words=words_of(text))
        self._use_filter()

    def clear_filter(self) -> None:
        """Show all jobs."""
        self._searched = ""
        self._filter = NO_FILTER
        self.side_panel.choose(Group.ALL)
        self._use_filter()
        self.filter_cleared.emit()

    def show_jobs(self, job_ids: Sequence[str]) -> None:
        """Select jobs and bring the first into view; shows all jobs where one is hidden."""
        if self.is_filtered and any(self._jobs.row_of(job_id) is None for job_id in job_ids):
            self.clear_filter()
        self.table.show_jobs(job_ids)

    @property
    def is_filtered(self) -> bool:
        """Whether some jobs may be hidden."""
        return self._filter != NO_FILTER

    def _restore_state(self) -> None:
        if self._state.side_panel_width_px is not None:
            self.setSizes([self._state.side_panel_width_px, _THE_REST_PX])
        self.table.columns.restore(load_column_state(self._state.columns))

    def _save_state(self) -> None:
        self._settle_timer.stop()
        self._state.note_columns(self.table.columns.state.dump())
        if not self.side_panel.isHidden():
            self._state.note_side_panel_width(self.side_panel.width())

    def _on_chosen(self, chosen: Choice) -> None:
        self._filter = JobFilter(
            group=chosen if isinstance(chosen, Group) else Group.ALL,
            category=chosen if isinstance(chosen, Category) else None,
            words=self._filter.words,
            verdict=chosen if isinstance(chosen, Verdict) else None,
        )
        self._use_filter()

    def _use_filter(self) -> None:
        self._jobs.set_filter(self._filter)
        self._show_page()
        self.filter_changed.emit()

    def _on_summary_changed(self) -> None:
        self.side_panel.show_counts(self._jobs.counts())
        self._show_page()

    def _show_page(self) -> None:
        page: QWidget = self.table
        if not self._jobs.summary().total:
            page = self._empty_page
        elif not self._jobs.rowCount():
            self._no_hits_page.say(self._no_hits_text())
            page = self._no_hits_page
        if self._pages.currentWidget() is not page:
            # Else the keyboard would be nowhere, and the keys of the list would not work at once.
            had_keyboard = self._pages.isAncestorOf(QApplication.focusWidget() or self)
            self._pages.setCurrentWidget(page)
            if had_keyboard:
                page.setFocus()

    def _no_hits_text(self) -> str:
        chosen = self.side_panel.current
        name = text_of(chosen)
        if not self._searched:
            return self.tr("There is no download in “{group}”.").format(group=name)
        if chosen is Group.ALL:
            return self.tr("No download matches “{text}”.").format(text=self._searched)
        return self.tr("No download in “{group}” matches “{text}”.").format(
            group=name, text=self._searched
        )
