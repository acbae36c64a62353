"""Quality of a world: what it adopts, enters, decides and signs, over HTTP, as two people would.

One records with the key that registers the world, the other logs in and signs. Each thing is done once: what the
service has already is left as it is, so that whoever tries the demo may do otherwise.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import httpx

from simulators.papers import Certificate, Decision, Recall
from simulators.world import World

_PAUSE_S = 2.0

_log = logging.getLogger(__name__)


class Signer:
    """Somebody of quality, who logs in as in a browser and gives the password again for each signature."""

    def __init__(self, api_url: str, login: str, password: str) -> None:
        self._login = login
        self._password = password
        base = api_url.rstrip("/")
        self._client = httpx.Client(base_url=base, timeout=10.0, headers={"Origin": base})

    def sign(self, changes: Mapping[int, str]) -> None:
        """Sign changes, each as it was shown: their numbers, and the SHA-256 of what is signed."""
        if not self._client.cookies:
            form = {"name": self._login, "password": self._password, "next": "/", "fields": ""}
            answer = self._client.post("/login", data=form)
            if answer.status_code != httpx.codes.SEE_OTHER:
                answer.raise_for_status()
        records = [{"kind": "change", "id": str(number), "sha256": sha256} for number, sha256 in changes.items()]
        body = {"records": records, "login": self._login, "password": self._password}
        self._client.post("/v1/signatures", json=body).raise_for_status()


class Office:
    """Where the papers of a world are made."""

    def __init__(self, api_url: str, api_key: str, signer: Signer, world: World) -> None:
        headers = {"Authorization": f"Bearer {api_key}"}
        self._client = httpx.Client(base_url=api_url.rstrip("/"), timeout=10.0, headers=headers)
        self._signer = signer
        papers, products = world.papers, {lot.lot_id: lot.product_id for lot in world.lots}
        self._to_do: list[tuple[str, Callable[[], bool]]] = [
            *((f"adoptions of {one.product_id}", partial(self._adopt, one.product_id)) for one in world.products),
            *(
                (f"certificate of {lot_id}", partial(self._certify, lot_id, products[lot_id], certificate))
                for lot_id, certificate in papers.certificates.items()
            ),
            *((f"recall of {one.lot_id}", partial(self._recall, one)) for one in papers.recalls),
            *((f"{one.lot_id} {one.decision}", partial(self._decide, one)) for one in papers.decisions),
        ]

    def run(self, stop: threading.Event) -> None:
        """Do all that is to be done, as soon as the service takes it."""
        while self._to_do and not stop.is_set():
            self._to_do = [one for one in self._to_do if not self._done(*one)]
            stop.wait(_PAUSE_S)

    def _done(self, what: str, act: Callable[[], bool]) -> bool:
        """Whether it need not be tried again."""
        try:
            return act()
        except httpx.TransportError:
            return False
        except httpx.HTTPStatusError as problem:
            if problem.response.is_server_error:
                return False
            _log.error("papers: %s: %d %s", what, problem.response.status_code, problem.response.text[:300])
            return True

    def _adopt(self, product_id: str) -> bool:
        """What a product asks for is signed at its registration, and never again by itself."""
        product = self._get(f"/v1/products/{product_id}")
        if not product["adopted"] and product["waiting"]:
            self._sign(*(one["change_id"] for one in product["waiting"]))
        return True

    def _certify(self, lot_id: str, product_id: str, certificate: Certificate) -> bool:
        if self._get(f"/v1/lots/{lot_id}/status")["certificate"] is not None:
            return True
        product = self._get(f"/v1/products/{product_id}")
        if not any(one["kind"] == "specification" for one in product["adopted"]):
            # A world of before there were papers asks for none; in any other what is asked for is still to be adopted.
            return bool(product["from_before"])
        body = {
            "product_id": product_id,
            "lot_number": lot_id.upper(),
            "issued_on": certificate.issued_on,
            "signatory": certificate.signatory,
            "items": dict(certificate.items),
        }
        answer = self._client.put(f"/v1/lots/{lot_id}/certificate", json=body)
        answer.raise_for_status()
        if certificate.is_signed:
            self._sign(answer.json()["change_id"])
        return True

    def _decide(self, one: Decision) -> bool:
        if self._get(f"/v1/lots/{one.lot_id}/status")["disposition"] is not None:
            return True
        body = {"decision": one.decision, "reason": one.reason}
        answer = self._client.post(f"/v1/lots/{one.lot_id}/disposition", json=body)
        if answer.status_code == httpx.codes.CONFLICT:
            # Not yet: its readings, or its certificate, are still to come.
            return False
        answer.raise_for_status()
        self._sign(answer.json()["change_id"])
        return True

    def _recall(self, one: Recall) -> bool:
        answer = self._client.post("/v1/recalls", json={"lot_id": one.lot_id, "reason": one.reason})
        if answer.status_code != httpx.codes.CONFLICT:
            answer.raise_for_status()
        return True

    def _sign(self, *change_ids: int) -> None:
        changes = [self._get(f"/v1/changes/{change_id}") for change_id in change_ids]
        self._signer.sign({one["id"]: one["content_sha256"] for one in changes if one["state"] == "unsigned"})

    def _get(self, path: str) -> Any:
        answer = self._client.get(path)
        answer.raise_for_status()
        return answer.json()
