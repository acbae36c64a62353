"""The text of a message: built in, or as an operator wrote it in ``subject.txt`` and ``text.txt`` of one directory.

Those are Jinja templates in a sandbox. They are given the parts of `alerts.messages.sentences.Words`, and see
nothing else: no files, no settings.
"""

import traceback
from dataclasses import dataclass, fields
from datetime import tzinfo
from pathlib import Path

import structlog
from jinja2 import StrictUndefined, Template, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from alerts.messages.examples import EXAMPLES
from alerts.messages.sentences import Words, words
from alerts.messages.subject_line import fitted
from alerts.notification import Planned
from service.errors import SettingError

log = structlog.get_logger()

_SUBJECT, _TEXT = "subject.txt", "text.txt"

# Plain text for people, not a page: what would be escaped stays as it was written.
_ENVIRONMENT = ImmutableSandboxedEnvironment(
    autoescape=False,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Templates:
    """What an operator changed; None: the built-in words."""

    subject: Template | None = None
    text: Template | None = None

    def rendered(self, said: Words) -> tuple[str, str]:
        """Subject and text.

        Raises:
            Exception: an operator's template may fail in any way there is.
        """
        parts = {field.name: getattr(said, field.name) for field in fields(said)}
        subject = fitted("" if self.subject is None else self.subject.render(parts)) or said.subject
        if self.text is None:
            # Its first line is the subject, whatever that is now.
            return subject, said.text.replace(said.subject, subject, 1)
        text = self.text.render({**parts, "subject": subject}).strip() or said.text
        return subject, text if text.startswith(subject) else f"{subject}\n{text}"


#: Nothing changed.
BUILT_IN = Templates()


def message(
    planned: Planned, link: str | None, templates: Templates = BUILT_IN, zone: tzinfo | str | None = None
) -> tuple[str, str]:
    """Subject (at most 160 characters that stand alone) and the whole plain text, which begins with it.

    Where a template fails, they are the built-in ones, so that nothing is ever lost.

    Args:
        link: where to answer.
        zone: the receiver's own; None: that of the site.
    """
    said = words(planned, link, zone)
    try:
        return templates.rendered(said)
    except Exception:
        log.exception("a template failed, the built-in text is sent", reason=said.reason)
        return said.subject, said.text


def read_templates(directory: str) -> Templates:
    """The templates of `settings.alert_templates_dir`, tried on a message of every kind; empty: the built-in words.

    Raises:
        SettingError: there is no such directory, or a template cannot be read or does not work; names file and line.
    """
    if not directory:
        return BUILT_IN
    if not Path(directory).is_dir():
        raise SettingError(f"UNBROKEN_ALERT_TEMPLATES_DIR: there is no directory {directory}; make it, or leave it out")
    subject, text = (_template(Path(directory) / name) for name in (_SUBJECT, _TEXT))
    found = Templates(subject, text)
    for said in (words(example, link) for example in EXAMPLES for link in ("https://x/a/b", None)):
        try:
            found.rendered(said)
        except Exception as error:
            where = next(
                (
                    f"{frame.filename}, line {frame.lineno}"
                    for frame in reversed(traceback.extract_tb(error.__traceback__))
                    if Path(frame.filename).name in (_SUBJECT, _TEXT)
                ),
                directory,
            )
            raise SettingError(f"{where}: this fails for a message of reason {said.reason!r}: {error}") from error
    return found


def _template(path: Path) -> Template | None:
    try:
        if not path.exists():
            return None
        source = path.read_text(encoding="utf-8")
        code = _ENVIRONMENT.compile(source, name=path.name, filename=str(path))
        return Template.from_code(_ENVIRONMENT, code, {})
    except TemplateSyntaxError as error:
        raise SettingError(f"{path}, line {error.lineno}: {error.message}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{path} cannot be read: {error}") from error
