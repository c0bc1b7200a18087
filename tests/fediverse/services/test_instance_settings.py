# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest

from appliance.errors import BadInput, HearthError
from appliance.fediverse.db.database import Database
from appliance.fediverse.model import Registration
from appliance.fediverse.services import instance_settings
from appliance.fediverse.services.instance_settings import InstanceSettings


def put(database: Database, key: str, value: str) -> InstanceSettings:
    with database.write() as tx:
        instance_settings.put(tx, key, value)
        return instance_settings.get(tx)


def test_before_set_up_registration_is_closed_whatever_was_set(database: Database) -> None:
    assert put(database, "registration", "open").registration is Registration.CLOSED
    assert put(database, "title", "Tea House").registration is Registration.OPEN


def test_after_set_up_people_come_by_invitation_unless_told_otherwise(database: Database) -> None:
    assert put(database, "title", "Tea House").registration is Registration.INVITE


def test_title_is_one_line(database: Database) -> None:
    assert put(database, "title", "  Tea \r\n House\t ").title == "Tea House"


def test_rules_that_stay_keep_their_ids(database: Database) -> None:
    before = put(database, "rules", "Be kind.\r\n\r\n  No   spam. \nBe kind.").rules
    assert [rule.text for rule in before] == ["Be kind.", "No spam."]
    after = put(database, "rules", "No spam.\nBring tea.").rules
    assert [rule.text for rule in after] == ["No spam.", "Bring tea."]
    assert after[0].id == before[1].id
    assert after[1].id not in [rule.id for rule in before]


def test_far_too_many_rules_are_refused_in_whole_sentences(database: Database) -> None:
    with pytest.raises(BadInput, match="The rules together are longer than 15050 characters"):
        put(database, "rules", "r" * 19_000)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("title", ""),
        ("title", "   "),
        ("title", "x" * 101),
        ("title", "Tea\x00House"),
        ("title", "Tea\ud800House"),
        ("description", "x" * 5001),
        ("description", "a\x1b[31mb"),
        ("rules", "\n".join(f"Rule {number}" for number in range(51))),
        ("rules", "x" * 301),
        ("registration", "maybe"),
        ("nonsense", "x"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changes(database: Database, key: str, value: str) -> None:
    put(database, "title", "Tea House")
    put(database, "rules", "Be kind.")
    before = put(database, "description", "About tea.")
    with pytest.raises(BadInput):
        put(database, key, value)
    assert put(database, "description", "About tea.") == before


def test_the_largest_that_fit_are_taken(database: Database) -> None:
    assert len(put(database, "title", "ü" * 100).title) == 100
    assert len(put(database, "description", "x" * 5000).description) == 5000
    assert len(put(database, "rules", "\n".join(f"{number:02}" + "x" * 298 for number in range(50))).rules) == 50


def test_the_origin_is_for_ever(database: Database) -> None:
    assert put(database, "origin", "Tea.Example.org").origin == "https://tea.example.org"
    assert put(database, "origin", "https://tea.example.org/").origin == "https://tea.example.org"
    with pytest.raises(HearthError) as refusal:
        put(database, "origin", "coffee.example.org")
    assert refusal.value.key == "origin-is-final"
    assert "tea.example.org" in refusal.value.sentence


@pytest.mark.parametrize(
    "value",
    [
        *("", "hearth", "http://tea.org", "https://tea.org:8443", "https://tea.org/path", "https://user@tea.org"),
        *("127.0.0.1", "[::1]", "box.local", "box.home.arpa", "localhost", "-tea.org", "tea-.org", "te a.org"),
        *("tea..org", "tea.org\n", "faß.de", "x" * 64 + ".org", "\ud800.org"),
    ],
)
def test_only_a_name_on_the_internet_can_be_the_origin(value: str) -> None:
    if value == "tea.org\n":  # a line's end is what a shell adds
        assert instance_settings.parse_origin(value) == "https://tea.org"
        return
    with pytest.raises(BadInput):
        instance_settings.parse_origin(value)


def test_letters_beyond_ascii_become_punycode() -> None:
    assert instance_settings.parse_origin("käse.example.org") == "https://xn--kse-qla.example.org"
