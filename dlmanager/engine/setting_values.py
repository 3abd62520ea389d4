"""Values of settings as they are kept: the same wherever the program starts, without secrets."""

from dlmanager.core.secrets import split_proxy
from dlmanager.engine.orders import check_folder
from dlmanager.store.secret_store import PROXY, SecretStore


def checked_value(name: str, text: str, secrets: SecretStore) -> str:
    """A folder that is there, as a path in full; a proxy without its password, which is put away.

    Blocks. secrets: where the user name and password of a proxy are kept.

    Raises InvalidSetting, InvalidFolder, SecretsUnusable.
    """
    if name == "download_directory" and text:
        return check_folder(text)
    if name == "proxy":
        proxy, access = split_proxy(text)
        if access:
            secrets.save(PROXY, access)
        else:
            secrets.forget(PROXY)
        return proxy
    return text
