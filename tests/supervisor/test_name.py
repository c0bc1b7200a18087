# SPDX-License-Identifier: AGPL-3.0-or-later
"""How the box's name is held, and when the instance is told it."""

import pytest

from appliance.errors import HearthError
from appliance.fediverse.protocol import Facts
from appliance.gateway.invitation import Invitation, make_code
from appliance.health.power import Power
from appliance.internet.model import Account, Held, Stage
from appliance.secret import Secret
from appliance.settings import Settings, after_reset
from appliance.supervisor.instance import GiveName, InstanceCapability
from appliance.supervisor.protocol import NameHold
from appliance.system.caddy import Issuing, Site, VirtualFront
from appliance.system.clock import VirtualClock
from appliance.system.units import Unit, UnitState

NAME = "friends.example.org"
ANNA = Secret("anna's browser")


@pytest.fixture
def owned(box):
    box.client.claim_wait(ANNA)
    box.press()
    box.client.owner_set(ANNA, "anna", Secret("quiet ember under snow"))
    return box


def dynamic(secret: str | None = "token", **more: str) -> NameHold:
    given = {"provider": "desec", "login": "friends.dedyn.io"} | more
    return NameHold(Held.DYNAMIC, NAME, **given, secret=Secret(secret) if secret else None)


def test_a_name_whose_provider_is_told_the_addresses(owned):
    owned.client.name_hold(dynamic())
    settings = owned.supervisor.core.settings
    assert (settings.address, settings.name_held) == (NAME, Held.DYNAMIC)
    assert settings.name_account == Account("desec", "friends.dedyn.io")
    secret = owned.config.secrets / "name"
    assert secret.read_text() == "token\n"
    assert secret.stat().st_mode & 0o777 == 0o600
    assert "token" not in owned.config.settings_file.read_text()


def test_what_was_given_wrongly_can_be_corrected_also_when_the_name_is_final(owned):
    owned.client.name_hold(dynamic())
    owned.client.setup_finish()
    owned.client.name_hold(dynamic("another"))
    assert owned.supervisor.core.settings.name_account == Account("desec", "friends.dedyn.io", given=2)
    owned.client.name_hold(dynamic(None, login="me.dedyn.io"))
    assert (owned.config.secrets / "name").read_text() == "another\n"
    owned.client.name_hold(NameHold(Held.OWN, NAME))
    assert owned.supervisor.core.settings.name_account is None
    assert not (owned.config.secrets / "name").exists()


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        (dynamic(None), "bad-name-secret"),
        (dynamic("two\nlines"), "bad-name-secret"),
        (dynamic(provider="nobody"), "unknown-provider"),
        (dynamic(login=""), "bad-name-login"),
        (dynamic(login="me\npassword=x"), "bad-name-login"),
        (dynamic(provider="cloudflare", zone="a, b"), "bad-name-zone"),
        (dynamic(provider="other", server="x y"), "bad-name-server"),
        (NameHold(Held.OWN, ""), "bad-address"),
        (NameHold(Held.OWN, "box.local"), "bad-address"),
    ],
)
def test_what_nobody_could_use_changes_nothing(owned, asked, key):
    with pytest.raises(HearthError) as caught:
        owned.client.name_hold(asked)
    assert caught.value.key == key
    assert owned.supervisor.core.settings.address is None
    assert not (owned.config.secrets / "name").exists()


def test_another_providers_secret_is_not_handed_on(owned):
    owned.client.name_hold(dynamic())
    with pytest.raises(HearthError) as caught:
        owned.client.name_hold(dynamic(None, provider="duckdns"))
    assert caught.value.key == "bad-name-secret"


def test_an_invitation_of_a_gateway_brings_its_name(owned):
    line = invited("friends.gate.example.net")
    owned.client.name_hold(dynamic())
    owned.client.name_hold(NameHold(Held.GATEWAY, "", secret=line))
    settings = owned.supervisor.core.settings
    assert (settings.address, settings.name_held, settings.name_account) == (
        "friends.gate.example.net",
        Held.GATEWAY,
        None,
    )
    # Back to a home that can be reached by itself.
    owned.client.name_hold(dynamic())
    assert owned.supervisor.core.settings.gateway is None
    assert not (owned.config.secrets / "gateway-invitation").exists()
    with pytest.raises(HearthError) as caught:
        owned.client.name_hold(NameHold(Held.GATEWAY, ""))
    assert caught.value.key == "bad-invitation"


def test_a_name_of_ones_own_may_lead_to_a_gateway(owned):
    owned.client.name_hold(NameHold(Held.GATEWAY, "", secret=invited(NAME)))
    owned.client.name_hold(NameHold(Held.OWN, NAME))
    assert owned.supervisor.core.settings.gateway is not None


def invited(name: str) -> Secret:
    return Invitation("gate.example.net", 443, name, bytes(32), make_code(bytes(16))).text()


def test_nobody_names_a_box_without_an_owner(box):
    with pytest.raises(HearthError) as caught:
        box.client.name_hold(dynamic())
    assert caught.value.key == "set-up-first"
    assert not (box.config.secrets / "name").exists()


def test_settings_that_were_lost_do_not_make_a_name_another(owned):
    owned.supervisor.instance.origin = f"https://{NAME}"
    with pytest.raises(HearthError) as caught:
        owned.client.name_hold(NameHold(Held.OWN, "other.example.org"))
    assert caught.value.key == "address-is-final"
    owned.client.name_hold(NameHold(Held.OWN, NAME))


def test_a_reset_forgets_how_a_name_is_held_that_is_not_final():
    held = Settings(address=NAME, name_held=Held.DYNAMIC, name_account=Account("desec"))
    assert (after_reset(held).name_held, after_reset(held).name_account) == (Held.OWN, None)
    final = Settings(address=NAME, address_final=True, name_held=Held.DYNAMIC, name_account=Account("desec"))
    assert after_reset(final).name_account == Account("desec")


class Instance:
    def __init__(self) -> None:
        self.origin: str | None = None

    def facts(self) -> Facts:
        return Facts(members=1, statuses=0, deliveries=0, federating=self.origin is not None, origin=self.origin)

    def note_power(self, *, good: bool) -> None: ...

    def set(self, key: str, value: str) -> None:
        assert (key, self.origin) == ("origin", None)
        self.origin = f"https://{value}"


class Running:
    def __init__(self) -> None:
        self.restarted: list[str] = []

    def states(self) -> dict[str, Unit]:
        return {name: Unit(UnitState.RUNNING) for name in ("fediverse",)}

    def restart(self, service: str) -> None:
        self.restarted.append(service)


def test_the_instance_is_told_its_name_once_when_it_is_final_and_has_a_certificate():
    clock, units, instance, issuing = VirtualClock(), Running(), Instance(), Issuing()
    front = VirtualFront(clock.now, lambda: issuing)
    part = InstanceCapability(units, instance, clock, url="", power=Power(clock), front=front)  # type: ignore[arg-type]
    final = Settings(address=NAME, address_final=True)

    def actions(settings: Settings) -> tuple[object, ...]:
        return part.plan(settings, part.observe()).actions

    assert actions(final) == ()
    front.arrange(Site(NAME, Stage.STAGING))
    assert actions(final) == ()
    front.arrange(Site(NAME, Stage.REAL))
    assert actions(Settings(address=NAME)) == ()
    assert actions(Settings(address="other.example.org", address_final=True)) == ()
    assert actions(final) == (GiveName(NAME),)
    part.apply(GiveName(NAME))
    assert instance.origin == f"https://{NAME}"
    assert units.restarted == ["fediverse"]
    assert actions(final) == ()
    assert part.origin == f"https://{NAME}"


def test_where_the_home_is_played_it_is_told_nothing():
    clock = VirtualClock()
    part = InstanceCapability(Running(), Instance(), clock, url="", power=Power(clock))  # type: ignore[arg-type]
    assert part.plan(Settings(address=NAME, address_final=True), part.observe()).actions == ()
