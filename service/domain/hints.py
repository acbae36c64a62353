"""Hints of what has changed: which thing, and nothing of what is so now. Whoever hears one asks again.

A hint may come twice, or late, or not at all: nothing rests on one.
"""

from collections.abc import Iterable
from dataclasses import dataclass

#: Of so many things of a kind each is named to one listener; of more, the kind alone.
MOST_NAMED = 100


@dataclass(frozen=True, slots=True)
class Hint:
    """That something has changed.

    Attributes:
        kind: of thing, such as `lot`; `all`: anything may have changed.
        id: of the thing; None: it may be any of its kind.
    """

    kind: str
    id: str | None = None


#: Something may have been missed: look at everything again.
ALL = Hint("all")


def hints_in(words: str) -> list[Hint]:
    """The hints of one notification: a kind, and ids, between spaces; without ids, all of the kind."""
    kind, *ids = words.split(" ")
    return [Hint(kind, one) for one in ids] or [Hint(kind)]


class Waiting:
    """What one listener is still to be told: the latest number of each hint. However slowly it listens, it stays small.

    A thing that changed many times is told once, with its last number: whoever asks then, sees the last state.
    """

    def __init__(self, most_named: int = MOST_NAMED) -> None:
        self._most_named = most_named
        self._numbers: dict[Hint, int] = {}
        self._named: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def add(self, hints: Iterable[Hint], number: int) -> None:
        """These are to be told, too."""
        for hint in hints:
            self._add(hint, number)

    def _add(self, hint: Hint, number: int) -> None:
        if hint == ALL or ALL in self._numbers:
            self._numbers, self._named = {ALL: number}, {}
            return
        whole = Hint(hint.kind)
        if hint.id is None or whole in self._numbers:
            self._whole(whole, number)
        elif hint in self._numbers:
            self._numbers[hint] = number
        elif self._named.get(hint.kind, 0) >= self._most_named:
            self._whole(whole, number)
        else:
            self._numbers[hint] = number
            self._named[hint.kind] = self._named.get(hint.kind, 0) + 1

    def _whole(self, whole: Hint, number: int) -> None:
        self._numbers = {hint: at for hint, at in self._numbers.items() if hint.kind != whole.kind}
        self._numbers[whole] = number
        self._named.pop(whole.kind, None)

    def take(self) -> list[tuple[Hint, int]]:
        """All of them, in the order of their numbers; they wait no more."""
        taken = sorted(self._numbers.items(), key=lambda told: told[1])
        self._numbers, self._named = {}, {}
        return taken
