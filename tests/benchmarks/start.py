"""How long the commands take that do next to nothing."""

from collections import defaultdict

from tests.benchmarks.measuring import PYTHON, Figure, Options, dlmanager, run, say

MOST_S = 0.6
_LINK = "http://127.0.0.1:9/file.bin"


def measure_start(options: Options) -> list[Figure]:
    """Wall time of commands from start to end; twice as many rounds, as they are short."""
    data_dir = options.folder / "start-data"
    target = options.folder / "start-target"
    target.mkdir()
    empty_dir = options.folder / "start-empty-data"
    commands = {
        "python -c pass": [PYTHON, "-c", "pass"],
        "--version": dlmanager(data_dir, "--version"),
        "list": dlmanager(data_dir, "list"),
        "add --paused": dlmanager(data_dir, "add", "--paused", _LINK, "--to", str(target)),
        "run --until-idle, nothing to do": dlmanager(empty_dir, "run", "--until-idle"),
    }
    limits = {"run --until-idle, nothing to do": MOST_S}
    walls: dict[str, list[float]] = defaultdict(list)
    say("starting and ending")
    for number in range(2 * options.runs + 1):
        for name, command in commands.items():
            cost = run(command, options)
            if number > 0:  # the first round compiles
                walls[name].append(cost.wall_s)
    return [
        Figure(f"start: {name}", "s", tuple(values), limit=limits.get(name))
        for name, values in walls.items()
    ]
