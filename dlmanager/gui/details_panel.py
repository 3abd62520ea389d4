"""The details of the selection, below the list: a tab a page, filled while it can be seen."""

import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QSize, QTimer, Signal
from PySide6.QtGui import QAction, QHideEvent, QKeySequence, QPalette, QShowEvent
from PySide6.QtWidgets import QTabWidget, QToolButton, QVBoxLayout, QWidget

from dlmanager import resources
from dlmanager.core.job import Job
from dlmanager.gui.details_attempts import DetailsAttempts
from dlmanager.gui.details_general import DetailsGeneral, Remedies
from dlmanager.gui.details_log import DetailsLog
from dlmanager.gui.details_page import DetailsPage, Selection
from dlmanager.gui.details_speed import DetailsSpeed
from dlmanager.gui.live_progress import SECOND_MS, LiveProgress
from dlmanager.gui.queue import AttemptSource

_LEAST_HEIGHT_LINES = 5
_HEIGHT_LINES = 14


def now_ms() -> int:
    """Return the milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class DetailsPanel(QWidget):
    """Shows General, Attempts, Log and Speed of the selected jobs.

    Signals:
        page_changed(): another page came to the front.
    """

    page_changed = Signal()

    def __init__(
        self,
        source: AttemptSource,
        live: LiveProgress,
        *,
        remedies: Remedies,
        shown: QAction,
        start_task: Callable[[Coroutine[Any, Any, None]], None],
        clock: Callable[[], int] = now_ms,
        parent: QWidget | None = None,
    ) -> None:
        """remedies: what General offers where something went wrong. shown: checked while the
        panel is wanted. start_task: runs a coroutine and reports its errors. clock: milliseconds
        since the epoch.
        """
        super().__init__(parent)
        self._live = live
        self._selection = Selection((), live.of)
        self.general = DetailsGeneral(
            remedies, source=source, start_task=start_task, clock=clock, parent=self
        )
        self.attempts = DetailsAttempts(source, start_task=start_task, clock=clock, parent=self)
        self.log = DetailsLog(source, start_task=start_task, parent=self)
        self.speed = DetailsSpeed(live, self)
        self._tabs = QTabWidget(self)
        self._tabs.setDocumentMode(True)
        self._tabs.setAccessibleName(self.tr("Details"))
        for page, title in (
            (self.general, self.tr("&General")),
            (self.attempts, self.tr("Atte&mpts")),
            (self.log, self.tr("&Log")),
            (self.speed, self.tr("&Speed")),
        ):
            self._tabs.addTab(page, title)
        self._hide_button = QToolButton(self)
        self._hide_button.setAutoRaise(True)
        self._hide_button.setAccessibleName(self.tr("Hide the details"))
        keys = shown.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        self._hide_button.setToolTip(self.tr("Hide the details ({keys})").format(keys=keys))
        self._hide_button.clicked.connect(lambda: shown.setChecked(False))
        self._tabs.setCornerWidget(self._hide_button)
        self._draw_icon()
        self._tabs.currentChanged.connect(self._on_page_changed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._tabs)
        self._timer = QTimer(self)
        self._timer.setInterval(SECOND_MS)
        self._timer.timeout.connect(self._refresh)

    @property
    def page(self) -> DetailsPage:
        """The page in front."""
        page = self._tabs.currentWidget()
        assert isinstance(page, DetailsPage)
        return page

    def show_page(self, page: DetailsPage) -> None:
        """Bring a page to the front."""
        self._tabs.setCurrentWidget(page)

    @property
    def page_number(self) -> int:
        """The place of the page in front, from 0."""
        return self._tabs.currentIndex()

    def show_page_number(self, number: int) -> None:
        """Bring the page at a place to the front; one that is not there changes nothing."""
        if 0 <= number < self._tabs.count():
            self._tabs.setCurrentIndex(number)

    def show_jobs(self, jobs: Sequence[Job]) -> None:
        """Show these jobs, as last committed."""
        self._selection = Selection(jobs, self._live.of)
        self._refresh()

    def keep_step(self) -> None:
        """Count down with the rows of the list: their second has passed just now."""
        if self._timer.isActive():
            self._timer.start()
            self._refresh()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.fontMetrics().lineSpacing() * _LEAST_HEIGHT_LINES)

    def sizeHint(self) -> QSize:
        return QSize(600, self.fontMetrics().lineSpacing() * _HEIGHT_LINES)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_icon()

    def _draw_icon(self) -> None:
        palette, role = self.palette(), QPalette.ColorRole.ButtonText
        colour, disabled = palette.color(role), palette.color(QPalette.ColorGroup.Disabled, role)
        self._hide_button.setIcon(resources.icon("chevron-down", colour, disabled))

    def _on_page_changed(self) -> None:
        self._refresh()
        self.page_changed.emit()

    def _refresh(self) -> None:
        if self.isVisible():
            self.page.show_selection(self._selection)
