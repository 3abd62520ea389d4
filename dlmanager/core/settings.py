"""The settings: their names, places, defaults, bounds and explanations, from one declaration."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from dlmanager.core.categories import USUAL_CATEGORIES, Category, CategoryTable, parse_extensions
from dlmanager.core.errors import BadInput, InvalidSetting


class Page(StrEnum):
    """Where the settings dialog shows a setting; in the order of its pages."""

    GENERAL = "General"
    DOWNLOADS = "Downloads"
    QUEUE = "Queue and retries"
    NETWORK = "Network"
    NOTIFICATIONS = "Notifications and tray"
    APPEARANCE = "Appearance"
    CATEGORIES = "Categories"
    ADVANCED = "Advanced"


class Kind(StrEnum):
    """What a person gives: decides how it is asked for."""

    NUMBER = "number"
    SWITCH = "switch"
    CHOICE = "choice"
    TEXT = "text"
    FOLDER = "folder"
    PROGRAM = "program"
    EXTENSIONS = "extensions"


@dataclass(frozen=True, slots=True)
class Description:
    """What a setting is.

    least and most bound a NUMBER; least_means: what its least value stands for, where that is no
    number of units. choices: the values of a CHOICE.
    """

    kind: Kind
    page: Page
    label: str
    explanation: str
    unit: str = ""
    least: int = 0
    most: int = 0
    least_means: str = ""
    choices: tuple[str, ...] = ()


def _number(
    default: int,
    page: Page,
    label: str,
    explanation: str,
    least: int,
    most: int,
    unit: str,
    least_means: str = "",
) -> Any:
    return _setting(
        default,
        Description(Kind.NUMBER, page, label, explanation, unit, least, most, least_means),
    )


def _text(page: Page, label: str, explanation: str, kind: Kind = Kind.TEXT) -> Any:
    return _setting("", Description(kind, page, label, explanation))


def _switch(default: bool, page: Page, label: str, explanation: str) -> Any:
    return _setting(default, Description(Kind.SWITCH, page, label, explanation))


def _choice(choices: tuple[str, ...], page: Page, label: str, explanation: str) -> Any:
    """The first choice is the default."""
    return _setting(choices[0], Description(Kind.CHOICE, page, label, explanation, choices=choices))


def _category(category: Category, label: str) -> Any:
    return _setting(
        " ".join(USUAL_CATEGORIES.extensions[category]),
        Description(
            Kind.EXTENSIONS, Page.CATEGORIES, label, f"file extensions of the category {label}"
        ),
    )


def _setting(default: Any, description: Description) -> Any:
    return field(default=default, metadata={"description": description})


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person can set; an empty text means: find it yourself.

    But an empty category has no extensions. Each extension is in one category alone.
    """

    max_concurrent_downloads: int = _number(
        3,
        Page.QUEUE,
        "Downloads at once",
        "how many downloads run at the same time",
        1,
        100,
        "downloads",
    )
    poll_interval_ms: int = _number(
        1000,
        Page.ADVANCED,
        "Look for changes every",
        "how often the queue looks for changes that other programs made",
        100,
        60_000,
        "ms",
    )
    max_retries: int = _number(
        3,
        Page.QUEUE,
        "Retries",
        "how often a new download is tried again before it has failed",
        -1,
        1000,
        "retries",
        "until it succeeds",
    )
    initial_retry_delay_ms: int = _number(
        2000,
        Page.QUEUE,
        "First retry after",
        "wait before the first retry; each further one waits twice as long",
        100,
        300_000,
        "ms",
    )
    progress_throttle_ms: int = _number(
        500,
        Page.ADVANCED,
        "Save progress every",
        "least time between two writes of the progress to the disk",
        100,
        60_000,
        "ms",
    )
    max_downloads_per_host: int = _number(
        4,
        Page.QUEUE,
        "From one host at once",
        "how many downloads from the same host run at the same time",
        0,
        100,
        "downloads",
        "any number",
    )
    low_priority_wait_s: int = _number(
        600,
        Page.QUEUE,
        "Lower priorities wait",
        "after so long without a slot, a download of a lower priority gets the next one",
        0,
        86_400,
        "s",
        "for ever",
    )
    wget_executable_path: str = _text(
        Page.ADVANCED,
        "GNU wget",
        "the program that downloads; empty: the first one found",
        Kind.PROGRAM,
    )
    download_directory: str = _text(
        Page.GENERAL,
        "Download to",
        "where files go; empty: your Downloads folder",
        Kind.FOLDER,
    )
    low_speed_limit_bytes_s: int = _number(
        512,
        Page.DOWNLOADS,
        "Slowest speed",
        "a download that is slower than this for too long is tried again",
        0,
        1_000_000_000,
        "bytes/s",
        "any",
    )
    low_speed_time_s: int = _number(
        60,
        Page.DOWNLOADS,
        "May be slower for",
        "how long a download may be slower than that",
        0,
        86_400,
        "s",
        "for ever",
    )
    header_timeout_s: int = _number(
        60,
        Page.NETWORK,
        "Wait for an answer",
        "how long a server may take to answer before it is tried again",
        0,
        86_400,
        "s",
        "for ever",
    )
    proxy: str = _text(
        Page.NETWORK,
        "Proxy",
        "all downloads go through it: http://[user:password@]host:port; empty: none",
    )
    no_proxy: str = _text(
        Page.NETWORK,
        "No proxy for",
        "hosts and domains that the proxy is not asked for, separated by commas",
    )

    notify_completed: bool = _switch(
        True, Page.NOTIFICATIONS, "A download is finished", "notify when a download is finished"
    )
    notify_failed: bool = _switch(
        True, Page.NOTIFICATIONS, "A download failed", "notify when a download failed"
    )
    notify_queue_finished: bool = _switch(
        True,
        Page.NOTIFICATIONS,
        "The queue is finished",
        "notify when nothing is left to download",
    )
    close_to_tray: bool = _switch(
        True,
        Page.NOTIFICATIONS,
        "Keep downloading in the tray when the window is closed",
        "closing the window leaves downloads running in the tray, where there is one",
    )
    colour_scheme: str = _choice(
        ("system", "light", "dark"),
        Page.APPEARANCE,
        "Colours",
        "colours of the window: those of the system, light or dark",
    )
    row_height: str = _choice(
        ("comfortable", "compact"),
        Page.APPEARANCE,
        "Rows",
        "height of the rows: comfortable or compact",
    )
    language: str = _choice(
        ("system", "en", "de"),
        Page.GENERAL,
        "Language",
        "language of the window: that of the system, English or German; "
        "counts from the next start on",
    )
    category_documents: str = _category(Category.DOCUMENTS, "Documents")
    category_archives: str = _category(Category.ARCHIVES, "Archives")
    category_video: str = _category(Category.VIDEO, "Video")
    category_music: str = _category(Category.MUSIC, "Music")
    category_images: str = _category(Category.IMAGES, "Images")
    category_programs: str = _category(Category.PROGRAMS, "Programs")


_FIELDS = {each.name: each for each in fields(Settings)}
_CATEGORIES = {f"category_{each}": each for each in Category if each is not Category.OTHER}
_SWITCHED = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}


def setting_names() -> list[str]:
    """The names of all settings, in the order they are shown."""
    return list(_FIELDS)


def describe(name: str) -> Description:
    """What a setting is. Raises InvalidSetting for an unknown name."""
    description: Description = _field(name).metadata["description"]
    return description


def explain(name: str) -> str:
    """One line on what a setting means. Raises InvalidSetting for an unknown name."""
    description = describe(name)
    if not description.least_means:
        return description.explanation
    return f"{description.explanation}; {description.least}: {description.least_means}"


def default_of(name: str) -> Any:
    """What a setting is until somebody sets it. Raises InvalidSetting for an unknown name."""
    return _field(name).default


def settings_from(values: Mapping[str, Any]) -> Settings:
    """Settings of what a settings file holds; what it does not name has its default.

    An extension that it lists twice is in the category that comes last.
    Raises InvalidSetting for an unknown name, a wrong type or a value out of its range.
    """
    settings = Settings()
    for name, value in values.items():
        settings = _with_value(settings, name, _checked(name, value))
    return settings


def with_setting(settings: Settings, name: str, text: str) -> Settings:
    """The settings with one of them changed, given as text. Raises InvalidSetting.

    The extensions of a category leave those that held them before.
    """
    return _with_value(settings, name, _checked(name, _read(name, text)))


def with_defaults(settings: Settings, names: Iterable[str]) -> Settings:
    """The settings with some of them as they were at first. Raises InvalidSetting."""
    for name in names:
        settings = _with_value(settings, name, default_of(name))
    return settings


def category_table(settings: Settings) -> CategoryTable:
    """Which extensions belong to which category."""
    return CategoryTable(
        {each: tuple(getattr(settings, name).split()) for name, each in _CATEGORIES.items()}
    )


def as_text(value: Any) -> str:
    """A value as a person would give it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


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


def _with_value(settings: Settings, name: str, value: Any) -> Settings:
    if name not in _CATEGORIES:
        return replace(settings, **{name: value})
    extensions = category_table(settings).with_extensions(_CATEGORIES[name], value).extensions
    texts: dict[str, Any] = {
        other: " ".join(extensions[each]) for other, each in _CATEGORIES.items()
    }
    return replace(settings, **texts)


def _read(name: str, text: str) -> Any:
    kind = describe(name).kind
    if kind is Kind.NUMBER:
        try:
            return int(text)
        except ValueError:
            raise InvalidSetting(f"{name} is a whole number, not {text!r}.") from None
    if kind is Kind.SWITCH:
        try:
            return _SWITCHED[text.lower()]
        except KeyError:
            raise InvalidSetting(f"{name} is true or false, not {text!r}.") from None
    return text


_WANTED = {int: "a whole number", bool: "true or false", str: "a text"}


def _checked(name: str, value: Any) -> Any:
    description = describe(name)
    kind = type(_field(name).default)
    if type(value) is not kind:
        raise InvalidSetting(f"{name} is {_WANTED[kind]}, not {value!r}.")
    if description.kind is Kind.NUMBER:
        if not description.least <= value <= description.most:
            bounds = f"{description.least} and {description.most}"
            raise InvalidSetting(f"{name} is between {bounds}, not {value}.")
    elif description.kind is Kind.CHOICE:
        if value not in description.choices:
            raise InvalidSetting(
                f"{name} is one of {', '.join(description.choices)}, not {value!r}."
            )
    elif description.kind is Kind.EXTENSIONS:
        try:
            return " ".join(parse_extensions(value))
        except BadInput as error:
            raise InvalidSetting(f"{name}: {error}") from None
    elif kind is str and any(ord(character) < 32 for character in value):
        raise InvalidSetting(f"{name} may not hold line breaks or control characters.")
    return value
