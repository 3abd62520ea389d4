"""What the system says of its own connection to a network."""

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QNetworkInformation

from dlmanager.core.reachability import SystemState

_Reachability = QNetworkInformation.Reachability


class QtSystemNetwork(QObject):
    """Follows QNetworkInformation; where Qt has no backend the state stays UNKNOWN.

    Signals:
        changed(): see `state`.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._information: QNetworkInformation | None = None
        if QNetworkInformation.loadBackendByFeatures(QNetworkInformation.Feature.Reachability):
            self._information = QNetworkInformation.instance()
        if self._information is not None:
            self._information.reachabilityChanged.connect(self.changed)

    @property
    def state(self) -> SystemState:
        """How the system says it is connected."""
        if self._information is None:
            return SystemState.UNKNOWN
        return state_of(self._information.reachability())


def state_of(reachability: QNetworkInformation.Reachability) -> SystemState:
    """Read Qt's word: any connection counts, as the server may be in the same house."""
    if reachability is _Reachability.Unknown:
        return SystemState.UNKNOWN
    if reachability is _Reachability.Disconnected:
        return SystemState.DISCONNECTED
    return SystemState.CONNECTED
