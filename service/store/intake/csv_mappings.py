"""What the columns of a logger model's CSV files are."""

from dataclasses import asdict, dataclass
from typing import Any

from psycopg.types.json import Jsonb

from service.errors import NotFoundError
from service.formats.csv_columns import CsvColumns
from service.store.paging import WHOLE, Order, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_values, one_value


@dataclass(frozen=True, slots=True)
class SavedMapping:
    """The mapping of a logger model."""

    model: str
    columns: CsvColumns


#: The order in which mappings are listed.
BY_MODEL = Order({"model": str})


def save_csv_mapping(connection: Connection, model: str, columns: CsvColumns) -> None:
    """Save the mapping of a model, in place of an earlier one. What was imported stays as it is."""
    connection.execute(
        "INSERT INTO csv_mappings (model, columns) VALUES (%s, %s) "
        "ON CONFLICT (model) DO UPDATE SET columns = excluded.columns, recorded_at = now()",
        [model, Jsonb(asdict(columns))],
    )


def csv_mappings(connection: Connection, part: Part = WHOLE) -> list[SavedMapping]:
    """Mappings, by model."""
    return rows_of_part(connection, _saved, "SELECT model, columns FROM csv_mappings", {}, BY_MODEL, part)


def _saved(*, model: str, columns: dict[str, Any]) -> SavedMapping:
    return SavedMapping(model, CsvColumns(**columns))


def csv_mapping(connection: Connection, model: str) -> CsvColumns:
    """The mapping of one model.

    Raises:
        NotFoundError: none was saved.
    """
    columns = one_value(connection, "SELECT columns FROM csv_mappings WHERE model = %s", [model])
    if columns is None:
        saved = ", ".join(map(repr, all_values(connection, "SELECT model FROM csv_mappings ORDER BY model"))) or "none"
        raise NotFoundError(f"there is no CSV mapping {model!r}; save it first, or name one that is saved ({saved})")
    return CsvColumns(**columns)
