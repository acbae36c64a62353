"""``python -m service``: the same as ``unbroken``."""

from service.cli.main import main

main()
