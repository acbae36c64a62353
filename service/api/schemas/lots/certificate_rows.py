"""A row of a table of certificates: one item of one of them."""

from service.api.schemas.fields import Day, Gtin, Id, In, Name, Sha256
from service.api.schemas.lots.certificates import ItemName, Value


class CertificateRow(In):
    """One item, beside what its certificate states of itself."""

    product_id: Id | None = None
    gtin: Gtin | None = None
    lot_number: Name
    issued_on: Day
    signatory: Name
    item: ItemName
    value: Value
    unit: Name | None = None
    document_sha256: Sha256 | None = None
