"""What one listener is still to be told."""

from hypothesis import given
from hypothesis import strategies as st

from service.domain.hints import ALL, Hint, Waiting, hints_in

_HINTS = st.builds(Hint, st.sampled_from(["lot", "alert", "all"]), st.none() | st.sampled_from("abcdefgh")).map(
    lambda hint: ALL if hint.kind == "all" else hint
)


def _covers(told: Hint, hint: Hint) -> bool:
    return told in (ALL, hint, Hint(hint.kind))


@given(st.lists(st.tuples(_HINTS, st.booleans())))
def test_however_slowly_one_listens_each_lots_last_change_is_told(added: list[tuple[Hint, bool]]) -> None:
    """Whatever changed is told with a number no older than its change, and what waits never grows beyond a bound."""
    waiting, open_hints = Waiting(most_named=3), {}
    for number, (hint, is_read) in enumerate(added, start=1):
        waiting.add([hint], number)
        open_hints[hint] = number
        assert len(waiting) <= 3 * 2
        if is_read:
            told = waiting.take()
            assert not waiting
            assert [at for _, at in told] == sorted(at for _, at in told)
            for changed, at in open_hints.items():
                assert any(_covers(one, changed) and known >= at for one, known in told)
            open_hints = {}


def test_a_hint_names_a_kind_and_a_thing() -> None:
    """Of a thousand lots that were moved at once none is named."""
    assert hints_in("lot mx-1 mx-2") == [Hint("lot", "mx-1"), Hint("lot", "mx-2")]
    assert hints_in("lot") == [Hint("lot")]
