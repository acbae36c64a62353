"""A recall of a lot counts at once, and ends once quality has signed that."""


def why_not_recalled(open_recall_id: int | None) -> str | None:
    """Why a lot is not recalled once more; None: it can be. `open_recall_id`: the recall that counts."""
    if open_recall_id is None:
        return None
    return f"it is recalled already: recall {open_recall_id} counts until it is lifted"


def why_not_lifted(lift_change_id: int | None, *, lifted: bool) -> str | None:
    """Why the end of a recall is not asked for; None: it can be.

    Args:
        lift_change_id: the change by which it was asked for already.
        lifted: and which is signed.
    """
    if lift_change_id is None:
        return None
    if lifted:
        return "it is lifted already"
    return f"its end waits for a signature already: sign change {lift_change_id}"
