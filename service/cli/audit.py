"""`unbroken audit`: whether the past is what it was."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import typer

from service.answers.trail import documents_beside, follow_chain, tables_beside, why_head_fails
from service.domain.identity.trail import Break, Head, read_head
from service.domain.instant import rfc3339
from service.settings import read_settings
from service.store.audit.seals import newest_place, unsealed_since
from service.store.migrate import refuse_unmigrated
from service.store.pool import Connection, connect, snapshot

app = typer.Typer(no_args_is_help=True, help="The audit trail: its head, and whether anything of it was changed.")

_TO_DO = """\
Somebody changed the past, or the database is not the one it was. Stop nothing and change nothing; copy the database as
it is, compare it with a backup of before, and tell quality: what the changed rows concern is to be judged by people.
docs/audit.md says how to go on."""


@contextmanager
def _database() -> Iterator[Connection]:
    with connect(read_settings().required_database_url(), application="audit") as connection:
        refuse_unmigrated(connection)
        yield connection


@app.command("head")
def head_() -> None:
    """Write the head of the trail, to be kept elsewhere: nobody changes what came before it and is not found out."""
    with _database() as connection:
        typer.echo(str(newest_place(connection).head))


@dataclass(frozen=True, slots=True)
class _Found:
    about: str
    said: str
    well: bool = False


@app.command()
def verify(
    head: Annotated[
        list[str] | None,
        typer.Option(metavar="HEAD", help="A head that was published earlier, as 1234:ab12…; may be given again."),
    ] = None,
) -> None:
    """Follow the trail from its first line, and hold the tables against it.

    The exit status is 0 if all is as it was recorded, and 1 if not: what is wrong is named.
    """
    heads = sorted((read_head(one) for one in head or ()), key=lambda one: one.number)
    wrong = 0
    with _database() as connection:
        for found in _looked_at(connection, heads):
            typer.echo(f"{'ok   ' if found.well else 'WRONG'} {found.about}: {found.said}")
            wrong += not found.well
    if wrong:
        typer.echo(_TO_DO)
        raise typer.Exit(1)


def _looked_at(connection: Connection, heads: Sequence[Head]) -> Iterator[_Found]:
    with snapshot(connection):
        end = follow_chain(connection)
        if isinstance(end, Break):
            yield _Found("trail", str(end))
        else:
            yield _Found("trail", f"{end.head.number} lines, each as it was sealed; head {end.head}", well=True)
        for head in heads:
            why = why_head_fails(connection, head)
            yield _Found(f"head {head.number}", why or "as it was published", well=why is None)
    waiting = unsealed_since(connection)
    if waiting is not None:
        said = f"what was recorded since {rfc3339(waiting)} is not sealed yet; `unbroken alerts` does that"
        yield _Found("newest lines", said, well=True)
    whole = 0
    for table, differences in tables_beside(connection):
        if differences is None:
            yield _Found(f"table {table}", "its trail is switched off, so that nobody knows who writes there")
        for one in differences or ():
            yield _Found(f"table {table}", f"row {one.row_key} was {one.was}, and the trail knows of no such act")
        whole += differences == []
    yield _Found("tables", f"the rows of {whole} are what the trail says", well=True)
    for said in documents_beside(connection):
        yield _Found("documents", said)
