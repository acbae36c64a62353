"""To which share a container belongs, and with it what is to be judged of it: computed in SQL, here alone."""

from service.domain.shares import SHARES


def share_of_container(container_id: str) -> str:
    """An expression of SQL, of one that gives a container's id."""
    return f"abs(mod(hashtextextended({container_id}, 0), {SHARES}))::integer"


def container_of_series(of: str) -> str:
    """Likewise, of the table or alias of something with a `series_id`: where that is attached, or was last; or NULL."""
    return f"(SELECT container_id FROM attachments WHERE series_id = {of}.series_id ORDER BY from_at DESC LIMIT 1)"


def container_of_lot(of: str) -> str:
    """Likewise, of something with a `lot_id`: where that is; NULL: in no container."""
    return f"(SELECT container_id FROM placements WHERE lot_id = {of}.lot_id AND until_at IS NULL)"


def share_of_lot(of: str) -> str:
    """Likewise: that of the container where it is; of one in no container, by its own id."""
    return share_of_container(f"coalesce({container_of_lot(of)}, {of}.lot_id)")


def container_of_subject(of: str) -> str:
    """Likewise, of the table or alias of something with a `series_id`, a `container_id` or a `lot_id`, as marks have.

    NULL: it is in no container.
    """
    return (
        f"CASE WHEN {of}.series_id IS NOT NULL THEN {container_of_series(of)} "
        f"WHEN {of}.lot_id IS NOT NULL THEN {container_of_lot(of)} ELSE {of}.container_id END"
    )


def share_of_subject(of: str) -> str:
    """Likewise; of what is in no container, by its own id."""
    return share_of_container(f"coalesce({container_of_subject(of)}, {of}.lot_id, {of}.series_id::text)")
