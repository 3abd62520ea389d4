"""Cyclic garbage, collected on the main thread alone.

Python collects on whichever thread allocates; a worker that so destroys a Qt object in a reference
cycle pulls it, and its timers, from under the event loop: the process ends with a segmentation
fault. So automatic collection is off, and a timer does it.

It stays off when the loop has ended: a collection inside the destructor of one Qt object may
destroy another, which waits for the lock that the first one holds, and the process never ends.
"""

import gc

from PySide6.QtCore import QObject, QTimer

INTERVAL_MS = 2000


class MainThreadCollector(QObject):
    """Collects garbage, generation by generation as Python would, from the event loop."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self, interval=INTERVAL_MS)
        self._timer.timeout.connect(self.collect_what_is_due)
        self._timer.start()

    def collect_what_is_due(self) -> None:
        """Collect the oldest generation whose threshold has been passed."""
        for generation in (2, 1, 0):
            threshold = gc.get_threshold()[generation]
            if threshold and gc.get_count()[generation] > threshold:
                gc.collect(generation)
                return
