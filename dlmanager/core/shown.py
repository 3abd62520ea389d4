"""Text from outside, made fit to be shown in a sentence."""


def printable(text: str) -> str:
    """Return the text with a mark in the place of what would not be seen, or do something."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def shortened(text: str, most_characters: int) -> str:
    """Return no more of the text than that, and three dots where something is missing."""
    return text if len(text) <= most_characters else text[: most_characters - 1] + "…"
