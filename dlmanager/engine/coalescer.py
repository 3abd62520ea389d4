"""Many small changes, told of once in a while."""

from collections.abc import Hashable

from PySide6.QtCore import QObject, QTimer, Signal


class Coalescer(QObject):
    """Collects keys and tells of them together, at most once per interval; idle while none come.

    Signals:
        due(object): the set of keys marked since the last time.
    """

    due = Signal(object)

    def __init__(self, interval_ms: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._keys: set[Hashable] = set()
        self._timer = QTimer(self, singleShot=True, interval=interval_ms)
        self._timer.timeout.connect(self.flush)

    def set_interval(self, interval_ms: int) -> None:
        """Change the interval; what waits already waits as long from now."""
        self._timer.setInterval(interval_ms)

    def mark(self, key: Hashable) -> None:
        """Note a key; the first one arms the timer."""
        self._keys.add(key)
        if not self._timer.isActive():
            self._timer.start()

    def drop(self) -> None:
        """Forget what was marked, and stay idle."""
        self._timer.stop()
        self._keys.clear()

    def flush(self) -> None:
        """Tell of what was marked now, if anything."""
        self._timer.stop()
        keys, self._keys = self._keys, set()
        if keys:
            self.due.emit(keys)
