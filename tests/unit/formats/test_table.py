"""A table as any spreadsheet saves it is read, or everything that is wrong with it is told by row and column."""

import pytest

from service.formats.table import MOST_BYTES, MOST_ROWS, Table, read_table

_COLUMNS = ["id", "name", "time_zone"]


def read(content: bytes | str) -> Table:
    written = content if isinstance(content, bytes) else content.encode()
    return read_table(written, _COLUMNS, ["id", "name"])


def told(content: bytes | str) -> list[tuple[int, str]]:
    """Row and column of what is wrong."""
    return [(one.row, one.field) for one in read(content).problems]


_PLAIN = "id,name,time_zone\nbern,Zürich – Süd,Europe/Zurich\n"


@pytest.mark.parametrize(
    "content",
    [
        _PLAIN,
        _PLAIN.encode("utf-8-sig"),
        _PLAIN.encode("utf-16"),
        _PLAIN.encode("cp1252"),
        _PLAIN.replace(",", ";"),
        _PLAIN.replace(",", "\t"),
        "sep=;\r\n" + _PLAIN.replace(",", ";"),
        _PLAIN.replace("\n", "\r\n"),
        _PLAIN.replace("\n", "\r"),
        _PLAIN.rstrip("\n"),
        'Id, NAME ,time_zone,,\n bern,"Zürich – Süd",Europe/Zurich,,\n,,,,\n',
    ],
)
def test_whatever_a_spreadsheet_writes_is_the_same_table(content: bytes | str) -> None:
    """A clinic's list comes from Excel, Numbers or a script: with a mark, semicolons, tabs or line ends of its own."""
    table = read(content)
    assert table.problems == []
    assert [(row.number, dict(row.cells)) for row in table.rows] == [
        (2, {"id": "bern", "name": "Zürich – Süd", "time_zone": "Europe/Zurich"})
    ]


def test_rows_are_counted_as_the_spreadsheet_counts_them() -> None:
    """Whoever mends row 6 finds it where it was said to be: empty rows and line breaks in quotes count as they do."""
    table = read('id,name\nbern,"Bern,\n""new"""\n\nbasel,Basel\nzug\n')
    assert [row.number for row in table.rows] == [2, 4]
    assert table.rows[0].cells["name"] == 'Bern,\n"new"'
    assert [(one.row, one.field) for one in table.problems] == [(5, "row")]


def test_what_is_no_table_is_told_with_what_to_do() -> None:
    """An empty file, a picture, or columns of another list: nothing is guessed."""
    assert told("") == told("\n\n") == [(1, "row")]
    assert "the columns are id, name, time_zone" in read("").problems[0].problem
    assert told("id,name\n") == told("id,name\n,\n") == [(1, "row")]
    assert "no rows" in read("id,name\n").problems[0].problem
    assert "save the table as CSV" in read(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").problems[0].problem
    assert "split it" in read(b"x" * (MOST_BYTES + 1)).problems[0].problem
    assert told("id,name\n" + "a,b\n" * (MOST_ROWS + 2)) == [(MOST_ROWS + 2, "row")]
    assert told("id,nmae,id,\n1,2,3,4\n") == [(1, "nmae"), (1, "id"), (1, "name")]
    assert told("id,name,,time_zone\n1,2,3,4\n") == [(1, "row")]


def test_a_row_that_is_too_long_or_short_is_told_and_the_others_are_read() -> None:
    """A comma in a name moves every cell after it: the row is not taken for another one."""
    table = read("id,name,time_zone\nbern,Bern, new,Europe/Zurich\nbasel\nzug,Zug,Europe/Zurich,\n")
    assert [(one.row, one.field) for one in table.problems] == [(2, "row"), (3, "row")]
    assert [row.number for row in table.rows] == [4]
    assert told('id,name\nbern,Bern\nzug,"Zug\n') == [(3, "row")]
