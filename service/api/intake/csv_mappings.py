"""What the columns of a logger model's CSV files are: saved once, named in each import."""

from dataclasses import asdict

from fastapi import APIRouter

from service.api.acts import ActRoute
from service.api.database import Database
from service.api.schemas.intake.imports import CsvMapping
from service.formats.csv_columns import CsvColumns
from service.store.intake import csv_mappings

router = APIRouter(prefix="/v1/csv-mappings", tags=["readings"], route_class=ActRoute)


@router.post("", status_code=201)
def save_csv_mapping(mapping: CsvMapping, connection: Database) -> CsvMapping:
    """Save the columns of a model, in place of earlier ones; imports with `model` use them."""
    columns = CsvColumns(**mapping.model_dump(exclude={"model"}))
    csv_mappings.save_csv_mapping(connection, mapping.model, columns)
    return mapping


@router.get("")
def list_csv_mappings(connection: Database) -> list[CsvMapping]:
    """All models whose columns are saved."""
    saved = csv_mappings.csv_mappings(connection)
    return [CsvMapping(model=model, **asdict(columns)) for model, columns in saved.items()]
