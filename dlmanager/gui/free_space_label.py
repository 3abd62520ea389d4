"""How much is free on the disk of a folder, in a label that keeps itself up to date."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QWidget

from dlmanager.gui import formatting

REFRESH_MS = 10_000
LITTLE_BYTES = 1_000_000_000


class FreeSpaceLabel(QLabel):
    """Shows what is free for downloads without a folder of their own, while it is in sight.

    free_bytes: of the disk of a folder, None if that cannot be told; may take its time.
    folder: gives the one to ask of.
    """

    def __init__(
        self,
        *,
        free_bytes: Callable[[str], Awaitable[int | None]],
        folder: Callable[[], str],
        start_task: Callable[[Coroutine[Any, Any, None]], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._free_bytes = free_bytes
        self._folder = folder
        self._start_task = start_task
        self._is_asking = False
        self._timer = QTimer(self, interval=REFRESH_MS)
        self._timer.timeout.connect(self.refresh)

    def refresh(self) -> None:
        """Ask again, unless an answer is still awaited: that of a sleeping disk takes long."""
        if not self._is_asking:
            self._is_asking = True
            self._start_task(self._ask())

    async def _ask(self) -> None:
        folder = self._folder()
        try:
            free = await self._free_bytes(folder)
        finally:
            self._is_asking = False
        if free is None:
            self.clear()
            return
        words = self.tr("Only {size} free") if free < LITTLE_BYTES else self.tr("{size} free")
        self.setText(words.format(size=formatting.size(free)))
        self.setToolTip(self.tr("On the disk of {folder}").format(folder=folder))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()
