# SPDX-License-Identifier: AGPL-3.0-or-later
"""The file that sshd reads, and the server that follows it."""

import errno

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from appliance.errors import HearthError
from appliance.secret import Secret
from appliance.supervisor.ssh_keys import MAX_KEYS, SshKeys
from appliance.system.files import VirtualFiles
from appliance.system.ssh import VirtualSsh

ANNA = Secret("browser of anna")
PASSWORD = Secret("quiet otters paint fences")


def make_key(number=0):
    key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32).public_key()
    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


@pytest.fixture
def ssh():
    return VirtualSsh()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ssh" / "authorized_keys"


@pytest.fixture
def files():
    return VirtualFiles()


@pytest.fixture
def keys(path, files, ssh):
    return SshKeys(path, files, ssh)


def key_of(call, *arguments):
    with pytest.raises(HearthError) as caught:
        call(*arguments)
    return caught.value.key


def test_the_server_runs_while_there_is_a_key(keys, path, ssh):
    assert (keys.all(), ssh.is_on) == ((), False)
    first = keys.add(make_key(1) + " laptop")
    second = keys.add(make_key(2))
    assert ssh.is_on
    assert path.read_text() == f"{make_key(1)} laptop\n{make_key(2)}\n"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o755)
    keys.remove(first.fingerprint)
    assert (keys.all(), ssh.is_on) == ((second,), True)
    keys.remove(second.fingerprint)
    assert not ssh.is_on
    assert not path.exists()


def test_the_same_key_counts_once(keys):
    keys.add(make_key(1) + " old")
    keys.add(make_key(1) + " new")
    assert [key.comment for key in keys.all()] == ["new"]


def test_there_is_an_end_to_it(keys):
    for number in range(MAX_KEYS):
        keys.add(make_key(number))
    assert key_of(keys.add, make_key(99)) == "too-many-keys"
    keys.add(make_key(0))
    assert len(keys.all()) == MAX_KEYS


def test_what_is_wrong_changes_nothing(keys, path, files):
    keys.add(make_key())
    before = path.read_bytes()
    assert key_of(keys.add, f'command="sh" {make_key(1)}') == "bad-ssh-key"
    assert key_of(keys.remove, "SHA256:none") == "no-such-key"
    files.fail_with(errno.ENOSPC)
    assert key_of(keys.add, make_key(1)) == "disk-full"
    assert path.read_bytes() == before


def test_what_somebody_else_wrote_there_does_not_survive_a_change(keys, path):
    keys.add(make_key(1))
    path.write_bytes(path.read_bytes() + b'command="evil" ssh-rsa AAAA\n\xff\n')
    assert len(keys.all()) == 1
    keys.add(make_key(2))
    assert path.read_text() == f"{make_key(1)}\n{make_key(2)}\n"


@pytest.fixture
def owned(box):
    box.client.claim_wait(ANNA)
    box.press()
    box.client.owner_set(ANNA, "anna", PASSWORD)
    return box


def test_the_owner_puts_keys_in_with_her_password_only(owned):
    assert key_of(owned.client.ssh_add, make_key(), Secret("guess guess guess")) == "wrong-password"
    assert owned.client.ssh_keys() == ()
    fingerprint = owned.client.ssh_add(make_key() + " laptop", PASSWORD)
    assert [(key.fingerprint, key.comment) for key in owned.client.ssh_keys()] == [(fingerprint, "laptop")]
    assert owned.ssh.is_on
    owned.client.ssh_remove(fingerprint)
    assert not owned.config.ssh_keys_file.exists()


def test_guessing_the_password_by_this_way_is_throttled(owned):
    for _ in range(5):
        key_of(owned.client.ssh_add, make_key(), Secret("guess guess guess"))
    assert key_of(owned.client.ssh_add, make_key(), PASSWORD) == "too-many-tries"


def test_a_box_without_an_owner_takes_no_key(box):
    assert key_of(box.client.ssh_add, make_key(), PASSWORD) == "no-owner"


def test_a_reset_forgets_the_keys(owned):
    owned.client.ssh_add(make_key(), PASSWORD)
    owned.press(16)
    owned.press()
    for _ in range(200):
        if not owned.config.ssh_keys_file.exists():
            break
        owned.status()
    assert owned.client.ssh_keys() == ()
