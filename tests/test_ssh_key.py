# SPDX-License-Identifier: AGPL-3.0-or-later
"""Public ssh keys: those that ssh-keygen makes are read, and nothing else gets into the file that sshd reads."""

import base64
import re

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import BadInput
from appliance.ssh_key import parse_key


def public(key):
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def blob(*parts):
    return base64.b64encode(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).decode()


ED = public(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


@pytest.mark.parametrize(
    "line",
    [
        ED,
        public(ec.generate_private_key(ec.SECP256R1())),
        public(ec.generate_private_key(ec.SECP521R1())),
        public(rsa.generate_private_key(65537, 2048)),
        f"sk-ssh-ed25519@openssh.com {blob(b'sk-ssh-ed25519@openssh.com', bytes(32), b'ssh:')}",
    ],
)
def test_usual_keys_are_read(line):
    key = parse_key(f"  {line} anna@laptop\n")
    assert key.line() == f"{line} anna@laptop"
    assert key.comment == "anna@laptop"
    assert re.fullmatch(r"SHA256:[A-Za-z0-9+/]{43}", key.fingerprint)


def test_the_fingerprint_is_that_of_ssh_keygen():
    assert parse_key(ED).fingerprint == "SHA256:" + parse_key(ED).fingerprint.removeprefix("SHA256:")
    assert parse_key(ED + " a").fingerprint == parse_key(ED + " b").fingerprint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ssh-ed25519",
        f"{ED}\n{ED}",
        f"{ED}\rcommand",
        f'command="rm -rf /" {ED}',
        f"no-pty {ED}",
        f"cert-authority {ED}",
        f"# {ED}",
        ED[:-8],
        ED.replace("ssh-ed25519 ", "ssh-rsa ", 1),
        ED.replace("ssh-ed25519 ", "ssh-dss ", 1),
        f"ssh-ed25519 {blob(b'ssh-ed25519', bytes(31))}",
        f"ssh-ed25519 {blob(b'ssh-ed25519', bytes(32), b'more')}",
        f"ssh-ed25519 {base64.b64encode(b'x' * 3).decode()}",
        f"ssh-rsa {blob(b'ssh-rsa', b'#', bytes([1]) * 128)}",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        f"ssh-ed25519 {'A' * 5000}",
        f"{ED}\0",
        f"{ED} \u202e",
    ],
)
def test_anything_else_is_refused_and_not_repeated(text):
    with pytest.raises(BadInput) as caught:
        parse_key(text)
    assert caught.value.key == "bad-ssh-key"
    assert len(text) < 8 or text[-8:] not in str(caught.value)


def test_a_comment_can_do_nothing():
    assert parse_key(f'{ED} "quoted" $(this) `that` {"x" * 500}').line().startswith(f"{ED} quoted this that xxx")
    assert len(parse_key(f"{ED} {'x' * 500}").comment) == 100


@given(st.text(max_size=200))
def test_whatever_is_typed_the_line_stays_one_line(text):
    try:
        line = parse_key(f"{ED} {text}").line()
    except BadInput:
        return
    assert line.startswith(ED)
    assert re.fullmatch(r"[ -~]*", line)
