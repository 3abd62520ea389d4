"""How late the event loop is while twenty downloads run."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.measuring import (
    Figure,
    Options,
    dlmanager,
    percentile,
    probed,
    run,
    say,
    serving,
)
from tests.benchmarks.probed_program import DOWNLOADS, Result

MOST_P99_MS = 20
_RATE = "2M"
_FILE_SIZE = "200M"  # more than comes while they are watched
_WINDOW_RUNS = 3


def measure_loop(options: Options) -> list[Figure]:
    """Delays with the window, without it, and of an empty loop."""
    say("an empty event loop")
    figures = probe_figures("loop: empty", [probed("bare", options.folder, options)])
    for scenario, runs, limit in (("window", _WINDOW_RUNS, MOST_P99_MS), ("headless", 1, None)):
        say(f"the event loop under {DOWNLOADS} downloads, {scenario}")
        found = [_observe(scenario, options) for _ in range(runs)]
        figures += probe_figures(f"loop: {DOWNLOADS} downloads, {scenario}", found, limit)
    return figures


def probe_figures(
    name: str, found: Sequence[Result], p99_limit: float | None = None
) -> list[Figure]:
    """What a probe found in some runs: delays, also without the machine's part in them, and CPU."""

    def of_delays(key: str, percent: float) -> tuple[float, ...]:
        return tuple(percentile(each[key], percent) for each in found)

    return [
        Figure(f"{name}, p50", "ms", of_delays("delays_ms", 50)),
        Figure(f"{name}, p99", "ms", of_delays("delays_ms", 99), limit=p99_limit),
        Figure(f"{name}, p99 less waiting for a CPU", "ms", of_delays("own_delays_ms", 99)),
        Figure(f"{name}, max", "ms", of_delays("delays_ms", 100)),
        Figure(f"{name}, CPU", "%", tuple(each["cpu_share"] * 100 for each in found)),
    ]


def _observe(scenario: str, options: Options) -> Result:
    with tempfile.TemporaryDirectory(prefix="loop-", dir=options.folder) as folder:
        return _observe_in(Path(folder), scenario, options)


def _observe_in(folder: Path, scenario: str, options: Options) -> Result:
    data_dir, target = folder / "data", folder / "target"
    data_dir.mkdir()
    target.mkdir()
    (data_dir / "settings.toml").write_text(
        f"max_concurrent_downloads = {DOWNLOADS}\nmax_downloads_per_host = 0\n"
    )
    files = [f"file-{number}.bin={_FILE_SIZE}" for number in range(DOWNLOADS)]
    with serving(files, "--rate", _RATE) as links:
        run(dlmanager(data_dir, "add", *links, "--to", str(target)), options)
        return probed(scenario, data_dir, options)
