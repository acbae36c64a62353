"""Files that nobody but their owner reads: passwords, and addresses that hold one."""

import os
from pathlib import Path


def write_privately(path: Path, text: str) -> None:
    """Never readable by others, not even while it is written."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)
