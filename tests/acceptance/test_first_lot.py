"""docs/first-lot.md, done word for word: from nothing to the first verdict, and to "may be used"."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pyotp
import pytest

from tests.acceptance.conftest import ROOT, Service

pytestmark = pytest.mark.acceptance

PAGE = (ROOT / "docs/first-lot.md").read_text(encoding="utf-8")

#: What only gives the shell words, and records nothing.
WORDS = ("export ", "URL=")

PASSWORDS = {"ana": "three words of Ana's", "ben": "other words, Ben's own"}


@dataclass
class Step:
    """Commands of the page with what they answer, or what it says is done in the browser."""

    commands: str = ""
    answer: list[str] = field(default_factory=list)
    in_browser: str = ""


def steps() -> Iterator[Step]:
    """Of the page, in order."""
    block, answer = r"^```sh\n(.*?)^```$", r"(?:\n\n```text\n(.*?)^```$)?"
    found = re.finditer(rf"{block}{answer}|^> \*\*In the browser, ([^\n]*)$", PAGE, re.M | re.S)
    for one in found:
        commands, answer, in_browser = one.groups()
        yield Step(commands or "", (answer or "").splitlines(), in_browser or "")


class Shell:
    """A bash in which all is typed."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            ["bash"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def typed(self, commands: str) -> str:
        """What they answer."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{commands}\necho; echo ended $?\n")
        process.stdin.flush()
        said = []
        for line in process.stdout:
            if line.startswith("ended "):
                return "".join(said)
            said.append(line)
        raise AssertionError("the shell has ended: " + "".join(said))

    def close(self) -> None:
        """It ends once nothing more is typed."""
        self._process.communicate(timeout=20)


class Person:
    """Somebody with a browser, and a phone with an app for codes."""

    def __init__(self, login: str, base: str) -> None:
        self.login = login
        self.password = PASSWORDS[login]
        self.browser = httpx.Client(base_url=base, headers={"Origin": base, "Accept": "text/html"}, timeout=30)
        self._app = pyotp.TOTP("A" * 32)
        self._step = 0
        self._has_signed = False

    def code(self) -> str:
        """One that was not used yet: of the last half minute, this one or the next, so that nobody has to wait."""
        self._step = max(self._step + 1, int(time.time()) // 30 - 1)
        while self._step > time.time() // 30 + 1:
            time.sleep(1)
        return self._app.at(self._step * 30)

    def set_up_app(self) -> None:
        """On the page Account."""
        assert self._log_in().status_code == 303
        secret = re.search(r'class="secret">([A-Z2-7 ]+)<', self.browser.get("/account").text)
        assert secret is not None
        self._app = pyotp.TOTP(secret[1].replace(" ", ""))
        done = self.browser.post("/account/app", data={"password": self.password, "code": self.code()})
        assert done.status_code == 200, done.text
        assert "recovery codes" in done.text

    def _log_in(self) -> httpx.Response:
        given = {"name": self.login, "password": self.password, "next": "/to-sign", "fields": ""}
        return self.browser.post("/login", data=given)

    def sign(self, expected: int) -> None:
        """All that waits on the page, which must be so much."""
        if self.browser.get("/to-sign").status_code != 200:
            assert self._log_in().status_code == 200, "a code is asked for"
        if not self._has_signed:
            self.browser.post("/login/code", data={"code": self.code(), "next": "/to-sign", "fields": ""})
        page = self.browser.get("/to-sign").text
        changes = re.findall(r'name="change" value="([^"]+)"', page)
        assert len(changes) == expected, page
        given: dict[str, str | list[str]] = {"change": changes, "password": self.password}
        if not self._has_signed:
            given |= {"login": self.login, "code": self.code()}
        done = self.browser.post("/to-sign", data=given)
        assert done.status_code == 303, done.text
        self._has_signed = True


def matches(answer: str, expected: list[str]) -> bool:
    """Whether these lines stand in an answer, in this order, with anything for what is left out."""
    lines = (re.escape(line).replace("…", ".*") for line in expected)
    return re.search(r"^" + r"\n(?:.*\n)*?".join(lines), answer, re.M) is not None


def test_the_first_verdict_takes_ten_commands_at_most() -> None:
    """Whoever tries it out has a verdict before the coffee is cold; that the probe is commissioned is one of them."""
    first, _ = PAGE.split("\n## 2.")
    numbers = [int(number) for number in re.findall(r"^\*\*(\d+)\.\*\*", first, re.M)]
    typed = [*re.findall(r"^    (.+\n)", first, re.M), *re.findall(r"^```sh\n(.*?)^```$", first, re.M | re.S)]
    commands = [one for one in typed if not one.startswith(WORDS)]
    assert numbers == list(range(1, len(commands) + 1))
    assert len(commands) <= 10
    assert [one.count("\n") for one in commands] == [1] * len(commands)
    assert [one for one in commands if "/commission " in one]
    assert commands[-1] == "sleep 3; status\n"
    assert "verdict: within limits" in first


def test_a_lot_comes_from_nothing_to_may_be_used_by_the_page_alone(
    service: Service, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """A clinic's quality manager who knows nothing but this page has a lot that may be used, and knows why."""
    service.start("evaluate", "serve")
    base = str(service.client.base_url).rstrip("/")
    people = {login: Person(login, base) for login in PASSWORDS}
    for person in people.values():
        request.addfinalizer(person.browser.close)
    # As in the folder of the repository, and nothing is left there.
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    words = tmp_path / "bin"
    words.mkdir()
    (words / "unbroken").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m service "$@"\n')
    (words / "unbroken").chmod(0o755)
    path = f"{words}:{os.environ['PATH']}"
    shell = Shell(tmp_path, {**service.environment, "PATH": path, "PYTHONPATH": str(ROOT)})
    request.addfinalizer(shell.close)
    signed = iter([3, 1])
    for step in steps():
        if "log in at" in step.in_browser:
            for person in people.values():
                person.set_up_app()
        elif step.in_browser:
            assert step.in_browser.startswith("Ben:**")
            people["ben"].sign(next(signed))
        else:
            commands = step.commands.replace("http://localhost:8000", base)
            # What is typed where it is asked for.
            commands = re.sub(
                r"(unbroken account add (\w+) .*)", lambda one: f'{one[1]} <<<"{PASSWORDS[one[2]]}"', commands
            )
            if "read -r" in commands:
                ana = people["ana"]
                commands = re.sub(r"read -rsp .*", f'PASSWORD="{ana.password}" CODE={ana.code()}', commands)
            answer = shell.typed(commands)
            if commands.endswith("status\n"):
                # Within seconds where a machine does nothing else.
                deadline_s = time.monotonic() + 20
                while not matches(answer, step.answer) and time.monotonic() < deadline_s:
                    answer += shell.typed("sleep 1; status")
            assert matches(answer, step.answer), f"{commands}\nanswers\n{answer}\nand not\n" + "\n".join(step.answer)
    assert next(signed, None) is None
    assert service.get("/v1/lots/EXO-2411/status")["answer"] == "usable"  # type: ignore[index]  # it is an object
