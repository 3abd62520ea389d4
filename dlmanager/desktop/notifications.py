"""Notifications by the desktop's own service, org.freedesktop.Notifications on the session bus.

Source: Desktop Notifications Specification 1.2,
https://specifications.freedesktop.org/notification-spec/1.2/
"""

import asyncio
import contextlib
import html
import logging
import os
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from jeepney import (
    DBusAddress,
    DBusErrorResponse,
    HeaderFields,
    MatchRule,
    Message,
    message_bus,
    new_method_call,
)
from jeepney.auth import AuthenticationError
from jeepney.io.asyncio import DBusConnection, DBusRouter, Proxy, open_dbus_connection
from jeepney.io.common import RouterClosed
from jeepney.wrappers import unwrap_msg

from dlmanager.core.notification import Answer, Notification, Subject

_NAME = "org.freedesktop.Notifications"
_SERVICE = DBusAddress("/org/freedesktop/Notifications", _NAME, _NAME)
TIMEOUT_S = 10.0
"""How long the bus may take, the start of its service included."""
_REMEMBERED = 100
_CLICK = "default"  # the specification's key of a click on the notification itself
_TOKEN_VARIABLE = "XDG_ACTIVATION_TOKEN"
_CATEGORIES = {Subject.COMPLETED: "transfer.complete", Subject.FAILED: "transfer.error"}
# What becomes of a call where the bus is missing, goes away or misbehaves: jeepney reads addresses
# and answers without classes of its own for what is wrong with them.
_TROUBLE = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    RuntimeError,
    TimeoutError,
    AuthenticationError,
    DBusErrorResponse,
    RouterClosed,
    asyncio.InvalidStateError,  # its reader ends with this at the answer to a call given up
)

_logger = logging.getLogger(__name__)

Choose = Callable[[Notification, Answer], None]


class BusNotifications:
    """Shows notifications, one after the other, and tells what the person chose at them."""

    def __init__(
        self,
        *,
        start_task: Callable[[Coroutine[Any, Any, None]], None],
        on_chosen: Choose,
        otherwise: Callable[[Notification], None],
        icon: str = "",
        bus: str = "SESSION",
    ) -> None:
        """otherwise: shows a notification where the bus does not. icon: path of a picture.

        bus: SESSION, or the address of a bus.
        """
        self._start_task = start_task
        self._on_chosen = on_chosen
        self._otherwise = otherwise
        self._icon = icon
        self._bus = bus
        self._waiting: asyncio.Queue[Notification] = asyncio.Queue()
        self._is_at_work = False
        self._work_task: asyncio.Task[Any] | None = None
        self._is_closed = False
        self._talk: _Talk | None = None

    def show(self, notification: Notification) -> None:
        """Show a notification soon."""
        if self._is_closed:
            return
        self._waiting.put_nowait(notification)
        if not self._is_at_work:
            self._is_at_work = True
            self._start_task(self._work())

    def close(self) -> None:
        """Show nothing more; the background task ends at once, whatever the bus does."""
        self._is_closed = True
        if self._work_task is not None:
            self._work_task.cancel()

    async def _work(self) -> None:
        self._work_task = asyncio.current_task()
        try:
            while not self._is_closed:
                await self._show(await self._waiting.get())
        finally:
            await self._hang_up()

    async def _show(self, notification: Notification) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                try:
                    await self._notify(notification)
                except RouterClosed:  # the bus has hung up since; perhaps there is another one
                    await self._hang_up()
                    await self._notify(notification)
        except _TROUBLE as error:
            _logger.info("the desktop does not show notifications: %r", error)
            await self._hang_up()
            self._otherwise(notification)

    async def _notify(self, notification: Notification) -> None:
        if self._talk is None:
            self._talk = await _Talk.begin(self._bus, self._icon, self._on_chosen)
        await self._talk.notify(notification)

    async def _hang_up(self) -> None:
        talk, self._talk = self._talk, None
        if talk is not None:
            await talk.end()


class _Talk:
    """One connection to the bus, with what was shown over it."""

    def __init__(self, connection: DBusConnection, icon: str, on_chosen: Choose) -> None:
        self._connection = connection
        self._router = DBusRouter(connection)
        self._icon = icon
        self._on_chosen = on_chosen
        # A signal counts only from the service that showed the notification, by its unique name:
        # any program on the bus could send one, and another service counts its ids anew. What was
        # shown is forgotten neither when clicked nor when closed: desktops keep a list of those
        # that have vanished from the screen, and some say "closed" first.
        self._shown: dict[tuple[str, int], Notification] = {}
        self._capabilities: dict[str, frozenset[str]] = {}
        self._signals: asyncio.Queue[Message] = asyncio.Queue(_REMEMBERED)
        rule = MatchRule(type="signal", interface=_NAME, path=_SERVICE.object_path)
        self._filter = self._router.filter(rule, queue=self._signals)
        self._listening = asyncio.ensure_future(self._listen())

    @classmethod
    async def begin(cls, bus: str, icon: str, on_chosen: Choose) -> "_Talk":
        """Connect, and ask the bus for the service's signals."""
        talk = cls(await open_dbus_connection(bus), icon, on_chosen)
        try:
            rule = MatchRule(
                type="signal", sender=_NAME, interface=_NAME, path=_SERVICE.object_path
            )
            await Proxy(message_bus, talk._router).AddMatch(rule)
        except BaseException:
            await talk.end()
            raise
        return talk

    async def end(self) -> None:
        """Hang up."""
        self._listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._listening
        with contextlib.suppress(*_TROUBLE):
            await self._router.__aexit__(None, None, None)
        with contextlib.suppress(*_TROUBLE):
            await self._connection.close()

    async def notify(self, notification: Notification) -> None:
        """Show a notification, in the place of the one it is to replace."""
        service, capabilities = await self._service()
        replaced = next(
            (
                number
                for (shown_by, number), shown in self._shown.items()
                if shown_by == service
                and notification.place is not None
                and shown.place == notification.place
            ),
            0,
        )
        body = (
            "dlmanager",
            replaced,
            self._icon,
            _sendable(notification.title),
            _body(notification.text, has_markup="body-markup" in capabilities),
            _actions(notification) if "actions" in capabilities else [],
            _hints(notification),
            -1,
        )
        reply = await self._call("Notify", "susssasa{sv}i", body)
        key = (_sender(reply), int(reply.body[0]))
        self._shown.pop(key, None)
        self._shown[key] = notification
        while len(self._shown) > _REMEMBERED:
            del self._shown[next(iter(self._shown))]

    async def _service(self) -> tuple[str, frozenset[str]]:
        """Who shows notifications just now, and what it can do; a dead one is started again."""
        with contextlib.suppress(DBusErrorResponse):
            (owner,) = await Proxy(message_bus, self._router).GetNameOwner(_NAME)
            if owner in self._capabilities:
                return owner, self._capabilities[owner]
        reply = await self._call("GetCapabilities")
        owner = _sender(reply)
        self._capabilities = {owner: frozenset(reply.body[0])}
        return owner, self._capabilities[owner]

    async def _call(
        self, method: str, signature: str | None = None, body: tuple[Any, ...] = ()
    ) -> Message:
        message = new_method_call(_SERVICE, method, signature, body)
        reply = await self._router.send_and_get_reply(message)
        unwrap_msg(reply)  # raises what the service answered with
        return reply

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        token: tuple[tuple[str, int], str] | None = None
        with self._filter:
            while True:
                signal = await self._signals.get()
                if signal.header.fields.get(HeaderFields.signature) != "us":
                    continue  # "closed" is of no interest: see `_shown`
                number, text = signal.body
                key = (_sender(signal), number)
                member = signal.header.fields.get(HeaderFields.member)
                if member == "ActivationToken":  # comes before the choice it belongs to
                    token = (key, text)
                elif member == "ActionInvoked" and (notification := self._shown.get(key)):
                    answer = _answer(notification, text)
                    right = token[1] if token is not None and token[0] == key else None
                    token = None
                    if answer is not None:
                        # Not from within: what goes wrong there must not end the listening.
                        loop.call_soon(self._choose, notification, answer, right)

    def _choose(self, notification: Notification, answer: Answer, token: str | None) -> None:
        with _right_to_come_to_front(token):
            self._on_chosen(notification, answer)


@contextlib.contextmanager
def _right_to_come_to_front(token: str | None) -> Iterator[None]:
    """Hand the desktop's word that a person asked for a window on to Qt.

    Without it Wayland's desktops leave the window behind the others. Qt takes it from the
    environment when a window is activated, as does a program that is started.
    """
    if token is None:
        yield
        return
    os.environ[_TOKEN_VARIABLE] = token
    try:
        yield
    finally:
        os.environ.pop(_TOKEN_VARIABLE, None)


def _actions(notification: Notification) -> list[str]:
    """The keys and labels; a click has no label, as it has no button."""
    texts = [_CLICK, ""]
    for button in notification.buttons:
        texts += [button.answer.value, _sendable(button.label)]
    return texts


def _answer(notification: Notification, action: str) -> Answer | None:
    if action == _CLICK:
        return notification.click
    offered = (button.answer for button in notification.buttons)
    return next((answer for answer in offered if answer.value == action), None)


def _hints(notification: Notification) -> dict[str, tuple[str, Any]]:
    hints: dict[str, tuple[str, Any]] = {
        "desktop-entry": ("s", "dlmanager"),
        "urgency": ("y", 1),
    }
    if notification.subject in _CATEGORIES:
        hints["category"] = ("s", _CATEGORIES[notification.subject])
    return hints


def _body(text: str, *, has_markup: bool) -> str:
    """The text; `<b>` in a name must stay what it is where the service reads markup."""
    plain = _sendable(text)
    return html.escape(plain, quote=False) if has_markup else plain


def _sendable(text: str) -> str:
    """A text that D-Bus takes: no NUL, and no half of a character from an undecodable name."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _sender(message: Message) -> str:
    return str(message.header.fields.get(HeaderFields.sender, ""))
