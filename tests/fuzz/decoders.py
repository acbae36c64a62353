"""``python -m tests.fuzz.decoders [-runs=N]``: every decoder under atheris, which looks for inputs that reach new code.

It needs atheris (``pip install -c constraints.txt -e '.[fuzz]'``) and ends with a traceback and the input's bytes at
the first thing raised that is no Rejection. Options are libFuzzer's.
"""

import json
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["service.formats", "service.domain"]):
    from service.formats.dialect import Arrival
    from service.formats.dialects import DIALECTS
    from service.formats.files import parse_file
    from service.formats.reading import Rejection

from tests.dialects import CLOCK, EXAMPLES, NOW_US

RUNS = 100_000
NAMES = list(DIALECTS)
FILE = b"Device: Q-tag\nConf:\n Serial: 1\nData:\n\tyyyy-MM-dd hh:mm\tT\n\t2026-01-31 06:00\t-79.8\nCert:\n"


def one_input(given: bytes) -> None:
    """The first byte chooses a decoder and whether the message is live; the rest is its payload, or a file."""
    choice, content = given[:1] or b"\x00", given[1:]
    which, live = divmod(choice[0], 2)
    name = ([*NAMES, None])[which % (len(NAMES) + 1)]
    try:
        if name is None:
            parse_file(content, "Europe/Zurich" if live else None, logger_id="logger")
        else:
            DIALECTS[name](content, Arrival(EXAMPLES[name][1], NOW_US, bool(live), CLOCK))
    except Rejection:
        pass


def main() -> None:
    """Start from the examples, so that the fuzzer need not discover JSON."""
    with tempfile.TemporaryDirectory() as folder:
        seeds = [json.dumps(EXAMPLES[name][2]).encode() for name in NAMES] + [FILE]
        for number, seed in enumerate(seeds):
            Path(folder, str(number)).write_bytes(bytes([2 * number + 1]) + seed)
        options = sys.argv[1:] or [f"-runs={RUNS}"]
        atheris.Setup([sys.argv[0], "-max_len=4096", f"-artifact_prefix={folder}/", *options, folder], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
