"""The panel on the left: what the list can be narrowed to, each with how many there are."""

from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFont, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from dlmanager import resources
from dlmanager.core.categories import Category
from dlmanager.gui import formatting
from dlmanager.gui.job_filter import Group, Verdict
from dlmanager.gui.job_table_model import Counts
from dlmanager.gui.palette import quiet_text, with_soft_selection

_LABEL, _COUNT = 0, 1
_ROOM_PX = 8
_ICON_PX = 16
_WIDEST_COUNT = "99,999"

Choice = Group | Category | Verdict
"""What the list can be narrowed to."""

_ICONS: dict[Choice, str] = {
    Group.ALL: "list",
    Group.ACTIVE: "download",
    Group.WAITING: "hourglass",
    Group.PAUSED: "pause",
    Group.RETRYING: "rotate-ccw",
    Group.COMPLETED: "circle-check",
    Group.FAILED: "circle-x",
    Group.CANCELLED: "circle-slash",
    Category.DOCUMENTS: "file-text",
    Category.ARCHIVES: "file-archive",
    Category.VIDEO: "file-play",
    Category.MUSIC: "file-music",
    Category.IMAGES: "file-image",
    Category.PROGRAMS: "file-box",
    Category.OTHER: "file",
    Verdict.VERIFIED: "shield-check",
    Verdict.MISMATCH: "shield-alert",
}


class SidePanel(QTreeWidget):
    """Lists the groups of states, the categories, and what checksums say; one is chosen.

    Signals:
        chosen(Choice): the list is to show these alone.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: dict[Choice, QTreeWidgetItem] = {}
        self._set_up_look()
        downloads = self._add_section(self.tr("Downloads"))
        for group in Group:
            self._add(downloads, group, group_text(group))
        self._categories = self._add_section(self.tr("Categories"))
        for category in Category:
            self._add(self._categories, category, category_text(category))
        self._verdicts = self._add_section(self.tr("Checksums"))
        for verdict in Verdict:
            self._add(self._verdicts, verdict, verdict_text(verdict))
        self._draw_icons()
        self.expandAll()
        self.setCurrentItem(self._items[Group.ALL])
        self.itemSelectionChanged.connect(self._on_selection_changed)

    def show_counts(self, counts: Counts) -> None:
        """Show how many jobs there are of each; what none is of is left out, but for states."""
        for choice, item in self._items.items():
            count = _count_of(choice, counts)
            self._show_count(item, count)
            if not isinstance(choice, Group):
                item.setHidden(not count and not item.isSelected())
        self._categories.setHidden(not counts.by_group[Group.ALL])
        verdicts = [self._items[verdict] for verdict in Verdict]
        self._verdicts.setHidden(all(item.isHidden() for item in verdicts))

    def choose(self, wanted: Choice) -> None:
        """Choose an entry, as a click on it does."""
        self.setCurrentItem(self._items[wanted])

    @property
    def current(self) -> Choice:
        """What is chosen."""
        return self._chosen

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        words = max(metrics.horizontalAdvance(item.text(_LABEL)) for item in self._items.values())
        count = metrics.horizontalAdvance(_WIDEST_COUNT)
        room = self.indentation() + self.iconSize().width() + 4 * _ROOM_PX
        return QSize(words + count + room, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self.sizeHint().width(), super().minimumSizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ParentChange):
            self._colour()
        elif event.type() == QEvent.Type.FontChange:
            self._suit_font()

    def _suit_font(self) -> None:
        side = max(_ICON_PX, self.fontMetrics().height())
        self.setIconSize(QSize(side, side))

    def _colour(self) -> None:
        """Take the colours of the list, on the ground of the window."""
        self._draw_icons()
        above = self.parentWidget()
        wanted = with_soft_selection(above.palette() if above is not None else QPalette())
        wanted.setColor(QPalette.ColorRole.Base, wanted.color(QPalette.ColorRole.Window))
        role = QPalette.ColorRole.Highlight
        if wanted.color(role) != self.palette().color(role):
            self.setPalette(wanted)

    def _set_up_look(self) -> None:
        self._chosen: Choice = Group.ALL
        self.setAccessibleName(self.tr("Filters"))
        self.setColumnCount(2)
        self.setHeaderHidden(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setRootIsDecorated(False)
        self.setItemsExpandable(False)
        self.setIndentation(2 * _ROOM_PX)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._colour()
        self._suit_font()
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(_LABEL, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(_COUNT, QHeaderView.ResizeMode.ResizeToContents)

    def _draw_icons(self) -> None:
        colour = quiet_text(self.palette())
        for key, item in self._items.items():
            item.setIcon(_LABEL, resources.icon(_ICONS[key], colour, colour))

    def _add_section(self, title: str) -> QTreeWidgetItem:
        section = QTreeWidgetItem(self, [title, ""])
        section.setFlags(Qt.ItemFlag.ItemIsEnabled)  # a title, nothing to choose
        section.setFirstColumnSpanned(True)
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        section.setFont(_LABEL, font)
        section.setSizeHint(_LABEL, QSize(0, self._row_height()))
        return section

    def _add(self, section: QTreeWidgetItem, key: Choice, text: str) -> None:
        item = QTreeWidgetItem(section, [text, ""])
        item.setData(_LABEL, Qt.ItemDataRole.UserRole, key.value)
        item.setTextAlignment(_COUNT, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setSizeHint(_LABEL, QSize(0, self._row_height()))
        self._items[key] = item

    def _row_height(self) -> int:
        return self.fontMetrics().height() + _ROOM_PX

    def _show_count(self, item: QTreeWidgetItem, count: int) -> None:
        text = formatting.whole_number(count) if count else ""
        if item.text(_COUNT) != text:
            item.setText(_COUNT, text)
            spoken = f"{item.text(_LABEL)}, {formatting.whole_number(count)}"
            item.setData(_LABEL, Qt.ItemDataRole.AccessibleTextRole, spoken)

    def _on_selection_changed(self) -> None:
        for key, item in self._items.items():
            if item.isSelected() and key is not self._chosen:
                self._chosen = key
                self.chosen.emit(key)


def _count_of(choice: Choice, counts: Counts) -> int:
    match choice:
        case Group():
            return counts.by_group[choice]
        case Category():
            return counts.by_category[choice]
        case _:
            return counts.by_verdict[choice]


def group_text(group: Group) -> str:
    """Return what a group of states is called."""
    translate = QCoreApplication.translate
    return {
        Group.ALL: translate("SidePanel", "All"),
        Group.ACTIVE: translate("SidePanel", "Active"),
        Group.WAITING: translate("SidePanel", "Waiting"),
        Group.PAUSED: translate("SidePanel", "Paused"),
        Group.RETRYING: translate("SidePanel", "Retrying"),
        Group.COMPLETED: translate("SidePanel", "Completed"),
        Group.FAILED: translate("SidePanel", "Failed"),
        Group.CANCELLED: translate("SidePanel", "Cancelled"),
    }[group]


def category_text(category: Category) -> str:
    """Return what a category of files is called."""
    translate = QCoreApplication.translate
    return {
        Category.DOCUMENTS: translate("SidePanel", "Documents"),
        Category.ARCHIVES: translate("SidePanel", "Archives"),
        Category.VIDEO: translate("SidePanel", "Video"),
        Category.MUSIC: translate("SidePanel", "Music"),
        Category.IMAGES: translate("SidePanel", "Images"),
        Category.PROGRAMS: translate("SidePanel", "Programs"),
        Category.OTHER: translate("SidePanel", "Other"),
    }[category]


def verdict_text(verdict: Verdict) -> str:
    """Return what those are called of which checksums say the same."""
    translate = QCoreApplication.translate
    return {
        Verdict.VERIFIED: translate("SidePanel", "Verified"),
        Verdict.MISMATCH: translate("SidePanel", "Mismatch"),
    }[verdict]


def text_of(choice: Choice) -> str:
    """Return what something that the list can be narrowed to is called."""
    match choice:
        case Group():
            return group_text(choice)
        case Category():
            return category_text(choice)
        case _:
            return verdict_text(choice)
