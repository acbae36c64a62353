"""Which dialect a message is read in, and what becomes of it."""

import json

import pytest

from ingest.echo_marks import ECHO
from ingest.messages import Intake, Message, take_in
from ingest.routes import Routes
from service.errors import SettingError
from service.formats import chirpstack, coldchain_v1, zigbee2mqtt
from tests.dialects import CLOCK, EXAMPLES, NOW_US

ROUTES = Routes({wanted: name for name, (wanted, *_) in EXAMPLES.items()})


def taken(
    topic: str, message: object, *, live: bool = False, retained: bool = False, routes: Routes = ROUTES
) -> Intake:
    payload = message if isinstance(message, bytes) else json.dumps(message).encode()
    return take_in([Message(topic, payload, 1, 1, 1, retained, NOW_US, live)], CLOCK, routes)


@pytest.mark.parametrize("name", EXAMPLES)
def test_one_table_leads_every_dialect_s_message_to_its_decoder(name: str) -> None:
    """With all dialects on one broker, nobody's reading is taken for another's."""
    _, topic, message, logger_id, temperature_c = EXAMPLES[name]
    intake = taken(topic, message, live=True)
    assert [(r.logger_id, r.temperature_c) for r in intake.readings] == [(logger_id, temperature_c)]
    assert intake.received_at_us == [NOW_US]
    # Only our own topics say where a logger is.
    assert intake.topic_site == ({"TAG-1": "zurich"} if name == "coldchain_v1" else {})


def test_a_shared_subscription_is_a_filter_like_others() -> None:
    """`$share/{group}/` is said to the broker; topics do not carry it."""
    routes = Routes({"$share/ingest/coldchain/v1/#": "coldchain_v1"})
    assert routes.filters == ["$share/ingest/coldchain/v1/#"]
    assert routes.of("coldchain/v1/site/logger/readings") is coldchain_v1.take


def test_of_two_filters_that_fit_the_first_counts() -> None:
    """So an exception is written before the rule."""
    routes = Routes({"plant/lora/#": "chirpstack", "plant/#": "zigbee2mqtt"})
    assert routes.of("plant/lora/device/x/event/up") is chirpstack.decode
    assert routes.of("plant/fridge") is zigbee2mqtt.decode
    assert routes.of("elsewhere") is None


def test_marks_are_only_sent_where_they_are_needed() -> None:
    """Dialects that always say when they measured do not ask whether a message is live."""
    assert not Routes({"coldchain/v1/#": "coldchain_v1", "v3/#": "ttn"}).lacks_times
    assert Routes({"coldchain/v1/#": "coldchain_v1", "zigbee2mqtt/#": "zigbee2mqtt"}).lacks_times


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ({"coldchain/v1/#": "coldchain"}, "coldchain_v1, thingsboard"),
        ({"": "coldchain_v1"}, "''"),
        ({"a/#/b": "coldchain_v1"}, "a/#/b"),
        ({"a+/b": "coldchain_v1"}, "a\\+/b"),
        ({"$share/group": "coldchain_v1"}, "share"),
    ],
)
def test_a_wrong_table_says_what_is_wrong_in_it(table: dict[str, str], named: str) -> None:
    """Before anything is received under it."""
    with pytest.raises(SettingError, match=named):
        Routes(table)


def test_what_is_no_reading_is_counted_not_rejected() -> None:
    """A bridge speaks of itself on its own topics; nobody needs to mend that."""
    intake = taken("zigbee2mqtt/bridge/info", {"version": "1.40"})
    assert (intake.ignored, intake.rejected, intake.readings) == (1, [], [])
    assert taken(f"{ECHO}ingest", b"mark").ignored == 0


def test_a_topic_nobody_speaks_on_is_rejected() -> None:
    """It is kept where someone can see it."""
    assert [rejected.code for rejected in taken("", {}).rejected] == ["topic_unknown"]


@pytest.mark.parametrize("message", [{"temperature": 4.0}, {"temperature": "x"}, b"garbage"])
def test_a_retained_report_is_no_news_in_any_dialect(message: object) -> None:
    """A broker repeats what it retained to every new subscriber."""
    intake = taken("zigbee2mqtt/fridge", message, retained=True, live=True)
    assert (intake.retained, intake.readings, intake.rejected) == (1, [], [])


def test_a_retained_status_is_heard() -> None:
    """That is what it is retained for."""
    routes = Routes({"coldchain/v1/#": "coldchain_v1"})
    intake = taken("coldchain/v1/site/logger/status", b"online", retained=True, routes=routes)
    assert (intake.online, intake.retained) == ({"logger": ("site", True)}, 0)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_empty_payload_that_clears_a_topic_says_nothing(name: str) -> None:
    """Whoever takes a device's last word off the broker has sent nothing wrong, and nobody is told of it."""
    intake = taken(EXAMPLES[name][1], b"", live=True)
    assert (intake.readings, intake.rejected, intake.ignored) == ([], [], 1)
