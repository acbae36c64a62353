"""Secrets that are not in the environment but in a file it names: ``UNBROKEN_LINK_SECRET_FILE=/run/secrets/link``."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from service.errors import SettingError

#: A file of more is none that was meant.
_MOST_BYTES = 1 << 16


def read_secret(name: str, path: str) -> str:
    """What is in the file, without what surrounds it.

    Args:
        name: of the variable that names the file, for errors. What is in the file is never repeated.

    Raises:
        SettingError: it cannot be read, or holds nothing.
    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        text = content.decode().strip()
    except OSError as error:
        raise SettingError(
            f"{name}: {path} cannot be read ({error.strerror}); let the user this runs as read it, or name another"
        ) from None
    except UnicodeDecodeError:
        text = ""
    if not text or len(content) > _MOST_BYTES:
        raise SettingError(f"{name}: {path} holds no secret; write it there as text in UTF-8, and nothing else")
    return text


def secrets_in_files(fields: Iterable[str], variables: Mapping[str, str | None]) -> dict[str, str]:
    """The fields that are in files.

    Args:
        variables: the environment or a ``.env``, by names in lower case.

    Raises:
        SettingError: a file cannot be read, or a secret is given twice.
    """
    found = {}
    for field in fields:
        path = variables.get(f"unbroken_{field}_file")
        if not path:
            continue
        name = f"UNBROKEN_{field.upper()}"
        if variables.get(name.lower()):
            raise SettingError(f"{name} and {name}_FILE are both set, and one would change nothing; leave one out")
        found[field] = read_secret(f"{name}_FILE", path)
    return found
