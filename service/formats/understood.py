"""What was understood of a table, in words that its owner can check."""

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
    """

    time: str
    temperatures: tuple[str, ...]
    units: tuple[str, ...]
    clock: str | None = None
    passed_over: tuple[str, ...] = ()
    skipped: dict[str, int] = field(default_factory=dict)

    def sentences(self) -> list[str]:
        """One for each thing that was understood."""
        found = [f"time: column {self.time!r}" + (f", clock {self.clock}" if self.clock else "")]
        found.append("temperature: " + ", ".join(f"column {name!r}" for name in self.temperatures))
        if self.units:
            found.append("unit: " + " and ".join(f"°{unit}" if unit != "K" else "K" for unit in self.units))
        found += [f"not taken: column {name!r}" for name in self.passed_over]
        return found + [f"skipped: {what}: {count}" for what, count in self.skipped.items() if count]
