# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether visitors come through a gateway: an invitation is entered, or given up. In the loop."""

import secrets
from collections.abc import Callable
from pathlib import Path

from appliance.errors import Refused
from appliance.gateway import invitation
from appliance.internet.model import Gateway, Held
from appliance.secret import Secret
from appliance.supervisor.box_settings import BoxSettings
from appliance.supervisor.core import Core
from appliance.supervisor.protocol import Address, Invitation
from appliance.supervisor.secrets_store import Name, SecretStore

_TOKEN_BYTES = 32
A_GATEWAY = Path("/var/lib/hearth-gateway/gateway.json")  # is there where the box is one itself


class GatewayUse:
    def __init__(
        self, core: Core, settings: BoxSettings, store: SecretStore, is_one: Callable[[], bool] = lambda: False
    ) -> None:
        """`is_one`: whether this box is a gateway itself."""
        self._core = core
        self._settings = settings
        self._store = store
        self._is_one = is_one

    def use(self, asked: Invitation) -> dict[str, str]:
        """A box without a name takes the one that it is invited under. Each invitation is answered with a token of its
        own, which the gateway knows the box by from then on.

        Raises BadInput bad-invitation, Refused is-a-gateway, invitation-of-another, and what `choose_address` raises.
        """
        if self._is_one():
            raise Refused(
                "is-a-gateway",
                "This box is a gateway for others, which nobody would reach any more.",
                "hearth gateway close",
                status=409,
            )
        invited = invitation.parse(asked.invitation.reveal())
        settings = self._core.settings
        if settings.address_final and settings.address != invited.name:
            raise Refused(
                "invitation-of-another",
                f"The invitation is for {invited.name}, and this box is {settings.address} for ever.",
                f"Ask whoever runs the gateway to invite {settings.address}.",
                status=409,
            )
        self._settings.choose_address(Address(invited.name))
        self._store.put(Name.GATEWAY_INVITATION, invited.text())
        self._store.put(Name.GATEWAY_TOKEN, Secret(secrets.token_hex(_TOKEN_BYTES)))
        lent = invited.name.endswith(f".{invited.gateway}")
        given = settings.gateway.given + 1 if settings.gateway else 1
        self._core.change(
            gateway=Gateway(invited.gateway, given),
            name_held=Held.GATEWAY if lent else Held.OWN,
            # Nobody must tell the world that the name leads to this home.
            name_account=None,
        )
        return {"gateway": invited.gateway, "name": invited.name}

    def leave(self) -> dict[str, str]:
        self._core.change(gateway=None)
        self._store.drop(Name.GATEWAY_INVITATION)
        self._store.drop(Name.GATEWAY_TOKEN)
        return {}
