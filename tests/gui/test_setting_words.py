"""What is said beside the field of a setting."""

import pytest

from dlmanager.core.errors import BadInput, DlmanagerError
from dlmanager.core.secrets import split_proxy
from dlmanager.core.settings import Settings, with_setting
from dlmanager.engine.wget_check import find_wget
from dlmanager.gui.setting_words import words_of_refusal


@pytest.mark.usefixtures("qapp")
class TestTheWordsBesideAField:
    @pytest.mark.parametrize("text", ["rubbish", "http://a:1/b", "ftp://a", "http://a:99999"])
    def test_of_a_proxy_say_how_it_is_written(self, text: str) -> None:
        with pytest.raises(DlmanagerError) as refused:
            split_proxy(text)
        words = words_of_refusal("proxy", str(refused.value))
        assert words.startswith("Write the proxy as http://host:port, or http://name:password@")
        assert "[user" not in words
        assert "This is not a link" not in words

    def test_of_wget_name_no_setting(self) -> None:
        with pytest.raises(DlmanagerError) as refused:
            find_wget("/bin/nonsense")
        words = words_of_refusal("wget_executable_path", str(refused.value))
        assert words == "There is no program /bin/nonsense. Choose another one."

    def test_of_a_category_name_no_setting(self) -> None:
        with pytest.raises(BadInput) as refused:
            with_setting(Settings(), "category_music", "mp3 a/b")
        words = words_of_refusal("category_music", str(refused.value))
        assert words == "a/b is no file extension. Write it like zip or tar.gz."
