"""The whole program on a desktop of its own: a real bus, with our tray and notification service."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tests.fakes.desktop_services import (
    NOTIFICATIONS,
    WATCHER,
    DesktopServices,
    desktop_services,
    needs_bus,
    session_bus,
)
from tests.integration.loopback_server import Content, LoopbackServer
from tests.integration.site import Site

ROOT = Path(__file__).parent.parent.parent
FILE = Content(size=1_000_000, seed=1)
TIMEOUT_S = 25

pytestmark = [
    needs_bus,
    pytest.mark.skipif(
        shutil.which("Xvfb") is None,
        reason="needs Xvfb: Qt offers no tray on its offscreen platform",
    ),
]


@contextlib.asynccontextmanager
async def screen() -> AsyncIterator[str]:
    """Start an X server without a screen; gives its DISPLAY."""
    reader, writer = os.pipe()
    server = await asyncio.create_subprocess_exec(
        *("Xvfb", "-displayfd", str(writer), "-screen", "0", "1280x800x24", "-nolisten", "tcp"),
        pass_fds=[writer],
        stderr=asyncio.subprocess.DEVNULL,
    )
    os.close(writer)
    try:
        number = await asyncio.to_thread(os.read, reader, 16)
        assert number, "Xvfb did not start"
        yield f":{number.decode().strip()}"
    finally:
        os.close(reader)
        with contextlib.suppress(ProcessLookupError):
            server.terminate()
        await server.wait()


@contextlib.asynccontextmanager
async def program(site: Site, display: str, bus: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start the program with its window; it must end by itself, and well."""
    environment = {
        **site.environment(),
        "QT_QPA_PLATFORM": "xcb",
        "DISPLAY": display,
        "DBUS_SESSION_BUS_ADDRESS": bus,
    }
    started = await asyncio.create_subprocess_exec(*site.command(), cwd=ROOT, env=environment)
    try:
        yield started
        assert await started.wait() == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            started.kill()
        await started.wait()


Scenario = Callable[[DesktopServices, str], Awaitable[None]]


def on_a_desktop(site: Site, scenario: Scenario) -> None:
    """Run the program on a desktop with a tray; the scenario gets the tray's first icon."""

    async def life() -> None:
        async with (
            asyncio.timeout(TIMEOUT_S),
            screen() as display,
            session_bus() as bus,
            desktop_services(bus, [NOTIFICATIONS, WATCHER]) as desktop,
            program(site, display, bus),
        ):
            item = await desktop.items.get()
            await until(lambda: has_entry(desktop, item, "Hide dlmanager"))  # the window is there
            await scenario(desktop, item)
            await choose(desktop, item, "Quit")

    asyncio.run(life())


async def choose(desktop: DesktopServices, item: str, label: str) -> None:
    menu = await desktop.menu_of(item)
    number = next(each for text, each in menu.items() if text.replace("_", "") == label)
    await desktop.choose_in_menu(item, number)


async def tip_of(desktop: DesktopServices, item: str) -> str:
    _, _, title, text = await desktop.property_of(item, "ToolTip")
    return f"{title} {text}"


async def picture_of(desktop: DesktopServices, item: str) -> list[object]:
    pictures = await desktop.property_of(item, "IconPixmap")
    assert isinstance(pictures, list)
    return pictures


async def until(what: Callable[[], Awaitable[bool]]) -> None:
    while not await what():
        await asyncio.sleep(0.05)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer() as server:
        yield server


def test_the_tray_and_the_notifications_tell_of_a_queue(site: Site, server: LoopbackServer) -> None:
    site.add(server.serve("/a%20%26%20b.bin", FILE), server.serve("/c.bin", FILE))
    site.add(server.url("/gone.bin"))
    gate = server.hold("/c.bin", 500_000)

    async def scenario(desktop: DesktopServices, item: str) -> None:
        shows = [text.replace("_", "") for text in await desktop.menu_of(item)]
        assert shows[:2] == ["Hide dlmanager", "Add links…"]
        assert shows[2:] == ["Add from clipboard", "Pause all", "Resume all", "Settings…", "Quit"]
        await desktop.activate(item)  # the window goes
        await until(lambda: has_entry(desktop, item, "Show dlmanager"))
        told = [await desktop.shown.get() for _ in range(2)]
        texts = {each.title: each.text for each in told}
        assert texts["Download finished"].startswith("a &amp; b.bin, 1.0")
        assert texts["Download failed"].startswith("gone.bin: ")
        assert "http" not in texts["Download failed"]
        assert "1 active" in await tip_of(desktop, item)
        assert "1 failed" in await tip_of(desktop, item)
        at_work = await picture_of(desktop, item)

        gate.release()
        last = await desktop.shown.get()
        assert (last.title, last.text) == (
            "Nothing is left to download",
            "2 downloads finished, 1 did not",
        )
        assert await picture_of(desktop, item) != at_work
        failed = next(each for each in told if each.title == "Download failed")
        await desktop.choose(failed.number, "default")  # the window comes
        await until(lambda: has_entry(desktop, item, "Hide dlmanager"))
        assert "failed" not in await tip_of(desktop, item)

    on_a_desktop(site, scenario)


async def has_entry(desktop: DesktopServices, item: str, label: str) -> bool:
    return label in [text.replace("_", "") for text in await desktop.menu_of(item)]


def test_a_panel_that_starts_anew_gets_the_icon_again(site: Site) -> None:
    async def scenario(desktop: DesktopServices, item: str) -> None:
        await desktop.activate(item)
        await until(lambda: has_entry(desktop, item, "Show dlmanager"))
        await desktop.disown(WATCHER)
        await desktop.own(WATCHER)
        assert await desktop.items.get() == item
        assert await has_entry(desktop, item, "Show dlmanager")

    on_a_desktop(site, scenario)


def test_a_hidden_window_comes_back_when_the_panel_stays_away(site: Site) -> None:
    async def scenario(desktop: DesktopServices, item: str) -> None:
        await desktop.activate(item)
        await until(lambda: has_entry(desktop, item, "Show dlmanager"))
        await desktop.disown(WATCHER)
        await until(lambda: has_entry(desktop, item, "Hide dlmanager"))
        await desktop.own(WATCHER)
        await desktop.items.get()

    on_a_desktop(site, scenario)
