"""Settings and what is written about them."""

from pathlib import Path

import pytest

from service.settings import Settings, env_example

ROOT = Path(__file__).parents[2]


def test_every_setting_is_described_in_env_example() -> None:
    """An operator finds each setting, its meaning and its default in one file, and no other."""
    assert (ROOT / ".env.example").read_text(encoding="utf-8") == env_example()


def test_defaults_listen_on_this_machine_alone() -> None:
    """Nothing is open to the network unless an operator says so."""
    assert Settings.model_fields["http_host"].default == "127.0.0.1"


def test_the_example_can_be_used_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With every line of the example switched on, the settings are the defaults."""
    monkeypatch.chdir(tmp_path)
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    Path(".env").write_text("\n".join(line.removeprefix("#") for line in lines if line.startswith("#UNBROKEN")))
    for name in Settings.model_fields:
        monkeypatch.delenv(f"UNBROKEN_{name.upper()}", raising=False)
    assert Settings() == Settings(_env_file=None)
