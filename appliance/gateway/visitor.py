# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which address a visitor of the tunnel comes from, as the box's web server sees it.

The gateway tells it, and a gateway may lie or be in somebody's home. So what could be taken for the home network, for
this machine or for anybody special is never used: such visitors share one address that belongs to nobody.
"""

import ipaddress

NOBODY = "192.0.2.1"  # RFC 5737


def source(told: str) -> str:
    try:
        address = ipaddress.IPv4Address(told)
    except ValueError:
        return NOBODY
    usual = address.is_global and not address.is_multicast and not address.is_reserved
    return str(address) if usual else NOBODY
