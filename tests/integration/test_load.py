"""Many small files at once, some of them with faults."""

import json
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from dlmanager.core.job import Status
from tests.integration.loaded_program import Load
from tests.integration.loopback_server import (
    Behaviour,
    Content,
    Exchange,
    LoopbackServer,
    cut_fin,
    cut_rst,
    ok,
    reset_at_once,
    status,
)
from tests.integration.site import Site

FAULTS_PERCENT = 5
RATE_BYTES_S = 150_000
"""So that one takes long enough for many to run at once."""
MEMORY_GROWTH_BYTES = 16 * 1024 * 1024
"""Generously: the rows themselves are a few hundred bytes each."""


def stall_shortly(exchange: Exchange) -> None:
    """Fall silent for a while, then go on."""
    exchange.wait(0.5)
    exchange.answer(exchange.good_answer())


FAULTS: list[Callable[[int], Behaviour]] = [
    lambda size: cut_fin(size // 2),
    lambda size: cut_rst(size // 2),
    lambda size: status(503),
    lambda size: reset_at_once(),
    lambda size: stall_shortly,
]


def serve(server: LoopbackServer, count: int, seed: int) -> dict[str, Content]:
    """Small files, one in twenty with a fault at its first request."""
    chance = random.Random(seed)
    served = {}
    for number in range(count):
        content = Content(chance.randrange(1000, 60_000), seed=1 + number % 8)
        path = f"/{number}.bin"
        served[server.serve(path, content, rate_bytes_s=RATE_BYTES_S)] = content
        if chance.randrange(100) < FAULTS_PERCENT:
            server.sequence(path, [chance.choice(FAULTS)(content.size), ok()])
    return served


def work(site: Site) -> Load:
    """Let the program work on the queue to its end, measured."""
    result = site.root / "load.json"
    subprocess.run(
        [sys.executable, "-m", "tests.integration.loaded_program", site.data_dir, result],
        cwd=Path(__file__).parents[2],
        env=site.environment(),
        check=True,
    )
    return Load(**json.loads(result.read_text()))


@pytest.mark.fault(53)
@pytest.mark.parametrize(
    "jobs, at_once",
    [
        (200, 20),
        pytest.param(2000, 50, marks=[pytest.mark.long, pytest.mark.timeout(400)]),
    ],
    ids=["200 jobs", "2000 jobs"],
)
def test_many_small_files_end_right_and_nothing_leaks(
    tmp_path: Path, server: LoopbackServer, jobs: int, at_once: int
):
    site = Site(tmp_path)
    site.set(max_concurrent_downloads=at_once, max_downloads_per_host=0, initial_retry_delay_ms=200)
    served = serve(server, jobs, seed=53)
    site.add(*served)
    load = work(site)
    for each in fields(load):
        sys.stdout.write(f"{each.name}: {getattr(load, each.name)}\n")
    sys.stdout.write(f"jobs a second: {jobs / load.wall_s:.1f}\n")
    assert not site.troubles_at_the_end(served)
    assert at_once * 0.6 <= load.most_at_once <= at_once
    assert server.max_active <= at_once
    assert load.children_after == 0
    assert load.descriptors_after <= load.descriptors_before
    assert load.memory_most_bytes - load.memory_warm_bytes < MEMORY_GROWTH_BYTES
    assert list(site.data_dir.glob("run/*")) == []
    assert all(job.status is Status.COMPLETED for job in site.jobs())
