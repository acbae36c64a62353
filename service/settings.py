"""Every setting there is. Each is an environment variable ``UNBROKEN_…``, described in .env.example."""

import difflib
import json
import logging
import os
import re
import sys
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from dotenv.parser import parse_stream
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from service.addresses import address_of, is_database_url
from service.domain.clocks import CLOCK_TOLERANCE_US
from service.domain.instant import SECOND_US, from_datetime
from service.errors import SettingError
from service.formats.dialect import Clock
from service.formats.dialects import DEFAULT_TABLE
from service.secret_files import secrets_in_files

#: One signed link is enough to try secrets at leisure: those that can be guessed are no secrets.
_LEAST_SECRET = 16


#: What divides several secrets: neither is in what `openssl rand` or a password generator writes.
_BETWEEN_SECRETS = re.compile(r"[,\n]")


def _several(text: str) -> tuple[str, ...]:
    return tuple(one for part in _BETWEEN_SECRETS.split(text) if (one := part.strip()))


def _link_secret(text: str) -> str:
    if any(len(one) < _LEAST_SECRET for one in _several(text)):
        raise PydanticCustomError("secret_short", f"must have at least {_LEAST_SECRET} characters")
    return text


def _secret(description: str) -> Any:
    """A setting that no dump and no message shows, and that a file can hold."""
    return Field("", description=description, repr=False, exclude=True)


def _database_url(text: str) -> str:
    if not is_database_url(text):
        raise PydanticCustomError(
            "addresses",
            "is no address of a database; write it as postgresql://user:password@host:5432/name, "
            "and in the password %20 for a space, %40 for @, %2F for /, %25 for %",
        )
    return text


def _proxies(text: str) -> str:
    for one in (part.strip() for part in text.split(",") if text):
        try:
            network = ip_network(one)
        except ValueError:
            raise PydanticCustomError(
                "proxies", "is no list of addresses; write it as 10.0.0.2 or 10.0.0.0/28,fd00::2"
            ) from None
        if network.prefixlen == 0:
            raise PydanticCustomError("proxies", "would believe everybody; name the addresses of your proxies alone")
    return text


def _public_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"http", "https"} and parts.hostname and not parts.query and not parts.fragment
        _ = parts.port
    except ValueError:
        good = False
    if text and not good:
        raise PydanticCustomError("public_url", "is no address of pages; write it as https://host or http://host:8000")
    return text


def _json(given: object) -> object:
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given)
    except ValueError as error:
        raise PydanticCustomError(
            "json", 'is no JSON; write it as {"topic/filter/#": "dialect"}, in the shell between single quotes'
        ) from error


class Settings(BaseSettings):
    """Settings of all roles; a role reads those that concern it."""

    model_config = SettingsConfigDict(
        env_prefix="UNBROKEN_", env_file=".env", extra="ignore", hide_input_in_errors=True
    )

    database_url: Annotated[str, AfterValidator(_database_url)] = _secret(
        "TimescaleDB, as a postgresql:// address; empty: a private one is started."
    )
    mqtt_url: str = _secret("The broker, as mqtt://[user:password@]host:port; empty: a private one.")
    local_dir: str = Field("/var/lib/unbroken", description="Where the private broker and database are kept.")

    local_name: str = Field(
        "",
        description="Which private world `unbroken up` runs; empty: demo with --demo, else up.",
        pattern=r"^([a-z0-9][a-z0-9_-]{0,62})?$",
    )

    http_host: str = Field("127.0.0.1", description="Address the API listens on.")
    http_port: int = Field(8000, description="Port the API listens on.", ge=1, le=65535)
    tls_certificate: str = Field(
        "",
        description="Certificate (chain) the API shows, a PEM file; empty: no TLS, and it listens on loopback alone.",
    )
    tls_key: str = Field("", description="Its key, a PEM file; empty: it is in the same file.")
    trusted_proxies: Annotated[str, AfterValidator(_proxies)] = Field(
        "",
        description="The proxies with TLS before it, addresses or networks by commas: their X-Forwarded-… is believed.",
    )

    api_key: str = _secret("An API key, for `unbroken simulate`, which speaks to the API.")
    session_idle_min: float = Field(
        30.0, description="Minutes without anything done in a browser after which its login ends.", gt=0
    )
    session_hours: float = Field(12.0, description="Longest that a login lasts.", gt=0)

    mqtt_client_id: str = Field("unbroken-ingest", description="Names the broker's session for ingest; keep it fixed.")
    mqtt_keepalive_s: int = Field(
        20,
        description="A broker silent for up to twice this is noticed; a statement gets three quarters of it.",
        ge=2,
        le=40,
    )
    dialects: Annotated[dict[str, str], NoDecode, BeforeValidator(_json)] = Field(
        dict(DEFAULT_TABLE),
        description="Topic filters ingest subscribes to, each with the dialect spoken there (docs/dialects.md); JSON.",
    )
    batch_messages: int = Field(5_000, description="Most messages ingest stores in one transaction.", ge=1)
    batch_age_s: float = Field(0.05, description="Longest a message waits for others before it is stored.", gt=0)
    earliest_measured_at: AwareDatetime = Field(
        datetime.fromisoformat("2015-01-01T00:00:00Z"),
        description="Readings measured before this are rejected: the logger's clock is wrong.",
    )
    ahead_s: int = Field(600, description="Readings measured this far in the future are rejected.", ge=0)
    rejected_cap_bytes: int = Field(
        1 << 30, description="Most bytes kept of rejected messages; further ones are kept without their payload.", ge=0
    )
    rejected_cap_messages: int = Field(
        1_000_000,
        description="Most rejected messages kept, of one logger a tenth of it; further ones are only counted.",
        ge=0,
    )
    documents_cap_bytes: int = Field(
        4 << 30,
        description="Most bytes kept of files and messages that people brought; of further ones the SHA-256 alone is.",
        ge=0,
    )
    set_aside_dir: str = Field(
        "/var/lib/unbroken/set-aside",
        description="Where ingest puts messages that the database takes in no form at all, a file each.",
    )
    set_aside_cap_bytes: int = Field(256 << 20, description="Most bytes of such files.", ge=0)

    largest_import_bytes: int = Field(
        64 << 20,
        description="Largest file of a logger that is imported; one at a time takes up to three times as much memory.",
        ge=1 << 20,
    )

    largest_document_bytes: int = Field(
        25 << 20, description="Largest document that is brought, such as a certificate's PDF.", ge=1 << 16
    )

    evaluator_behind_s: float = Field(
        15.0, description="A reading waiting longer for the evaluator makes answers `not proven`.", gt=0
    )

    clock_tolerance_s: float = Field(
        CLOCK_TOLERANCE_US / SECOND_US,
        description="Clocks of this service that differ by more make answers `not proven`; kept by NTP, they never do.",
        gt=0,
    )
    scan_delay_s: float = Field(
        900.0,
        description="A move or a probe's end recorded later than this changes time already judged: it needs a reason.",
        ge=0,
    )

    alert_webhook_url: str = _secret("Alerts are POSTed here as JSON; empty: they go to the log alone.")
    alert_webhook_timeout_s: float = Field(
        10.0, description="How long to wait for a receiver's answer, the webhook's or any other's, by default.", gt=0
    )
    alert_webhook_secret: str = _secret("Signs what is POSTed to the webhook; empty: it is not signed.")
    on_call_file: str = Field(
        "", description="Whom to tell of alerts (docs/on-call.md); empty: the log, and the webhook if there is one."
    )
    alert_poll_s: float = Field(1.0, description="How often alerts are looked at if nothing wakes us earlier.", gt=0)
    alert_templates_dir: str = Field("", description="Templates of messages; empty: the built-in texts.")
    link_secret: Annotated[str, AfterValidator(_link_secret)] = _secret(
        "Signs the links that acknowledge an alert: 16 characters or more, or several by commas, of which the first "
        "signs; empty: no links."
    )
    link_hours: float = Field(24.0, description="How long such a link can be used.", gt=0)
    public_url: Annotated[str, AfterValidator(_public_url)] = Field(
        "", description="Where people reach the pages, for links; empty: http:// and the API's own address."
    )
    monitor_url: str = _secret(
        "A monitor outside, called while all is well, so that its alarm means we are not; empty: none."
    )
    monitor_every_s: float = Field(60.0, description="How often the monitor is called.", gt=0)

    log_json: bool = Field(False, description="Write the log as JSON lines, not for people.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Where settings come from, the first before the next: the environment and the files it names, then .env."""
        sources: list[PydanticBaseSettingsSource] = [init_settings]
        for source in (env_settings, dotenv_settings):
            variables = source.env_vars if isinstance(source, EnvSettingsSource) else {}
            sources += [InitSettingsSource(settings_cls, secrets_in_files(secret_settings(), variables)), source]
        return (*sources, file_secret_settings)

    def required_database_url(self) -> str:
        """Where TimescaleDB is.

        Raises:
            SettingError: nothing says so.
        """
        if not self.database_url:
            raise SettingError("set UNBROKEN_DATABASE_URL to a TimescaleDB, or run everything with `unbroken up`")
        return self.database_url

    @property
    def pages_url(self) -> str:
        """Where people reach the pages, without a slash at its end."""
        return self.public_url.rstrip("/") or address_of(self.http_host, self.http_port, tls=bool(self.tls_certificate))

    @property
    def link_secrets(self) -> tuple[bytes, ...]:
        """What links are read with; the first signs new ones. Empty: there are no links."""
        return tuple(one.encode() for one in _several(self.link_secret))

    @property
    def clock_tolerance_us(self) -> int:
        """`clock_tolerance_s` in microseconds."""
        return round(self.clock_tolerance_s * SECOND_US)

    def clock(self) -> Clock:
        """What times of measurement are believable."""
        return Clock(from_datetime(self.earliest_measured_at), self.ahead_s * SECOND_US)


def secret_settings() -> tuple[str, ...]:
    """The fields that are secrets, or hold one: no message shows them, and each can be in a file."""
    return tuple(name for name, field in Settings.model_fields.items() if field.exclude)


def read_settings() -> Settings:
    """The settings of this process.

    Raises:
        SettingError: one of them is wrong; all that are wrong are named, and no secret is repeated.
    """
    try:
        return Settings()
    except ValidationError as error:
        found = [f"UNBROKEN_{str(item['loc'][0]).upper()}: {_said(item)}" for item in error.errors()]
    raise SettingError("; ".join(found) + "; .env.example describes every setting")


#: What is said of the kinds of errors people make.
_SAID = {
    "int_parsing": "{given!r} is no whole number",
    "float_parsing": "{given!r} is no number",
    "bool_parsing": "{given!r} is neither true nor false",
    "datetime_from_date_parsing": "{given!r} is no time; write it as 2015-01-01T00:00:00Z",
    "datetime_parsing": "{given!r} is no time; write it as 2015-01-01T00:00:00Z",
    "timezone_aware": "{given!r} has no offset; write it as 2015-01-01T00:00:00Z",
    "greater_than": "{given!r} is not more than {gt:g}",
    "greater_than_equal": "{given!r} is less than {ge:g}",
    "less_than_equal": "{given!r} is more than {le:g}",
    "string_pattern_mismatch": "{given!r} cannot be a name; write it with a-z, 0-9, '-' and '_', at most 63 of them",
    "dict_type": 'is no JSON object; write it as {{"topic/filter/#": "dialect"}}',
}


def _said(item: ErrorDetails) -> str:
    said = _SAID.get(item["type"])
    return item["msg"] if said is None else said.format(given=item["input"], **item.get("ctx", {}))


#: Tells the parts that `unbroken up` started that it has warned already.
WARNED_VARIABLE = "UNBROKEN_WARNED"


def warn_of_unknown_settings() -> None:
    """Name on standard error what looks like a setting of ours and changes nothing: most likely it is misspelt."""
    # What it says, at every reading, is said below, once.
    logging.getLogger("dotenv.main").setLevel(logging.ERROR)
    if WARNED_VARIABLE in os.environ:
        return
    known = {f"UNBROKEN_{name.upper()}" for name in Settings.model_fields}
    known |= {f"UNBROKEN_{name.upper()}_FILE" for name in secret_settings()}
    written = {name.upper() for name in (*os.environ, *DotEnvSettingsSource(Settings).env_vars)}
    found = []
    for name in sorted(one for one in written if one.startswith("UNBROKEN_") and one not in known):
        near = difflib.get_close_matches(name, known, 1, 0.8)
        found.append(f"{name} (is {near[0]} meant?)" if near else name)
    if found:
        sys.stderr.write(f"unbroken: no setting has this name, so it changes nothing: {', '.join(found)}\n")
    if lines := _unreadable_lines():
        numbers = ", ".join(str(line) for line in lines)
        sys.stderr.write(f"unbroken: .env, line {numbers}: this is no NAME=value, so it changes nothing\n")


def _unreadable_lines() -> list[int]:
    try:
        with Path(".env").open(encoding="utf-8") as file:
            return [one.original.line for one in parse_stream(file) if one.error]
    except (OSError, UnicodeDecodeError):
        return []
