"""What can stop the set-up."""


class SetUpStopped(Exception):
    """The set-up cannot go on; the text says why and what to do next."""
