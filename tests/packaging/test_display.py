import pytest

from .dev_script import load

display = load("display")


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        pytest.param("linux", {}, False, id="linux, nothing set"),
        pytest.param("linux", {"DISPLAY": ":0"}, True, id="linux, X"),
        pytest.param("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True, id="linux, Wayland"),
        pytest.param("linux", {"QT_QPA_PLATFORM": "vnc"}, True, id="linux, Qt was told"),
        pytest.param("linux", {"DISPLAY": "", "WAYLAND_DISPLAY": ""}, False, id="linux, empty"),
        pytest.param("darwin", {}, True, id="macOS"),
        pytest.param("win32", {}, True, id="Windows"),
    ],
)
def test_a_display_is_missing_only_on_linux_without_any_sign_of_one(platform, environ, expected):
    assert display.has_display(platform, environ) is expected


@pytest.mark.parametrize(
    "line",
    [
        *("add", "run", "list", "show", "pause", "resume", "cancel", "retry", "remove", "config"),
        *("--help", "-h", "--version", "--data-dir /x list", "--data-dir=/x list", "list --help"),
        *("accept", "add https://host/file"),
    ],
)
def test_a_command_for_the_terminal_wants_no_window(line):
    assert not display.wants_window(line.split())


@pytest.mark.parametrize("line", ["frobnicate", "--verbose", "listing", "ftp://host/file", "list_"])
def test_what_may_be_a_mistake_is_left_to_the_application(line):
    assert not display.wants_window(line.split())


@pytest.mark.parametrize(
    "line",
    [
        *("", "https://host/list", "HTTP://host/a http://host/b"),
        *("--data-dir /x", "--data-dir=/x", "--data-dir /x http://host/a"),
    ],
)
def test_links_or_nothing_want_a_window(line):
    assert display.wants_window(line.split())


def test_the_text_is_one_line_and_names_the_headless_command():
    assert "\n" not in display.NO_DISPLAY
    assert display.NO_DISPLAY.endswith("./dev run run")
