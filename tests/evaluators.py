"""Several evaluators over one database: in turn, each with its part of the containers, or racing for all of them."""

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from service.domain.clocks import AsOf
from service.domain.shares import SHARES
from service.evaluator.run import evaluate_once
from service.evaluator.working_off import Pass
from service.store.claims import EVERYTHING, Claim
from service.store.pool import Connection, connect
from service.store.retry import retried
from tests.acting import TESTER


@dataclass(frozen=True)
class Evaluators:
    """Each with a connection of its own; chance decides how they meet."""

    connections: Sequence[Connection]
    chance: random.Random

    def evaluate(self, as_of: AsOf, **portions: int) -> Pass:
        """One pass over all there is: by one, by each over its shares, or by all over everything at the same time."""
        return self.chance.choice([self.by_one, self.in_turn, self.racing])(as_of, **portions)

    def by_one(self, as_of: AsOf, **portions: int) -> Pass:
        """One of them, alone."""
        return evaluate_once(self.chance.choice(self.connections), as_of, **portions)

    def in_turn(self, as_of: AsOf, **portions: int) -> Pass:
        """Each over some shares, others in every pass."""
        of = [self.chance.randrange(len(self.connections)) for _ in range(SHARES)]
        parts = [frozenset(share for share, who in enumerate(of) if who == n) for n in range(len(self.connections))]
        done = Pass()
        for connection, part in zip(self.connections, parts, strict=True):
            done += evaluate_once(connection, as_of, Claim(part), **portions)
        return done

    def racing(self, as_of: AsOf, **portions: int) -> Pass:
        """All of them at once, each of which thinks that it is the only one."""

        def one(connection: Connection) -> Pass:
            return retried(evaluate_once)(connection, as_of, EVERYTHING, **portions)

        with ThreadPoolExecutor(len(self.connections)) as threads:
            return sum(threads.map(one, self.connections), Pass())


@contextmanager
def evaluators(database_url: str, count: int, chance: random.Random) -> Iterator[Evaluators]:
    """So many."""
    with ExitStack() as ending:
        opened = [
            ending.enter_context(connect(database_url, application="evaluator", actor=TESTER)) for _ in range(count)
        ]
        yield Evaluators(opened, chance)
