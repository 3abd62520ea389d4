"""Long work on the event loop, done a little at a time, so that the window answers meanwhile."""

import time
from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject, QTimer

SLICE_S = 0.01
_LEAST_STEPS = 50
"""Work of so few steps is done at once, however slow the machine."""


class Slices(QObject):
    """Takes the steps of one iterator at a time; the first of them at once."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._steps: Iterator[None] = iter(())
        self._on_end: Callable[[], None] | None = None
        self._on_slice: Callable[[], None] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._take_slice)

    @property
    def is_busy(self) -> bool:
        """Whether steps are left."""
        return self._timer.isActive()

    def start(
        self,
        steps: Iterator[None],
        on_end: Callable[[], None],
        on_slice: Callable[[], None] | None = None,
    ) -> None:
        """Take the steps from now on, in place of those before.

        on_end: called after the last one, before this returns if there are few. on_slice: called
        whenever the event loop gets its turn before that.
        """
        self._steps, self._on_end, self._on_slice = steps, on_end, on_slice
        self._timer.start()
        self._take_slice()

    def stop(self) -> None:
        """Leave the steps that are left, and what was to follow them."""
        self._timer.stop()
        self._steps, self._on_end, self._on_slice = iter(()), None, None

    def _take_slice(self) -> None:
        end_at_s = time.monotonic() + SLICE_S
        for taken, _ in enumerate(self._steps, 1):
            if taken >= _LEAST_STEPS and time.monotonic() >= end_at_s:
                if self._on_slice is not None:
                    self._on_slice()
                return
        on_end = self._on_end
        self.stop()
        if on_end is not None:
            on_end()
