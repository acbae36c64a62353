"""A pass asks the database about all of its containers at once."""

from service.store.pool import Connection
from tests.scenario import Scenario, course, reading
from tests.statements import counted

CONTAINERS = 25

#: Statements of a pass over many containers, beyond those of a pass over one: what time has made due by then, and
#: alarms that are due to fire, are judged in transactions of their own.
MORE = 24


def test_many_containers_cost_a_pass_no_more_statements_than_one(connection: Connection) -> None:
    """A hall of freezers that warms up, stays warm and gets cold again is judged as one freezer is, and told of."""
    hall = Scenario(connection)
    names = [f"freezer-{number}" for number in range(CONTAINERS)]
    for name in names:
        hall.container(name, loggers=[name])
        hall.lot(f"{name}-lot", name)
        hall.store(course(name, [-80.0] * 7))
    while hall.evaluate(30).marks:
        pass
    minute = 30.0

    def asked_by(some: list[str], temperature_c: float) -> int:
        nonlocal minute
        minute += 1
        hall.store([reading(name, minute, temperature_c) for name in some])
        with counted(connection) as asked:
            done = hall.evaluate(minute)
        assert done.marks == len(some)
        return asked.total()

    alone, others = names[:1], names[1:]
    one: list[int] = []
    many: list[int] = []
    for temperature_c in (-80.0, *[-50.0] * 12, *[-80.0] * 12):
        one.append(asked_by(alone, temperature_c))
        many.append(asked_by(others, temperature_c))
    assert max(b - a for a, b in zip(one, many, strict=True)) <= MORE, (one, many)
    states = connection.execute("SELECT count(*) AS n FROM alerts WHERE state = 'resolved'").fetchone()
    assert states is not None
    assert states["n"] >= CONTAINERS


def test_a_verdict_looks_at_no_reading(connection: Connection) -> None:
    """It rests on what the evaluator stored: ten years of readings cost whoever asks about a lot nothing."""
    hall = Scenario(connection)
    hall.container("freezer")
    hall.lot("lot", "freezer")
    hall.store(course("logger", [-80.0] * 7))
    hall.evaluate(30)
    with counted(connection) as asked:
        hall.judged("lot", 30)
    assert not [statement for statement in asked if "FROM readings " in statement]
