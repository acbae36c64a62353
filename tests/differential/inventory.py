"""What there is in a course: profiles, containers, loggers and their probes, lots."""

from tests.differential.bound import has_container, has_lot, has_range, is_attached, is_placed
from tests.differential.facts import Attachment, Lot, Placement, Profile
from tests.differential.happenings import MINUTE_US, SECOND_US, instant, time_of_day
from tests.differential.oracle import NEVER_US, Limit
from tests.differential.script import ProbeHeard, Script

_FOREIGN = ("thingsboard", "chirpstack", "ttn", "zigbee2mqtt", "shelly", "tasmota")


def furnish(script: Script) -> None:
    for _ in range(script.chance.choice([1, 2, 2])):
        add_profile(script)
    for _ in range(script.chance.choice([1, 2, 2, 3])):
        _add_container(script)
    if script.maybe("declared", 0.3):
        _add_room(script)
    for container in list(script.facts.containers):
        for _ in range(script.chance.choice([1, 1, 2, 2, 3])):
            if "-room" not in container:
                add_logger(script, container)
    for _ in range(script.chance.choice([1, 2, 3])):
        add_lot(script)


def _limit(script: Script, *, above: bool, condemns: bool) -> Limit:
    threshold_c = script.chance.choice(script.climate.above_c if above else script.climate.below_c)
    budget_s: int | None = script.chance.choice([300, 600, 1_800, 3_600, 3_600, 7_200])
    single_s = script.chance.choice([None, None, 300, 1_200])
    if single_s is not None and script.chance.random() < 0.5:
        budget_s = None
    return Limit(above, threshold_c, condemns, budget_s, single_s, script.chance.choice([60, 300, 600]))


def add_profile(script: Script, name: str | None = None) -> tuple[str, Profile]:
    """A profile, or another version of one, and a product that is pinned to it."""
    warns_only = script.maybe("warns_only", 0.1)
    wanted = [_limit(script, above=True, condemns=not warns_only)]
    for _ in range(script.chance.choice([0, 1, 1])):
        condemns = script.chance.random() < 0.8 and not warns_only
        wanted += [_limit(script, above=True, condemns=condemns)]
    if script.chance.random() < 0.5:
        wanted.append(_limit(script, above=False, condemns=script.chance.random() < 0.4 and not warns_only))
    limits = tuple({(limit.above, limit.threshold_c): limit for limit in wanted}.values())
    profile = Profile(limits, script.chance.choice([600, 900, 900, 1_800, 2_100]), script.chance.choice([0.5, 0.8]))
    name = name or script.new("profile")
    body = {
        "id": name,
        "name": name,
        "limits": [
            {
                "direction": "above" if limit.above else "below",
                "threshold_c": limit.threshold_c,
                "effect": "condemns" if limit.condemns else "warns",
                "budget_s": limit.budget_s,
                "single_s": limit.single_s,
                "alarm_delay_s": limit.alarm_delay_s,
            }
            for limit in limits
        ],
        "max_gap_s": profile.max_gap_s,
        "warning_fraction": profile.warning_fraction,
        "source": "made up",
    }
    said = ", ".join(
        f"{'above' if x.above else 'below'} {x.threshold_c:g} ({x.budget_s or '-'} s, {x.single_s or '-'} s at a "
        f"time{'' if x.condemns else ', warns'})"
        for x in limits
    )
    script.tell("furnish", f"profile {name}: {said}, gap {profile.max_gap_s} s", "profiles", body, lambda _: None)
    product = script.new("product")
    body = {"id": product, "name": product, "profile_id": name}
    script.tell("furnish", f"product {product} of {name}", "products", body, lambda _: None)
    script.profiles.append((name, profile))
    script.products.append((product, profile))
    return product, profile


def _add_container(script: Script) -> None:
    (profile_id, profile), name = script.chance.choice(script.profiles), script.new("c")
    body = {"id": name, "site_id": "site", "name": name, "kind": script.climate.kind, "profile_id": profile_id}
    script.tell("furnish", f"container {name}", "containers", body, has_container(name, profile, None))


def _add_room(script: Script) -> None:
    (profile_id, profile), name = script.chance.choice(script.profiles), script.new("room")
    declared_c = script.chance.choice([script.climate.usual_c, 21.0])
    body = {
        "id": name,
        "site_id": "site",
        "name": name,
        "kind": "ambient",
        "profile_id": profile_id,
        "declared_c": declared_c,
    }
    says = f"room {name}, declared to be {declared_c:g} °C"
    script.tell("declared", says, "containers", body, has_container(name, profile, declared_c))


def add_logger(script: Script, container: str) -> None:
    dialect, number = "coldchain", script.new("L")
    logger = number
    if script.maybe("dialects", 0.5):
        dialect = script.chance.choice(_FOREIGN)
        if dialect in {"thingsboard", "chirpstack", "ttn", "tasmota"} and script.chance.random() < 0.4:
            dialect += "_f"
        kind = dialect.removesuffix("_f")
        own = {
            "chirpstack": number.encode().hex()[-16:].rjust(16, "0"),
            "ttn": f"app1@tenant1/{number.lower()}",
        }.get(kind, number)
        logger = f"{kind}:{own}"
    range_c: tuple[float | None, float | None] = script.chance.choice(script.climate.ranges)
    # Of these the dialect tells which kind of sensor it is; elsewhere nothing is known unless it is recorded.
    if script.maybe("unknown_range", 0.3) and not logger.startswith(("ttn:", "tasmota:", "shelly:")):
        range_c = script.chance.choice([(None, None), (None, None), (range_c[0], None), (None, range_c[1])])
    body = {"id": logger, "site_id": "site", "model": "", "range_min_c": range_c[0], "range_max_c": range_c[1]}
    says = f"logger {logger} ({dialect}), range {range_c[0]} to {range_c[1]}"
    script.tell("furnish", says, "loggers", body, has_range(logger, range_c))
    names = {"ttn": ["DS"], "tasmota": ["BME280"], "shelly": ["0"]}.get(dialect.removesuffix("_f"), [""])
    if dialect == "coldchain" and script.chance.random() < 0.3:
        names = ["top", "bottom"]
    every_us = script.chance.choice([60, 120, 300, 300, 300, 600]) * SECOND_US
    for name in names:
        probe = ProbeHeard((logger, name), dialect, every_us, range_c, script.now_us, [])
        script.probes.append(probe)
        since_us = script.now_us - script.chance.choice([0, 2, 15]) * MINUTE_US
        attach_probe(script, probe, container, since_us, "furnish")


def attach_probe(script: Script, probe: ProbeHeard, container: str, from_us: int, kind: str) -> None:
    name = script.new("a")
    commissioned_us: int | None = from_us + script.chance.choice([0, 0, 0, 10]) * MINUTE_US
    if script.maybe("commission", 0.15):
        commissioned_us = None
    place = script.chance.choice(["air", "air", "air", "buffered", "product", "ambient"])
    body = {
        "id": name,
        "logger_id": probe.key[0],
        "probe": probe.key[1],
        "place": place,
        "from": instant(from_us),
        "commissioned_at": None if commissioned_us is None else instant(commissioned_us),
        **script.explained(from_us),
    }
    counts = "never" if commissioned_us is None else time_of_day(commissioned_us)
    says = f"{probe.key[0]}/{probe.key[1] or '-'} is attached to {container} from {time_of_day(from_us)}, counts "
    new = Attachment(name, container, probe.key, from_us, NEVER_US, commissioned_us, judged=place != "ambient")
    script.tell(
        kind, says + f"from {counts} ({name})", f"containers/{container}/attachments", body, is_attached(name, new)
    )


def add_lot(script: Script, product: tuple[str, Profile] | None = None, since_us: int | None = None) -> None:
    product_id, profile = product or script.chance.choice(script.products)
    name = script.new("lot")
    from_us: int | None = script.now_us - script.chance.choice([0, 1, 10]) * MINUTE_US if since_us is None else since_us
    starts_us = from_us
    if script.maybe("unknown_start", 0.05):
        starts_us = None
    until_us = script.now_us + 400 * MINUTE_US if script.maybe("ends", 0.1) else NEVER_US
    body = {
        "id": name,
        "product_id": product_id,
        "lot_number": name[-20:],
        "life_starts_at": None if starts_us is None else instant(starts_us),
        "life_ends_at": None if until_us == NEVER_US else instant(until_us),
    }
    born = "unknown" if starts_us is None else time_of_day(starts_us)
    script.tell(
        "lot",
        f"lot {name} of {product_id}, born {born}",
        "lots",
        body,
        has_lot(name, Lot(profile, starts_us, until_us)),
    )
    put_lot(script, name, script.chance.choice(list(script.facts.containers)), from_us or script.now_us, "lot")


def put_lot(script: Script, lot: str, container: str, from_us: int, kind: str) -> None:
    name = script.new("p")
    body = {"id": name, "container_id": container, "from": instant(from_us), **script.explained(from_us)}
    says = f"{lot} is put into {container} at {time_of_day(from_us)} ({name})"
    script.tell(
        kind, says, f"lots/{lot}/placements", body, is_placed(name, Placement(lot, container, from_us, NEVER_US))
    )
