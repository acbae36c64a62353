"""How rejections quote what they found."""

from service.formats.reading import Rejection


def shown(text: str, length: int = 40) -> str:
    """Text as a message may show it: printable, and not longer than it need be."""
    plain = text[: length + 1]
    if not plain.isprintable():
        plain = "".join(letter if letter.isprintable() else "?" for letter in plain)
    return f"'{plain}'" if len(plain) <= length else f"'{plain[:length]}…'"


def unreadable(line: int, column: str, text: str, expected: str) -> Rejection:
    """The rejection of a whole file for one cell of it."""
    return Rejection(
        "row_unreadable",
        f"line {line}, column {shown(column)}: found {shown(text)}, expected {expected}. "
        "Nothing of this file was imported; export it from the logger again, or mend that line.",
    )
