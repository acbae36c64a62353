"""Pictures of every page over the demo, by day and by night, at a desk and on a telephone: `make screenshots`.

Into docs/screenshots, or the folder that is named. The demo is one of its own, and gone afterwards. All are there to be
looked at; kept with the code are those by day at a desk and by night on a telephone, half of them, for their size.
"""

import base64
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from service.auth.links import sign
from service.cli.serve import application
from service.local.servers import remove
from service.settings import Settings
from tests.browser import chromium
from tests.ports import free_port
from tests.routes import answering

ROOT = Path(__file__).parents[2]
INTO = ROOT / "docs/screenshots"
FILES = Path("/var/lib/unbroken")

SIZES = {1280: {"width": 1280, "height": 860}, 360: {"width": 360, "height": 740}}
SCHEMES = ("light", "dark")

#: Kept with the code; .gitignore names the others.
KEPT = (("light", 1280), ("dark", 360))

#: A picture, and what the API's documentation looks like, which is Swagger UI's.
NO_PAGES = {"show_icon", "show_documentation"}

#: Until a freezer of the demo is warm for long enough that an alert goes off.
LONGEST_WAIT_S = 20 * 60

#: Smaller than PNG by four fifths, and as sharp: Chromium itself makes it.
AS_WEBP = """async (png) => {
  const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  canvas.getContext("2d").drawImage(picture, 0, 0);
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: "image/webp", quality: 0.5 })).arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}"""


_say = partial(print, flush=True)


def main() -> None:
    """All of them, and a page on which they stand side by side."""
    into = Path(sys.argv[1]) if len(sys.argv) > 1 else INTO
    program = chromium.find_or_install(print)
    secret = secrets.token_hex(16)
    with demo(secret) as (address, header), sync_playwright() as playwright:
        with httpx.Client(base_url=address, headers=header, timeout=30) as api:
            _wait_for_something_to_see(api)
            pages = addresses(api, secret)
        browser = playwright.chromium.launch(executable_path=program, args=list(chromium.ARGUMENTS))
        into.mkdir(parents=True, exist_ok=True)
        for old in into.glob("*.webp"):
            old.unlink()
        _take(browser, address, header, pages, into)
        browser.close()
    (into / "README.md").write_text(gallery(pages), encoding="utf-8")
    taken = list(into.glob("*.webp"))
    _say(f"{len(taken)} pictures, {sum(one.stat().st_size for one in taken) / 1e6:.1f} MB, in {into}")


@contextmanager
def demo(secret: str) -> Iterator[tuple[str, dict[str, str]]]:
    """A demo of its own: its address, and the header that opens it."""
    name, port = f"screenshots-{os.getpid()}", free_port()
    given = {"UNBROKEN_HTTP_PORT": str(port), "UNBROKEN_LOCAL_NAME": name, "UNBROKEN_LINK_SECRET": secret}
    others = {name: value for name, value in os.environ.items() if not name.startswith("UNBROKEN_")}
    with tempfile.TemporaryFile("w+") as log:
        up = subprocess.Popen(
            [sys.executable, "-m", "service", "up", "--demo"], env=others | given, stdout=log, stderr=log, cwd=ROOT
        )
        try:
            _wait(lambda: " ready " in _said(log, up), "the demo is ready")
            key, _, value = (FILES / f"{name}-key.header").read_text(encoding="ascii").strip().partition(": ")
            yield f"http://127.0.0.1:{port}", {key: value}
        except Exception:
            _say(f"The demo said at last:\n{_said(log, up)[-3000:]}")
            raise
        finally:
            up.send_signal(signal.SIGINT)
            up.wait(60)
            remove(name)
            for left in FILES.glob(f"{name}-*"):
                left.unlink()


def _said(log: Any, up: subprocess.Popen[bytes]) -> str:
    log.seek(0)
    text: str = log.read()
    if up.poll() is not None:
        raise SystemExit(f"the demo ended:\n{text[-3000:]}")
    return text


def _wait(is_so: Any, what: str, most_s: float = 300) -> None:
    _say(f"Waiting until {what}.")
    until = time.monotonic() + most_s
    while not is_so():
        if time.monotonic() > until:
            _say(f"  It was not within {most_s:.0f} s; going on.")
            return
        time.sleep(2)


def _wait_for_something_to_see(api: httpx.Client) -> None:
    """Lots of every answer, and a freezer that somebody has to look after."""

    def answers() -> set[str]:
        return {lot["answer"] for lot in api.get("/v1/lots").json()["items"]}

    def warm() -> bool:
        alerts = api.get("/v1/alerts", params={"state": "firing"}).json()["items"]
        return any(alert["cause"] == "limit_crossed" for alert in alerts)

    _wait(lambda: len(answers()) == 3, "there are lots of every answer")
    _wait(warm, "the alert of a warm freezer goes off (a quarter of an hour)", LONGEST_WAIT_S)


def addresses(api: httpx.Client, secret: str) -> dict[str, str]:
    """Each page by its name. Whoever adds a page with a new part in its address says here what stands for it."""
    lots = {lot["id"]: lot for lot in api.get("/v1/lots").json()["items"]}
    of = {answer: next(lot_id for lot_id, lot in lots.items() if lot["answer"] == answer) for answer in _ANSWERS}
    firing = api.get("/v1/alerts", params={"state": "firing"}).json()["items"]
    warm = next((one for one in firing if one["cause"] == "limit_crossed"), firing[0] if firing else {"id": 1})
    container_id = warm.get("container_id") or "bos-ult-2"
    loggers = api.get("/v1/loggers", params={"attached": True}).json()["items"]
    usable = lots[of["usable"]]
    product = next(one for one in api.get("/v1/products").json()["items"] if one["id"] == usable["product_id"])
    expires_at_s = int(datetime.now(UTC).timestamp() + 86_400)
    there = {
        "lot_id": of["usable"],
        "container_id": container_id,
        "logger_id": loggers[0]["id"],
        "site_id": "boston-clinic",
        "product_id": product["id"],
        "alert_id": str(warm["id"]),
        "token": sign([secret.encode()], [int(warm["id"])], "Ana Keller", expires_at_s),
        "gtin": product["gtin"] or "09506000134352",
        "qualifiers": f"10/{usable['lot_number']}",
        "month": f"{datetime.now(UTC):%Y-%m}",
    }
    named = {
        route.name.removeprefix("show_").replace("_", "-"): route.path.replace(":path}", "}").format(**there)
        for route in answering(application(Settings()))
        if "GET" in route.methods and route.name.startswith("show_") and route.name not in NO_PAGES
    }
    more = {f"lot-{answer.replace('_', '-')}": f"/lots/{lot_id}" for answer, lot_id in of.items() if answer != "usable"}
    return {**named, **more, "nothing-found": "/?q=nothing", "lot-unknown": "/lots/unknown"}


_ANSWERS = ("usable", "not_proven", "do_not_use")


def _take(browser: Browser, address: str, header: dict[str, str], pages: dict[str, str], into: Path) -> None:
    plain = browser.new_page()
    for width, size in SIZES.items():
        # Whoever sees the login is not logged in yet.
        for name, path in pages.items():
            context = browser.new_context(
                viewport=size,  # type: ignore[arg-type]  # it has what it needs
                locale="en-GB",
                extra_http_headers={} if name == "login" else header,
            )
            page = context.new_page()
            # Beside a whole demo even a quick page takes its time.
            page.set_default_timeout(180_000)
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of them
                _go(page, f"{address}{path}")
                png = base64.b64encode(page.screenshot()).decode()
                (into / f"{name}-{scheme}-{width}.webp").write_bytes(base64.b64decode(plain.evaluate(AS_WEBP, png)))
            context.close()
        _say(f"{len(pages)} pages at {width} px")


def _go(page: Page, address: str) -> None:
    answer = page.goto(address)
    if answer is None or answer.status >= 500:
        raise SystemExit(f"{address} could not be shown: {answer and answer.status}")
    # Charts are drawn, and counts filled in, by what is asked for afterwards; an open stream never ends.
    page.wait_for_timeout(1_500)


def gallery(pages: dict[str, str]) -> str:
    """A page on which each is seen as it is at a desk and on a telephone."""
    lines = ["# What it looks like", "", "Made by `make screenshots`, over the demo.", ""]
    for name in sorted(pages):
        lines += [f"## {name.replace('-', ' ')}", ""]
        lines += [f"![{name}, {scheme}, {width} px]({name}-{scheme}-{width}.webp)" for scheme, width in KEPT]
        lines += [""]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
