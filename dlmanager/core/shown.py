"""Text from outside, made fit to be shown in a sentence."""


def printable(text: str) -> str:
    """Return the text with a mark in the place of what would not be seen, or do something."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def shortened(text: str, most_characters: int) -> str:
    """Return no more of the text than that, and three dots where something is missing."""
    return text if len(text) <= most_characters else text[: most_characters - 1] + "…"


def in_html(text: str) -> str:
    """Return a text as it must stand in HTML to be shown as it is."""
    # Here, as a start shows none, and html has a table of two thousand names of characters.
    from html import escape

    return escape(text)
