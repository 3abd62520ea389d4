from types import SimpleNamespace

import pytest
from PySide6 import QtNetwork
from PySide6.QtNetwork import QNetworkInformation

from dlmanager.core.reachability import SystemState
from dlmanager.desktop.system_network import QtSystemNetwork, state_of

Reachability = QNetworkInformation.Reachability


@pytest.mark.parametrize(
    "reachability, state",
    [
        (Reachability.Unknown, SystemState.UNKNOWN),
        (Reachability.Disconnected, SystemState.DISCONNECTED),
        (Reachability.Local, SystemState.CONNECTED),
        (Reachability.Site, SystemState.CONNECTED),
        (Reachability.Online, SystemState.CONNECTED),
    ],
)
def test_any_connection_counts(reachability: Reachability, state: SystemState):
    assert state_of(reachability) is state


def test_what_qt_knows_is_told(qapp):
    network = QtSystemNetwork()
    state = network.state  # it asks the system, if nobody did
    information = QNetworkInformation.instance()
    if information is None:
        assert state is SystemState.UNKNOWN
        return
    assert network.state is state_of(information.reachability())
    told = []
    network.changed.connect(lambda: told.append(network.state))
    information.reachabilityChanged.emit(Reachability.Online)
    assert told == [network.state]


def test_the_system_is_asked_once_and_not_before_its_answer_is_wanted(qapp, monkeypatch):
    asked = []
    information = SimpleNamespace(
        Feature=QNetworkInformation.Feature,
        loadBackendByFeatures=lambda features: asked.append(features) or False,
    )
    monkeypatch.setattr(QtNetwork, "QNetworkInformation", information)
    network = QtSystemNetwork()
    assert asked == []
    assert network.state is network.state is SystemState.UNKNOWN
    assert asked == [QNetworkInformation.Feature.Reachability]


def test_without_a_backend_nothing_is_known(qapp, monkeypatch: pytest.MonkeyPatch):
    no_backend = SimpleNamespace(
        Feature=QNetworkInformation.Feature, loadBackendByFeatures=lambda features: False
    )
    monkeypatch.setattr(QtNetwork, "QNetworkInformation", no_backend)
    assert QtSystemNetwork().state is SystemState.UNKNOWN
