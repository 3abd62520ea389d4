"""What the window costs with ten thousand rows."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.benchmarks.loop import probe_figures
from tests.benchmarks.measuring import Figure, Options, dlmanager, probed, resident_bytes, run, say
from tests.benchmarks.probed_program import ACTIVE_ROWS, ROWS

MOST_PAINT_S = 0.7
MOST_MEMORY_MB = 110
MOST_IDLE_PERCENT = 0.5
MOST_P99_MS = 10


def measure_window(options: Options) -> list[Figure]:
    """First paint, memory, CPU while nothing happens, and delays while fifty rows move.

    The list is then sorted by their speed, and narrowed by a search.
    """
    say(f"the window with {ROWS} rows")
    data_dir = options.folder / "rows-data"
    _fill(data_dir, options)
    paints = [probed("paint", data_dir, options) for _ in range(options.runs + 1)]
    # Without a probe, which takes half a megabyte.
    memories = [resident_bytes(dlmanager(data_dir), options) for _ in range(options.runs)]
    found = probed("rows", data_dir, options)
    return [
        Figure(
            "window: first paint",
            "s",
            # Without the first round, which compiles.
            tuple(each["painted_at"] - each["began_at"] for each in paints[1:]),
            limit=MOST_PAINT_S,
        ),
        Figure(
            "window: resident memory",
            "MB",
            tuple(memory_bytes / 1e6 for memory_bytes in memories),
            limit=MOST_MEMORY_MB,
        ),
        Figure(
            "window: CPU while nothing happens",
            "%",
            (found["idle_share"] * 100,),
            limit=MOST_IDLE_PERCENT,
        ),
        *probe_figures(f"window: {ACTIVE_ROWS} rows move", [found], MOST_P99_MS),
    ]


def _fill(data_dir: Path, options: Options) -> None:
    """Put paused jobs into the queue, and make most of them look as long finished."""
    links = options.folder / "links.txt"
    links.write_text("".join(f"http://127.0.0.1:9/folder/file-{i}.iso\n" for i in range(ROWS)))
    target = options.folder / "rows-target"
    target.mkdir()
    add = ("add", "--paused", "--from-file", str(links), "--to", str(target))
    run(dlmanager(data_dir, *add), options)
    with closing(sqlite3.connect(data_dir / "queue.db")) as database, database:
        database.execute(
            "UPDATE DOWNLOAD_QUEUE SET status='COMPLETED', progress_percent=100,"
            " filename='file-' || rowid || '.iso', final_path=target_directory || '/' || rowid,"
            " bytes_done=734003200, bytes_total=734003200, verification='size',"
            " finished_at=created_at WHERE rowid % 10 < 8 AND rowid <= ?",
            (ROWS - 2 * ACTIVE_ROWS,),
        )
