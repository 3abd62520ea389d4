"""The dialog that asks for the user name and password that a server wants."""

from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from dlmanager.core.job import Job
from dlmanager.core.secrets import Secrets, link_with
from dlmanager.core.urls import host_of
from dlmanager.gui.job_dialog import JobDialog
from dlmanager.gui.queue import Queue


class LoginDialog(JobDialog):
    """Asks for a user name and password, and has the download go on with them."""

    def __init__(
        self,
        queue: Queue,
        job: Job,
        *,
        start_task: Callable[[Coroutine[Any, Any, None]], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(queue, job, start_task=start_task, parent=parent)
        self.setWindowTitle(self.tr("Enter password"))
        asks = self.note(
            self.tr("{host} wants a user name and a password.").format(host=host_of(job.url))
        )
        self._user, user_label = self._field(self.tr("&User name"))
        self._password, password_label = self._field(self.tr("&Password"))
        self._password.setEchoMode(QLineEdit.EchoMode.Password)
        keeps = self.note(
            self.tr(
                "They are kept in the keyring, or in a file that only you can read, and sent to "
                "this server alone."
            )
        )
        is_open = job.url.startswith("http:")
        warning = self.note(
            self.tr("The link is not encrypted: whoever is on the way can read them.")
            if is_open
            else ""
        )
        self.lay_out(
            self.tr("&Go on"),
            (asks, user_label, self._user, password_label, self._password),
            (keeps, warning),
        )
        self._user.setFocus()
        self._user.textChanged.connect(self._on_edited)

    async def hand_on(self) -> None:
        secrets = Secrets(self._user.text(), self._password.text())
        await self._queue.change_link(self._job.id, link_with(self._job.url, secrets))

    def _field(self, label: str) -> tuple[QLineEdit, QLabel]:
        field = QLineEdit(self)
        shown = QLabel(label, self)
        shown.setBuddy(field)
        return field, shown

    def _on_edited(self) -> None:
        # Without a name there is none in the link that the server gets.
        self.suit(is_usable=bool(self._user.text()))
