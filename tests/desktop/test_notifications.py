"""Notifications, over a real session bus with a service of ours on it."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from dlmanager.core.notification import Answer, Button, Notification, Subject
from dlmanager.desktop.notifications import BusNotifications
from tests.fakes.desktop_services import (
    NOTIFICATIONS,
    DesktopServices,
    desktop_services,
    needs_bus,
    session_bus,
)

DONE = Notification(
    Subject.COMPLETED,
    "Download finished",
    "a <b> & c.iso, 4.7 GB",
    Answer.OPEN_FILE,
    (Button(Answer.OPEN_FOLDER, "Open folder"),),
    place=1,
    path="/tmp/a <b> & c.iso",
)


@dataclass
class Desk:
    """One run of the notifications under test, and what came of them."""

    address: str
    chosen: asyncio.Queue[tuple[Notification, Answer]] = field(default_factory=asyncio.Queue)
    otherwise: asyncio.Queue[Notification] = field(default_factory=asyncio.Queue)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.notifications = BusNotifications(
            start_task=self._start,
            on_chosen=self._on_chosen,
            otherwise=self.otherwise.put_nowait,
            icon="/icon.svg",
            bus=self.address,
        )

    def _on_chosen(self, notification: Notification, answer: Answer) -> None:
        self.tokens.append(os.environ.get("XDG_ACTIVATION_TOKEN"))
        self.chosen.put_nowait((notification, answer))

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self.tasks.append(asyncio.ensure_future(coroutine))

    async def end(self) -> None:
        self.notifications.close()
        async with asyncio.timeout(5):
            for ended in await asyncio.gather(*self.tasks, return_exceptions=True):
                assert ended is None or isinstance(ended, asyncio.CancelledError)


@asynccontextmanager
async def desk_on(address: str) -> AsyncIterator[Desk]:
    desk = Desk(address)
    try:
        yield desk
    finally:
        await desk.end()


Scenario = Callable[[Desk, DesktopServices], Awaitable[None]]


def on_a_bus(scenario: Scenario, *capabilities: str) -> None:
    async def run() -> None:
        async with (
            asyncio.timeout(30),
            session_bus() as address,
            desktop_services(address, [NOTIFICATIONS], capabilities) as services,
            desk_on(address) as desk,
        ):
            await scenario(desk, services)

    asyncio.run(run())


@needs_bus
@pytest.mark.parametrize(
    "capabilities, text, actions",
    [
        (
            ("actions", "body-markup"),
            "a &lt;b&gt; &amp; c.iso, 4.7 GB",
            ["default", "", "open folder", "Open folder"],
        ),
        ((), "a <b> & c.iso, 4.7 GB", []),
    ],
    ids=["reads markup and has buttons", "plain"],
)
def test_a_service_gets_what_it_can_show(
    capabilities: tuple[str, ...], text: str, actions: list[str]
) -> None:
    async def scenario(desk: Desk, services: DesktopServices) -> None:
        desk.notifications.show(DONE)
        shown = await services.shown.get()
        assert (shown.title, shown.text, shown.actions) == ("Download finished", text, actions)
        assert shown.hints["desktop-entry"] == ("s", "dlmanager")
        assert shown.hints["category"] == ("s", "transfer.complete")
        assert shown.replaced == 0

    on_a_bus(scenario, *capabilities)


@needs_bus
@pytest.mark.parametrize(
    "action, answer", [("default", Answer.OPEN_FILE), ("open folder", Answer.OPEN_FOLDER)]
)
def test_what_the_person_chooses_is_told(action: str, answer: Answer) -> None:
    async def scenario(desk: Desk, services: DesktopServices) -> None:
        desk.notifications.show(DONE)
        shown = await services.shown.get()
        await services.choose(shown.number, action)
        assert await desk.chosen.get() == (DONE, answer)

    on_a_bus(scenario, "actions")


@needs_bus
def test_choices_at_others_notifications_and_unknown_ones_are_none_of_ours() -> None:
    async def scenario(desk: Desk, services: DesktopServices) -> None:
        desk.notifications.show(DONE)
        shown = await services.shown.get()
        await services.choose(shown.number + 1, "default")
        await services.choose(shown.number, "format the disk")
        async with desktop_services(desk.address, []) as stranger:
            await stranger.choose(shown.number, "open folder")
        await services.choose(shown.number, "default")
        assert await desk.chosen.get() == (DONE, Answer.OPEN_FILE)
        assert desk.chosen.empty()

    on_a_bus(scenario, "actions")


@needs_bus
def test_the_right_to_come_to_front_is_at_hand_for_the_choice_it_came_with() -> None:
    async def scenario(desk: Desk, services: DesktopServices) -> None:
        desk.notifications.show(DONE)
        number = (await services.shown.get()).number
        for token in ("first", None, "second"):
            await services.choose(number, "default", token)
            await desk.chosen.get()
        assert desk.tokens == ["first", None, "second"]
        assert "XDG_ACTIVATION_TOKEN" not in os.environ

    on_a_bus(scenario, "actions")


@needs_bus
def test_a_later_one_takes_the_place_of_the_one_it_continues() -> None:
    async def scenario(desk: Desk, services: DesktopServices) -> None:
        desk.notifications.show(DONE)
        first = await services.shown.get()
        desk.notifications.show(replace(DONE, title="2 downloads finished"))
        second = await services.shown.get()
        assert (second.replaced, second.number) == (first.number, first.number)
        desk.notifications.show(replace(DONE, place=2))
        assert (await services.shown.get()).replaced == 0
        desk.notifications.show(replace(DONE, place=None))
        assert (await services.shown.get()).replaced == 0

    on_a_bus(scenario, "actions")


@needs_bus
def test_an_undecodable_name_is_shown_as_well_as_it_can_be() -> None:
    async def scenario(desk: Desk, services: DesktopServices) -> None:
        desk.notifications.show(replace(DONE, text="a\udcff\0.iso"))
        assert (await services.shown.get()).text == "a?.iso"

    on_a_bus(scenario)


@needs_bus
def test_a_service_that_refuses_has_a_substitute_and_is_asked_again() -> None:
    async def scenario(desk: Desk, services: DesktopServices) -> None:
        services.refuses = True
        desk.notifications.show(DONE)
        assert await desk.otherwise.get() == DONE
        services.refuses = False
        desk.notifications.show(DONE)
        await services.shown.get()
        assert desk.otherwise.empty()

    on_a_bus(scenario)


@needs_bus
def test_a_service_that_starts_anew_is_asked_what_it_can_and_replaces_nothing() -> None:
    async def scenario(desk: Desk, services: DesktopServices) -> None:
        desk.notifications.show(DONE)
        await services.shown.get()
        await services.disown(NOTIFICATIONS)
        async with desktop_services(desk.address, [NOTIFICATIONS], ["body-markup"]) as anew:
            desk.notifications.show(DONE)
            shown = await anew.shown.get()
            assert (shown.replaced, shown.actions) == (0, [])
            assert shown.text == "a &lt;b&gt; &amp; c.iso, 4.7 GB"

    on_a_bus(scenario, "actions")


@needs_bus
def test_a_bus_without_a_service_has_a_substitute() -> None:
    async def run() -> None:
        async with asyncio.timeout(30), session_bus() as address, desk_on(address) as desk:
            desk.notifications.show(DONE)
            assert await desk.otherwise.get() == DONE

    asyncio.run(run())


@needs_bus
def test_a_bus_that_goes_away_has_a_substitute() -> None:
    async def run() -> None:
        async with asyncio.timeout(30):
            async with session_bus() as address:
                services_of_it = desktop_services(address, [NOTIFICATIONS])
                services = await services_of_it.__aenter__()
                desk = Desk(address)
                desk.notifications.show(DONE)
                await services.shown.get()
                await services_of_it.__aexit__(None, None, None)
            desk.notifications.show(DONE)
            assert await desk.otherwise.get() == DONE
            await desk.end()

    asyncio.run(run())


@pytest.mark.parametrize("address", ["SESSION", "disabled:", "unix:path=/nowhere", "tcp:host=a"])
def test_without_a_bus_there_is_a_substitute(address: str) -> None:
    async def run() -> None:
        async with asyncio.timeout(10), desk_on(address) as desk:
            desk.notifications.show(DONE)
            assert await desk.otherwise.get() == DONE

    asyncio.run(run())


def test_after_the_end_nothing_is_shown() -> None:
    async def run() -> None:
        async with desk_on("disabled:") as desk:
            desk.notifications.close()
            desk.notifications.show(DONE)
            assert desk.tasks == []

    asyncio.run(run())


@needs_bus
def test_a_service_that_does_not_answer_holds_up_no_end() -> None:
    async def scenario(desk: Desk, services: DesktopServices) -> None:
        services.is_silent = True
        desk.notifications.show(DONE)
        await services.asked.wait()

    on_a_bus(scenario)


def test_closed_before_it_began_it_ends_at_once() -> None:
    async def run() -> None:
        async with desk_on("disabled:") as desk:
            desk.notifications.show(DONE)
            desk.notifications.close()
        assert desk.otherwise.empty()

    asyncio.run(run())
