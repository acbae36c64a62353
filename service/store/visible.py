"""Which things belong to the sites where a caller was granted something: one predicate for all lists and all answers.

Of each kind of thing docs/roles.md says to which sites it belongs. What belongs to none is for those who are granted
all sites. Profiles, products and the columns of files are everybody's, and have no predicate.
"""

from collections.abc import Mapping
from typing import Literal

from service.domain.identity.caller import Sites
from service.domain.registry.nesting import MOVABLE
from service.store.pool import Connection
from service.store.rows import one_value

Kind = Literal[
    "site",
    "organisation",
    "handover",
    "container",
    "logger",
    "lot",
    "alert",
    "silence",
    "notification",
    "calibration",
    "correction",
    "move",
    "rejected message",
    "change",
    "recall",
    "kiosk",
    "alias",
    "shipment",
]

_THERE = "= ANY(%(sites)s)"

#: They come and go: what was once in one of these is not for whoever uses it next.
_MOVABLE = "ARRAY[" + ", ".join(f"'{kind}'" for kind in sorted(MOVABLE)) + "]"

#: Rows of `stays`, with where: those that show a lot to whoever is granted the site.
_SHOWING = (
    "stays AS stay JOIN containers AS place ON place.id = stay.container_id "
    f"WHERE place.site_id {_THERE} AND NOT stay.inherited "
    f"AND (place.kind <> ALL({_MOVABLE}) OR stay.until_at IS NULL OR stay.until_at > now())"
)
#: The organisations of the sites, found once for a query, and not for each row: likewise the products that they make.
_OURS = f"ARRAY(SELECT organisation_id FROM sites WHERE id {_THERE} AND organisation_id IS NOT NULL)"
_OUR_PRODUCTS = f"ARRAY(SELECT id FROM products WHERE organisation_id = ANY({_OURS}))"

#: Rows of `custody`, of handovers that wait, and of lots, that are those of these organisations.
_ANSWERING = f"custody AS answering WHERE answering.organisation_id = ANY({_OURS})"
_COMING = (
    f"handovers AS coming WHERE coming.to_id = ANY({_OURS}) AND coming.from_id IS NOT NULL "
    "AND NOT EXISTS (SELECT FROM handover_steps AS step WHERE step.handover_id = coming.id)"
)
_MADE = f"lots AS made WHERE made.product_id = ANY({_OUR_PRODUCTS})"

#: A lot is seen where it was kept, where it is now, by who answers or answered for it, by whom it is offered to, and by
#: who makes it. A part is a lot of its own: what its lot went through before the split shows it to nobody.
#: For each row of a list `=` would take the slow index of a constraint against overlaps.
_LOT = (
    f"(EXISTS (SELECT FROM {_SHOWING} AND stay.lot_id = ANY(ARRAY[{{id}}])) "
    f"OR EXISTS (SELECT FROM {_ANSWERING} AND answering.lot_id = ANY(ARRAY[{{id}}])) "
    f"OR EXISTS (SELECT FROM {_COMING} AND coming.lot_ids @> ARRAY[{{id}}]) "
    f"OR EXISTS (SELECT FROM {_MADE} AND made.id = ANY(ARRAY[{{id}}])))"
)

#: A lot is held where it was put last, by what that is in now, and by who answers for it now; of what a carrier without
#: account has, by who gave it to them.
_LOT_HELD = (
    "(EXISTS (SELECT FROM (SELECT container_id FROM placements WHERE lot_id = ANY(ARRAY[{id}]) "
    "ORDER BY from_at DESC LIMIT 1) AS latest JOIN containers AS place ON place.id = latest.container_id "
    "OR place.id IN (SELECT outer_id FROM enclosures WHERE enclosures.container_id = latest.container_id "
    f"AND until_at IS NULL) WHERE place.site_id {_THERE}) "
    "OR EXISTS (SELECT FROM custody AS answering LEFT JOIN handovers AS given "
    "ON given.id = answering.handover_id AND answering.carrier IS NOT NULL "
    "JOIN sites AS ours ON ours.organisation_id = coalesce(answering.organisation_id, given.from_id) "
    "WHERE answering.lot_id = ANY(ARRAY[{id}]) AND answering.until_at IS NULL "
    f"AND ours.id {_THERE}))"
)


def _of(identifier: str, condition: str) -> str:
    """A condition about the thing of that id, within one about another thing."""
    return condition.format(id=identifier)


#: By kind, whether the thing with the id `{id}` belongs to one of the sites %(sites)s: false where there is none.
_BELONGS: dict[Kind, str] = {
    "site": f"EXISTS (SELECT FROM sites AS own WHERE own.id = {{id}} AND own.id {_THERE})",
    # A clinic knows of no other clinic that it has nothing to do with; makers and carriers are known to all.
    "organisation": "EXISTS (SELECT FROM organisations AS own WHERE own.id = {id} "
    "AND (own.kind IN ('maker', 'carrier') "
    f"OR EXISTS (SELECT FROM sites AS ours JOIN organisations AS us ON us.id = ours.organisation_id "
    f"WHERE ours.id {_THERE} AND (us.id = own.id OR us.kind IN ('maker', 'carrier') OR EXISTS (SELECT FROM handovers "
    "WHERE (from_id, to_id) = (us.id, own.id) OR (from_id, to_id) = (own.id, us.id))))))",
    "handover": "EXISTS (SELECT FROM handovers AS own JOIN sites AS ours "
    f"ON ours.organisation_id IN (own.from_id, own.to_id) WHERE own.id = {{id}} AND ours.id {_THERE})",
    "container": f"EXISTS (SELECT FROM containers AS own WHERE own.id = {{id}} AND own.site_id {_THERE})",
    "logger": "EXISTS (SELECT FROM loggers AS own WHERE own.id = {id} "
    f"AND coalesce(own.site_id, own.topic_site) {_THERE})",
    "lot": _LOT,
    "alert": f"EXISTS (SELECT FROM alerts AS own WHERE own.id = {{id}} AND own.site_id {_THERE})",
    "silence": "EXISTS (SELECT FROM silences AS own LEFT JOIN containers AS place ON place.id = own.container_id "
    f"WHERE own.id = {{id}} AND coalesce(place.site_id, own.site_id) {_THERE})",
    # It tells of all its alerts.
    "notification": "EXISTS (SELECT FROM notifications AS own WHERE own.id = {id} AND cardinality(own.alert_ids) > 0 "
    "AND NOT EXISTS (SELECT FROM unnest(own.alert_ids) AS told LEFT JOIN alerts ON alerts.id = told "
    "WHERE coalesce(alerts.site_id <> ALL(%(sites)s), true)))",
    "calibration": "EXISTS (SELECT FROM recorded_calibrations AS own JOIN series ON series.id = own.series_id "
    "JOIN loggers AS measured ON measured.id = series.logger_id "
    f"WHERE own.id = {{id}} AND coalesce(measured.site_id, measured.topic_site) {_THERE})",
    # Of a lot that was nowhere yet when it was registered: where it came to.
    "change": f"EXISTS (SELECT FROM changes_to_sign AS own WHERE own.id = {{id}} AND (own.site_id {_THERE} OR EXISTS ("
    f"SELECT FROM change_reaches AS reach WHERE reach.change_id = own.id AND {_of('reach.lot_id', _LOT)})))",
    # Whoever has a part of what is recalled has to hear of it.
    "recall": f"EXISTS (SELECT FROM recalls AS own WHERE own.id = {{id}} AND ({_of('own.lot_id', _LOT)} OR EXISTS ("
    f"SELECT FROM lineage WHERE lineage.ancestor_id = own.lot_id AND {_of('lineage.lot_id', _LOT)})))",
    "shipment": "EXISTS (SELECT FROM shipments AS own WHERE own.id = {id} "
    f"AND (own.from_site_id {_THERE} OR own.to_site_id {_THERE}))",
    "kiosk": f"EXISTS (SELECT FROM kiosks AS own WHERE own.id = {{id}} AND own.site_id {_THERE})",
    "move": "EXISTS (SELECT FROM moves AS own JOIN containers AS place ON place.id IN (own.container_id, own.to_id) "
    f"WHERE own.id = {{id}} AND place.site_id {_THERE})",
    "rejected message": "EXISTS (SELECT FROM rejected_messages AS own WHERE own.id = {id} "
    f"AND starts_with(own.topic, 'coldchain/v1/') AND split_part(own.topic, '/', 3) {_THERE})",
}

# Of whatever the code stands for.
_BELONGS["alias"] = "EXISTS (SELECT FROM aliases AS named WHERE named.id = {{id}} AND ({}))".format(
    " OR ".join(_BELONGS[kind].format(id=f"named.{kind}_id") for kind in ("lot", "container", "logger"))
)

#: Of what people record: the rows that a correction of a kind is about, and the conditions of which one is enough.
_RECORDED: dict[str, tuple[str, tuple[tuple[Kind, str], ...]]] = {
    "placement": ("recorded_placements", (("lot", "about.lot_id"), ("container", "about.container_id"))),
    "split": ("lots", (("lot", "about.id"),)),
    "custody": ("recorded_custody", (("lot", "about.lot_id"),)),
    "nesting": ("recorded_nestings", (("container", "about.container_id"), ("container", "about.in_id"))),
    "attachment": ("recorded_attachments", (("container", "about.container_id"),)),
    "commissioning": ("recorded_attachments", (("container", "about.container_id"),)),
    "calibration": ("recorded_calibrations", (("calibration", "about.id"),)),
    "clock_mend": ("recorded_clock_mends", (("logger", "about.logger_id"),)),
    "absence": (
        "(SELECT absent.id, container_id FROM recorded_absences AS absent "
        "JOIN recorded_attachments AS attached ON attached.id = attachment_id)",
        (("container", "about.container_id"),),
    ),
    "door_grace": ("containers", (("container", "about.id"),)),
    "logger_range": ("loggers", (("logger", "about.id"),)),
}


#: Where it differs: whether it is there to be changed, and not only to be seen.
_IS_HELD: dict[Kind, str] = {
    "move": "NOT EXISTS (SELECT FROM moves AS own JOIN containers AS place "
    "ON place.id IN (own.container_id, own.to_id) "
    "WHERE own.id = {id} AND coalesce(place.site_id <> ALL(%(sites)s), true)) "
    "AND EXISTS (SELECT FROM moves WHERE id = {id})",
    "lot": _LOT_HELD,
    "recall": f"EXISTS (SELECT FROM recalls AS own WHERE own.id = {{id}} AND {_of('own.lot_id', _LOT_HELD)})",
    # Whoever has the lot now, or had it when the change was recorded; not whoever had it once.
    "change": f"EXISTS (SELECT FROM changes_to_sign AS own WHERE own.id = {{id}} AND (own.site_id {_THERE} OR EXISTS ("
    f"SELECT FROM change_reaches AS reach WHERE reach.change_id = own.id AND {_of('reach.lot_id', _LOT_HELD)})))",
}

#: Where it differs: what one must have to change what was recorded, and not only to see it.
_RECORDED_HELD: dict[str, tuple[tuple[Kind, str], ...]] = {
    "placement": (("container", "about.container_id"),),
    "nesting": (("container", "about.container_id"),),
}


def _recorded(kind: str, row_id: str, *, held: bool = False) -> str:
    rows, enough = _RECORDED[kind]
    if held:
        enough = _RECORDED_HELD.get(kind, enough)
    belongs = {**_BELONGS, **_IS_HELD} if held else _BELONGS
    conditions = " OR ".join(belongs[thing].format(id=of) for thing, of in enough)
    return f"EXISTS (SELECT FROM {rows} AS about WHERE about.id = {row_id} AND ({conditions}))"


_OF_KINDS = " ".join(f"WHEN '{kind}' THEN {_recorded(kind, 'made.row_id')}" for kind in _RECORDED)
_BELONGS["correction"] = (
    f"EXISTS (SELECT FROM corrections AS made WHERE made.id = {{id}} AND CASE made.kind {_OF_KINDS} ELSE false END)"
)

#: Where it differs: what concerns all sites is seen at each.
_IS_SEEN: dict[Kind, str] = {
    "silence": f"({_BELONGS['silence']} OR EXISTS (SELECT FROM silences AS every "
    "WHERE every.id = {id} AND num_nonnulls(every.site_id, every.container_id) = 0))",
}

#: A query: the lots that are seen at the sites %(sites)s. For lists: it begins at the containers.
LOTS_SEEN = (
    f"SELECT stay.lot_id FROM {_SHOWING} UNION ALL SELECT answering.lot_id FROM {_ANSWERING} "
    f"UNION ALL SELECT unnest(coming.lot_ids) FROM {_COMING} UNION ALL SELECT made.id FROM {_MADE}"
)


def visible(kind: Kind, of: str, sites: Sites) -> str:
    """A condition: that a thing may be seen at these sites. `of`: its id, in the words of the query, unambiguous there.

    Its parameters: `visible_at`.
    """
    return "true" if sites is None else {**_BELONGS, **_IS_SEEN}[kind].format(id=of)


def visible_at(sites: Sites) -> Mapping[str, list[str]]:
    """The parameters of `visible`."""
    return {} if sites is None else {"sites": sorted(sites)}


def is_seen(connection: Connection, kind: Kind, of: str | int, sites: Sites) -> bool:
    """Whether a thing is there, and may be seen at these sites."""
    return _asked(connection, {**_BELONGS, **_IS_SEEN}[kind].format(id="%(id)s"), of, sites)


def is_held(connection: Connection, kind: Kind, of: str | int, sites: Sites) -> bool:
    """Whether a thing is there, and may be changed by whoever has the role for it at these sites."""
    return _asked(connection, {**_BELONGS, **_IS_HELD}[kind].format(id="%(id)s"), of, sites)


def is_there(connection: Connection, kind: Literal["logger", "lot"], of: str) -> bool:
    """Whether there is such a thing, wherever it belongs."""
    found: bool = one_value(connection, f"SELECT EXISTS (SELECT FROM {kind}s WHERE id = %s)", [of])
    return found


def is_recorded_at(connection: Connection, kind: str, row_id: str, sites: Sites, *, held: bool = False) -> bool:
    """Whether something that people recorded is there, and about a thing of these sites.

    Args:
        kind: of its correction.
        held: and may be corrected by whoever has the role for it at these sites.
    """
    return _asked(connection, _recorded(kind, "%(id)s", held=held), row_id, sites)


def _asked(connection: Connection, condition: str, of: str | int, sites: Sites) -> bool:
    if sites is None:
        return True
    found: bool = one_value(connection, f"SELECT {condition}", {"id": of, **visible_at(sites)})
    return found
