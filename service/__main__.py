"""``python -m service``: the same as ``unbroken``."""

from service.signals import end_on_signal


def main() -> None:
    """Run the command line. Loading it takes a second, in which Ctrl-C already ends in one line."""
    end_on_signal("unbroken", at_once=True)
    from service.cli.main import main as run  # noqa: PLC0415  after the line above

    run()


if __name__ == "__main__":
    main()
