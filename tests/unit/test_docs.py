"""What is written about the product names all that is in it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ingest.routes import Routes
from service.api.health import COUNTED_BY_INGEST
from service.cli.main import command_line
from service.domain.alerting.rule_table import SERVICE_RULES, causes, container_rules
from service.domain.answers.paper_reasons import PAPER_CODES
from service.domain.scan.label import SCAN_CODES
from service.domain.verdicts.reasons import REASON_CODES
from service.formats.dialects import DIALECTS
from tests.dialects import Spoken

ROOT = Path(__file__).parents[2]
PAGES = [f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))]

#: Files that a worked example has its reader write.
IN_EXAMPLES = {"service/formats/openmqttgateway.py"}


def test_every_reason_code_is_documented_in_the_same_words() -> None:
    """A reason is told in the words it is documented in."""
    for page, codes in (
        ("docs/verdicts.md", REASON_CODES),
        ("docs/answers.md", PAPER_CODES),
        ("docs/scan.md", SCAN_CODES),
    ):
        rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
        assert dict(rows) == codes


def test_every_rejection_of_a_message_is_documented() -> None:
    """Whoever finds a rejected message finds what its code means."""
    files_of_loggers = {"files.py", "berlinger.py", "csv_file.py", "csv_columns.py", "row_times.py", "clocks.py"}
    files_of_loggers |= {"text.py", "wording.py", "zones.py", "table_start.py", "preamble.py", "channels.py"}
    files_of_loggers |= {"message_log.py", "unread.py", "workbook.py"}
    formats = [path for path in (ROOT / "service/formats").glob("*.py") if path.name not in files_of_loggers]
    written = [*formats, ROOT / "ingest/messages.py", ROOT / "ingest/writer.py"]
    code = "".join(path.read_text(encoding="utf-8") for path in written)
    raised = set(re.findall(r'Reject(?:ion|ed)\(\s*(?:message(?:s\[0\])?, )?"(\w+)"', code))
    documented = set(
        re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/payloads.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert {"not_json", "time_unknown", "cannot_store"} <= raised
    assert raised <= documented


def test_every_rejection_of_a_file_is_documented() -> None:
    """Whoever's file is refused finds what its code means."""
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "service/formats").glob("*.py"))
    raised = set(re.findall(r'Rejection\(\s*"(\w+)"', code))
    rows = re.findall(r"^\| (`.*`) \|", (ROOT / "docs/files.md").read_text(encoding="utf-8"), re.MULTILINE)
    of_messages = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/payloads.md").read_text("utf-8"), re.MULTILINE)
    documented = set(re.findall(r"`(\w+)`", " ".join(rows)))
    assert raised - documented <= set(of_messages)
    assert {"unit_required", "zone_contradicted", "clock_ambiguous"} <= raised


def test_every_figure_for_monitoring_is_documented() -> None:
    """Whoever sets an alarm on a figure knows what it counts."""
    code = (ROOT / "service/api/health.py").read_text(encoding="utf-8")
    told = set(re.findall(r'"(unbroken_\w+)"', code)) | {
        f"unbroken_ingest_{subject}_total" for subject in COUNTED_BY_INGEST
    }
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`(unbroken_\w+)`", text))
    assert {"unbroken_lots", "unbroken_ingest_readings_total"} <= told
    assert told == documented


def test_every_cause_of_an_alert_is_documented() -> None:
    """Whoever is woken by a cause finds when it rings, and how to change that."""
    rows = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/alerts.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(causes())
    own = {rule.cause for rule in SERVICE_RULES}
    assert set(rows[-len(own) :]) == own, "the last ones, which cannot be overridden"


def test_how_much_an_override_may_say_is_documented() -> None:
    """Whoever changes a figure knows its unit and its bound before it is refused."""
    rows = re.findall(r"^\| `(\w+)` \|.*; at most ([\d,.]+)\) \|$", (ROOT / "docs/alerts.md").read_text("utf-8"), re.M)
    assert {cause: float(most.replace(",", "")) for cause, most in rows} == {
        rule.cause: rule.largest_at for rule in container_rules() if rule.largest_at is not None
    }


def blocks(document: str, language: str) -> list[str]:
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_the_documented_table_of_dialects_is_one_and_names_all() -> None:
    """An operator can copy it as it stands."""
    [table] = blocks("docs/dialects.md", "json")
    assert Routes(json.loads(table)).lacks_times
    text = (ROOT / "docs/dialects.md").read_text(encoding="utf-8")
    explained = re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)
    assert list(json.loads(table).values()) == explained == list(DIALECTS)


def test_the_worked_example_of_a_dialect_works() -> None:
    """What is shown to whoever adds one is what the product would run."""
    [code] = blocks("docs/dialects.md", "python")
    module: dict[str, Any] = {}
    exec(code, module)  # noqa: S102  our own documentation
    text = (ROOT / "docs/dialects.md").read_text(encoding="utf-8")
    found = re.search(r"^    (home/\S+)\n    (\{.*\})$", text, re.MULTILINE)
    assert found is not None
    reading = Spoken(module["decode"], found[1]).one(found[2].encode(), live=True)
    assert (reading.logger_id, reading.temperature_c) == ("openmqttgateway:A4C138123456", -21.5)
    assert reading.stamped_on_arrival


def test_the_first_file_a_newcomer_judges_gets_the_answer_that_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The README's command works as it stands."""
    monkeypatch.chdir(ROOT)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    command = re.search(r"^    \.venv/bin/unbroken (judge .*)$", text, re.MULTILINE)
    shown = re.search(r"^    verdict: .*\n(?:    .*\n)*", text, re.MULTILINE)
    assert command is not None
    assert shown is not None
    answer = CliRunner().invoke(command_line(), command[1].split()).stdout
    assert answer.startswith("refrigerator\n")
    assert shown[0].replace("\n    ", "\n").strip() in answer


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", *PAGES])
def test_every_file_a_page_names_is_there(page: str) -> None:
    """Whoever follows a page through the code finds each file where it says."""
    named = set(re.findall(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|md|sql|toml))`", (ROOT / page).read_text(encoding="utf-8")))
    missing = {one for one in named if not any((ROOT / top / one).exists() for top in ("", "service", "docs"))}
    assert missing <= IN_EXAMPLES


def test_every_folder_of_the_service_is_told_of() -> None:
    """A new folder is given its place in the house."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    folders = {path.parent.name for path in (ROOT / "service").glob("*/__init__.py")}
    assert folders == set(re.findall(r"^\| `service/(\w+)` \|", text, re.MULTILINE))


def test_every_test_that_a_threat_names_is_there() -> None:
    """What is said to be protected is shown to be, by a test that runs."""
    named = re.findall(r"`(test_\w+)`", (ROOT / "THREATS.md").read_text(encoding="utf-8"))
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(named) > 40
    assert [name for name in named if f"def {name}(" not in tests] == []


def test_the_glossary_has_every_word_once() -> None:
    """One word for one thing."""
    words = re.findall(r"^\| ([^|]+?) \|", (ROOT / "docs/glossary.md").read_text(encoding="utf-8"), re.MULTILINE)
    told = [one for row in words if row not in ("word", "---") for one in row.split(", ")]
    assert len(told) > 80
    assert sorted(told) == sorted(set(told))
