"""``python -m benchmarks.scan``: the answer to a scan beside a bare route that gives the same bytes by a key.

Asked one after the other, as vials are scanned. The page of the same answer is told beside it.
"""

import argparse
from urllib.parse import quote, unquote

from benchmarks.acting import BENCHMARK
from benchmarks.api import Size, asking, selecting, served
from benchmarks.api_load import Client
from benchmarks.parts import measure_parts
from benchmarks.rounds import medians, ratio
from service.domain.registry.gtin import check_digit
from service.local.servers import LocalServers
from service.store.acting import acting

_DIGITS = "0952123454321"
GTIN = f"{_DIGITS}{check_digit(_DIGITS)}"


def print_scan(servers: LocalServers, given: argparse.Namespace) -> None:
    """The first answer to a scan ÷ a bare route with the same bytes."""
    size = Size(given.freezers, 10, 1_000)
    with served(servers, "scan", size) as (port, connection):
        with acting(connection, BENCHMARK):
            connection.execute("UPDATE products SET gtin = %s", [GTIN])
            # As short as a label's.
            connection.execute("UPDATE lots SET lot_number = replace(replace(id, 'freezer-', 'F'), '-lot-', '-')")
        numbers = connection.execute("SELECT lot_number FROM lots ORDER BY id").fetchall()
        scans = [quote(f"]d201{GTIN}10{row['lot_number']}") for row in numbers]
        paths = [f"/v1/scan?code={scan}" for scan in scans]
        client = Client(port)
        told = [(unquote(scan), client.get(f"/v1/scan?code={scan}")) for scan in scans]
        assert all(b'"answer":"usable"' in body or b'"answer":"do_not_use"' in body for _, body in told)
        with selecting(connection, told) as beside:
            found = medians(
                {
                    "scan": asking(port, paths),
                    "bare": asking(beside, [f"/v1/lots/{scan}/status" for scan in scans]),
                    "page": asking(port, [f"/scan?code={scan}" for scan in scans], "text/html"),
                },
                given.rounds,
            )
    print(f"  scan {1_000 / found['scan']:.1f} ms, bare {1_000 / found['bare']:.1f} ms", flush=True)
    ratio("scan_vs_bare", found["bare"] / found["scan"])
    ratio("scan_page_vs_bare", found["bare"] / found["page"])


def main() -> None:
    """Print a ratio a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--freezers", type=int, default=100, help="with ten lots each, which are scanned")
    parser.set_defaults(only=None)
    measure_parts({"scan": print_scan}, parser.parse_args())


if __name__ == "__main__":
    main()
