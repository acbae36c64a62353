"""Seeds drawn anew in every run, and the same in all workers of it."""

import random

import pytest


def drawn(metafunc: pytest.Metafunc, count: int) -> list[str]:
    """This many different seeds for one test; workers must agree on its names, so they draw by the id of the run."""
    run = getattr(metafunc.config, "workerinput", {}).get("testrunuid")
    chance = random.Random(f"{run} {metafunc.definition.nodeid}" if run else None)
    return [str(seed) for seed in chance.sample(range(1, 100_000), count)]
