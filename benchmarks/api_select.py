"""``python -m benchmarks.api_select``: the least a route can do that asks the database: one SELECT of bytes kept there.

Like the API it lets in nobody but by a key that counts, which is one SELECT more.

Served with the settings of ``unbroken serve``.
"""

import argparse
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import uvicorn
from fastapi import FastAPI, Request, Response
from psycopg_pool import ConnectionPool

#: As many connections as the API's own pool has at most.
_POOL = 8

TABLE = "CREATE TABLE told (lot_id text PRIMARY KEY, body bytea NOT NULL)"
_KEY = "SELECT FROM key_secrets JOIN api_keys ON id = key_id WHERE sha256 = %s AND revoked_at IS NULL"
_SELECT = "SELECT body FROM told WHERE lot_id = %s"


def application(database_url: str) -> FastAPI:
    """An application with one route."""
    pool = ConnectionPool(
        database_url, kwargs={"autocommit": True}, connection_class=psycopg.Connection, max_size=_POOL, open=False
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with pool:
            yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/v1/lots/{lot_id}/status")
    def told(lot_id: str, request: Request) -> Response:
        key = request.headers["authorization"].removeprefix("Bearer ")
        with pool.connection() as connection:
            assert connection.execute(_KEY, [hashlib.sha256(key.encode()).digest()]).rowcount == 1
            row = connection.execute(_SELECT, [lot_id], binary=True).fetchone()
        assert row is not None
        return Response(row[0], media_type="application/json")

    return app


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database-url", required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    uvicorn.run(
        application(given.database_url), host="127.0.0.1", port=given.port, log_level="warning", access_log=False
    )


if __name__ == "__main__":
    main()
