"""The same readings in any table: what stands around them, between them and before them changes none."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.formats.cells import in_celsius
from service.formats.files import parse_file
from service.formats.units import Unit

START = datetime(2026, 3, 14, 22, 0, tzinfo=UTC)
PREAMBLES = [
    [],
    ["Plot Title: Fridge 3"],
    ["Device Report", "", "Serial Number: S1", "Start: 2026-03-14 21:00", "Upper limit: 8.0"],
    ["# made by a program", "Model,X", "Average;5.0", "Samples\t7"],
]
FOOTERS = [[], ["", "End of file"], ["Maximum: 9.9", "Records: 3"], ["*** end ***"], ["-----"]]
TIMES = ["%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M:%S", "%m/%d/%Y %I:%M %p", "%Y-%m-%dT%H:%M:%SZ", "%d-%b-%Y %H:%M"]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
NAMES: dict[Unit, str] = {"C": "Temperature (°C)", "F": "Temp °F", "K": "Temperature [K]"}


@given(
    tenths=st.lists(st.integers(-900, 900), min_size=1, max_size=6),
    unit=st.sampled_from(["C", "F", "K"]),
    delimiter=st.sampled_from(",;\t"),
    mark=st.sampled_from(".,"),
    encoding=st.sampled_from(ENCODINGS),
    above=st.sampled_from(PREAMBLES),
    below=st.sampled_from(FOOTERS),
    written=st.sampled_from(TIMES),
    order=st.permutations(range(4)),
    end=st.sampled_from(["\n", "\r\n"]),
    again=st.booleans(),
)
def test_the_same_readings_in_any_table_are_the_same(
    tenths: list[int],
    unit: Unit,
    delimiter: str,
    mark: str,
    encoding: str,
    above: list[str],
    below: list[str],
    written: str,
    order: list[int],
    end: str,
    again: bool,
) -> None:
    """A fridge was as cold as it was, whichever program saved the file."""

    def row(cells: list[str]) -> str:
        return delimiter.join(f'"{cells[at]}"' if delimiter in cells[at] else cells[at] for at in order)

    header = row(["#", "Time", NAMES[unit], "Humidity (%)"])
    shown = [f"{tenth / 10:.1f}".replace(".", mark) for tenth in tenths]
    at = [START + timedelta(minutes=10 * step) for step in range(len(tenths))]
    rows = [
        row([str(n), t.strftime(written), text, "45"]) for n, (t, text) in enumerate(zip(at, shown, strict=True), 1)
    ]
    if again:
        rows.insert(len(rows) // 2, header)
    content = end.join([*above, header, *rows, *below, ""]).encode(encoding)
    found = parse_file(content, "UTC", logger_id="S1").readings
    assert [(x.measured_at_us, x.temperature_c) for x in found] == [
        (int(t.timestamp()) * 1_000_000, in_celsius(tenth / 10, unit)[0]) for t, tenth in zip(at, tenths, strict=True)
    ]
