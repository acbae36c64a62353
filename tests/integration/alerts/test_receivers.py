"""Receivers are made from the on-call file: what is wrong there is said at once, and says nothing secret."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog
import yaml

from alerts.receivers.make import KINDS, make_receiver
from alerts.receivers.receiver import ReceiverSetting
from service.auth.links import sign
from service.domain.alerting.notification import Reason
from service.errors import SettingError
from service.settings import Settings
from tests.notifications import alert, notification

DOCUMENT = (Path(__file__).parents[3] / "docs/receivers.md").read_text(encoding="utf-8")

MAIL = {"host": "mail.example", "from": "Unbroken <alerts@clinic.example>", "to": ["duty@clinic.example"]}

#: Enough to make one of each kind.
LEAST: dict[str, dict[str, Any]] = {
    "log": {},
    "webhook": {"url": "https://user:hunter2@hooks.example/T0KEN"},
    "pagerduty": {"routing_key": "R0UT1NG-KEY"},
    "alertmanager": {"url": "http://alertmanager.example:9093"},
    "smtp": MAIL,
    "apprise": {"url": "slack://T0KENAAAA/T0KENBBBB/T0KENCCCCCCCCCCCCCCCCCCC/#duty"},
}


def made(kind: str, **options: Any) -> Any:
    return make_receiver(ReceiverSetting("duty", kind, options), Settings())


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_made_from_its_least_options_and_refuses_unknown_ones(kind: str) -> None:
    """A misspelt option is found by day, not in the night it was meant for."""
    assert made(kind, **LEAST[kind]).name == "duty"
    with pytest.raises(SettingError, match=r"^receiver 'duty' \(\w+\): option 'tiemout_s' is not known; "):
        made(kind, **LEAST[kind], tiemout_s=5)


def test_an_unknown_kind_is_refused_with_those_there_are() -> None:
    """A receiver nobody can serve would be silence."""
    with pytest.raises(SettingError, match=r"receiver 'duty': there is no kind 'fax', but log, webhook, .*apprise"):
        made("fax")


@pytest.mark.parametrize(
    ("kind", "option"), [(kind, option) for kind, options in LEAST.items() for option in options], ids=str
)
def test_a_missing_option_is_named(kind: str, option: str) -> None:
    """Whoever writes the on-call file reads what to add to which receiver."""
    options = {name: value for name, value in LEAST[kind].items() if name != option}
    with pytest.raises(SettingError, match=rf"receiver 'duty' \({kind}\): option '{option}' is missing"):
        made(kind, **options)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("webhook", {"url": "hooks.example/T0KEN"}),
        ("webhook", {"url": "https://[T0KEN"}),
        ("webhook", {"url": 4711}),
        ("webhook", {"secret": "hunter2"}),
        ("webhook", {"timeout_s": 0}),
        ("webhook", {"timeout_s": 61}),
        ("webhook", {"timeout_s": "hunter2"}),
        ("webhook", {"timeout_s": True}),
        ("webhook", {"timeout_s": float("nan")}),
        ("pagerduty", {"routing_key": 4711}),
        ("pagerduty", {"routing_key": " "}),
        ("pagerduty", {"url": "ftp://hunter2"}),
        ("alertmanager", {"url": "http://"}),
        ("smtp", {"tls": "maybe"}),
        ("smtp", {"port": 25.5}),
        ("smtp", {"port": 70000}),
        ("smtp", {"from": "hunter2"}),
        ("smtp", {"to": []}),
        ("smtp", {"to": ["duty@clinic.example", "T0KEN"]}),
        ("smtp", {"to": ["duty@clinic.example\nBcc: T0KEN@x"]}),
        ("smtp", {"to": ["Zoë@clinic.example"]}),
        ("smtp", {"password": "hunter2"}),
        ("smtp", {"tls": "none", "user": "alerts", "password": "hunter2"}),
        ("smtp", {"user": "alerts", "password": "hunter2ü"}),
        ("apprise", {"url": "T0KEN"}),
        ("apprise", {"url": "slack://T0KEN"}),
        ("apprise", {"url": "json://a.example/T0KEN, json://b.example/T0KEN"}),
    ],
    ids=lambda value: re.sub(r"\W+", "-", str(value)),
)
def test_what_cannot_be_used_is_refused_and_not_repeated(
    kind: str, wrong: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    """Addresses and passwords of on-call staff end in no log."""
    with pytest.raises(SettingError, match=r"^receiver 'duty' ") as raised:
        made(kind, **(LEAST[kind] | wrong))
    assert f"option '{next(iter(wrong))}'" in str(raised.value) or wrong.keys() >= {"password"}
    out, err = capfd.readouterr()
    for secret in ("T0KEN", "hunter2", "4711", "duty@", "@clinic"):
        assert secret not in str(raised.value) + out + err


def test_the_log_says_loudly_what_is_critical() -> None:
    """A log that is watched is a receiver too: what fires stands out from what is over."""
    receiver = made("log")
    with structlog.testing.capture_logs() as lines:
        receiver.deliver(notification(Reason.FIRST))
        receiver.deliver(notification(Reason.FIRST, alert(severity="warning")))
        receiver.deliver(notification(Reason.RESOLVED))
    assert [line["log_level"] for line in lines] == ["critical", "warning", "info"]
    assert "Freezer 1 at Berlin is above −60 °C" in lines[0]["event"]


def test_the_log_holds_nobodys_link() -> None:
    """Logs are kept and sent on: who reads one finds the page of all alerts, and cannot answer as somebody else."""
    link = f"https://unbroken.example/a/{sign([b'a secret of the service'], [1], 'ana', 1_780_000_000)}"
    told = notification(Reason.FIRST)
    with structlog.testing.capture_logs() as lines:
        made("log").deliver(replace(told, text=f"{told.text}\nTo answer: {link}", link=link))
    assert lines[0]["event"].endswith(" | To answer: https://unbroken.example/alerts")
    assert link.rpartition("/")[2] not in str(lines)


def test_every_field_of_a_message_is_described() -> None:
    """Whoever writes the other side of a webhook reads what comes, all of it and nothing else."""
    section = DOCUMENT.partition("### The message\n")[2].partition("\n## ")[0]
    of_message, of_alert = (
        {name for names in re.findall(r"^\| (`.*?) \|", part, re.MULTILINE) for name in re.findall(r"`(\w+)`", names)}
        for part in section.split("Each alert has")
    )
    document = notification().document()
    assert of_message == document.keys()
    assert of_alert == document["alerts"][0].keys()


def test_every_kind_is_described_with_an_example_that_works() -> None:
    """An operator can copy the example of any kind."""
    sections = dict(re.findall(r"^## `(\w+)`\n(.*?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL))
    assert list(sections) == list(KINDS)
    for kind, section in sections.items():
        [example] = re.findall(r"^```yaml\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
        [setting] = yaml.safe_load(example).values()
        assert setting.pop("kind") == kind
        make_receiver(ReceiverSetting("duty", kind, setting), Settings())
        described = re.findall(r"^\| `(\w+)` \|", section.partition("\n### ")[0], re.MULTILINE)
        with pytest.raises(SettingError) as raised:
            made(kind, **setting, unheard_of=1)
        known = str(raised.value).partition(f"{kind} has ")[2]
        assert sorted(described) == [option for option in known.split(", ") if option]
        assert "**A yes is**" in section
        assert "**Tried again:**" in section
