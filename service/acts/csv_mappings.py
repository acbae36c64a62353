"""What the columns of a logger model's CSV files are, as people save it."""

from service.domain.identity.actor import Actor
from service.formats.csv_columns import CsvColumns
from service.store.acting import acting
from service.store.intake import csv_mappings
from service.store.pool import Connection


def save_csv_mapping(connection: Connection, actor: Actor, model: str, columns: CsvColumns) -> None:
    """Save the mapping of a model, in place of an earlier one. What was imported stays as it is."""
    with acting(connection, actor):
        csv_mappings.save_csv_mapping(connection, model, columns)
