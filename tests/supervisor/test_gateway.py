# SPDX-License-Identifier: AGPL-3.0-or-later
"""Entering an invitation to a gateway, and giving it up."""

import pytest

from appliance.errors import HearthError
from appliance.gateway.invitation import Invitation, make_code
from appliance.internet.model import Gateway, Held
from appliance.secret import Secret
from appliance.settings import Settings
from appliance.supervisor.box_settings import BoxSettings
from appliance.supervisor.gateway import GatewayUse
from appliance.supervisor.protocol import Invitation as Asked
from appliance.supervisor.secrets_store import Name, SecretStore
from appliance.system.files import VirtualFiles

LENT, OWN = "alice.gw.example.org", "friends.example.net"


class Core:
    """Its settings, as the real one keeps them."""

    def __init__(self) -> None:
        self.settings = Settings(owner="anna")

    def change(self, **changes: object) -> None:
        import dataclasses

        self.settings = dataclasses.replace(self.settings, **changes)


@pytest.fixture
def core() -> Core:
    return Core()


@pytest.fixture
def store(tmp_path) -> SecretStore:
    return SecretStore(tmp_path / "secrets", VirtualFiles())


@pytest.fixture
def gateway(core, store) -> GatewayUse:
    return GatewayUse(core, BoxSettings(core, lambda: None), store)


def asked(name: str = LENT) -> Asked:
    code = make_code(bytes(16))
    return Asked(Invitation("gw.example.org", 443, name, bytes(32), code).text())


def test_an_invitation_brings_name_gateway_and_secrets(core, store, gateway) -> None:
    assert gateway.use(asked()) == {"gateway": "gw.example.org", "name": LENT}
    assert (core.settings.address, core.settings.name_held) == (LENT, Held.GATEWAY)
    assert core.settings.gateway == Gateway("gw.example.org", 1)
    assert store.get(Name.GATEWAY_INVITATION).reveal() == asked().invitation.reveal()
    assert len(store.get(Name.GATEWAY_TOKEN).reveal()) == 64
    assert asked().invitation.reveal() not in str(core.settings)


def test_each_invitation_is_answered_with_another_token(core, store, gateway) -> None:
    gateway.use(asked())
    first = store.get(Name.GATEWAY_TOKEN).reveal()
    gateway.use(asked())
    assert store.get(Name.GATEWAY_TOKEN).reveal() != first
    assert core.settings.gateway == Gateway("gw.example.org", 2)


def test_a_domain_of_the_owners_stays_hers(core, gateway) -> None:
    gateway.use(asked(OWN))
    assert (core.settings.address, core.settings.name_held) == (OWN, Held.OWN)


def test_a_name_that_was_given_for_ever_is_not_changed_by_an_invitation(core, store, gateway) -> None:
    core.change(address=OWN, address_final=True)
    with pytest.raises(HearthError, match=f"this box is {OWN} for ever"):
        gateway.use(asked())
    assert core.settings.gateway is None
    assert store.get(Name.GATEWAY_TOKEN) is None
    gateway.use(asked(OWN))
    assert core.settings.gateway is not None


def test_nonsense_is_refused(core, gateway) -> None:
    with pytest.raises(HearthError, match="no invitation"):
        gateway.use(Asked(Secret("hearth-gateway:nonsense")))


def test_what_is_a_gateway_uses_none(core, store) -> None:
    """Whoever asks: the command, or the page where the name is entered."""
    gateway = GatewayUse(core, BoxSettings(core, lambda: None), store, is_one=lambda: True)
    with pytest.raises(HearthError, match="gateway for others"):
        gateway.use(asked())
    assert core.settings == Settings(owner="anna")
    assert store.get(Name.GATEWAY_INVITATION) is None


def test_what_is_given_up_leaves_no_secret(core, store, gateway) -> None:
    gateway.use(asked())
    gateway.leave()
    assert core.settings.gateway is None
    assert core.settings.address == LENT
    assert store.get(Name.GATEWAY_INVITATION) is None
    assert store.get(Name.GATEWAY_TOKEN) is None
