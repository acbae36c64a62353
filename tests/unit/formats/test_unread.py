"""One bad value costs one value: an unknown word is left out and told; what says a number is read or refused."""

import pytest

from service.domain.series.quality import Quality
from service.formats.files import parse_file
from service.formats.reading import Rejection

FOUR = "".join(f"2026-03-02 06:{minute}0,4.{minute}\n" for minute in range(4))
Q_TAG = "Device: Q-tag\nConf:\n Serial: 1\nData:\n\tyyyy-MM-dd hh:mm\tT\n{}Cert:\n"


def refusal(text: str) -> Rejection:
    with pytest.raises(Rejection) as caught:
        parse_file(text.encode(), "UTC", logger_id="f7")
    return caught.value


@pytest.mark.parametrize("word", ["Fühlerbruch", "probe lost 2", "E03", "Door open"])
def test_a_word_that_nobody_knows_costs_one_value(word: str) -> None:
    """The night before and after it counts; that moment was not measured, and the owner reads where."""
    found = parse_file(
        f"time,temp_c\n{FOUR}2026-03-02 06:50,{word}\n2026-03-02 07:00,4.5\n".encode(), "UTC", logger_id="f7"
    )
    assert [reading.temperature_c for reading in found.readings] == [4.0, 4.1, 4.2, 4.3, 4.5]
    assert found.understood is not None
    assert f"not read: cells that are no temperature: 1 (line 6, column 'temp_c': found '{word}')" in (
        found.understood.sentences()
    )


def test_the_other_probe_is_read() -> None:
    """A word of one channel says nothing of the other."""
    rows = FOUR.replace("\n", ",5\n") + "2026-03-02 06:50,5,warm\n"
    found = parse_file(f"time,Air (°C),Shelf (°C)\n{rows}".encode(), "UTC", logger_id="f7").readings
    assert [found.probes[at] for at in found.probe].count("Air") == 5
    assert [found.probes[at] for at in found.probe].count("Shelf") == 4


@pytest.mark.parametrize("cell", [">60", "5,3,1", "41 °F", "1.234,5", "~ 5", "12 o'clock"])
def test_what_says_a_number_is_never_left_out(cell: str) -> None:
    """`>60` is warm, however it is written: a person has to say what it means."""
    assert refusal(f'time,temp_c\n{FOUR}2026-03-02 06:50,"{cell}"\n').code == "row_unreadable"


@pytest.mark.parametrize(
    ("cell", "quality"),
    [("High", Quality.HI), ("over range", Quality.HI), ("LOW", Quality.LO), ("#DIV/0!", Quality.MISSING)],
)
def test_beyond_the_range_in_words(cell: str, quality: Quality) -> None:
    """A sensor that is too warm to say a number says so in more words than HI."""
    assert (
        parse_file(f"time,temp_c\n2026-03-02 06:00,{cell}\n".encode(), "UTC", logger_id="f7").readings[0].quality
        is quality
    )


def test_a_column_of_words_is_refused() -> None:
    """More than a quarter of words, and it is another column than was thought, or its probe is not there."""
    rejection = refusal(f"time,temp_c\n{FOUR}2026-03-02 06:50,on\n2026-03-02 07:00,off\n")
    assert rejection.code == "row_unreadable"
    assert "line 6, column 'temp_c': found 'on'. There are 2 such beside 4 that can be read" in str(rejection)
    shelf = FOUR.replace("\n", ",on\n")
    assert refusal(f"time,Air (°C),Shelf (°C)\n{shelf}").code == "row_unreadable"


def test_a_device_s_own_file_loses_one_value_too() -> None:
    """A Q-tag's row with a word is told by its line."""
    rows = [f"\t2026-03-02 06:{minute}0\t-79.{minute}\n" for minute in range(4)]
    found = parse_file(Q_TAG.format("".join([*rows, "\t2026-03-02 06:40\tx\n"])).encode(), "UTC")
    assert len(found.readings) == 4
    assert found.understood is not None
    assert "not read: cells that are no temperature: 1 (line 10, column 'T': found 'x')" in found.understood.sentences()
    assert (
        refusal(Q_TAG.format(rows[0] + "\t2026-03-02 06:40\tx\n").replace(" Serial: 1\n", "")).code == "row_unreadable"
    )


def test_the_first_and_the_last_row_are_shown() -> None:
    """So that the owner sees that the table was found, and where it ends."""
    found = parse_file(f"Fridge 3\ntime,temp_c\n{FOUR}Average,4.1\n".encode(), "UTC", logger_id="f7")
    assert found.understood is not None
    assert "first row: line 3: '2026-03-02 06:00,4.0'" in found.understood.sentences()
    assert "last row: line 6: '2026-03-02 06:30,4.3'" in found.understood.sentences()
