"""One window a profile: a second start hands its links to the window that runs."""

import json
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

MAX_MESSAGE_BYTES = 1024 * 1024
ANSWER_TIMEOUT_MS = 3000
_TAKEN = b"taken\n"


class InstanceServer(QObject):
    """Listens, on a socket for this user only, for later starts of the program.

    Signals:
        links_received(object): list[str], links that a second start brought; may be empty.
    """

    links_received = Signal(object)

    def __init__(self, socket_path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._socket_path = socket_path
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connection)

    def listen(self) -> bool:
        """Start to listen; the caller holds the queue's lock, so an old socket is a dead one."""
        self._server.removeServer(str(self._socket_path))
        return self._server.listen(str(self._socket_path))

    def close(self) -> None:
        """Listen no more."""
        self._server.close()

    def _on_connection(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.readyRead.connect(lambda socket=socket: self._on_data(socket))
            socket.disconnected.connect(socket.deleteLater)
            self._on_data(socket)

    def _on_data(self, socket: QLocalSocket) -> None:
        if socket.bytesAvailable() > MAX_MESSAGE_BYTES:
            socket.abort()
        elif socket.canReadLine():
            links = _parse(bytes(socket.readLine().data()))
            if links is None:
                socket.abort()
                return
            socket.write(_TAKEN)
            socket.disconnectFromServer()
            self.links_received.emit(links)


def hand_over(socket_path: Path, links: Sequence[str]) -> bool:
    """Give links to the window that runs, and raise it; False if none takes them.

    Blocks up to a few seconds: a second start has nothing else to do.
    """
    socket = QLocalSocket()
    socket.connectToServer(str(socket_path))
    if not socket.waitForConnected(ANSWER_TIMEOUT_MS):
        return False
    socket.write(json.dumps({"links": list(links)}).encode() + b"\n")
    socket.flush()
    while not socket.canReadLine():
        if not socket.waitForReadyRead(ANSWER_TIMEOUT_MS):
            return False
    return bytes(socket.readLine().data()) == _TAKEN


def _parse(line: bytes) -> list[str] | None:
    """The links in a message; None if it is not one of ours."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    links = message.get("links") if isinstance(message, dict) else None
    if not isinstance(links, list) or not all(isinstance(link, str) for link in links):
        return None
    return links
