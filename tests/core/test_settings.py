import pytest

from dlmanager.core.categories import USUAL_CATEGORIES, Category
from dlmanager.core.errors import InvalidSetting
from dlmanager.core.settings import (
    Kind,
    Page,
    Settings,
    as_text,
    category_table,
    changed_values,
    default_of,
    describe,
    setting_names,
    settings_from,
    with_defaults,
    with_setting,
)


def test_the_names_are_those_of_the_specification():
    assert setting_names()[:5] == [
        "max_concurrent_downloads",
        "poll_interval_ms",
        "max_retries",
        "initial_retry_delay_ms",
        "progress_throttle_ms",
    ]
    assert (Settings().max_concurrent_downloads, Settings().initial_retry_delay_ms) == (3, 2000)


@pytest.mark.parametrize("name", setting_names())
def test_every_setting_is_explained(name: str):
    assert describe(name).label
    assert len(describe(name).explanation) > 10


def test_a_setting_is_changed_by_its_text():
    assert with_setting(Settings(), "max_retries", "-1").max_retries == -1
    changed = with_setting(Settings(), "download_directory", "/srv/files")
    assert changed.download_directory == "/srv/files"


@pytest.mark.parametrize(
    "name, text, words",
    [
        ("max_concurrent_downloads", "0", "between 1 and 100"),
        ("max_concurrent_downloads", "many", "whole number"),
        ("max_retries", "-2", "between -1"),
        ("nonsense", "1", "The settings are: max_concurrent_downloads"),
        ("download_directory", "/a\n/b", "line breaks"),
        ("category_images", "jpg a/b", "category_images: a/b is no file extension"),
    ],
)
def test_a_wrong_value_is_refused_in_words(name: str, text: str, words: str):
    with pytest.raises(InvalidSetting, match=words):
        with_setting(Settings(), name, text)


@pytest.mark.parametrize(
    "values",
    [
        {"max_retries": "3"},
        {"max_retries": True},
        {"download_directory": 4},
        {"what": 1},
        {"category_video": ["mp4"]},
        {"category_video": "mp4 ?"},
    ],
    ids=str,
)
def test_a_file_with_wrong_types_or_names_is_refused(values: dict):
    with pytest.raises(InvalidSetting):
        settings_from(values)


def test_only_what_differs_from_the_defaults_is_kept():
    assert changed_values(Settings()) == {}
    assert changed_values(Settings(max_retries=7)) == {"max_retries": 7}
    assert settings_from({"max_retries": 7}) == Settings(max_retries=7)


@pytest.mark.parametrize("name", setting_names())
def test_a_default_is_valid_and_reads_back_from_its_text(name: str):
    text = as_text(default_of(name))
    assert with_setting(Settings(), name, text) == settings_from({name: default_of(name)})


@pytest.mark.parametrize(
    "name", [name for name in setting_names() if describe(name).kind is Kind.NUMBER]
)
def test_every_number_has_bounds_around_its_default_and_a_unit(name: str):
    description = describe(name)
    assert description.least <= default_of(name) <= description.most
    assert description.unit


# The categories


def extensions(settings: Settings, category: Category) -> tuple[str, ...]:
    return category_table(settings).extensions[category]


def test_every_category_but_other_is_a_setting_and_begins_as_usual():
    assert category_table(Settings()) == USUAL_CATEGORIES
    names = [name for name in setting_names() if describe(name).page is Page.CATEGORIES]
    assert names == [f"category_{each}" for each in Category if each is not Category.OTHER]


def test_extensions_are_kept_in_one_form_however_they_are_written():
    settings = with_setting(Settings(), "category_music", " *.MP3,\n.ogg; mp3 ")
    assert settings.category_music == "mp3 ogg"


def test_a_category_may_be_empty():
    settings = with_setting(Settings(), "category_music", "")
    assert category_table(settings).category_of("a.mp3") is Category.OTHER
    assert changed_values(settings) == {"category_music": ""}


def test_an_extension_leaves_the_category_that_held_it():
    settings = with_setting(Settings(), "category_programs", "exe iso")
    assert settings.category_programs == "exe iso"
    assert "iso" not in extensions(settings, Category.ARCHIVES)
    assert "zip" in extensions(settings, Category.ARCHIVES)
    assert settings_from(changed_values(settings)) == settings


def test_of_two_categories_in_a_file_the_last_has_the_extension():
    settings = settings_from({"category_video": "mp4 ts", "category_documents": "pdf ts"})
    assert (settings.category_video, settings.category_documents) == ("mp4", "pdf ts")


def test_a_default_takes_its_extensions_back():
    settings = with_setting(Settings(), "category_programs", "exe iso")
    settings = with_setting(settings, "max_retries", "8")
    settings = with_defaults(settings, ["category_archives"])
    assert settings.category_archives == Settings().category_archives
    assert settings.category_programs == "exe"
    settings = with_defaults(settings, ["category_programs", "category_archives"])
    assert settings == Settings(max_retries=8)
