"""What the columns of a logger model's CSV files are."""

from dataclasses import asdict, dataclass
from typing import Any

from psycopg.types.json import Jsonb

from service.errors import NotFoundError
from service.formats.csv_columns import CsvColumns
from service.store.pool import Connection
from service.store.rows import all_rows


@dataclass(frozen=True, slots=True)
class _Mapping:
    model: str
    columns: dict[str, Any]


def save_csv_mapping(connection: Connection, model: str, columns: CsvColumns) -> None:
    """Save the mapping of a model, in place of an earlier one. What was imported stays as it is."""
    connection.execute(
        "INSERT INTO csv_mappings (model, columns) VALUES (%s, %s) "
        "ON CONFLICT (model) DO UPDATE SET columns = excluded.columns, recorded_at = now()",
        [model, Jsonb(asdict(columns))],
    )


def csv_mappings(connection: Connection) -> dict[str, CsvColumns]:
    """All mappings, by model."""
    saved = all_rows(connection, _Mapping, "SELECT model, columns FROM csv_mappings ORDER BY model")
    return {mapping.model: CsvColumns(**mapping.columns) for mapping in saved}


def csv_mapping(connection: Connection, model: str) -> CsvColumns:
    """The mapping of one model.

    Raises:
        NotFoundError: none was saved.
    """
    known = csv_mappings(connection)
    if model not in known:
        saved = ", ".join(map(repr, known)) or "none"
        raise NotFoundError(f"there is no CSV mapping {model!r}; save it first, or name one that is saved ({saved})")
    return known[model]
