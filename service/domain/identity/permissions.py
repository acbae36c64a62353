"""Who may use what: every route and every page, with the roles that open it. docs/roles.md says the same for people."""

from collections.abc import Mapping
from dataclasses import dataclass

from service.domain.identity.caller import Caller, Grant, Role, Sites

#: Whoever may look at what is kept and how it fares.
READERS = frozenset(
    {
        Role.VIEWER,
        Role.CLINICIAN,
        Role.CUSTODIAN,
        Role.QUALITY,
        Role.ON_CALL,
        Role.TECHNICIAN,
        Role.ADMIN,
        Role.AUDITOR,
    }
)

#: Readers who also see how the work behind it is done: who was told, what was refused.
STAFF = READERS - {Role.VIEWER, Role.CLINICIAN}

_SHELF = READERS | {Role.KIOSK}
_TECHNICAL = frozenset({Role.TECHNICIAN, Role.QUALITY})
_CUSTODIAL = frozenset({Role.CUSTODIAN, Role.QUALITY})
_QUALITY = frozenset({Role.QUALITY})
_TECHNICIAN = frozenset({Role.TECHNICIAN})
_ADMIN = frozenset({Role.ADMIN})
#: Whoever goes to the containers.
_STAFF_ON_SITE = frozenset({Role.CLINICIAN, Role.CUSTODIAN, Role.QUALITY, Role.ON_CALL, Role.TECHNICIAN})
_WATCH = frozenset({Role.ON_CALL, Role.CUSTODIAN, Role.QUALITY})


@dataclass(frozen=True, slots=True)
class Permission:
    """What opens a route.

    Attributes:
        roles: one of these does; none of them: whoever is known may use it; None: anybody, unnamed.
        everywhere: the role must be held at all sites, for what the route is about belongs to none.
        names_people: it tells who decided or recorded something, which is not for whoever passes by a kiosk.
    """

    roles: frozenset[Role] | None
    everywhere: bool = False
    names_people: bool = False


ANYBODY = Permission(None)
#: Whoever is known, whatever their role.
ANYBODY_KNOWN = Permission(frozenset())


def _by(
    roles: frozenset[Role], *names: str, everywhere: bool = False, names_people: bool = False
) -> dict[str, Permission]:
    return dict.fromkeys(names, Permission(roles, everywhere, names_people))


#: By the name of the function that answers.
PERMISSIONS: Mapping[str, Permission] = {
    # Whether the service lives, what the API is, and pages whose signed address is the permission.
    **dict.fromkeys(("show_login", "begin_login", "finish_login", "end_login"), ANYBODY),
    "choose_site": ANYBODY_KNOWN,
    **dict.fromkeys(
        ("show_account", "set_own_password", "set_own_pin", "set_up_app", "set_up_recovery_codes", "end_own_sessions"),
        ANYBODY_KNOWN,
    ),
    **_by(_ADMIN, "list_kiosks", "revoke_kiosk", "show_kiosks", "enrol_kiosk", "end_kiosk"),
    **_by(_ADMIN, "show_accounts", "change_account", everywhere=True),
    **dict.fromkeys(("get_liveness", "get_readiness", "show_documentation", "show_icon"), ANYBODY),
    **dict.fromkeys(("show_answer", "answer"), ANYBODY),
    **_by(frozenset({Role.MONITOR, Role.ADMIN}), "get_metrics", everywhere=True),
    # Reading.
    **_by(_SHELF, "list_lots", "get_lot_counts", "get_events", "show_lots", "show_lot"),
    **_by(_SHELF, "get_lot", "get_lot_status", "scan_code", names_people=True),
    **_by(_SHELF, "show_scan", "show_digital_link", "show_product_link", "show_wall"),
    **_by(
        READERS,
        "list_placements",
        "list_parts",
        "list_serials",
        "list_custody",
        "show_handovers",
        "list_handovers",
        "get_handover",
        "list_excursions",
        "list_gaps",
        "list_verdicts",
        "list_answers",
        "get_certificate",
        "list_certificates",
        "get_certificate_document",
        "list_dispositions",
        "list_recalls",
        "list_lot_assessments",
        "list_carried_in",
        "list_container_assessments",
        "get_recall",
        "list_lot_readings",
        "get_lot_chart",
        "get_lot_forecast",
        "list_organisations",
        "get_organisation",
        "list_sites",
        "get_site",
        "list_profiles",
        "get_profile",
        "list_specifications",
        "get_specification",
        "get_specification_version",
        "list_products",
        "get_product",
        "list_adoptions",
        "list_containers",
        "get_container",
        "list_container_readings",
        "get_container_chart",
        "get_container_forecast",
        "get_container_alerting",
        "get_profile_alerting",
        "list_container_alternatives",
        "list_attachments",
        "list_contents",
        "list_nestings",
        "list_absences",
        "list_loggers",
        "get_logger",
        "list_calibrations",
        "list_calibration_lots",
        "list_clock_mends",
        "list_corrections",
        "list_changes",
        "list_signatures",
        "list_signing_rules",
        "get_change",
        "list_csv_mappings",
        "list_alerts",
        "get_alert",
        "list_lots_at_stake",
        "get_alert_figures",
        "list_silences",
        "list_aliases",
        "list_moves",
        "list_shipments",
        "get_shipment",
        "show_shipments",
        "show_shipment",
        "show_moves",
        "show_downtime_sheet",
        "show_alerts",
        "show_containers",
        "show_container",
        "show_loggers",
        "show_logger",
        "show_sites",
        "show_site",
        "show_products",
        "show_product",
        "show_start",
        "show_changes",
    ),
    **_by(STAFF, "list_notifications", "list_rejected_messages", "get_rejected_message"),
    # Where lots are.
    **_by(_CUSTODIAL, "add_lot", everywhere=True),
    **_by(
        _CUSTODIAL,
        "offer_lot",
        "offer_container",
        "confirm_handover",
        "refuse_handover",
        "withdraw_handover",
        "show_offer_form",
        "send_offer_form",
        "show_container_offer",
        "send_container_offer",
        "end_handover",
    ),
    **_by(_CUSTODIAL, "enter_certificate", "record_carried_in"),
    **_by(_CUSTODIAL | _TECHNICAL, "add_document"),
    **_by(
        _CUSTODIAL,
        "add_shipment",
        "hand_over_shipment",
        "look_into_shipment",
        "receive_shipment",
        "cancel_shipment",
        "show_new_shipment",
        "send_new_shipment",
        "send_shipment_handover",
        "send_shipment_cancel",
        "show_receipt_form",
        "send_receipt_form",
    ),
    **_by(
        _CUSTODIAL,
        "change_lot",
        "place_lot",
        "split_lot",
        "add_lot_serials",
        "move_lots",
        "move_things",
        "confirm_move",
        "strike_move",
        "review_move",
    ),
    **_by(_CUSTODIAL, "put_container", "take_container_out", "show_move", "send_move"),
    # What measures them.
    **_by(
        _TECHNICAL,
        "add_container",
        "change_container",
        "register_logger",
        "change_logger",
        "record_range",
        "add_attachment",
        "commission_attachment",
        "end_attachment",
        "add_calibration",
        "add_clock_mend",
        "add_absence",
        "change_door_grace",
        "set_container_alerting",
    ),
    **_by(_TECHNICIAN | {Role.DEVICE_HTTP}, "send_readings"),
    **_by(_TECHNICIAN | _CUSTODIAL, "import_file"),
    **_by(_TECHNICIAN | _CUSTODIAL, "add_alias", "strike_alias"),
    **_by(_TECHNICIAN, "save_csv_mapping", everywhere=True),
    # Whose readings a message holds is known once it is taken.
    **_by(_TECHNICAL, "redrive_message", "redrive_messages", everywhere=True),
    # Each kind of table for whoever may register one thing of the kind.
    **_by(_TECHNICAL | _CUSTODIAL | _ADMIN, "import_master_data"),
    # What they are judged by, and what was recorded wrongly.
    **_by(
        _QUALITY,
        "add_profile",
        "add_specification",
        "add_product",
        "change_product",
        "add_adoption",
        "set_profile_alerting",
        everywhere=True,
    ),
    **_by(_QUALITY, "repin_lot"),
    **_by(_TECHNICAL | _CUSTODIAL, "add_correction"),
    **_by(_QUALITY, "add_disposition", "recall_lot", "lift_recall"),
    **_by(
        _QUALITY,
        "assess_lot",
        "assess_container",
        "strike_lot_assessment",
        "strike_container_assessment",
    ),
    **_by(_QUALITY, "sign_records", "sign_changes", "set_signing_rule"),
    # Their pages.
    **_by(
        _CUSTODIAL,
        "show_certificate_form",
        "send_certificate_form",
        "show_carried_in_form",
        "send_carried_in_form",
    ),
    **_by(
        _QUALITY,
        "show_assessment_form",
        "send_assessment_form",
        "show_decision_form",
        "send_decision_form",
    ),
    # Whether all was well this morning.
    **_by(READERS, "list_checks"),
    **_by(_SHELF, "show_checks", "show_check", "show_check_month"),
    **_by(_STAFF_ON_SITE, "add_check", "send_check"),
    # Who answers when something is wrong.
    **_by(_WATCH, "acknowledge_alert", "pass_alert_on", "show_alert", "answer_alert", "add_silence", "end_silence"),
    # What people did.
    **_by(_QUALITY | {Role.ADMIN, Role.AUDITOR}, "list_acts", "get_audit_head", "get_acts_table", everywhere=True),
    **_by(_QUALITY | {Role.AUDITOR}, "get_document", "list_documents", everywhere=True),
    # What there is at all.
    **_by(_ADMIN, "add_site", "change_site", "add_organisation", "change_organisation", everywhere=True),
    # The forms of the first steps: each for whoever may do the same by a route.
    **_by(_ADMIN, "show_new_site", "send_new_site", "show_new_organisation", "send_new_organisation", everywhere=True),
    **_by(_QUALITY, "show_new_product", "send_new_product", "show_new_profile", "send_new_profile", everywhere=True),
    **_by(
        _TECHNICAL,
        "show_new_container",
        "send_new_container",
        "show_new_logger",
        "send_new_logger",
        "show_attach_form",
        "send_attach_form",
        "show_commission_form",
        "send_commission_form",
    ),
    **_by(_CUSTODIAL, "show_new_lot", "send_new_lot", everywhere=True),
    **_by(_CUSTODIAL, "show_place_form", "send_place_form", "show_end_form", "send_end_form"),
    **_by(_CUSTODIAL, "show_split_form", "send_split_form"),
}


#: Forms that a person sends from a kiosk with a name and a PIN, in whose name they are then done. None signs anything.
AT_KIOSK: frozenset[str] = frozenset({"send_check"})


#: Who corrects what was recorded of what: whoever may record it.
CORRECTS: Mapping[str, Permission] = {
    **_by(_CUSTODIAL, "placement", "nesting", "custody"),
    **_by(_TECHNICAL, "attachment", "commissioning", "calibration", "clock_mend", "absence"),
}


_NAMES_PEOPLE = "this tells who decided or recorded something, and a kiosk names nobody; scan the vial, or log in"
_NO_PERSON = "this is a page of a person, and a kiosk is nobody; log in to see yours"


#: Who records what a code stands for: whoever looks after the thing.
NAMES: Mapping[str, Permission] = {
    "lot": Permission(_CUSTODIAL),
    **_by(_TECHNICAL, "container", "logger"),
}


def why_not(caller: Caller, permission: Permission) -> str | None:
    """Why the caller may not use a route anywhere; None: they may, somewhere."""
    if permission.names_people and caller.is_kiosk:
        return _NAMES_PEOPLE
    if not permission.roles:
        return _NO_PERSON if caller.is_kiosk and permission.roles is not None else None
    sites = caller.sites(permission.roles)
    if sites is None or (sites and not permission.everywhere):
        return None
    where = " at all sites, for it is about what belongs to no single one" if permission.everywhere else ""
    return f"this needs the role {_named(permission.roles)}{where}; {_held(caller)}. Ask an admin for it"


def why_not_here(caller: Caller, roles: frozenset[Role], thing: str) -> str:
    """Why the caller may not do to something what they may do to the like of it elsewhere."""
    return f"{thing} is at a site where this needs the role {_named(roles)}; {_held(caller)}. Ask an admin for it there"


def _named(roles: frozenset[Role]) -> str:
    # In the order in which roles are listed anywhere.
    *others, last = [role.value for role in Role if role in roles]
    return f"{', '.join(others)} or {last}" if others else last


def _held(caller: Caller) -> str:
    held = "you have no role"
    if caller.grants:
        held = f"you are {', '.join(_grant(grant) for grant in caller.grants)}"
    if caller.withheld:
        # Whose role this is may still have to be told how to make it count.
        roles = " and ".join(role.value for role in Role if role in caller.withheld)
        held += f"; {roles} counts once you log in with a code: the page /account shows how to set up an app for it"
    return held


def _grant(grant: Grant) -> str:
    return f"{grant.role.value} at {'all sites' if grant.site_id is None else repr(grant.site_id)}"


def seen_by(caller: Caller, roles: frozenset[Role]) -> Sites:
    """Where the caller may know that something is there: where they may read, or do what needs these roles."""
    return caller.sites(READERS | roles)
