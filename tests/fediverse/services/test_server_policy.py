# SPDX-License-Identifier: AGPL-3.0-or-later
import encodings.idna

import pytest

from appliance.fediverse.activitypub import reading
from appliance.fediverse.services import server_policy
from appliance.system.guard import Guard, NetError

# Each letter becomes eighteen when it is spelled as a host's name.
NAME = "\ufdfa" * 2000


@pytest.fixture
def spelled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How long the names were that were spelled in ASCII."""
    lengths: list[int] = []
    real = encodings.idna.nameprep

    def nameprep(label: str) -> str:
        lengths.append(len(label))
        return str(real(label))

    monkeypatch.setattr(encodings.idna, "nameprep", nameprep)
    return lengths


def test_a_name_longer_than_any_is_not_spelled_anew(spelled: list[int]) -> None:
    assert server_policy.canonical(NAME) == NAME
    with pytest.raises(NetError):
        Guard().target(f"https://{NAME[:1900]}/")
    assert spelled == []
    assert server_policy.canonical("B\u00dcCHER.example.:443") == "xn--bcher-kva.example:443"
    assert Guard().target("https://b\u00fccher.example/").host == "xn--bcher-kva.example"
    assert spelled


@pytest.mark.parametrize("name", [NAME, "a" + "\u0301\u0316" * 1000, "a." * 1000])
def test_a_name_longer_than_any_is_no_origin(name: str, put_in_order: list[int]) -> None:
    assert reading.uris([f"https://{name}/{number}" for number in range(3)]) == ()
    assert reading.uri(f"https://far.example/{name}"[:2000]) is not None
    assert reading.origin("https://far.example:8443?x") == "https://far.example:8443"
