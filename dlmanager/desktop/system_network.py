"""What the system says of its own connection to a network."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from dlmanager.core.reachability import SystemState

if TYPE_CHECKING:
    from PySide6.QtNetwork import QNetworkInformation

ASK_AFTER_MS = 500
"""When the system is asked by itself: a start goes first, and who needs the answer gets it."""


class QtSystemNetwork(QObject):
    """Follows QNetworkInformation; where Qt has no backend the state stays UNKNOWN.

    Signals:
        changed(): see `state`.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._is_asked = False
        self._information: QNetworkInformation | None = None
        QTimer.singleShot(ASK_AFTER_MS, self, self._ask)

    @property
    def state(self) -> SystemState:
        """How the system says it is connected."""
        self._ask()
        if self._information is None:
            return SystemState.UNKNOWN
        return state_of(self._information.reachability())

    def _ask(self) -> None:
        if self._is_asked:
            return
        self._is_asked = True
        from PySide6.QtNetwork import QNetworkInformation

        if QNetworkInformation.loadBackendByFeatures(QNetworkInformation.Feature.Reachability):
            self._information = QNetworkInformation.instance()
        if self._information is not None:
            self._information.reachabilityChanged.connect(self.changed)


def state_of(reachability: "QNetworkInformation.Reachability") -> SystemState:
    """Read Qt's word: any connection counts, as the server may be in the same house."""
    if reachability is reachability.Unknown:
        return SystemState.UNKNOWN
    if reachability is reachability.Disconnected:
        return SystemState.DISCONNECTED
    return SystemState.CONNECTED
