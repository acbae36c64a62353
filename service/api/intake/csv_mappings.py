"""What the columns of a logger model's CSV files are: saved once, named in each import."""

from dataclasses import asdict

from fastapi import APIRouter

from service.acts import csv_mappings as acts
from service.api.acts import ActRoute
from service.api.callers import TheActor
from service.api.database import Database
from service.api.paging import Page, Paging, page
from service.api.schemas.intake.imports import CsvMapping
from service.formats.csv_columns import CsvColumns
from service.store.intake import csv_mappings

router = APIRouter(prefix="/v1/csv-mappings", tags=["readings"], route_class=ActRoute)


@router.post("", status_code=201)
def save_csv_mapping(mapping: CsvMapping, connection: Database, actor: TheActor) -> CsvMapping:
    """Save the columns of a model, in place of earlier ones; imports with `model` use them."""
    columns = CsvColumns(**mapping.model_dump(exclude={"model"}))
    acts.save_csv_mapping(connection, actor, mapping.model, columns)
    return mapping


@router.get("")
def list_csv_mappings(connection: Database, asked: Paging) -> Page[CsvMapping]:
    """The models whose columns are saved, by name."""
    saved = csv_mappings.csv_mappings(connection, asked.part(csv_mappings.BY_MODEL))
    return page(asked, csv_mappings.BY_MODEL, saved, lambda one: CsvMapping(model=one.model, **asdict(one.columns)))
