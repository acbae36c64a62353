"""What the store gives back is typed: whoever reads a row is told its columns by its class."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

STORE = Path(__file__).parents[2] / "service/store"

#: Where rows are made typed: what comes in there is not yet.
MAKES_ROWS_TYPED = {"rows.py", "arrays.py"}


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Every function another file may call, by where it stands."""
    for path in sorted(STORE.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if (
                path.name not in MAKES_ROWS_TYPED
                and isinstance(node, ast.FunctionDef)
                and not node.name.startswith("_")
            ):
                yield f"{path.relative_to(STORE)}:{node.name}", node


def untyped(annotation: ast.expr | None) -> bool:
    """Whether a type says nothing of what is in a row: Any in it, or a dict of columns, or a tuple."""
    if annotation is None:
        return True
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return untyped(ast.parse(annotation.value, mode="eval").body)
    names = {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)}
    if names & {"Any", "DictRow"}:
        return True
    for node in ast.walk(annotation):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "tuple":
            parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else []
            several = len(parts) > 1 and not (isinstance(parts[1], ast.Constant) and parts[1].value is ...)
            if several and not _is_key(annotation, node):
                return True
        if isinstance(node, ast.Name) and node.id in {"dict", "tuple", "list"} and not _is_subscribed(annotation, node):
            return True
    return False


def _is_key(annotation: ast.expr, one: ast.expr) -> bool:
    """Whether it is what a dict is looked up by, or one of a set of such."""
    return any(
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and (
            (node.value.id in {"dict", "Mapping"} and isinstance(node.slice, ast.Tuple) and node.slice.elts[0] is one)
            or (node.value.id in {"set", "frozenset"} and node.slice is one)
        )
        for node in ast.walk(annotation)
    )


def _is_subscribed(annotation: ast.expr, one: ast.Name) -> bool:
    return any(isinstance(node, ast.Subscript) and node.value is one for node in ast.walk(annotation))


@pytest.mark.parametrize("function", [pytest.param(found, id=where) for where, found in functions()])
def test_a_function_of_the_store_returns_typed_rows(function: ast.FunctionDef) -> None:
    """A dataclass, a value, or a collection of these; never a dict of columns, a bare tuple or Any."""
    assert not untyped(function.returns), ast.unparse(function.returns) if function.returns else "nothing"
