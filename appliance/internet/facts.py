# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything that is known of the way, as words for whoever wants to see it all. Pure."""

from appliance.internet.model import Certificate, Outside, PortControl, Records, Router, Stage, Way

_CONTROLS = {PortControl.PCP: "PCP", PortControl.NAT_PMP: "NAT-PMP", PortControl.UPNP: "UPnP"}
_STAGES = {Stage.NONE: "none yet", Stage.STAGING: "one for trying out", Stage.REAL: "good"}


def facts(way: Way) -> dict[str, str]:
    """Without what changes with every look, so that the status changes only when something did."""
    link = way.link
    found = {
        "connection": (link.interface or "yes") if link.carrier else "none",
        "address at home": link.address or "",
        "router": link.gateway or "",
        "IPv6 address": link.address6 or "",
        "names are found": {True: "yes", False: "no", None: ""}[way.dns_works],
    }
    if way.router is not None:
        found |= _router(way.router)
    if way.outside is not None:
        found |= _outside(way.outside)
    if way.goal is not None and (way.goal.helpers or way.outside is None):
        found["who tries from outside"] = ", ".join(way.goal.helpers) or "nobody: name some helpers in the settings"
    if way.records is not None:
        found |= _records(way.records)
    if way.tunnel is not None:
        found["gateway"] = f"{way.tunnel.gateway} ({'connected' if way.tunnel.connected else 'not connected'})"
    if way.goal is not None:
        found |= _certificate(way.certificate)
    return {name: value for name, value in found.items() if value}


def _router(router: Router) -> dict[str, str]:
    ports = (
        f"{held.port.outside} {held.port.protocol.value.upper()} to {held.name or held.description or held.host}"
        for held in router.mappings
    )
    return {
        "kind of router": router.name,
        "opens ports by": _CONTROLS[router.control] if router.control is not None else "nothing it answers to",
        "router's outer address": router.outside or "",
        "ports": ", ".join(ports),
    }


def _outside(outside: Outside) -> dict[str, str]:
    tried = (
        f"{each.port.outside} {each.port.protocol.value.upper()} at {each.address}: {each.answered.value}"
        for each in outside.attempts
    )
    return {
        "address seen outside": ", ".join(each for each in (outside.seen4, outside.seen6) if each),
        "who says so": "" if outside.agreed4 or not outside.seen4 else "only one helper could be asked",
        "tried from outside": ", ".join(tried),
        "reached from home by its name": {True: "yes", False: "no", None: ""}[outside.hairpin],
    }


def _records(records: Records) -> dict[str, str]:
    if not records.answered:
        return {"name": "no name server answers"}
    return {
        "A records": ", ".join(records.a) or "none",
        "AAAA records": ", ".join(records.aaaa) or "none",
        "CAA records": "" if records.caa is None else ", ".join(records.caa) or "nobody may",
    }


def _certificate(certificate: Certificate) -> dict[str, str]:
    return {
        "certificate": _STAGES[certificate.stage],
        "good until": f"{certificate.until:%-d %B %Y}" if certificate.until is not None else "",
        "last refusal": certificate.error,
    }
