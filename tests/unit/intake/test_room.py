"""How much of what was refused is kept."""

from hypothesis import given
from hypothesis import strategies as st

from service.domain.intake.room import Kept, Room, keeping


def test_without_room_for_bytes_a_message_is_known_by_its_hash() -> None:
    """That it came, when and why outlasts its payload; a smaller one may still fit."""
    found = keeping([("a", 100, 10), ("b", 100, 10), ("c", 5, 10)], Room(0, 0), {}, Room(50, 135))
    assert found == [Kept.WHOLE, Kept.WITHOUT_PAYLOAD, Kept.WHOLE]


def test_one_logger_does_not_use_up_the_room_of_all() -> None:
    """One that sends ten bad messages a second all night leaves room for the one bad message of another."""
    flood = [("bad", 1, 1)] * 1_000
    found = keeping([*flood, ("other", 1, 1)], Room(0, 0), {}, Room(100, 1 << 20))
    assert found.count(Kept.WHOLE) == 11
    assert found[-1] is Kept.WHOLE
    assert keeping([("bad", 1, 1)], Room(10, 20), {"bad": 10}, Room(100, 1 << 20)) == [Kept.COUNTED]


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 50), st.integers(0, 50)), max_size=60),
    st.integers(0, 40),
    st.integers(0, 400),
)
def test_the_room_is_never_exceeded(messages: list[tuple[str, int, int]], most: int, most_bytes: int) -> None:
    """Neither in messages, nor in payloads, whatever comes and in whatever portions."""
    found = keeping(messages, Room(0, 0), {}, Room(most, most_bytes))
    kept = [one for one, how in zip(messages, found, strict=True) if how is not Kept.COUNTED]
    whole = [one for one, how in zip(messages, found, strict=True) if how is Kept.WHOLE]
    assert len(kept) <= most
    assert sum(payload for _, payload, _ in whole) <= most_bytes
    for logger_id in "abc":
        assert sum(one[0] == logger_id for one in kept) <= max(1, most // 10)
