"""What senders write where JSON has no word: ``nan`` of a failed sensor, ``inf``, a number
that no computer holds, a value left out.

None of it is JSON, so one failed sensor would cost the whole message. Each is read as ``null``, and as nothing else: a
value that is not there stays not there, and the others are taken.
"""

import re

#: A text as it stands, or a word that stands where a value belongs. Texts are matched so that nothing in them is;
#: one without an end is matched as far as it goes, so that no payload is searched twice.
_TEXT_OR_WORD = re.compile(
    rb"""
    "(?:[^"\\]|\\.)*+"?
    | (?<=[:,\[\s]) [+-]?
      (?: nan (?:\([a-z]*\))? | inf(?:inity)? | ovf | [0-9]+\.\#[a-z]+[0-9]*
        | [0-9]+ (?:\.[0-9]+)? e\+?[0-9]{3,}
        | none | nil | undefined | unavailable | unknown | n/a | --+ )
      (?= \s* [,\]}] )
    | (?<=:) (?= \s* [,}] )
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


def without_not_numbers(payload: bytes) -> bytes:
    """A payload in which each such word, and each value left out, is ``null``."""
    return _TEXT_OR_WORD.sub(lambda found: found[0] if found[0].startswith(b'"') else b"null", payload)
