"""``python -m service``: the same as ``unbroken``."""

from service.cli import main

main()
