"""How the answer on a lot became what it is."""

from fastapi import APIRouter

from service.api.database import Database
from service.api.paging import Page, Paging, page
from service.api.schemas.fields import Id
from service.api.schemas.lots import answers as schemas
from service.store.lots.answer_history import OLDEST_FIRST, AnswerChange, answers
from service.store.lots.lots import lot

router = APIRouter(prefix="/v1/lots", tags=["lots"])


@router.get("/{lot_id}/answers")
def list_answers(lot_id: Id, connection: Database, asked: Paging) -> Page[schemas.AnswerChange]:
    """Every change of the lot's answer or its reasons, oldest first: papers and temperature."""
    lot(connection, lot_id)
    return page(asked, OLDEST_FIRST, answers(connection, lot_id, asked.part(OLDEST_FIRST)), _change)


def _change(one: AnswerChange) -> schemas.AnswerChange:
    return schemas.AnswerChange(
        decided_at=one.decided_at,
        cause=one.cause,
        answer=one.answer,
        verdict=one.status["verdict"],
        reasons=one.status["reasons"],
    )
