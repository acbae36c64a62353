"""Every setting there is. Each is an environment variable ``UNBROKEN_…``, described in .env.example."""

import json
from datetime import datetime

from pydantic import AwareDatetime, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from service.domain.instant import SECOND_US, from_datetime
from service.errors import SettingError
from service.formats.dialect import Clock
from service.formats.dialects import DEFAULT_TABLE


class Settings(BaseSettings):
    """Settings of all roles; a role reads those that concern it."""

    model_config = SettingsConfigDict(env_prefix="UNBROKEN_", env_file=".env", extra="ignore")

    database_url: str = Field(
        "", description="TimescaleDB, as a postgresql:// address; empty: a private one is started."
    )
    mqtt_url: str = Field("", description="The broker, as mqtt://[user:password@]host:port; empty: a private one.")
    local_dir: str = Field("/var/lib/unbroken", description="Where the private broker and database are kept.")

    local_name: str = Field("", description="Which private world `unbroken up` runs; empty: demo with --demo, else up.")

    http_host: str = Field("127.0.0.1", description="Address the API listens on.")
    http_port: int = Field(8000, description="Port the API listens on.", ge=1, le=65535)

    mqtt_client_id: str = Field("unbroken-ingest", description="Names the broker's session for ingest; keep it fixed.")
    mqtt_keepalive_s: int = Field(
        20,
        description="A broker silent for up to twice this is noticed; a statement gets three quarters of it.",
        ge=2,
        le=40,
    )
    dialects: dict[str, str] = Field(
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
    rejected_cap_bytes: int = Field(1 << 30, description="Most bytes of rejected payloads that are kept.", ge=0)

    evaluator_behind_s: float = Field(
        15.0, description="A reading waiting longer for the evaluator makes answers `not proven`.", gt=0
    )

    alert_webhook_url: str = Field("", description="Alerts are POSTed here as JSON; empty: they go to the log alone.")
    alert_webhook_timeout_s: float = Field(10.0, description="How long to wait for the webhook's answer.", gt=0)
    alert_webhook_secret: str = Field("", description="Signs what is POSTed to the webhook; empty: it is not signed.")
    on_call_file: str = Field(
        "", description="Whom to tell of alerts (docs/on-call.md); empty: the log, and the webhook if there is one."
    )
    alert_poll_s: float = Field(1.0, description="How often alerts are looked at if nothing wakes us earlier.", gt=0)
    alert_templates_dir: str = Field("", description="Templates of messages; empty: the built-in texts.")
    link_secret: str = Field("", description="Signs the links that acknowledge an alert; empty: messages have none.")
    link_hours: float = Field(24.0, description="How long such a link can be used.", gt=0)
    public_url: str = Field(
        "", description="Where people reach the pages, for links; empty: http:// and the API's own address."
    )
    monitor_url: str = Field(
        "", description="A monitor outside, called while all is well, so that its alarm means we are not; empty: none."
    )
    monitor_every_s: float = Field(60.0, description="How often the monitor is called.", gt=0)

    log_json: bool = Field(False, description="Write the log as JSON lines, not for people.")

    def required_database_url(self) -> str:
        """Where TimescaleDB is.

        Raises:
            SettingError: nothing says so.
        """
        if not self.database_url:
            raise SettingError("set UNBROKEN_DATABASE_URL to a TimescaleDB, or run everything with `unbroken up`")
        return self.database_url

    def clock(self) -> Clock:
        """What times of measurement are believable."""
        return Clock(from_datetime(self.earliest_measured_at), self.ahead_s * SECOND_US)


def read_settings() -> Settings:
    """The settings of this process.

    Raises:
        SettingError: one of them is wrong; all that are wrong are named.
    """
    try:
        return Settings()
    except ValidationError as error:
        found = [f"UNBROKEN_{str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors()]
        raise SettingError("; ".join(found) + "; .env.example describes every setting") from error


def env_example() -> str:
    """The text of .env.example: every setting with its meaning and default."""
    lines = ["# Every setting of Unbroken with its default. Copy to .env and change what differs.", ""]
    for name, default in Settings.model_construct().model_dump(mode="json").items():
        shown = default if isinstance(default, str) else json.dumps(default)
        lines += [f"# {Settings.model_fields[name].description}", f"#UNBROKEN_{name.upper()}={shown}", ""]
    return "\n".join(lines)
