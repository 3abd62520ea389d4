"""What the system says of its own connection to a network."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from dlmanager.core.reachability import SystemState

if TYPE_CHECKING:
    from PySide6.QtNetwork import QNetworkInformation


class QtSystemNetwork(QObject):
    """Follows QNetworkInformation; where Qt has no backend the state stays UNKNOWN.

    The system is asked when its answer is first wanted, which is when a server was not reached:
    Qt's network and what it asks take three megabytes.

    Signals:
        changed(): see `state`; from when it was first read.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._is_asked = False
        self._information: QNetworkInformation | None = None

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
