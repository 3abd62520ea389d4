import pytest

from dlmanager.wget.command import build_arguments, build_command, build_environment

PART = "/home/me/Downloads/a file.zip.1234abcd.part"


def test_the_arguments_are_the_ones_that_were_tried_out():
    assert build_arguments(PART, condition='If-Match: "v1"', user_agent="dlmanager/1.0") == [
        "--no-config",
        "--no-hsts",
        "--no-netrc",
        "--no-iri",
        "-S",
        "--progress=bar:force:noscroll",
        "--tries=1",
        "--waitretry=0",
        "--max-redirect=10",
        "-e",
        "ftp_proxy=http://127.0.0.1:9",
        "--dns-timeout=10",
        "--connect-timeout=15",
        "--read-timeout=30",
        "--no-use-server-timestamps",
        "--header=Accept-Encoding: identity",
        "--user-agent=dlmanager/1.0",
        '--header=If-Match: "v1"',
        "-c",
        "-O",
        PART,
        "-i",
        "-",
    ]


def test_without_a_condition_no_header_for_it_is_sent():
    arguments = build_arguments(PART, condition=None, user_agent="x")
    assert [a for a in arguments if a.startswith("--header=")] == [
        "--header=Accept-Encoding: identity"
    ]


@pytest.mark.parametrize("bad", ["\r", "\n", "\0"], ids=repr)
def test_a_line_break_in_any_value_is_refused(bad: str):
    with pytest.raises(ValueError, match="line break"):
        build_arguments(f"/tmp/{bad}", condition=None, user_agent="x")
    with pytest.raises(ValueError, match="line break"):
        build_arguments(PART, condition=f"If-Match: {bad}", user_agent="x")
    with pytest.raises(ValueError, match="line break"):
        build_arguments(PART, condition=None, user_agent=f"x{bad}")
    with pytest.raises(ValueError, match="line break"):
        build_environment(f"/{bad}", "/usr/bin")
    with pytest.raises(ValueError, match="line break"):
        build_environment("/", f"/usr/bin{bad}")
    with pytest.raises(ValueError, match="line break"):
        build_command(f"/wget{bad}", [], None)
    with pytest.raises(ValueError, match="line break"):
        build_command("/wget", [bad], "/setpriv")
    with pytest.raises(ValueError, match="line break"):
        build_command("/wget", [], f"/setpriv{bad}")


@pytest.mark.parametrize("path", ["-", "part", "./part", ""])
def test_a_relative_part_is_refused(path: str):
    with pytest.raises(ValueError, match="absolute"):
        build_arguments(path, condition=None, user_agent="x")


def test_the_environment_is_made_from_nothing():
    assert build_environment("/run/home", "/usr/bin:/bin") == {
        "PATH": "/usr/bin:/bin",
        "LC_ALL": "C",
        "HOME": "/run/home",
        "TMPDIR": "/run/home",
    }


def test_setpriv_wraps_wget():
    assert build_command("/usr/bin/wget", ["-S"], "/usr/bin/setpriv") == (
        "/usr/bin/setpriv",
        ["--pdeathsig", "KILL", "--", "/usr/bin/wget", "-S"],
    )


def test_without_setpriv_wget_is_started_itself():
    assert build_command("/usr/bin/wget", ["-S"], None) == ("/usr/bin/wget", ["-S"])


def test_with_secrets_its_own_file_takes_the_place_of_all_others_and_redirects_are_ours():
    arguments = build_arguments(
        "/part", condition=None, user_agent="ours", config_path="/c", follows_redirects=False
    )
    assert arguments[0] == "--config=/c"
    assert "--no-config" not in arguments  # wget heeds the first of the two alone
    assert "--max-redirect=0" in arguments
