"""Rows that an act takes for itself, in the one order in which every act takes them.

Lot, placement, logger, series (it stands for its attachments too), attachment, calibration; of several of a kind, by
their ids. An act that changes a row takes first what stands before it in this order. So two acts never wait for each
other crosswise; what still meets, such as evaluator and acknowledgement, is done again (`retry`).

What is retired is locked alone, and before it is asked what uses it: whoever records something new of it holds its row
from then on (a foreign key), and asks afterwards whether it is retired. So one of two that meet sees the other.

The evaluator takes the records of its containers before all of that (`exposure/records.py`: `lock_records`; a container
without record stands for it itself), which no act takes, and then the lots that it judges. It loads what it changes
only when it has taken it. So two evaluators that meet over a container or a lot end where one alone would.
"""

from collections.abc import Collection
from typing import Literal

from service.store.pool import Connection


def lock_lots(connection: Connection, lot_ids: Collection[str]) -> None:
    """Nobody else changes where these lots were, until the end of this transaction."""
    connection.execute("SELECT FROM lots WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [list(lot_ids)])


def lock_logger(connection: Connection, logger_id: str) -> None:
    """Nobody else mends this logger's clock, until the end of this transaction."""
    connection.execute("SELECT FROM loggers WHERE id = %s FOR NO KEY UPDATE", [logger_id])


def lock_to_retire(
    connection: Connection, table: Literal["organisations", "sites", "containers", "loggers"], row_id: str
) -> None:
    """Nobody else records anything new of this, until the end of this transaction."""
    connection.execute(f"SELECT FROM {table} WHERE id = %s FOR UPDATE", [row_id])


def lock_several_series(connection: Connection, series_ids: Collection[int]) -> None:
    """Nobody else rolls up these series, until the end of this transaction."""
    connection.execute("SELECT FROM series WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [list(series_ids)])


def lock_series(connection: Connection, series_id: int) -> None:
    """Nobody else changes where this probe was or how it is calibrated, until the end of this transaction."""
    connection.execute("SELECT FROM series WHERE id = %s FOR NO KEY UPDATE", [series_id])
