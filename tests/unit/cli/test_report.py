"""What `unbroken judge` prints of a logger's file."""

from datetime import UTC

import pytest

from service.answers.files import judge_file
from service.cli.report import file_report
from service.domain.instant import SECOND_US
from service.domain.profiles import CRYO_80
from service.domain.series.quality import Quality
from service.formats.logger_file import LoggerFile, Readings
from service.formats.reading import Reading


@pytest.mark.parametrize(
    ("range_c", "said"),
    [
        ((-100.0, -10.0), "minimum at most −100 °C (LO), maximum at least −10 °C (HI), mean −80.00 °C"),
        ((None, None), "minimum below its range (LO), maximum above its range (HI), mean −80.00 °C"),
    ],
)
def test_hi_and_lo_are_told_by_what_they_prove(range_c: tuple[float | None, float | None], said: str) -> None:
    """A logger left its range at both ends: no number is printed as its end, and no mean as of all of it."""
    sent = [-80.0, -80.0, Quality.HI, -80.0, -80.0, Quality.LO]
    readings = [
        Reading("L", "", n * 60 * SECOND_US, None, x)
        if isinstance(x, Quality)
        else Reading("L", "", n * 60 * SECOND_US, x, Quality.OK)
        for n, x in enumerate(sent)
    ]
    file = LoggerFile("L", "Model", Readings.of(readings), range_min_c=range_c[0], range_max_c=range_c[1])
    lines = file_report(judge_file(file, CRYO_80), file, CRYO_80, UTC).splitlines()
    assert said in lines
    assert "the means leave out 3 min beside readings that are no number to be believed, as HI and LO" in lines
