"""What the list of processes shows of us: no password, though one was given as an argument."""

from collections.abc import Sequence

from dlmanager.core.urls import has_credentials

_SECRET_OPTION = "--header"


def hide_arguments(arguments: Sequence[str]) -> None:
    """Overwrite our arguments where they hold a secret; every user can read them."""
    if any(has_credentials(each) or each.startswith(_SECRET_OPTION) for each in arguments):
        import setproctitle  # here, as hardly any start needs it

        setproctitle.setproctitle("dlmanager")
