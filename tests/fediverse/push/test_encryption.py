# SPDX-License-Identifier: AGPL-3.0-or-later
import binascii

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from appliance.fediverse.push.encryption import Chance, Receiver, decode, draft, encode, is_receiver, standard
from tests.fediverse.push.receiver import P256, Browser, b64, unb64

# RFC 8291, appendix A.
TEXT = b"When I grow up, I want to be a watermelon"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
RECEIVER = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
PUBLIC = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
    "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(unb64(text), "big"), P256)


def test_the_standards_own_example() -> None:
    message = standard(TEXT, Receiver(PUBLIC, AUTH), Chance(private(SENDER), unb64(SALT)))
    assert encode(message.body) == BODY
    assert message.headers == {"Content-Encoding": "aes128gcm"}
    assert Browser(private(RECEIVER), unb64(AUTH)).read_standard(unb64(BODY)) == TEXT


@pytest.mark.parametrize("text", [b"", b"x", "😀".encode() * 900])
def test_who_it_is_for_can_read_it(text: bytes) -> None:
    browser = Browser()
    receiver = Receiver(b64(browser.point), b64(browser.auth))
    assert browser.read_standard(standard(text, receiver).body) == text
    message = draft(text, receiver)
    assert browser.read_draft({**message.headers, "Crypto-Key": message.crypto_key}, message.body) == text


def test_every_message_is_made_anew() -> None:
    receiver = Receiver(PUBLIC, AUTH)
    one, other = (standard(TEXT, receiver).body for _ in range(2))
    assert one[:16] != other[:16]
    assert one[21:86] != other[21:86]


def test_keys_that_are_none() -> None:
    assert is_receiver(Receiver(PUBLIC, AUTH))
    assert is_receiver(Receiver(PUBLIC + "=", AUTH + "=="))
    assert is_receiver(Receiver(PUBLIC.replace("-", "+").replace("_", "/"), AUTH.replace("_", "/")))
    for key, auth in (("", AUTH), (PUBLIC[:-4], AUTH), ("B" + PUBLIC[2:] + "A", AUTH), (PUBLIC, ""), (PUBLIC, PUBLIC)):
        assert not is_receiver(Receiver(key, auth))
    off_the_curve = b64(b"\x04" + bytes(63) + b"\x05")
    assert not is_receiver(Receiver(off_the_curve, AUTH))
    assert not is_receiver(Receiver("é" * 87, AUTH))
    with pytest.raises(binascii.Error):
        decode("a b")
