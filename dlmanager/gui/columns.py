"""The columns of the table: which are shown, how wide they are, and in what order."""

import contextlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import partial

from PySide6.QtCore import QCoreApplication, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QMenu, QTableView

from dlmanager.core.priority import Priority
from dlmanager.gui import formatting
from dlmanager.gui.job_row import Column, titles
from dlmanager.gui.progress_delegate import CELL_MARGIN_PX
from dlmanager.gui.row_height import icon_side

USUAL = frozenset(
    {
        Column.NAME,
        Column.SIZE,
        Column.PROGRESS,
        Column.STATUS,
        Column.SPEED,
        Column.TIME_LEFT,
        Column.PRIORITY,
        Column.RETRIES,
        Column.ADDED,
    }
)
"""The columns that are shown until a person chooses."""

# The widest thing that each column usually holds; names get what is left.
_WIDEST = {
    Column.SIZE: "999.9 MB",
    Column.PROGRESS: "99.9 MB______________",
    Column.SPEED: "99.9 MB/s",
    Column.TIME_LEFT: "23 h 59 min",
    Column.DOWNLOADED: "999.9 MB",
    Column.RETRIES: "99",
    Column.FOLDER: "/home/somebody/Downloads",
    Column.HOST: "downloads.example.org",
    Column.LINK: "https://downloads.example.org/folder/file",
    Column.VERIFICATION: "Not confirmed",
}
_WIDE_DATE_MS = 1_798_498_680_000  # in December, with two digits in every place
_NAME_WIDTH_CHARACTERS = 26
_TIGHTEST_NAME_CHARACTERS = 10
_TIGHTEST_BAR_CHARACTERS = 4
_TIGHTEST_STATUS_CHARACTERS = 9  # shortened; badge, bar and tooltip tell the rest
_NAME_SHARE = 0.6  # of the room that is left over; the rest goes to the sentences of Status
_GIVE_WAY = (
    Column.RETRIES,
    Column.PRIORITY,
    Column.ADDED,
    Column.TIME_LEFT,
    Column.SIZE,
    Column.SPEED,
)  # what is left out first where there is too little room


@dataclass(frozen=True, slots=True)
class ColumnState:
    """What a person made of the columns, by their names; None where nobody has touched it.

    widths in device-independent pixels. order: all columns, from the left.
    """

    chosen: tuple[str, ...] | None = None
    widths: dict[str, int] | None = None
    order: tuple[str, ...] | None = None
    sorted_by: str | None = None
    is_descending: bool = False

    def dump(self) -> str:
        """Return it as text."""
        return json.dumps(asdict(self))


def load_column_state(text: str) -> ColumnState:
    """Return what `ColumnState.dump` wrote; what cannot be read counts as untouched."""
    known = Column.__members__
    try:
        values = json.loads(text)
        widths, sorted_by = values["widths"], values["sorted_by"]
        return ColumnState(
            chosen=_names(values["chosen"]),
            widths=widths and {name: int(px) for name, px in widths.items() if name in known},
            order=_names(values["order"]),
            sorted_by=sorted_by if sorted_by in known else None,
            is_descending=bool(values["is_descending"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return ColumnState()


def _names(values: Iterable[str] | None) -> tuple[str, ...] | None:
    known = Column.__members__
    return None if values is None else tuple(name for name in values if name in known)


class Columns(QObject):
    """Keeps the columns of a table as the person wants them, and fitting where nobody said.

    Signals:
        changed(): the person has changed something that `state` tells.
    """

    changed = Signal()

    def __init__(self, view: QTableView) -> None:
        super().__init__(view)
        self._view = view
        self._header = view.horizontalHeader()
        self._chosen: frozenset[Column] | None = None
        self._own_px: dict[Column, int] = {}  # of those that the person made wider or narrower
        self._is_fitting = False
        self._least_px = _least_widths(view.fontMetrics())
        for column, width in self._least_px.items():
            view.setColumnWidth(column, width)
        self._header.setSectionsMovable(True)
        self._header.sectionResized.connect(self._on_section_resized)
        self._header.sectionMoved.connect(self.changed)
        self._header.sortIndicatorChanged.connect(self.changed)
        self._header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._header.customContextMenuRequested.connect(self._on_menu_requested)
        self._hide_unchosen()

    # What the person wants

    @property
    def state(self) -> ColumnState:
        """What the person made of the columns."""
        widths = {column.name: width for column, width in self._own_px.items()}
        order = sorted(Column, key=self._header.visualIndex)
        return ColumnState(
            chosen=None if self._chosen is None else tuple(c.name for c in sorted(self._chosen)),
            widths=widths or None,
            order=None if order == list(Column) else tuple(column.name for column in order),
            sorted_by=Column(self._header.sortIndicatorSection()).name,
            is_descending=self._header.sortIndicatorOrder() is Qt.SortOrder.DescendingOrder,
        )

    def restore(self, state: ColumnState) -> None:
        """Bring back what the person made of the columns."""
        with self._fitting():
            if state.chosen is None:
                self._chosen = None
            else:
                self._chosen = frozenset({Column[name] for name in state.chosen} | {Column.NAME})
            self._hide_unchosen()
            for place, name in enumerate(state.order or ()):
                self._header.moveSection(self._header.visualIndex(Column[name]), place)
            widths = state.widths or {}
            self._own_px = {Column[name]: width for name, width in widths.items()}
        if state.sorted_by is not None:
            descending, ascending = Qt.SortOrder.DescendingOrder, Qt.SortOrder.AscendingOrder
            self._header.setSortIndicator(
                Column[state.sorted_by], descending if state.is_descending else ascending
            )
        self.fit()

    def choose(self, column: Column, *, is_shown: bool) -> None:
        """Show a column whatever room there is, or hide it. Names are always shown."""
        before = USUAL if self._chosen is None else self._chosen
        self._chosen = (before | {column} if is_shown else before - {column}) | {Column.NAME}
        self._hide_unchosen()
        self.fit()
        self.changed.emit()

    def reset(self) -> None:
        """Forget what the person made of the columns, but for the order of the rows."""
        state = self.state
        self.restore(
            ColumnState(
                order=tuple(column.name for column in Column),
                sorted_by=state.sorted_by,
                is_descending=state.is_descending,
            )
        )
        self.changed.emit()

    def suit_font(self) -> None:
        """Make the columns as wide as the text now needs; widths the person set stay."""
        least_px = _least_widths(self._view.fontMetrics())
        if least_px == self._least_px:
            return
        self._least_px = least_px
        self.fit()

    def fill_menu(self, menu: QMenu) -> None:
        """Put an entry for each column into a menu, and one that resets them."""
        for column, title in zip(Column, titles(), strict=True):
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(column in self._wanted())
            action.setEnabled(column is not Column.NAME)
            action.toggled.connect(partial(self._on_toggled, column))
        menu.addSeparator()
        menu.addAction(self.tr("Reset columns"), self.reset)

    # Fitting

    def fit(self) -> None:
        """Give Name and Status what the others leave; widths that the person set stay.

        Where there is too little room, what matters least is left out; what the person chose
        stays.
        """
        with self._fitting():
            room = self._view.viewport().width()
            widths = self._least_px | self._own_px
            widths = {column: widths[column] for column in sorted(self._wanted())}
            for column in self._may_give_way():
                self._header.setSectionHidden(column, sum(widths.values()) > room)
                if self._header.isSectionHidden(column):
                    del widths[column]
            widths |= self._shared_out(widths, room - sum(widths.values()))
            for column, width in widths.items():
                self._header.resizeSection(column, width)

    def _shared_out(self, least: dict[Column, int], spare_px: int) -> dict[Column, int]:
        """Return the widths of the columns that take what is left over, or give what is lacking.

        spare_px: below 0 where room is lacking.
        """
        tightest = _tightest_widths(self._view.fontMetrics())
        may_change = least.keys() - self._own_px.keys()
        widths = {column: least[column] for column in tightest if column in may_change}
        if spare_px >= 0:
            name_share = _NAME_SHARE if Column.STATUS in widths else 1
            for_name = round(spare_px * name_share) if Column.NAME in widths else 0
            for column, share_px in (
                (Column.NAME, for_name),
                (Column.STATUS, spare_px - for_name),
            ):
                if column in widths:
                    widths[column] += share_px
            return widths
        lacking_px = -spare_px
        for column in widths:
            given_px = min(lacking_px, max(0, widths[column] - tightest[column]))
            widths[column] -= given_px
            lacking_px -= given_px
        return widths

    def _may_give_way(self) -> tuple[Column, ...]:
        """What may be left out for want of room, the first first."""
        return _GIVE_WAY if self._chosen is None else ()

    def _wanted(self) -> frozenset[Column]:
        return USUAL if self._chosen is None else self._chosen

    def _hide_unchosen(self) -> None:
        with self._fitting():
            for column in Column:
                self._header.setSectionHidden(column, column not in self._wanted())

    @contextlib.contextmanager
    def _fitting(self) -> Iterator[None]:
        """While widths change that nobody has set."""
        before, self._is_fitting = self._is_fitting, True
        try:
            yield
        finally:
            self._is_fitting = before

    # What the person does

    def _on_section_resized(self, column: int, before_px: int, now_px: int) -> None:
        # To or from nothing it is hidden or shown, which Qt does anew with each order of the rows.
        if not self._is_fitting and before_px and now_px:
            self._own_px[Column(column)] = now_px
            self.changed.emit()

    def _on_toggled(self, column: Column, is_shown: bool) -> None:
        self.choose(column, is_shown=is_shown)

    def _on_menu_requested(self, position: QPoint) -> None:
        menu = QMenu(self._view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.fill_menu(menu)
        menu.popup(self._header.mapToGlobal(position))


def _least_widths(metrics: QFontMetrics) -> dict[Column, int]:
    """Return how wide each column must be for what it usually holds, and for its title."""
    room = 2 * CELL_MARGIN_PX + 10
    date_px = metrics.horizontalAdvance(formatting.date_and_time(_WIDE_DATE_MS))
    widths = {
        Column.NAME: metrics.averageCharWidth() * _NAME_WIDTH_CHARACTERS + icon_side(metrics),
        Column.ADDED: date_px + room + CELL_MARGIN_PX,
        Column.FINISHED: date_px + room + CELL_MARGIN_PX,
    }
    status = QCoreApplication.translate("Columns", "Retrying in 59 min (2 of 3)")
    level = max(map(formatting.priority_name, Priority), key=len)
    for column, text in (
        *_WIDEST.items(),
        (Column.STATUS, status),
        (Column.PRIORITY, level),
    ):
        title_px = metrics.horizontalAdvance(titles()[column])
        widths[column] = max(metrics.horizontalAdvance(text) + room, title_px + 32)
    return widths


def _tightest_widths(metrics: QFontMetrics) -> dict[Column, int]:
    """Return how narrow columns may become where room is lacking; in the order they give it."""
    room = 2 * CELL_MARGIN_PX + 10
    character_px = metrics.averageCharWidth()
    with_bar = metrics.horizontalAdvance("100 %") + _TIGHTEST_BAR_CHARACTERS * character_px
    return {
        Column.PROGRESS: max(with_bar, metrics.horizontalAdvance("999.9 MB")) + room,
        Column.NAME: _TIGHTEST_NAME_CHARACTERS * character_px + icon_side(metrics),
        Column.STATUS: _TIGHTEST_STATUS_CHARACTERS * character_px + room,
    }
