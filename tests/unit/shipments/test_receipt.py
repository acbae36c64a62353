"""What is found on arrival."""

from service.domain.shipments.receipt import Arrived, findings


def test_each_thing_that_is_wrong_is_told_once() -> None:
    """Missing, extra, another seal, expired and warm; what is as it should be is not told."""
    arrived = Arrived(("a", "b", "stranger", "a"), {"shipper": ["S-1", "S-9"]})
    found = findings(["a", "b", "lost"], {"shipper": ["S-1", "S-2"]}, arrived, expired=["b", "lost"], warm=["a"])
    assert [(one.found.value, one.id) for one in found] == [
        ("missing", "lost"),
        ("extra", "stranger"),
        ("seal_broken", "shipper"),
        ("seal_broken", "shipper"),
        ("expired", "b"),
        ("warm", "a"),
    ]
    assert findings(["a"], {"shipper": ["S-1"]}, Arrived(("a",), {"shipper": ["S-1"]}), expired=[], warm=[]) == ()
