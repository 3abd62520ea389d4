"""The list above and the details below: how the room is shared, and when the details are there."""

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QAction, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSplitter, QWidget

from dlmanager.gui.details_panel import DetailsPanel
from dlmanager.gui.row_height import COMFORTABLE, row_height
from dlmanager.gui.window_state import WindowState

_LEAST_ROWS = 4  # of the list, its titles included: it must not be squeezed away
_GOOD_ROWS = 7  # that the details leave it by themselves, as long as anything of them is seen
_LARGEST_SHARE = 0.45  # of the height that the details take by themselves
_SETTLE_MS = 500


class ListAndDetails(QSplitter):
    """Shares the height; the details are there while they are wanted and the list is not empty."""

    def __init__(
        self,
        above: QWidget,
        details: DetailsPanel,
        wanted: QAction,
        state: WindowState,
        parent: QWidget | None = None,
    ) -> None:
        """wanted: checked while the person wants the details."""
        super().__init__(Qt.Orientation.Vertical, parent)
        self._details = details
        self._wanted = wanted
        self._state = state
        self._has_jobs = False
        self._height_px = state.details_height_px
        self.setChildrenCollapsible(False)
        self._above = above
        self._suit_font()
        self.addWidget(above)
        self.addWidget(details)
        # A larger window shows more of the list.
        self.setStretchFactor(0, 1)
        self.setStretchFactor(1, 0)
        wanted.setChecked(state.details_are_shown)
        details.show_page_number(state.details_page)
        self._settle_timer = QTimer(self)
        self._settle_timer.setSingleShot(True)
        self._settle_timer.setInterval(_SETTLE_MS)
        self._settle_timer.timeout.connect(self._note_height)
        wanted.toggled.connect(self._on_wanted)
        details.page_changed.connect(lambda: state.note_details_page(details.page_number))
        self.splitterMoved.connect(self._settle_timer.start)
        self._show_or_hide()

    def set_has_jobs(self, has_jobs: bool) -> None:
        """Follow whether there is anything in the list."""
        self._has_jobs = has_jobs
        self._show_or_hide()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._share()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._suit_font()
            self._share()

    def _suit_font(self) -> None:
        self._row_px = row_height(COMFORTABLE, self.fontMetrics())
        self._above.setMinimumHeight(_LEAST_ROWS * self._row_px)

    def _on_wanted(self, is_wanted: bool) -> None:
        self._state.note_details_shown(is_wanted)
        self._show_or_hide()

    def _show_or_hide(self) -> None:
        shown = self._wanted.isChecked() and self._has_jobs
        if shown is self._details.isHidden():
            self._details.setVisible(shown)
            self._share()

    def _share(self) -> None:
        left_px = self.height() - self.handleWidth() - _GOOD_ROWS * self._row_px
        least_px = self._details.minimumSizeHint().height()
        most_px = min(round(self.height() * _LARGEST_SHARE), max(least_px, left_px))
        wanted_px = self._height_px or min(self._details.sizeHint().height(), most_px)
        self.setSizes([max(1, self.height() - self.handleWidth() - wanted_px), wanted_px])

    def _note_height(self) -> None:
        if not self._details.isHidden():
            self._height_px = self.sizes()[1]
            self._state.note_details_height(self._height_px)
