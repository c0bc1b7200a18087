# SPDX-License-Identifier: AGPL-3.0-or-later
"""How the box's name is held: a domain of the owner's, one whose provider is told the box's addresses, or one that a
gateway lends. In the loop. Secrets go to their store, everything else is a setting."""

from appliance.errors import BadInput
from appliance.internet.model import Account, Held
from appliance.secret import Secret
from appliance.supervisor.box_settings import BoxSettings
from appliance.supervisor.core import Core
from appliance.supervisor.gateway import GatewayUse
from appliance.supervisor.protocol import Address, Invitation, NameHold
from appliance.supervisor.secrets_store import Name, SecretStore
from appliance.system import naming


class NameHolder:
    def __init__(self, core: Core, settings: BoxSettings, secrets: SecretStore, gateway: GatewayUse) -> None:
        self._core = core
        self._settings = settings
        self._secrets = secrets
        self._gateway = gateway

    def hold(self, asked: NameHold) -> dict[str, str]:
        """The name can be given once; how it is held may change at any time. Without a secret the one known stays.

        Raises BadInput, and what `BoxSettings.choose_address` raises; then nothing has changed.
        """
        if asked.held is Held.GATEWAY:
            # The name stands in the invitation.
            self._gateway.use(Invitation(asked.secret or Secret("")))
            return {}
        if not asked.name.strip():
            raise BadInput("The name is missing.", "It looks like our-house.example.org.", key="bad-address")
        account, secret = self._account(asked) if asked.held is Held.DYNAMIC else (None, None)
        self._settings.choose_address(Address(asked.name))
        if asked.held is Held.DYNAMIC or self._core.settings.name_held is Held.GATEWAY:
            # The name leads to this home from now on. One of the owner's own may lead to a gateway.
            self._gateway.leave()
        if secret is not None:
            self._secrets.put(Name.NAME, secret)
        elif account is None:
            self._secrets.drop(Name.NAME)
        self._core.change(name_held=asked.held, name_account=account)
        return {}

    def _account(self, asked: NameHold) -> tuple[Account, Secret]:
        before = self._core.settings.name_account
        known = self._secrets.get(Name.NAME) if before and before.provider == asked.provider else None
        given = Account(asked.provider, asked.login.strip(), asked.zone.strip(), asked.server.strip())
        secret = asked.secret or known or Secret("")
        naming.check(given, secret)
        count = before.given + 1 if before else 1
        return Account(given.provider, given.login, given.zone, given.server, count), secret
