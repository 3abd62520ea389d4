"""How long a large file takes, and what CPU it costs, beside plain wget in the same run."""

import functools
import os
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from dlmanager.wget.command import build_arguments
from tests.benchmarks.measuring import (
    GIB,
    Cost,
    Figure,
    Options,
    dlmanager,
    run,
    say,
    serving,
    wget_path,
)

MOST_TIMES_WGET = 1.10
_TIMEOUT_S = 300


def measure_transfer(options: Options) -> list[Figure]:
    """The time of one file, start-up taken off, against wget."""
    costs = _costs(options)
    wget = tuple(cost.wall_s for cost in costs["wget"])

    def figure(name: str, values: tuple[float, ...], limit: float | None = None) -> Figure:
        return Figure(f"transfer: {name}", "s", values, wget, limit)

    ours = tuple(
        cost.wall_s - start.wall_s
        for cost, start in zip(costs["dlmanager"], costs["start"], strict=True)
    )
    return [
        Figure("transfer: wget -q -O", "s", wget),
        figure("wget with our arguments", tuple(cost.wall_s for cost in costs["arguments"])),
        figure("wget -q -O, then fsync", tuple(cost.wall_s for cost in costs["fsync"])),
        figure("dlmanager with start-up", tuple(cost.wall_s for cost in costs["dlmanager"])),
        figure("dlmanager", ours, MOST_TIMES_WGET),
    ]


def measure_cpu(options: Options) -> list[Figure]:
    """The CPU time of our own process for one file, start-up taken off, beside wget's."""
    costs = _costs(options)
    gib = options.size_bytes / GIB
    own = tuple(
        (cost.cpu_s - start.cpu_s) / gib
        for cost, start in zip(costs["dlmanager"], costs["start"], strict=True)
    )
    its_wget = tuple(
        (cost.children_cpu_s - start.children_cpu_s) / gib
        for cost, start in zip(costs["dlmanager"], costs["start"], strict=True)
    )
    wget = tuple(cost.cpu_s / gib for cost in costs["wget"])
    return [
        Figure("cpu: wget -q -O", "s/GiB", wget),
        Figure("cpu: the wget of dlmanager", "s/GiB", its_wget, wget),
        Figure("cpu: dlmanager itself", "s/GiB", own, wget),
        Figure("cpu: dlmanager's start-up", "s", tuple(cost.cpu_s for cost in costs["start"])),
    ]


@functools.cache
def _costs(options: Options) -> dict[str, list[Cost]]:
    """What each way costs, in turn, so that a slow moment of the machine hits all alike.

    A first round of everything warms up and does not count. start: our program with nothing to do.
    Both measurements use the same rounds.
    """
    costs: dict[str, list[Cost]] = defaultdict(list)
    folder = options.folder / "transfer"
    folder.mkdir(exist_ok=True)
    data_dir = options.folder / "transfer-data"
    with serving([f"big.bin={options.size}"]) as (link,):
        target = folder / "big.bin"
        plain = [wget_path(), "-q", "-O", str(target), link]
        verbose = [wget_path(), *_our_arguments(target), link]
        ways: dict[str, Callable[[], Cost]] = {
            "wget": lambda: run(plain, options, timeout_s=_TIMEOUT_S),
            "dlmanager": lambda: _by_dlmanager(link, folder, data_dir, options),
            "arguments": lambda: run(verbose, options, timeout_s=_TIMEOUT_S),
            "fsync": lambda: run(_with_fsync(plain), options, timeout_s=_TIMEOUT_S),
        }
        for number in range(options.runs + 1):
            say(f"one file of {options.size}: round {number} of {options.runs}")
            round_costs = {"start": run(_work(data_dir), options)}
            # Each in every place: what came before leaves the disk and its cache in some state.
            turn = number % len(ways)
            for name, fetch in [*ways.items()][turn:] + [*ways.items()][:turn]:
                os.sync()  # nobody pays for what the one before left to be written
                round_costs[name] = fetch()
                _check_and_remove(folder, options.size_bytes)
            if number > 0:
                for name, cost in round_costs.items():
                    costs[name].append(cost)
    return costs


def _by_dlmanager(link: str, folder: Path, data_dir: Path, options: Options) -> Cost:
    run(dlmanager(data_dir, "add", link, "--to", str(folder)), options)
    return run(_work(data_dir), options, timeout_s=_TIMEOUT_S)


def _work(data_dir: Path) -> list[str]:
    return dlmanager(data_dir, "run", "--until-idle")


def _our_arguments(target: Path) -> list[str]:
    """What our program gives wget, but for the link on its standard input."""
    arguments = build_arguments(str(target), condition=None, user_agent="dlmanager")
    return arguments[: arguments.index("-i")]


def _with_fsync(command: list[str]) -> list[str]:
    # coreutils' sync of one file is fsync; the name is given as an argument, not to the shell.
    return ["sh", "-c", '"$@" && exec sync "$0"', command[command.index("-O") + 1], *command]


def _check_and_remove(folder: Path, size_bytes: int) -> None:
    [file] = folder.iterdir()
    assert file.stat().st_size == size_bytes, f"{file} has the wrong size"
    file.unlink()
