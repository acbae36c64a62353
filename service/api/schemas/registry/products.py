"""Products, over HTTP."""

from pydantic import ConfigDict

from service.api.schemas.fields import (
    Id,
    In,
    Name,
)


class ProductIn(In):
    """What is made, and the profile it must be kept under."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": "exo-a", "name": "Exosomes A", "profile_id": "cryo-80"}]}
    )

    id: Id
    name: Name
    profile_id: Id


class Product(ProductIn):
    """A product, pinned to a version of its profile."""

    profile_version: int
