"""Every action of the window, once: its words, icon, keys, and when it makes sense."""

from collections.abc import Collection, Iterable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QPalette
from PySide6.QtWidgets import QMenu, QWidget

from dlmanager import resources
from dlmanager.core.job import IN_LINE, Job, Status, Wish
from dlmanager.core.priority import Priority
from dlmanager.core.queue_order import Move
from dlmanager.gui.job_table_model import Summary

MAX_OPENED = 10
"""How many files or folders are opened at once."""
MAX_LOOKED_AT = 1000
"""How many selected jobs are each looked at, with every change of the selection."""

_Standard = QKeySequence.StandardKey


class Actions(QObject):
    """The actions; menus, toolbar, tray and context menu share them.

    Signals:
        wished(Wish): the person wants this for the selected jobs.
        level_chosen(Priority), move_chosen(Move): the same of their place in the queue.
    """

    wished = Signal(object)
    level_chosen = Signal(object)
    move_chosen = Signal(object)

    def __init__(self, window: QWidget, list_widget: QWidget) -> None:
        """list_widget: where keys such as Delete and Return mean the selected jobs."""
        super().__init__(window)
        self._window = window
        self._list = list_widget
        self._icons: dict[QAction, str] = {}
        self._wishes: dict[Wish, QAction] = {}
        self.add = self._action(
            self.tr("&Add links…"), "plus", QKeySequence("Ctrl+N"), short=self.tr("Add")
        )
        self.paste = self._action(
            self.tr("&Paste links"), "clipboard-paste", QKeySequence(_Standard.Paste)
        )
        self.add_from_clipboard = self._action(self.tr("Add from &clipboard"), None)
        self.settings = self._action(
            self.tr("&Settings…"), "settings", QKeySequence("Ctrl+,"), short=self.tr("Settings")
        )
        self.import_files = self._action(
            self.tr("&Import…"), "file-text", QKeySequence(_Standard.Open)
        )
        self.import_files.setToolTip(
            self.tr("Import links from texts, shortcuts, metalinks and web pages")
        )
        self.show_keys = self._action(self.tr("&Keyboard shortcuts"), None, QKeySequence("F1"))
        self.about = self._action(self.tr("&About dlmanager"), None)
        self.quit = self._action(self.tr("&Quit"), "log-out", QKeySequence("Ctrl+Q"))
        self.resume = self._wish(Wish.RESUME, self.tr("&Resume"), "play", QKeySequence("Ctrl+R"))
        self.start = self._wish(
            Wish.START, self.tr("Start &now"), "zap", QKeySequence("Ctrl+Shift+S")
        )
        _tell(self.start, self.tr("Start now; if need be, another download makes room"))
        self.pause = self._wish(Wish.PAUSE, self.tr("&Pause"), "pause", QKeySequence("Ctrl+P"))
        self.cancel = self._wish(Wish.CANCEL, self.tr("&Cancel"), "x", QKeySequence("Ctrl+."))
        self.retry = self._wish(
            Wish.RETRY, self.tr("Re&try"), "rotate-ccw", QKeySequence("Ctrl+Shift+R")
        )
        self.open = self._list_action(
            self.tr("&Open"), "external-link", QKeySequence("Return"), QKeySequence("Enter")
        )
        self.open_folder = self._list_action(
            self.tr("Open &folder"),
            "folder-open",
            QKeySequence("Ctrl+Return"),
            short=self.tr("Folder"),
        )
        self.copy_link = self._list_action(
            self.tr("Copy &link"), "link", QKeySequence(_Standard.Copy)
        )
        self.open_in_browser = self._list_action(self.tr("Open in &browser"), "external-link")
        self.accept = self._wish(Wish.ACCEPT, self.tr("&Keep the page"), "file-code")
        self.remove = self._list_action(
            self.tr("Re&move from list"),
            "list-x",
            QKeySequence(_Standard.Delete),
            short=self.tr("Remove"),
        )
        _tell(self.remove, self.tr("Remove from the list; finished files stay"))
        self.remove.triggered.connect(lambda: self.wished.emit(Wish.REMOVE))
        self._wishes[Wish.REMOVE] = self.remove
        self.undo_remove = self._action(
            self.tr("&Undo remove"), "undo-2", QKeySequence(_Standard.Undo), short=self.tr("Undo")
        )
        self.show_arrivals = self._action(self.tr("Show"), "list")
        self.show_arrivals.setToolTip(self.tr("Show all downloads, with these selected"))
        self.delete_file = self._list_action(
            self.tr("&Delete file"), "trash-2", QKeySequence("Shift+Delete")
        )
        _tell(self.delete_file, self.tr("Move the file to the trash, and remove it from the list"))
        self.download_again = self._list_action(
            self.tr("Do&wnload again"), "refresh-cw", QKeySequence("Ctrl+D")
        )
        self.edit_link = self._list_action(self.tr("Edit l&ink…"), "pencil", QKeySequence("Ctrl+E"))
        self.enter_password = self._list_action(self.tr("Enter p&assword…"), "key-round")
        self.checksum = self._list_action(
            self.tr("C&hecksum…"), "shield-check", QKeySequence("Ctrl+K")
        )
        self.properties = self._list_action(self.tr("Propertie&s"), "info", QKeySequence("Ctrl+I"))
        self.levels = self._make_levels()
        self.priority_menu = self._menu(self.tr("Priorit&y"), "flag", self.levels.values())
        self.moves = self._make_moves()
        self.move_menu = self._menu(self.tr("Mo&ve"), "arrow-up-down", self.moves.values())
        # One button for all of it: there is little room in a toolbar.
        self.turn_menu = self._menu(
            self.tr("Priority"),
            "flag",
            (self.start, None, *self.levels.values(), None, *self.moves.values()),
        )
        self.queue_order = self._action(
            self.tr("In the order of the &queue"), None, short=self.tr("Show that order")
        )
        self.search = self._action(
            self.tr("&Find in the list"), "search", QKeySequence(_Standard.Find)
        )
        self.show_side_panel = self._switch(self.tr("&Side panel"), QKeySequence("F9"))
        self.select_all = self._list_action(
            self.tr("Select &all"), None, QKeySequence(_Standard.SelectAll)
        )
        self.pause_all = self._action(self.tr("Pa&use all"), None)
        self.resume_all = self._action(self.tr("Resum&e all"), None)
        self.details = self._switch(
            self.tr("&Details"), QKeySequence("F12"), QKeySequence("Alt+Return")
        )
        self.show_or_hide = self._action("", None)
        self.suit_window(is_visible=False)
        self.refresh_icons()
        window.installEventFilter(self)

    @property
    def with_keys(self) -> list[QAction]:
        """All actions that a key does, in the order in which they were made."""
        return [each for each in self.children() if isinstance(each, QAction) and each.shortcuts()]

    @property
    def of_jobs(self) -> tuple[QAction | None, ...]:
        """What can be done with the selected jobs, in the order of the menus."""
        return (
            self.open,
            self.open_folder,
            self.copy_link,
            None,
            self.open_in_browser,
            self.accept,
            self.enter_password,
            None,
            self.start,
            self.resume,
            self.pause,
            self.cancel,
            self.retry,
            self.download_again,
            self.edit_link,
            self.checksum,
            None,
            self.priority_menu.menuAction(),
            self.move_menu.menuAction(),
            None,
            self.remove,
            self.delete_file,
            None,
            self.properties,
        )

    def suit_selection(self, jobs: Sequence[Job]) -> None:
        """Enable what makes sense for the selected jobs."""
        statuses = _first_of_each_status(jobs)
        for wish, action in self._wishes.items():
            action.setEnabled(any(job.allows(wish) for job in statuses))
        # What is asked for one file at a time, and shown only where there is something to ask.
        came_as_page = len(jobs) == 1 and jobs[0].allows(Wish.ACCEPT)
        wants_login = len(jobs) == 1 and jobs[0].wants_login
        for action, is_needed in (
            (self.open_in_browser, came_as_page),
            (self.accept, came_as_page),
            (self.enter_password, wants_login),
        ):
            action.setEnabled(is_needed)
            action.setVisible(is_needed)
        has_finished = any(job.status is Status.COMPLETED for job in statuses)
        # Each opens a window of its own.
        are_few = len(jobs) <= MAX_OPENED
        self.open.setEnabled(are_few and any(job.path is not None for job in statuses))
        self.open_folder.setEnabled(bool(jobs) and are_few)
        self.delete_file.setEnabled(has_finished)
        self.download_again.setEnabled(has_finished)
        self.edit_link.setEnabled(len(jobs) == 1 and jobs[0].takes_link)
        self.checksum.setEnabled(len(jobs) == 1)
        takes_priority = any(job.takes_priority for job in statuses)
        menus = self.priority_menu, self.turn_menu
        for action in (*(menu.menuAction() for menu in menus), *self.levels.values()):
            action.setEnabled(takes_priority)
        is_in_line = any(job.status in IN_LINE for job in statuses)
        for action in (self.move_menu.menuAction(), *self.moves.values()):
            action.setEnabled(is_in_line)
        self._check_level(jobs if len(jobs) <= MAX_LOOKED_AT else ())
        for action in (self.copy_link, self.properties):
            action.setEnabled(bool(jobs))

    def _check_level(self, jobs: Sequence[Job]) -> None:
        """Check the level that all the unfinished ones of these jobs have."""
        found = {job.priority for job in jobs if job.takes_priority}
        for level, action in self.levels.items():
            action.setChecked(found == {level})

    def suit_list(self, summary: Summary) -> None:
        """Enable what makes sense for the list as a whole."""
        self.pause_all.setEnabled(bool(summary.unfinished))
        self.resume_all.setEnabled(bool(summary.paused))
        self.select_all.setEnabled(bool(summary.total))

    def suit_window(self, *, is_visible: bool) -> None:
        """Word the entry of the tray after what it would do."""
        self.show_or_hide.setText(
            self.tr("&Hide dlmanager") if is_visible else self.tr("&Show dlmanager")
        )

    def refresh_icons(self) -> None:
        """Draw the icons in the colours of the window's palette."""
        palette = self._window.palette()
        role, disabled = QPalette.ColorRole.ButtonText, QPalette.ColorGroup.Disabled
        for action, name in self._icons.items():
            action.setIcon(resources.icon(name, palette.color(role), palette.color(disabled, role)))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.PaletteChange:
            self.refresh_icons()
        return super().eventFilter(watched, event)

    def _make_levels(self) -> dict[Priority, QAction]:
        levels = {}
        group = QActionGroup(self)
        # Of several jobs each may have another.
        group.setExclusionPolicy(QActionGroup.ExclusionPolicy.ExclusiveOptional)
        for number, level in enumerate(Priority, 1):
            text = {
                Priority.URGENT: self.tr("&Urgent"),
                Priority.HIGH: self.tr("&High"),
                Priority.NORMAL: self.tr("N&ormal"),
                Priority.LOW: self.tr("&Low"),
            }[level]
            action = self._list_action(text, None, QKeySequence(f"Ctrl+{number}"))
            action.setCheckable(True)
            group.addAction(action)
            action.triggered.connect(lambda _, level=level: self.level_chosen.emit(level))
            levels[level] = action
        return levels

    def _make_moves(self) -> dict[Move, QAction]:
        moves = {
            Move.TOP: self._list_action(
                self.tr("Move to &top"), "arrow-up-to-line", QKeySequence("Alt+Home")
            ),
            Move.UP: self._list_action(self.tr("Move u&p"), "arrow-up", QKeySequence("Alt+Up")),
            Move.DOWN: self._list_action(
                self.tr("Move &down"), "arrow-down", QKeySequence("Alt+Down")
            ),
            Move.BOTTOM: self._list_action(
                self.tr("Move to &bottom"), "arrow-down-to-line", QKeySequence("Alt+End")
            ),
        }
        for move, action in moves.items():
            action.triggered.connect(lambda _, move=move: self.move_chosen.emit(move))
        return moves

    def _menu(self, text: str, icon: str, actions: Iterable[QAction | None]) -> QMenu:
        """A menu inside others: what it holds, they hold by `menuAction`."""
        menu = QMenu(text, self._window)
        fill_menu(menu, actions)
        self._icons[menu.menuAction()] = icon
        return menu

    def _action(
        self, text: str, icon: str | None, *shortcuts: QKeySequence, short: str | None = None
    ) -> QAction:
        action = QAction(text, self)
        if short is not None:
            action.setIconText(short)
        action.setShortcuts(list(shortcuts))
        if shortcuts:
            _tell(action, text.replace("&", "").rstrip("…"))
        if icon is not None:
            self._icons[action] = icon
        self._window.addAction(action)
        return action

    def _switch(self, text: str, *shortcuts: QKeySequence) -> QAction:
        action = self._action(text, None, *shortcuts)
        action.setCheckable(True)
        action.setChecked(True)
        return action

    def _list_action(
        self, text: str, icon: str | None, *shortcuts: QKeySequence, short: str | None = None
    ) -> QAction:
        action = self._action(text, icon, *shortcuts, short=short)
        # Only where the list has the keyboard: elsewhere these keys belong to text fields.
        self._window.removeAction(action)
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._list.addAction(action)
        return action

    def _wish(self, wish: Wish, text: str, icon: str, *shortcuts: QKeySequence) -> QAction:
        action = self._action(text, icon, *shortcuts)
        action.triggered.connect(lambda: self.wished.emit(wish))
        self._wishes[wish] = action
        return action


def fill_menu(menu: QMenu, actions: Iterable[QAction | None]) -> None:
    """Put actions into a menu; None is a line between two of them."""
    for action in actions:
        if action is None:
            menu.addSeparator()
        else:
            menu.addAction(action)


def _tell(action: QAction, text: str) -> None:
    """Set the tip of an action, with the key that does the same."""
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    action.setToolTip(f"{text} ({keys})")


def _first_of_each_status(jobs: Sequence[Job]) -> Collection[Job]:
    """Return one job per state: what is allowed depends on nothing else."""
    found: dict[Status, Job] = {}
    for job in jobs:
        if job.status not in found:
            found[job.status] = job
            if len(found) == len(Status):
                break
    return found.values()
