"""Which of the codes that a phone shows is taken."""

from collections.abc import Callable

#: A code is good for so long (RFC 6238).
STEP_S = 30

#: Steps to each side that are taken: people type for a while, and clocks differ a little.
_NEAR = 1

#: Steps to each side in which a code is recognised, to tell whose clock is wrong.
_FAR = 20


def step_at(now_s: float) -> int:
    """The number of the step at an instant, in seconds since 1970."""
    return int(now_s // STEP_S)


def taken(is_code_of: Callable[[int], bool], now_step: int, last_step: int) -> int | str:
    """The step whose code this is; or why it is not taken.

    Args:
        is_code_of: whether it is the code of a step.
        last_step: of the last code that was taken.
    """
    for step in range(now_step - _NEAR, now_step + _NEAR + 1):
        if is_code_of(step):
            return step if step > last_step else "this code was used already; wait for the next one, half a minute"
    for distance in range(_NEAR + 1, _FAR + 1):
        for step, direction in ((now_step - distance, "behind"), (now_step + distance, "ahead")):
            if is_code_of(step):
                minutes = f"{distance * STEP_S / 60:.0f} min"
                return (
                    f"this is the code of another time: your phone's clock is about {minutes} {direction} of ours. "
                    "Set it by the network, or have ours set right, and type the new code"
                )
    return "this is not the code that the app shows now; type the one of this half minute, or a recovery code"
