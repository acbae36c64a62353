"""What a scanned code leads to: asked with a vial in the hand, and so as short a way as the status of a lot."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response

from service.answers.scanning import Asking, scan, scan_document
from service.api.database import Now
from service.api.permitted import permitted_at_once
from service.api.requests import refuse_other_media_types, refuse_unknown_parameters
from service.api.schemas.scan.scan import Scan
from service.auth.access import access_of
from service.errors import RefusedError

router = APIRouter(prefix="/v1/scan", tags=["scan"])

#: The longest that a barcode holds is 7,089 digits; what is scanned here is shorter.
LONGEST_CODE = 2_000


@router.get("", response_model=Scan)
def scan_code(
    request: Request,
    now: Now,
    code: Annotated[
        str, Query(max_length=LONGEST_CODE, description="As the scanner sends it; FNC1 as GS, `|` or `~1`.")
    ] = "",
) -> Response:
    """May the vial be used whose label was scanned? Whatever leads to no lot that may be seen here is not proven."""
    with permitted_at_once(request) as connection:
        refuse_unknown_parameters(request)
        refuse_other_media_types(request)
        if not code:
            raise RefusedError("code", "scan or type something: an empty code stands for nothing")
        asking = Asking(request.app.state.settings, now, access_of(request).acts)
        told = scan_document(scan(connection, asking, code))
    return Response(msgspec.json.encode(told), media_type="application/json")
