"""Why a value of a setting cannot be used, as it is said beside its field.

The same sentences name the setting elsewhere, such as on the command line; here it is in front of
the person.
"""

from PySide6.QtCore import QCoreApplication

from dlmanager.gui.sentences import in_window_language, parts_of


def words_of_refusal(name: str, text: str) -> str:
    """Return why a value of the setting of this name was refused, in the window's language."""
    said = text.removeprefix(f"{name}: ")
    here = _said_here()
    return " ".join(
        here[found[0]].format(**found[1])
        if found is not None and found[0] in here
        else in_window_language(english)
        for english, found in parts_of(said)
    )


def _said_here() -> dict[str, str]:
    """By the template of a sentence, what is said in its place."""
    translate = QCoreApplication.translate
    proxy = translate(
        "SettingWords", "Write the proxy as http://host:port, or http://name:password@host:port."
    )
    return {
        "proxy is http://[user:password@]host:port.": proxy,
        "proxy is http://[user:password@]host:port, and nothing after that.": proxy,
        "This is not a link: {link}": "",
        "wget was not found at {path}. "
        "Install it there, or correct the setting wget_executable_path and start again.": translate(
            "SettingWords", "There is no program {path}. Choose another one."
        ),
        "{path} may not be executed. "
        "Correct its permissions, or the setting wget_executable_path and start again.": translate(
            "SettingWords", "{path} may not be executed. Choose another program."
        ),
        "{path} does not run as GNU wget should. "
        "Install GNU wget, or correct the setting wget_executable_path.": translate(
            "SettingWords", "{path} does not run as GNU wget should. Choose another program."
        ),
        "wget was not found on this computer. "
        "Install it (for example: apt install wget), or set wget_executable_path.": translate(
            "SettingWords",
            "wget was not found on this computer. "
            "Install it (for example: apt install wget), or choose it here.",
        ),
        "Install GNU wget 1.16 or newer, or choose another one in the settings.": translate(
            "SettingWords", "Install GNU wget 1.16 or newer, or choose another program."
        ),
    }
