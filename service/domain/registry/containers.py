"""What may be registered of a container."""

from service.errors import RefusedError

#: A room: it is not measured, so its temperature may be declared.
_ROOM = "ambient"


def why_unfounded(door_grace_s: int, mapping_study: str | None) -> RefusedError | None:
    """Why a container cannot have this door grace; None: it can."""
    if not door_grace_s or mapping_study:
        return None
    return RefusedError(
        "mapping_study", "a door grace rests on a mapping study; name the study that shows the lots stay cold"
    )


def why_not_declared(kind: str, declared_c: float | None) -> RefusedError | None:
    """Why a container of this kind cannot have a declared temperature; None: it can, or has none."""
    if declared_c is None or kind == _ROOM:
        return None
    return RefusedError("declared_c", f"a {kind} is measured; only a room (ambient) has a declared temperature")
