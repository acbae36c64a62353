"""What the columns of a logger model's CSV files are."""

from dataclasses import asdict

from psycopg.types.json import Jsonb

from service.errors import NotFoundError
from service.formats.csv_columns import CsvColumns
from service.store.pool import Connection


def save_csv_mapping(connection: Connection, model: str, columns: CsvColumns) -> None:
    """Save the mapping of a model, in place of an earlier one. What was imported stays as it is."""
    connection.execute(
        "INSERT INTO csv_mappings (model, columns) VALUES (%s, %s) "
        "ON CONFLICT (model) DO UPDATE SET columns = excluded.columns, recorded_at = now()",
        [model, Jsonb(asdict(columns))],
    )


def csv_mappings(connection: Connection) -> dict[str, CsvColumns]:
    """All mappings, by model."""
    rows = connection.execute("SELECT model, columns FROM csv_mappings ORDER BY model").fetchall()
    return {row["model"]: CsvColumns(**row["columns"]) for row in rows}


def csv_mapping(connection: Connection, model: str) -> CsvColumns:
    """The mapping of one model.

    Raises:
        NotFoundError: none was saved.
    """
    known = csv_mappings(connection)
    if model not in known:
        raise NotFoundError(f"there is no CSV mapping {model!r}; GET /v1/csv-mappings lists them")
    return known[model]
