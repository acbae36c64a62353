"""`unbroken rejected`: messages that could not be taken, to be read, mended and driven again."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from ingest.routes import Routes
from ingest.set_aside import SetAsideFolder
from service.acts.redrive import Mend, redrive, redrive_many
from service.cli.acting import user_of_machine
from service.domain.instant import rfc3339
from service.errors import NotFoundError, UnbrokenError
from service.settings import read_settings
from service.store.intake.rejected import redrive_of, rejected_message, rejected_messages
from service.store.migrate import refuse_unmigrated
from service.store.paging import Part
from service.store.pool import Connection, connect

app = typer.Typer(no_args_is_help=True, help="Messages that could not be taken: read, mend and redrive them.")

Code = Annotated[str | None, typer.Option(help="Only those rejected for this reason.")]
TopicStart = Annotated[str | None, typer.Option(help="Only those whose topic begins like this.")]
Reason = Annotated[str, typer.Option(help="Why it is taken once more.")]
MessageId = Annotated[int, typer.Argument(metavar="ID", min=1, max=2**63 - 1)]


@contextmanager
def _database() -> Iterator[Connection]:
    with connect(read_settings().required_database_url(), application="rejected") as connection:
        refuse_unmigrated(connection)
        yield connection


@app.command("list")
def list_(
    code: Code = None,
    topic: TopicStart = None,
    state: Annotated[
        Literal["rejected", "redriven", "all"], typer.Option(help="Those not redriven since, those redriven, or all.")
    ] = "rejected",
    before: Annotated[int | None, typer.Option(min=1, help="Only those before this id.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most this many.")] = 50,
) -> None:
    """List rejected messages, the newest first."""
    with _database() as connection:
        found = rejected_messages(
            connection,
            code=code,
            topic=topic,
            state=None if state == "all" else state,
            part=Part(limit, None if before is None else (before,)),
        )
    for message in found:
        typer.echo(
            f"{message.id:>8}  {_time(message.last_received_at)}  {message.times:>5} x  {message.code:<20} "
            f"{_printable(message.topic)}"
        )
    if not found:
        typer.echo("there are none")
    # Said on standard error: whoever reads the list in a program has no use for it.
    if aside := _folder().count():
        typer.echo(
            f"and in files on this machine, because the database took them in no form: {aside}; "
            "see `unbroken rejected set-aside`",
            err=True,
        )


def _folder() -> SetAsideFolder:
    settings = read_settings()
    return SetAsideFolder(Path(settings.set_aside_dir), settings.set_aside_cap_bytes)


@app.command("set-aside")
def set_aside(
    payload: Annotated[
        str | None, typer.Option("--payload", metavar="NAME", help="Write the payload of this one alone, as it came.")
    ] = None,
) -> None:
    """List messages that the database took in no form, kept in files on the machine where ingest runs."""
    try:
        found = _folder().messages()
    except OSError as error:
        raise UnbrokenError(f"{error.filename} cannot be read: {error.strerror}; be the user that ingest is") from error
    if payload is not None:
        wanted = [one for one in found if one.path.stem.startswith(payload)]
        if len(wanted) != 1:
            raise NotFoundError(f"{len(wanted)} messages set aside have a name that begins with {payload!r}")
        sys.stdout.buffer.write(wanted[0].payload)
        return
    for one in found:
        typer.echo(f"{one.path.stem[:12]}  {one.received_at}  {len(one.payload):>8} bytes  {_printable(one.topic)}")
        typer.echo(f"{'':<14}{_printable(one.reason)}")
    typer.echo(f"{len(found)} in {read_settings().set_aside_dir}")


@app.command()
def show(
    message_id: MessageId,
    payload: Annotated[
        bool, typer.Option("--payload", help="Write the payload alone, as it came: to a file, to be mended.")
    ] = False,
) -> None:
    """Show one rejected message."""
    with _database() as connection:
        message = rejected_message(connection, message_id)
        redriven = redrive_of(connection, message_id)
    kept = message.payload
    if payload:
        sys.stdout.buffer.write(kept or b"")
        return
    for name in ("topic", "code", "explanation", "times", "first_received_at", "last_received_at", "payload_size"):
        value = getattr(message, name)
        typer.echo(f"{name:<18} {_time(value) if isinstance(value, datetime) else _printable(str(value))}")
    if redriven is not None:
        mended = [name for name in ("topic", "payload") if getattr(redriven, name) is not None]
        typer.echo(f"{'redriven_at':<18} {_time(redriven.redriven_at)}, {' and '.join(mended) or 'nothing'} mended")
        typer.echo(f"{'':<18} {redriven.stored} new, {redriven.known} known, {redriven.conflicting} conflicting")
        typer.echo(f"{'recorded_by':<18} {redriven.recorded_by}")
        typer.echo(f"{'reason':<18} {_printable(redriven.reason)}")
    typer.echo("")
    typer.echo("(the payload was not kept)" if kept is None else _printable(kept.decode(errors="backslashreplace")))


def _time(when: datetime) -> str:
    return rfc3339(when.replace(microsecond=0))


def _printable(text: str) -> str:
    """Whatever a stranger sent, without what a terminal would obey."""
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


@app.command("redrive")
def redrive_(
    message_id: MessageId,
    payload: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, readable=True, help="A file to take as its payload.")
    ] = None,
    topic: Annotated[str | None, typer.Option(help="A topic to take as its topic.")] = None,
    reason: Reason = "",
) -> None:
    """Take one message once more, mended or as it stands: all of it, or nothing."""
    settings = read_settings()
    mend = Mend(None if payload is None else payload.read_bytes(), topic, reason, settings.documents_cap_bytes)
    dialect_of, clock = Routes(settings.dialects).of, settings.clock()
    with _database() as connection:
        stored = redrive(connection, user_of_machine(), message_id, mend, dialect_of, clock)
    typer.echo(f"taken: {stored.new} new readings, {stored.known} known, {stored.conflicting} conflicting")


@app.command("redrive-all")
def redrive_all(code: Code = None, topic: TopicStart = None, reason: Reason = "") -> None:
    """Take all messages of a reason or topic once more as they stand, after a setting was mended."""
    settings = read_settings()
    redriven = readings = not_kept = 0
    rejected: Counter[str] = Counter()
    after_id: int | None = 0
    with _database() as connection:
        while after_id is not None:
            done = redrive_many(
                connection,
                user_of_machine(),
                Routes(settings.dialects).of,
                settings.clock(),
                code=code,
                topic=topic,
                reason=reason,
                after_id=after_id,
                room_bytes=settings.documents_cap_bytes,
            )
            redriven += done.redriven
            readings += done.readings
            not_kept += done.not_kept
            rejected += done.rejected
            after_id = done.next_after_id
    typer.echo(f"taken: {redriven} messages with {readings} new readings")
    for still, count in sorted(rejected.items()):
        typer.echo(f"still rejected: {count} {still}")
    if not_kept:
        typer.echo(f"not kept whole, so they need their payload: {not_kept}")
