"""What could not be read in a file of which the rest is read: how much, and where."""

from dataclasses import dataclass, field

from service.formats.reading import Rejection

#: More than one in so many, and it is the file that is misread.
_MOST = 4
_SHOWN = 5


@dataclass(slots=True)
class Unread:
    """Values or messages that could not be read; `what` they are, in words before their number."""

    what: str
    count: int = 0
    places: list[str] = field(default_factory=list)
    code: str = ""

    def add(self, place: str, code: str) -> None:
        """One more: where and what, and the code it would be refused with by itself."""
        self.count += 1
        self.code = self.code or code
        if len(self.places) < _SHOWN:
            self.places.append(place)

    def refuse_if_many(self, read: int) -> None:
        """Refuse the file if more than a quarter could not be read; `read`: how many could.

        Raises:
            Rejection: with the code and the words of the first.
        """
        if self.count * _MOST > self.count + read:
            raise Rejection(
                self.code,
                f"{self.places[0]}. There are {self.count} such beside {read} that can be read, so nothing of this "
                "file is taken.",
            )

    def sentences(self) -> tuple[str, ...]:
        """How many, and the first of them by their places."""
        if not self.count:
            return ()
        rest = f"; and {self.count - len(self.places)} more" if self.count > len(self.places) else ""
        return (f"{self.what}: {self.count} ({'; '.join(self.places)}{rest})",)
