"""A session bus of a test's own, with a notification service and a watcher for tray icons on it."""

import asyncio
import contextlib
import shutil
import sys
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageType,
    Properties,
    message_bus,
    new_error,
    new_method_call,
    new_method_return,
    new_signal,
)
from jeepney.io.asyncio import DBusRouter, open_dbus_connection
from jeepney.wrappers import unwrap_msg

NOTIFICATIONS = "org.freedesktop.Notifications"
WATCHER = "org.kde.StatusNotifierWatcher"
ITEM = "org.kde.StatusNotifierItem"
MENU = "com.canonical.dbusmenu"

needs_bus = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("dbus-daemon") is None,
    reason="needs dbus-daemon, to start a session bus of its own",
)


@contextlib.asynccontextmanager
async def session_bus() -> AsyncIterator[str]:
    """Start a session bus; gives its address."""
    daemon = await asyncio.create_subprocess_exec(
        *("dbus-daemon", "--session", "--nofork", "--print-address=1"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert daemon.stdout is not None
    try:
        yield (await daemon.stdout.readline()).decode().strip()
    finally:
        with contextlib.suppress(ProcessLookupError):
            daemon.kill()
        await daemon.wait()


@dataclass
class Shown:
    """One call of Notify."""

    number: int
    replaced: int
    title: str
    text: str
    actions: list[str]
    hints: dict[str, Any]


@dataclass
class DesktopServices:
    """What the services were asked, and what a person does there."""

    router: DBusRouter
    connection: Any
    capabilities: list[str]
    shown: asyncio.Queue[Shown] = field(default_factory=asyncio.Queue)
    items: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    refuses: bool = False
    is_silent: bool = False
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    _number: int = 0

    async def own(self, name: str) -> None:
        await self.call(message_bus.RequestName(name))

    async def disown(self, name: str) -> None:
        await self.call(message_bus.ReleaseName(name))

    async def choose(self, number: int, action: str, token: str | None = None) -> None:
        """Click on a notification, or on one of its buttons."""
        if token is not None:
            await self._tell("ActivationToken", number, token)
        await self._tell("ActionInvoked", number, action)

    async def _tell(self, member: str, number: int, text: str) -> None:
        emitter = DBusAddress("/org/freedesktop/Notifications", interface=NOTIFICATIONS)
        await self.router.send(new_signal(emitter, member, "us", (number, text)))

    async def call(self, message: Message) -> Any:
        async with asyncio.timeout(10):
            return unwrap_msg(await self.router.send_and_get_reply(message))

    async def property_of(self, item: str, name: str) -> Any:
        address = DBusAddress("/StatusNotifierItem", item, ITEM)
        ((_, value),) = await self.call(Properties(address).get(name))
        return value

    async def activate(self, item: str) -> None:
        """Click on a tray icon."""
        address = DBusAddress("/StatusNotifierItem", item, ITEM)
        await self.call(new_method_call(address, "Activate", "ii", (0, 0)))

    async def menu_of(self, item: str) -> dict[str, int]:
        """The labels of a tray icon's menu, and their numbers."""
        address = DBusAddress(await self.property_of(item, "Menu"), item, MENU)
        _, (_, _, children) = await self.call(
            new_method_call(address, "GetLayout", "iias", (0, -1, []))
        )
        entries = [(number, facts) for _, (number, facts, _) in children]
        return {facts["label"][1]: number for number, facts in entries if "label" in facts}

    async def choose_in_menu(self, item: str, number: int) -> None:
        address = DBusAddress(await self.property_of(item, "Menu"), item, MENU)
        body = (number, "clicked", ("s", ""), 0)
        await self.call(new_method_call(address, "Event", "isvu", body))

    async def answer(self, call: Message) -> None:
        """Answer a call, and only then let the test know of it."""
        self.asked.set()
        if self.is_silent:
            return
        if call.header.fields.get(HeaderFields.member) == "Notify" and not self.refuses:
            _, replaced, _, title, text, actions, hints, _ = call.body
            if not replaced:
                self._number += 1
            shown = Shown(replaced or self._number, replaced, title, text, actions, hints)
            await self.router.send(new_method_return(call, "u", (shown.number,)))
            self.shown.put_nowait(shown)
        else:
            await self.router.send(self._answer(call))

    def _answer(self, call: Message) -> Message:
        member = call.header.fields.get(HeaderFields.member)
        if self.refuses:
            return new_error(call, "org.freedesktop.DBus.Error.LimitsExceeded")
        if member == "GetCapabilities":
            return new_method_return(call, "as", (self.capabilities,))
        if member == "RegisterStatusNotifierItem":
            # Qt gives its name on the bus.
            self.items.put_nowait(call.body[0])
            return new_method_return(call)
        return new_error(call, "org.freedesktop.DBus.Error.UnknownMethod")


class _ServingRouter(DBusRouter):
    """A connection that also answers calls."""

    services: DesktopServices

    def _dispatch(self, msg: Message) -> None:
        if msg.header.message_type is MessageType.method_call:
            self._answering = asyncio.ensure_future(self.services.answer(msg))
        else:
            super()._dispatch(msg)


@contextlib.asynccontextmanager
async def desktop_services(
    address: str, names: Iterable[str], capabilities: Iterable[str] = ("actions", "body-markup")
) -> AsyncIterator[DesktopServices]:
    """Have services under these names on a bus."""
    connection = await open_dbus_connection(address)
    router = _ServingRouter(connection)
    router.services = services = DesktopServices(router, connection, list(capabilities))
    try:
        for name in names:
            await services.own(name)
        yield services
    finally:
        with contextlib.suppress(OSError, EOFError):
            await router.__aexit__(None, None, None)
        with contextlib.suppress(OSError):
            await connection.close()
