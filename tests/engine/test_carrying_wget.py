from pathlib import Path

from dlmanager.engine.carrying_wget import discard_luggage


def test_leftovers_of_a_killed_program_go_and_nothing_else(tmp_path: Path):
    for name in ("1.wgetrc", "1.cookies", "1.peek"):
        (tmp_path / name).touch()
    tmp_path.chmod(0o755)
    discard_luggage(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["1.peek"]
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_without_a_run_folder_there_is_nothing_to_do(tmp_path: Path):
    discard_luggage(tmp_path / "none")
