"""Texts an operator wrote: ``subject.txt`` and ``text.txt`` in one directory, each a Jinja template in a sandbox.

They are given the parts of `alerts.sentences.Words`. A template sees those and nothing else: no files, no settings.
"""

import traceback
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

import structlog
from jinja2 import StrictUndefined, Template, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from alerts.sentences import Words, fitted
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

    def rendered(self, words: Words) -> tuple[str, str]:
        """Subject and text; where a template fails, the built-in one, so that nothing is ever lost."""
        subject, text = words.subject, words.text
        try:
            subject, text = self._rendered(words)
        except Exception:
            # An operator's template may fail in any way there is.
            log.exception("a template failed, the built-in text is sent", reason=words.reason)
        return subject, text

    def _rendered(self, words: Words) -> tuple[str, str]:
        parts = {field.name: getattr(words, field.name) for field in fields(words)}
        subject = fitted("" if self.subject is None else self.subject.render(parts)) or words.subject
        if self.text is None:
            # Its first line is the subject, whatever that is now.
            return subject, words.text.replace(words.subject, subject, 1)
        text = self.text.render({**parts, "subject": subject}).strip() or words.text
        return subject, text if text.startswith(subject) else f"{subject}\n{text}"


#: Nothing changed.
BUILT_IN = Templates()


def templates_in(directory: str, examples: Iterable[Words]) -> Templates:
    """What is in that directory, tried on examples; without one, or without files in it, the built-in words.

    Raises:
        SettingError: there is no such directory, or a template cannot be read or does not work; names file and line.
    """
    if not directory:
        return BUILT_IN
    if not Path(directory).is_dir():
        raise SettingError(f"UNBROKEN_ALERT_TEMPLATES_DIR: there is no directory {directory}; make it, or leave it out")
    subject, text = (_template(Path(directory) / name) for name in (_SUBJECT, _TEXT))
    found = Templates(subject, text)
    for words in examples:
        try:
            found._rendered(words)
        except Exception as error:
            where = next(
                (
                    f"{frame.filename}, line {frame.lineno}"
                    for frame in reversed(traceback.extract_tb(error.__traceback__))
                    if Path(frame.filename).name in (_SUBJECT, _TEXT)
                ),
                directory,
            )
            raise SettingError(f"{where}: this fails for a message of reason {words.reason!r}: {error}") from error
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
