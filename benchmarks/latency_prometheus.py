"""Prometheus and Alertmanager, the peer: a gauge, a rule and a webhook, at their fastest sensible intervals."""

import contextlib
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from benchmarks.latency_arrivals import Arrivals, Sample
from tests.debian import debian_program, with_its_files
from tests.ports import free_port

_READY_WITHIN_S = 60.0

_PROMETHEUS = """\
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: [rules.yml]
scrape_configs:
  - job_name: freezers
    static_configs: [{{targets: ["127.0.0.1:{exporter}"]}}]
alerting:
  alertmanagers:
    - static_configs: [{{targets: ["127.0.0.1:{alertmanager}"]}}]
"""

_RULES = """\
groups:
  - name: freezers
    rules: [{alert: limit_crossed, expr: temperature_c > -60, for: 0s}]
"""

_ALERTMANAGER = """\
route: {{receiver: webhook, group_by: [container], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}}
receivers:
  - name: webhook
    webhook_configs: [{{url: "{webhook}", send_resolved: false}}]
"""


class Exporter:
    """Serves the temperature of each freezer while entered."""

    def __init__(self, names: list[str]) -> None:
        self.temperatures_c = dict.fromkeys(names, -80.0)
        self.scrapes = 0

    def text(self) -> str:
        """As Prometheus reads it."""
        self.scrapes += 1
        return "".join(f'temperature_c{{container="{name}"}} {c}\n' for name, c in self.temperatures_c.items())

    def __enter__(self) -> "Exporter":
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _serving(self))
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _serving(exporter: Exporter) -> type[BaseHTTPRequestHandler]:
    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = exporter.text().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  named so by http.server
            """Quiet."""

    return Answer


class Peer:
    """Debian's packages, installed."""

    def __init__(self) -> None:
        self._prometheus = debian_program("prometheus", "usr/bin/prometheus")
        # It wants its templates where its package puts them.
        self._alertmanager = with_its_files("prometheus-alertmanager", "usr/bin/prometheus-alertmanager")

    @contextlib.contextmanager
    def running(self, exporter: Exporter, arrivals: Arrivals) -> Iterator[None]:
        """Both of them, from when the gauge is scraped and alerts have somewhere to go."""
        with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as ending:
            folder = Path(name)
            ports = {"exporter": exporter.port, "prometheus": free_port(), "alertmanager": free_port()}
            (folder / "rules.yml").write_text(_RULES, encoding="utf-8")
            (folder / "prometheus.yml").write_text(_PROMETHEUS.format(**ports), encoding="utf-8")
            (folder / "alertmanager.yml").write_text(_ALERTMANAGER.format(webhook=arrivals.url), encoding="utf-8")
            commands = (
                [
                    *self._alertmanager,
                    "--config.file=alertmanager.yml",
                    "--storage.path=alertmanager",
                    f"--web.listen-address=127.0.0.1:{ports['alertmanager']}",
                    "--cluster.listen-address=",
                ],
                [
                    str(self._prometheus),
                    "--config.file=prometheus.yml",
                    "--storage.tsdb.path=prometheus",
                    f"--web.listen-address=127.0.0.1:{ports['prometheus']}",
                ],
            )
            log = ending.enter_context((folder / "log").open("w+", encoding="utf-8"))
            for command in commands:
                process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
                ending.callback(process.wait)
                ending.callback(process.terminate)
            _wait_until_ready(exporter, ports["prometheus"], ports["alertmanager"], folder / "log")
            yield


def sampled(exporter: Exporter, arrivals: Arrivals, name: str) -> Sample:
    """One freezer grows warm."""
    published_s = time.time()
    exporter.temperatures_c[name] = -50.0
    return arrivals.wait(name, published_s)


def _wait_until_ready(exporter: Exporter, prometheus: int, alertmanager: int, log: Path) -> None:
    before, deadline_s = exporter.scrapes, time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < deadline_s:
        with contextlib.suppress(httpx.HTTPError):
            known = httpx.get(f"http://127.0.0.1:{prometheus}/api/v1/alertmanagers").raise_for_status().json()["data"]
            ready = httpx.get(f"http://127.0.0.1:{alertmanager}/-/ready").is_success
            if ready and known["activeAlertmanagers"] and exporter.scrapes >= before + 3:
                return
        time.sleep(0.1)
    raise AssertionError(f"Prometheus was not ready within {_READY_WITHIN_S:g} s: {log.read_text(encoding='utf-8')}")
