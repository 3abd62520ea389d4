import pytest

from dlmanager.usable_settings import chosen_language
from tests.program import Profile


@pytest.mark.parametrize(
    "content, language",
    [(None, "system"), ("language = 'de'", "de"), ("language = 7", "system")],
    ids=["no settings", "chosen", "unusable settings"],
)
def test_the_language_is_there_before_the_first_word(
    profile: Profile,
    content: str | None,
    language: str,
):
    if content is not None:
        profile.data_dir.mkdir()
        profile.paths.settings.write_text(content)
    assert chosen_language(profile.paths) == language
