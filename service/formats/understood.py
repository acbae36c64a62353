"""What was understood of a file, in words that its owner can check."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Understood:
    """How a table was read.

    Attributes:
        time, temperatures: the names of their columns.
        units: in which they are, as the file or the caller says.
        clock: which the file states; None: that which the caller says, or each time its own.
        passed_over: columns in °C, °F or K that hold no temperature measured there and then, or are not known to.
        skipped: rows that are no readings, by what they are; never any with a readable time and temperature.
        rows: the first and the last reading, as their rows stand in the file.
        unread: values that could not be read, in words.
    """

    time: str
    temperatures: tuple[str, ...]
    units: tuple[str, ...]
    clock: str | None = None
    passed_over: tuple[str, ...] = ()
    skipped: dict[str, int] = field(default_factory=dict)
    rows: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    def sentences(self) -> list[str]:
        """One for each thing that was understood."""
        found = [f"time: column {self.time!r}" + (f", clock {self.clock}" if self.clock else "")]
        found.append("temperature: " + ", ".join(f"column {name!r}" for name in self.temperatures))
        if self.units:
            found.append("unit: " + " and ".join(f"°{unit}" if unit != "K" else "K" for unit in self.units))
        found += [f"{which} row: {row}" for which, row in zip(("first", "last"), self.rows, strict=False)]
        found += [f"not taken: column {name!r}" for name in self.passed_over]
        found += [f"not read: {one}" for one in self.unread]
        return found + [f"skipped: {what}: {count}" for what, count in self.skipped.items() if count]


@dataclass(frozen=True, slots=True)
class UnderstoodLog:
    """How a log of messages was read.

    Attributes:
        messages: how many have a temperature that was taken.
        dialects: in which they are.
        lines: the numbers of the first and the last of them.
        unread: what could not be read, in words.
        skipped: what holds no reading of the logger, by what it is.
    """

    messages: int
    dialects: tuple[str, ...]
    lines: tuple[int, int]
    unread: tuple[str, ...] = ()
    skipped: dict[str, int] = field(default_factory=dict)

    def sentences(self) -> list[str]:
        """One for each thing that was understood."""
        found = [f"a log of messages: {self.messages} with temperatures, in the dialect {' and '.join(self.dialects)}"]
        found.append(f"first and last: lines {self.lines[0]} and {self.lines[1]}")
        found += [f"not read: {one}" for one in self.unread]
        return found + [f"skipped: {what}: {count}" for what, count in self.skipped.items()]
