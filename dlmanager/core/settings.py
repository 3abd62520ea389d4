"""The settings: their names, defaults, bounds and explanations, in one place."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from dlmanager.core.errors import InvalidSetting


def _number(default: int, least: int, most: int, about: str) -> Any:
    return field(default=default, metadata={"least": least, "most": most, "about": about})


def _text(about: str) -> Any:
    return field(default="", metadata={"about": about})


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person can set; an empty text means: find it yourself."""

    max_concurrent_downloads: int = _number(3, 1, 100, "downloads at the same time")
    poll_interval_ms: int = _number(
        1000, 100, 60_000, "how often the queue looks for changes by others, in milliseconds"
    )
    max_retries: int = _number(3, -1, 1000, "retries of a new download; -1 until it succeeds")
    initial_retry_delay_ms: int = _number(
        2000, 100, 300_000, "wait before the first retry, doubled each time, in milliseconds"
    )
    progress_throttle_ms: int = _number(
        500, 100, 60_000, "least time between two writes of progress, in milliseconds"
    )
    wget_executable_path: str = _text("path of GNU wget; empty: the first one found")
    download_directory: str = _text("where files go; empty: your Downloads folder")
    low_speed_limit_bytes_s: int = _number(
        512, 0, 1_000_000_000, "slowest download that goes on, in bytes a second; 0: any"
    )
    low_speed_time_s: int = _number(
        60, 0, 86_400, "how long a download may be slower than that, in seconds; 0: for ever"
    )
    header_timeout_s: int = _number(
        60, 0, 86_400, "how long a server may take to answer, in seconds; 0: for ever"
    )
    proxy: str = _text("http://[user:password@]host:port for all downloads; empty: none")


_FIELDS = {each.name: each for each in fields(Settings)}


def setting_names() -> list[str]:
    """The names of all settings, in the order they are shown."""
    return list(_FIELDS)


def about(name: str) -> str:
    """One line on what a setting means. Raises InvalidSetting for an unknown name."""
    return str(_field(name).metadata["about"])


def settings_from(values: Mapping[str, Any]) -> Settings:
    """Settings of what a settings file holds; what it does not name has its default.

    Raises InvalidSetting for an unknown name, a wrong type or a value out of its range.
    """
    return Settings(**{name: _checked(name, value) for name, value in values.items()})


def with_setting(settings: Settings, name: str, text: str) -> Settings:
    """The settings with one of them changed, given as text. Raises InvalidSetting."""
    value: Any = text
    if isinstance(_field(name).default, int):
        try:
            value = int(text)
        except ValueError:
            raise InvalidSetting(f"{name} is a whole number, not {text!r}.") from None
    return replace(settings, **{name: _checked(name, value)})


def changed_values(settings: Settings) -> dict[str, Any]:
    """The settings that differ from their defaults, as a settings file holds them."""
    return {
        name: value for name, value in asdict(settings).items() if value != _FIELDS[name].default
    }


def _field(name: str) -> Any:
    try:
        return _FIELDS[name]
    except KeyError:
        names = ", ".join(_FIELDS)
        raise InvalidSetting(f"There is no setting {name!r}. The settings are: {names}.") from None


def _checked(name: str, value: Any) -> Any:
    known = _field(name)
    kind = type(known.default)
    if type(value) is not kind:
        wanted = "a whole number" if kind is int else "a text"
        raise InvalidSetting(f"{name} is {wanted}, not {value!r}.")
    if kind is int:
        least, most = known.metadata["least"], known.metadata["most"]
        if not least <= value <= most:
            raise InvalidSetting(f"{name} is between {least} and {most}, not {value}.")
    elif any(ord(character) < 32 for character in value):
        raise InvalidSetting(f"{name} may not hold line breaks or control characters.")
    return value
