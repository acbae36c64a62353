"""What a world is made of: containers with loggers in them, what to register of them, and what will be told.

A world is a pure function of (birth, seed). Its demo instance is in `simulators.demo`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from simulators.bodies import Body
from simulators.logger import Logger, LoggerSpec, Window, rfc3339
from simulators.papers import NO_PAPERS, Papers
from simulators.publisher import Station
from simulators.thermal import Event, ThermalModel

#: Later than any run: the end of "never again".
FOREVER_MS = 4_102_444_800_000  # the year 2100


@dataclass(frozen=True, slots=True)
class Entry:
    """One POST that makes the service know a thing; `body["id"]` makes it idempotent."""

    path: str
    body: dict[str, object]


@dataclass(frozen=True, slots=True)
class StoryLine:
    """Something that happens at a moment, for the log of whoever watches."""

    at_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A container, what happens to it, and its logger, attached over `attached` (until None: still)."""

    container_id: str
    site_id: str
    name: str
    kind: str
    profile_id: str
    body: Body
    logger: LoggerSpec
    attached_from_ms: int
    attached_until_ms: int | None = None
    events: tuple[Event, ...] = ()
    offline: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class Stay:
    """A lot in a container from a moment on, until its next stay."""

    container_id: str
    from_ms: int


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot and where it has been; its life starts with its first stay. `shows` says what to expect of it."""

    lot_id: str
    product_id: str
    units: int
    stays: tuple[Stay, ...]
    shows: str

    @property
    def life_starts_ms(self) -> int:
        """The end of its filling."""
        return self.stays[0].from_ms


@dataclass(frozen=True, slots=True)
class Product:
    """What is made, and what is asked of it: a specification of certificates, and as many signatures of a release."""

    product_id: str
    name: str
    profile_id: str
    gtin: str | None = None
    specification_id: str | None = None
    release_signatures: int | None = None


@dataclass(frozen=True, slots=True)
class World:
    """Everything of one world. `epoch_ms`: since when its containers have a temperature."""

    seed: int
    epoch_ms: int
    sites: tuple[tuple[str, str, str], ...]
    products: tuple[Product, ...]
    units: tuple[Unit, ...]
    lots: tuple[Lot, ...]
    story: tuple[StoryLine, ...] = ()
    papers: Papers = NO_PAPERS

    def logger_of(self, unit: Unit) -> Logger:
        """The logger of a unit, sampling its thermal model."""
        model = ThermalModel(
            unit.body, seed=self.seed, name=unit.container_id, epoch_ms=self.epoch_ms, events=unit.events
        )
        return Logger(unit.logger, model, seed=self.seed)

    def stations(self) -> list[Station]:
        """What to publish. A logger that was switched off has no network from then on."""
        stations: list[Station] = []
        for unit in self.units:
            offline = unit.offline
            if unit.logger.stops_ms is not None:
                offline = (*offline, Window(unit.logger.stops_ms, FOREVER_MS))
            begins_ms = unit.logger.paces[0].from_ms
            stations.append(
                Station(unit.logger.site_id, unit.logger.logger_id, self.logger_of(unit), begins_ms, offline)
            )
        return stations

    def entries(self) -> list[Entry]:
        """What to register, in an order in which each thing only refers to earlier ones."""
        return [entry for groups in self.stages() for group in groups for entry in group]

    def stages(self) -> list[list[Sequence[Entry]]]:
        """The same in stages: a group refers to earlier entries of its own and to those of earlier stages alone."""
        sites = [
            Entry("/v1/sites", {"id": site_id, "name": name, "time_zone": zone}) for site_id, name, zone in self.sites
        ]
        products = [_product_entry(product) for product in self.products]
        return [
            [sites, products],
            [_unit_entries(unit) for unit in self.units],
            [_lot_entries(lot) for lot in self.lots],
        ]


def _product_entry(product: Product) -> Entry:
    body = {
        "id": product.product_id,
        "name": product.name,
        "profile_id": product.profile_id,
        "gtin": product.gtin,
        "specification_id": product.specification_id,
        "release_signatures": product.release_signatures,
    }
    return Entry("/v1/products", {name: value for name, value in body.items() if value is not None})


def _unit_entries(unit: Unit) -> Sequence[Entry]:
    container: dict[str, object] = {
        "id": unit.container_id,
        "site_id": unit.site_id,
        "name": unit.name,
        "kind": unit.kind,
        "profile_id": unit.profile_id,
    }
    logger: dict[str, object] = {
        "id": unit.logger.logger_id,
        "site_id": unit.logger.site_id,
        "model": unit.logger.model,
        "range_min_c": unit.logger.range_min_c,
        "range_max_c": unit.logger.range_max_c,
    }
    attachment: dict[str, object] = {
        "id": f"{unit.container_id}-{unit.logger.logger_id}",
        "logger_id": unit.logger.logger_id,
        "probe": unit.logger.probe,
        "place": unit.logger.place.value,
        "from": rfc3339(unit.attached_from_ms),
        "until": None if unit.attached_until_ms is None else rfc3339(unit.attached_until_ms),
        "commissioned_at": rfc3339(unit.attached_from_ms),
    }
    return (
        Entry("/v1/containers", container),
        Entry("/v1/loggers", logger),
        Entry(f"/v1/containers/{unit.container_id}/attachments", attachment),
    )


def _lot_entries(lot: Lot) -> Sequence[Entry]:
    body: dict[str, object] = {
        "id": lot.lot_id,
        "product_id": lot.product_id,
        "lot_number": lot.lot_id.upper(),
        "life_starts_at": rfc3339(lot.life_starts_ms),
        "life_ends_at": None,
        "units": lot.units,
    }
    placements = [
        Entry(
            f"/v1/lots/{lot.lot_id}/placements",
            {
                "id": f"{lot.lot_id}-{stay.container_id}",
                "container_id": stay.container_id,
                "from": rfc3339(stay.from_ms),
                "reason": "Where it was before it was registered here",
            },
        )
        for stay in lot.stays
    ]
    return (Entry("/v1/lots", body), *placements)
