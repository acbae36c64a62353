"""The message of a plan: built in, or as an operator's templates have it."""

from datetime import tzinfo

from alerts.examples import EXAMPLES
from alerts.sentences import words
from alerts.telling import Planned
from alerts.templates import BUILT_IN, Templates, templates_in
from service.domain.wall_clock import moment

__all__ = ["BUILT_IN", "Templates", "message", "moment", "read_templates"]


def message(
    planned: Planned, link: str | None, templates: Templates = BUILT_IN, zone: tzinfo | str | None = None
) -> tuple[str, str]:
    """Subject (at most 160 characters that stand alone) and the whole plain text, which begins with it.

    Args:
        link: where to answer.
        zone: the receiver's own; None: that of the site.
    """
    return templates.rendered(words(planned, link, zone))


def read_templates(directory: str) -> Templates:
    """The templates of `settings.alert_templates_dir`, tried on a message of every kind.

    Raises:
        SettingError: one of them does not work; names file and line.
    """
    return templates_in(directory, [words(example, link) for example in EXAMPLES for link in ("https://x/a/b", None)])
