"""A YAML file, read so that what is wrong in it is said with its line.

Scalars are read as they are written: YAML itself would take 22:00 for a number, and a date for a date.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from service.errors import SettingError
from service.secret_files import read_secret

_ENVIRONMENT = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Part:
    """One value of the file, and where it stands: beside its name, if it has one."""

    file: str
    node: yaml.Node
    key: yaml.Node | None = None

    def wrong(self, what: str) -> SettingError:
        """The error that says what is wrong here."""
        return SettingError(f"{self.file}, line {(self.key or self.node).start_mark.line + 1}: {what}")

    def named(self, what: str) -> dict[str, "Part"]:
        """What a mapping holds, by name.

        Raises:
            SettingError: it is no mapping, or a name is there twice.
        """
        if not isinstance(self.node, yaml.MappingNode):
            raise self.wrong(f"{what} must be written as `name: value`")
        found: dict[str, Part] = {}
        for key, value in self.node.value:
            name = Part(self.file, key)
            if not isinstance(key, yaml.ScalarNode) or not key.value.strip():
                raise name.wrong(f"{what}: a name is missing")
            if key.value in found:
                raise name.wrong(f"{what}: '{key.value}' is there twice")
            found[key.value] = Part(self.file, value, key)
        return found

    def fields(self, what: str, *, needs: Iterable[str] = (), may: Iterable[str] = ()) -> dict[str, "Part"]:
        """What a mapping holds, of which the names are known.

        Raises:
            SettingError: a name is unknown, missing or there twice.
        """
        found, known = self.named(what), [*needs, *may]
        for name, part in found.items():
            if name not in known:
                raise part.wrong(f"{what}: '{name}' is not known; there is {', '.join(known)}")
        for name in needs:
            if name not in found:
                raise self.wrong(f"{what}: '{name}' is missing")
        return found

    def each(self) -> list["Part"]:
        """The members of a list; something alone is a list of one."""
        if isinstance(self.node, yaml.SequenceNode):
            return [Part(self.file, node) for node in self.node.value]
        return [self]

    def text(self) -> str:
        """A text that is not empty; ``${NAME}`` is taken from the environment, or from the file that NAME_FILE names.

        Raises:
            SettingError: it is something else, or the environment has no such name.
        """
        if not isinstance(self.node, yaml.ScalarNode) or not self.node.value.strip():
            raise self.wrong("a text is wanted here")
        return _ENVIRONMENT.sub(lambda found: self._environment(found[1]), self.node.value)

    def number(self, *, least: float = 0.0) -> float:
        """A number.

        Raises:
            SettingError: it is none, or less than `least`.
        """
        text = self.text()
        try:
            number = float(text)
        except ValueError:
            raise self.wrong(f"'{text}' is no number") from None
        if not least <= number < float("inf"):
            raise self.wrong(f"it is {text}, but must be at least {least:g}")
        return number

    def value(self) -> Any:
        """Whatever is there: mappings, lists, texts, numbers, true and false."""
        if isinstance(self.node, yaml.MappingNode):
            return {name: part.value() for name, part in self.named("this").items()}
        if isinstance(self.node, yaml.SequenceNode):
            return [part.value() for part in self.each()]
        plain = yaml.constructor.SafeConstructor().construct_object(self.node)
        return self.text() if isinstance(plain, str) and plain else plain

    def _environment(self, name: str) -> str:
        if name in os.environ:
            return os.environ[name]
        if path := os.environ.get(f"{name}_FILE"):
            return read_secret(f"{name}_FILE", path)
        raise self.wrong(f"the environment has no {name}; set it, or {name}_FILE to a file with it")


def read_yaml(path: Path) -> Part:
    """The whole file.

    Raises:
        SettingError: it cannot be read, or is no YAML.
    """
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise SettingError(f"{path} cannot be read ({error.strerror}); UNBROKEN_ON_CALL_FILE names it") from error
    except UnicodeDecodeError as error:
        raise SettingError(f"{path} cannot be read: it is not written in UTF-8") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SettingError(f"{path.name}, line {line}: this is no YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise SettingError(f"{path.name} is no YAML: {error}") from error
    if node is None:
        raise SettingError(f"{path.name} is empty; docs/on-call.md says how to write it")
    return Part(path.name, node)
