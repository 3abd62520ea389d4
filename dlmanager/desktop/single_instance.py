"""One window a profile: a second start hands its links to the window that runs.

Only this user's processes are talked to, on either side; what they say is data of one form and of
a bounded size. See ARCHITECTURE.md, "Who may talk to us".
"""

import json
import os
import socket
import struct
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QDeadlineTimer, QObject, QTimer, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

MAX_PATH_BYTES = 106
"""Of a socket: sun_path in unix(7) holds 107, and Qt makes it under a name longer by one."""
MAX_MESSAGE_BYTES = 1024 * 1024
MAX_CONVERSATIONS = 16
MESSAGE_TIMEOUT_MS = 10_000
"""How long a second start may take to say what it has to say."""
ANSWER_TIMEOUT_MS = 3000
_TAKEN = b"taken\n"
_CREDENTIALS = struct.Struct("3i")  # of Linux's ucred: pid, uid, gid


class InstanceServer(QObject):
    """Listens, on a socket for this user only, for later starts of the program.

    Signals:
        links_received(object): list[str], links that a second start brought; may be empty. They
            may be any text: check each.
    """

    links_received = Signal(object)

    def __init__(self, socket_path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._socket_path = socket_path
        self._conversations: set[_Conversation] = set()
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connection)

    def listen(self) -> str | None:
        """Start to listen; returns why it cannot be done, None when it is.

        The caller holds the queue's lock, so an old socket is a dead one.
        """
        length = len(os.fsencode(self._socket_path))
        if length > MAX_PATH_BYTES:  # Qt's own words for it: Name error, or Unknown error 0
            return f"a socket's path has {MAX_PATH_BYTES} bytes at most, and this one {length}"
        self._server.removeServer(str(self._socket_path))
        if self._server.listen(str(self._socket_path)):
            return None
        return self._server.errorString()

    def close(self) -> None:
        """Listen no more."""
        self._server.close()
        for conversation in list(self._conversations):
            conversation.drop()

    def _on_connection(self) -> None:
        while (connection := self._server.nextPendingConnection()) is not None:
            if len(self._conversations) >= MAX_CONVERSATIONS or not _is_ours(connection):
                connection.abort()
                connection.deleteLater()
                continue
            conversation = _Conversation(connection, self)
            self._conversations.add(conversation)
            conversation.said.connect(self.links_received)
            conversation.ended.connect(self._on_ended)
            conversation.begin()

    def _on_ended(self, conversation: "_Conversation") -> None:
        self._conversations.discard(conversation)
        conversation.deleteLater()


class _Conversation(QObject):
    """One connection: one message, one answer.

    Signals:
        said(object): list[str], the links. ended(object): the conversation, once.
    """

    said = Signal(object)
    ended = Signal(object)

    def __init__(self, connection: QLocalSocket, parent: QObject) -> None:
        super().__init__(parent)
        self._connection = connection
        self._is_over = False
        connection.setParent(self)
        connection.setReadBufferSize(MAX_MESSAGE_BYTES + 1)
        connection.readyRead.connect(self._on_data)
        connection.disconnected.connect(self._end)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.drop)

    def begin(self) -> None:
        """Listen; something may have been said already."""
        self._timer.start(MESSAGE_TIMEOUT_MS)
        self._on_data()

    def drop(self) -> None:
        """End it without an answer."""
        self._connection.abort()
        self._end()

    def _on_data(self) -> None:
        connection = self._connection
        if self._is_over:
            return
        if connection.bytesAvailable() > MAX_MESSAGE_BYTES:
            self.drop()
        elif connection.canReadLine():
            links = _parse(bytes(connection.readLine().data()))
            if links is None:
                self.drop()
                return
            connection.readyRead.disconnect(self._on_data)  # one message is all
            connection.write(_TAKEN)
            connection.disconnectFromServer()
            self.said.emit(links)

    def _end(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._timer.stop()
            self.ended.emit(self)


def hand_over(socket_path: Path, links: Sequence[str]) -> bool:
    """Give links to the window that runs, and raise it; False if none takes them.

    Blocks up to a few seconds: a second start has nothing else to do.
    """
    connection = QLocalSocket()
    connection.setReadBufferSize(len(_TAKEN) + 1)
    connection.connectToServer(str(socket_path))
    if not connection.waitForConnected(ANSWER_TIMEOUT_MS) or not _is_ours(connection):
        return False
    connection.write(json.dumps({"links": list(links)}).encode() + b"\n")
    connection.flush()
    deadline = QDeadlineTimer(ANSWER_TIMEOUT_MS)
    while not connection.canReadLine():
        if connection.bytesAvailable() > len(_TAKEN) or deadline.hasExpired():
            return False
        if not connection.waitForReadyRead(deadline.remainingTime()):
            return False
    return bytes(connection.readLine().data()) == _TAKEN


def _is_ours(connection: QLocalSocket) -> bool:
    """Whether a process of this user is at the other end."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True  # the mode of the socket and of its folder are all that this system offers
    try:
        with socket.socket(fileno=os.dup(connection.socketDescriptor())) as copy:
            raw = copy.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    except OSError:
        return False
    _, uid, _ = _CREDENTIALS.unpack(raw)
    return bool(uid == os.getuid())


def _parse(line: bytes) -> list[str] | None:
    """The links in a message; None if it is not one of ours."""
    try:
        message = json.loads(line.decode())
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict) or set(message) != {"links"}:
        return None
    links = message["links"]
    if not isinstance(links, list) or not all(isinstance(link, str) for link in links):
        return None
    return links
