"""All ways by which links come into the window: dialog, paste, drop, files, another start."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QMimeData, QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from dlmanager.core.errors import BadInput, DlmanagerError
from dlmanager.core.job import Job, NewJob
from dlmanager.core.ranges import range_in
from dlmanager.core.secrets import link_with
from dlmanager.gui import formatting
from dlmanager.gui.job_table_model import JobTableModel
from dlmanager.gui.mime_links import Offer, hold_link, offer_of
from dlmanager.gui.queue import Queue
from dlmanager.gui.sentences import in_window_language
from dlmanager.gui.window_state import WindowState

if TYPE_CHECKING:  # and loaded where they are used: a start goes without
    from dlmanager.core.link_files import FileLink, LinkFile
    from dlmanager.gui.add_dialog import AddDialog

MOST_AT_ONCE = 50
"""More links than this are looked at in the dialog first, which does so by and by."""


class LinkAdder(QObject):
    """Adds links to the queue: at once where nothing is left to decide, else by the dialog.

    Signals:
        told(str): a sentence on what has just happened.
        told_of(str, list[str]): such a sentence, and the jobs that have come by it.
        show_requested(list[str]): the person wants to see these jobs in the list.
    """

    told = Signal(str)
    told_of = Signal(str, object)
    show_requested = Signal(object)

    def __init__(
        self,
        window: QWidget,
        queue: Queue,
        jobs: JobTableModel,
        *,
        start_task: Callable[[Coroutine[Any, Any, None]], None],
        folder: Callable[[], str],
        state: WindowState,
        read_link_file: Callable[[str], Awaitable["LinkFile"]],
        free_bytes: Callable[[str], Awaitable[int | None]],
        bring_to_front: Callable[[], None],
    ) -> None:
        """folder: gives the one for links that come without. read_link_file: raises BadInput."""
        super().__init__(window)
        self._window = window
        self._queue = queue
        self._jobs = jobs
        self._start_task = start_task
        self._folder = folder
        self._state = state
        self._read_link_file = read_link_file
        self._free_bytes = free_bytes
        self._bring_to_front = bring_to_front
        self._dialog: AddDialog | None = None

    def add_links(self, urls: Sequence[str]) -> None:
        """Add links to the default folder at once; what is left to decide comes to the dialog."""
        if not urls:
            return
        if len(urls) > MOST_AT_ONCE:
            self.open_dialog(urls)
            return
        orders: dict[str, NewJob] = {}
        left: list[str] = []
        folder, known = self._folder(), self._jobs.jobs_by_link()
        for url in urls:
            try:
                order = self._queue.order(url, folder)
                needs_a_look = range_in(url) is not None
            except BadInput:
                needs_a_look = True
            if needs_a_look or order.url in known:
                left.append(url)
            else:
                orders.setdefault(order.url, order)
        if orders:
            self._start_task(self._add(list(orders.values()), left))
        elif left:
            # Each problem is told beside its link, where it can be mended.
            self.open_dialog(left)

    def open_dialog(
        self,
        links: Sequence[str] = (),
        files: Mapping[str, "FileLink"] | None = None,
        *,
        suggests_links: bool = False,
    ) -> "AddDialog":
        """Ask for links to add, beginning with the given ones; returns the dialog, open.

        files: what a file says of some. suggests_links: nobody has asked for these.
        """
        if self._dialog is not None:
            self._dialog.add_lines(links, files)
            self._dialog.raise_()
            self._dialog.activateWindow()
            return self._dialog
        if not self._window.isVisible():
            self._bring_to_front()
        from dlmanager.gui.add_dialog import AddDialog

        dialog = AddDialog(
            self._queue,
            start_task=self._start_task,
            folder=self._folder(),
            state=self._state,
            free_bytes=self._free_bytes,
            jobs_by_link=self._jobs.jobs_by_link,
            links=links,
            suggests_links=suggests_links,
            files=files,
            parent=self._window,
        )
        dialog.added.connect(self._on_added)
        dialog.finished.connect(self._on_finished)
        dialog.show_requested.connect(self.show_requested)
        dialog.files_dropped.connect(self.import_files)
        self._dialog = dialog
        dialog.open()
        return dialog

    def begin(self, clipboard: QMimeData | None) -> None:
        """Open the dialog, with the links of the clipboard if it holds any."""
        offer = None if clipboard is None else offer_of(clipboard)
        if offer is None or offer.is_long:
            self.open_dialog()
        if offer is not None:
            self._read(offer, self._on_clipboard_read)

    def paste(self, clipboard: QMimeData | None) -> None:
        """Put what the clipboard holds into the dialog: links, or files with links."""
        offer = None if clipboard is None else offer_of(clipboard)
        if offer is None:
            self._on_pasted([])
        elif offer.files:
            self.import_files(offer.files)
        else:
            self._read(offer, self._on_pasted)

    def add_clipboard(self, clipboard: QMimeData | None) -> None:
        """Add the links of the clipboard at once, as a drop; the window need not be seen."""
        offer = None if clipboard is None else offer_of(clipboard)
        if offer is None:
            self._on_clipboard_taken([])
        elif offer.files:
            self.import_files(offer.files)
        else:
            self._read(offer, self._on_clipboard_taken)

    def take_drop(self, dropped: QMimeData) -> None:
        """Add the links that were dropped, and import the files."""
        offer = offer_of(dropped)
        if offer.files:
            self.import_files(offer.files)
        self._read(offer, lambda links: self._on_dropped(links, had_files=bool(offer.files)))

    def _read(self, offer: Offer, use: Callable[[list[str]], None]) -> None:
        if offer.is_long:
            self._start_task(_read_aside(offer, use))
        else:
            use(offer.read_links())

    def _on_clipboard_read(self, links: list[str]) -> None:
        # Whoever copied something else does not mean it as a link.
        self.open_dialog(links if hold_link(links) else (), suggests_links=True)

    def _on_pasted(self, links: list[str]) -> None:
        if links:
            self.open_dialog(links)
        else:
            self.told.emit(self.tr("There is no link on the clipboard."))

    def _on_clipboard_taken(self, links: list[str]) -> None:
        if links:
            self.add_links(links)
            return
        # To say so, and as on Wayland only a window with the keyboard sees the clipboard.
        self._bring_to_front()
        self._on_pasted([])

    def _on_dropped(self, links: list[str], *, had_files: bool) -> None:
        if links:
            self.add_links(links)
        elif not had_files:
            self.told.emit(self.tr("There was no link in what was dropped."))

    # Files

    def ask_for_files(self) -> None:
        """Let the person choose files to import."""
        from dlmanager.core.link_files import EXTENSIONS

        chooser = QFileDialog(self._window, self.tr("Import links"))
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chooser.setFileMode(QFileDialog.FileMode.ExistingFiles)
        chooser.setNameFilters(
            [
                self.tr("Files with links ({patterns})").format(patterns=_patterns(*EXTENSIONS)),
                self.tr("Text ({patterns})").format(patterns=_patterns("txt", "list", "md", "csv")),
                self.tr("Shortcuts ({patterns})").format(patterns=_patterns("url", "desktop")),
                self.tr("Metalinks ({patterns})").format(patterns=_patterns("meta4", "metalink")),
                self.tr("Web pages ({patterns})").format(
                    patterns=_patterns("html", "htm", "xhtml")
                ),
                self.tr("All files (*)"),
            ]
        )
        chooser.filesSelected.connect(self._import)
        chooser.open()

    def import_files(self, paths: Sequence[str]) -> None:
        """Import files that were dropped or pasted; those of other kinds are told."""
        from dlmanager.core.link_files import EXTENSIONS

        wanted = [path for path in paths if Path(path).suffix.lower()[1:] in EXTENSIONS]
        if wanted:
            self._import(wanted)
        elif paths:
            self.told.emit(
                self.tr("{name} is not a file with links.").format(name=Path(paths[0]).name)
            )

    def _import(self, paths: Sequence[str]) -> None:
        self._start_task(self._read_files(paths))

    async def _read_files(self, paths: Sequence[str]) -> None:
        from dlmanager.core.link_files import FileLink

        links: list[str] = []
        files: dict[str, FileLink] = {}
        problems: list[str] = []
        for path in paths:
            try:
                found = await self._read_link_file(path)
            except BadInput as error:
                problems.append(in_window_language(str(error)))
                continue
            links += [link.url for link in found.links]
            # What says no more than the link must not hide what another file says of it.
            files |= {link.url: link for link in found.links if link != FileLink(link.url)}
            problems += [
                f"{Path(path).name}, {in_window_language(each.where)}: "
                f"{in_window_language(each.reason)}"
                for each in found.left_out
            ]
        if links:
            self.open_dialog(list(dict.fromkeys(links)), files).note_left_out(problems)
        elif problems:
            self.told.emit(problems[0])
        else:
            self.told.emit(
                self.tr("There is no link in {name}.").format(name=Path(paths[0]).name)
                if len(paths) == 1
                else self.tr("There is no link in these files.")
            )

    # The queue

    async def _add(self, orders: Sequence[NewJob], left: Sequence[str]) -> None:
        """left: lines that are left to decide on in the dialog."""
        try:
            jobs = await self._queue.add(orders)
        except DlmanagerError as error:
            # The links must not be lost: they wait in the dialog until they can be added.
            self.open_dialog([*(link_with(each.url, each.secrets) for each in orders), *left])
            self.told.emit(in_window_language(str(error)))
            return
        self._on_added(jobs)
        if left:
            self.open_dialog(left).note_added(len(jobs))

    def _on_added(self, jobs: Sequence[Job]) -> None:
        text = self.tr("Added {downloads}.").format(downloads=formatting.downloads_text(len(jobs)))
        self.told_of.emit(text, [job.id for job in jobs])

    def _on_finished(self) -> None:
        self._dialog = None


async def _read_aside(offer: Offer, use: Callable[[list[str]], None]) -> None:
    use(await asyncio.to_thread(offer.read_links))


def _patterns(*extensions: str) -> str:
    return " ".join(f"*.{extension}" for extension in extensions)
