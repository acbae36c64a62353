"""What a soak run of the differential leaves to be read."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.differential.play import Played

PAGE = Path(__file__).parents[2] / "docs/differential.md"

_HEAD = """\
# The last differential

Written by `make soak`. Random courses of cold chains go through the real doors of a whole installation: acts over
HTTP, messages over MQTT in seven dialects, uploads, files. What is then answered is compared with what an oracle in
plain Python finds, which shares no code with the service (`tests/differential/oracle.py`): every total of every lot
after each pass of the evaluator; and that nothing is ever called usable that is not, also before that pass, and while
the evaluator stands still.

{day}: {courses} courses, {answers} answers asked for, {wrong} courses with something wrong; {took_min:.0f} min.

| what happened | times |
|---|---|
"""


@dataclass(frozen=True)
class Result:
    """One batch."""

    batch: str
    played: Sequence[Played]
    took_s: float


#: Of this run.
RESULTS: list[Result] = []


def page(results: Sequence[Result], now: datetime) -> str:
    """The page."""
    played = [one for result in results for one in result.played]
    done: Counter[str] = sum((one.done for one in played), Counter())
    refused: Counter[str] = sum((one.refused for one in played), Counter())
    wrong = [f"{result.batch}.{one.course.seed}" for result in results for one in result.played if one.wrong]
    head = _HEAD.format(
        day=f"{now:%Y-%m-%d}",
        courses=len(played),
        answers=f"{sum(one.answers for one in played):,}",
        wrong=len(wrong),
        took_min=sum(result.took_s for result in results) / 60,
    )
    rows = [f"| {kind} | {count:,} |\n" for kind, count in sorted(done.items())]
    rows.append(f"| acts that were refused | {sum(refused.values()):,} |\n")
    failed = [f"\nWrong: {', '.join(wrong)}\n"] if wrong else []
    return "".join([head, *rows, *failed])
