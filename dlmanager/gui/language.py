"""The language of the window: whose words are shown, and how numbers and dates are written."""

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from dlmanager import resources

SYSTEM = "system"
"""The choice that follows the system."""

_WORDS_IN_CODE = "en"


def use_language(application: QCoreApplication, choice: str) -> None:
    """Speak a language from now on; widgets that are there already keep their words.

    choice: as the setting `language` has it. Where it is the language of the system, numbers and
    dates stay as the person has set them there.
    """
    system = QLocale.system()
    QLocale.setDefault(system if choice == SYSTEM else _locale(choice, system))
    for former in application.findChildren(QTranslator):
        application.removeTranslator(former)
        former.deleteLater()
    spoken = _spoken(system) if choice == SYSTEM else choice
    if spoken == _WORDS_IN_CODE:
        return
    # Qt's own first: of two that know a text, the one that was installed last is asked.
    for name, folder in (
        ("qtbase", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)),
        ("dlmanager", str(resources.translation_folder())),
    ):
        translator = QTranslator(application)
        if translator.load(f"{name}_{spoken}", folder):
            application.installTranslator(translator)


def _locale(language: str, system: QLocale) -> QLocale:
    """Return a language as it is written where the system is: English in Germany has 1,5 MB."""
    wanted = QLocale(language)
    if wanted.language() is system.language():
        return system
    return QLocale(wanted.language(), system.territory())


def _spoken(system: QLocale) -> str:
    """Return the first language of the system that there are words in."""
    known = resources.translated_languages() | {_WORDS_IN_CODE}
    for name in system.uiLanguages():
        language = name.partition("-")[0]
        if language in known:
            return language
    return _WORDS_IN_CODE
