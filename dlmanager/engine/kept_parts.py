"""The parts of removed jobs that are kept for a while, in case the person wants them back."""

from collections.abc import Collection

from PySide6.QtCore import QObject, QTimer, Signal


class KeptParts(QObject):
    """Knows the jobs of the last removal that can be undone, until its time is over.

    Signals:
        expired(): nothing is kept any more.
    """

    expired = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ids: frozenset[str] = frozenset()
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.let_go)

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._ids

    def keep(self, job_ids: Collection[str], for_ms: int) -> None:
        """Keep the parts of these jobs for a while, and no longer those of the removal before."""
        self._ids = frozenset(job_ids)
        self._timer.start(for_ms)

    def let_go(self) -> None:
        """Keep nothing any more."""
        self._timer.stop()
        if self._ids:
            self._ids = frozenset()
            self.expired.emit()
