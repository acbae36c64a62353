"""Whether an act changes what was already told of the past; then it needs a word of explanation."""

from service.domain.instant import SECOND_US

#: Walls show whole minutes: who records what was done just now does not reach back.
_JUST_NOW_US = 60 * SECOND_US


def why_rewriting(at_us: int, now_us: int, *, scan_delay_us: int, told: bool, condemned: bool) -> str | None:
    """Why an act about `at_us` and later, recorded at `now_us`, changes time already judged; None: it does not.

    Args:
        scan_delay_us: so late a scan may come; what is older has been judged.
        told: a lot concerned was judged, or has been known for longer than that.
        condemned: a lot concerned went out of limits since then, or may have as a probe says that is to be silenced: it
            is not made better without a word, however little time passed.
    """
    if condemned and at_us < now_us - _JUST_NOW_US:
        return "a lot concerned went, or may have gone, out of limits since then"
    if told and at_us < now_us - scan_delay_us:
        return "that time has been judged already"
    return None
