"""Kinds of what rules find: each is stored under a name of its own, and said in words of its own."""

import ast
import inspect
from typing import get_args

from service.domain.alerting import words
from service.domain.alerting.details import Details, Plain
from service.store.alerting import details as stored


def test_every_kind_is_stored_under_a_name() -> None:
    """What is found must outlive the process that found it."""
    assert set(stored._KINDS.values()) == set(get_args(Details))
    assert stored.read_details({"kind": "of a newer version"}) == Plain()


def test_every_kind_has_words() -> None:
    """Whoever is woken is told the figures, not only the cause."""
    said = {
        node.cls.id
        for node in ast.walk(ast.parse(inspect.getsource(words)))
        if isinstance(node, ast.MatchClass) and isinstance(node.cls, ast.Name)
    }
    assert said >= {kind.__name__ for kind in get_args(Details)}
