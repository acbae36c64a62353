"""``unbroken ingest`` and ``unbroken alerts``: the doors. They run alone too, as ``python -m ingest`` and its like."""

from alerts import process as alerts_process
from ingest import process as ingest_process
from service.settings import read_settings
from service.signals import stop_on_signal


def ingest() -> None:
    """Receive readings from the broker and store them, until stopped; the same as `python -m ingest`."""
    ingest_process.run(read_settings(), stop_on_signal())


def alerts() -> None:
    """Tell people of alerts, until stopped; the same as `python -m alerts`."""
    alerts_process.run(read_settings(), stop_on_signal())
