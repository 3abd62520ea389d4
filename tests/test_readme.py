"""What the README says of things that the code declares."""

from pathlib import Path

from dlmanager.core.settings import as_text, default_of, explain, setting_names

README = Path(__file__).parents[1] / "README.md"


def settings_table() -> str:
    """The table of the settings; to be copied into the README where this differs."""
    rows = ["| setting | default | what it means |", "|---|---|---|"]
    for name in setting_names():
        default = as_text(default_of(name))
        rows.append(f"| `{name}` | {f'`{default}`' if default else ''} | {explain(name)} |")
    return "\n".join(rows)


def test_the_table_of_settings_is_that_of_their_declaration():
    assert settings_table() in README.read_text("utf-8")
