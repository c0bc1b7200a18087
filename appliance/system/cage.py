# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cage: a process that reads strangers' files locks itself in first. What it is made to do by a broken decoder
stays inside: no network, little memory and time, and of the disk nothing but its own folder and the programs.

A child that has strangers to talk to keeps the network, and is nobody where it was started as root.

It only works in a child made for this, as there is no way out. `python -m appliance.system.cage` locks itself in and
becomes another program.
"""

import contextlib
import ctypes
import errno
import json
import os
import resource
import signal
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from appliance.parse import from_dict

# prctl(2), seccomp(2), landlock(7)
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_SECCOMP_MODE_FILTER = 2
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_X32 = 0x40000000
_IO_URING_SETUP = 425
# machine: its number in the kernel's audit, and those of socket and ptrace.
_ARCHITECTURES = {
    "x86_64": (0xC000003E, 41, 101),
    "aarch64": (0xC00000B7, 198, 117),
}
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_LANDLOCK_PATH_BENEATH = 1
_LANDLOCK_VERSION = 1  # a flag: only say which version the kernel has
_EVERYTHING = (1 << 13) - 1
_NOBODY = 65534
_TRUNCATE = 1 << 14  # from version 3 on; before, any file of this user's can be emptied
_READ = 1 << 0 | 1 << 2 | 1 << 3  # execute, read files, read folders
_OF_FILES = 1 << 0 | 1 << 1 | 1 << 2
_PROGRAMS = ("/usr", "/lib", "/lib64", "/bin", "/etc", "/dev")


@dataclass(frozen=True)
class Cage:
    """Bytes of memory, seconds of work, bytes of one written file; `folder` is all that may be written to, "" for
    none. With `network` it may open sockets, but start nothing and be root no longer."""

    folder: str
    memory: int
    cpu_seconds: int
    file_bytes: int
    readable: tuple[str, ...] = ()
    network: bool = False


def enter(cage: Cage) -> None:
    """Lock this process in for good. Raises OSError where the kernel can't: then nothing must be read."""
    for what, limit in (
        (resource.RLIMIT_AS, cage.memory),
        (resource.RLIMIT_CPU, cage.cpu_seconds),
        (resource.RLIMIT_FSIZE, cage.file_bytes),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))
    libc = ctypes.CDLL(None, use_errno=True)
    if cage.network:
        _become_nobody()
    _prctl(libc, _PR_SET_NO_NEW_PRIVS, 1)
    _prctl(libc, _PR_SET_DUMPABLE, 0)
    _prctl(libc, _PR_SET_PDEATHSIG, signal.SIGKILL)
    with contextlib.suppress(OSError):  # not every kernel has it, and the other walls stand without it
        _close_the_disk(libc, cage)
    _close_the_system(libc, network=cage.network)


def become(cage: Cage, argv: Sequence[str]) -> None:
    enter(cage)
    os.execv(argv[0], list(argv))  # noqa: S606 - an argument list, no shell


def command(cage: Cage, argv: Sequence[str]) -> list[str]:
    """What to give a Runner so that `argv` (its first a full path) runs inside."""
    code = "import sys; sys.path.insert(0, sys.argv[1]); from appliance.system import cage; cage.main(sys.argv[2:])"
    return [sys.executable, "-c", code, str(_ROOT), json.dumps(cage.__dict__), *argv]


def main(arguments: Sequence[str]) -> None:
    described = json.loads(arguments[0])
    become(from_dict(Cage, described), arguments[1:])


_ROOT = Path(__file__).parent.parent.parent


def _prctl(libc: ctypes.CDLL, option: int, *values: object) -> None:
    padded = [*values, 0, 0, 0, 0][:4]
    numbers = [value if not isinstance(value, int) else ctypes.c_ulong(value) for value in padded]
    if libc.prctl(ctypes.c_int(option), *numbers) != 0:
        raise _failure("prctl")


def _become_nobody() -> None:
    """First of all, as the kernel forgets what dies with a parent when a process changes its user."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def _close_the_system(libc: ctypes.CDLL, *, network: bool) -> None:
    """No looking into other processes, and no new socket of any kind. Files and pipes that are open stay so."""
    known = _ARCHITECTURES.get(os.uname().machine)
    if known is None:
        raise OSError(errno.ENOSYS, "strangers' files are not read on this kind of machine")
    architecture, socket, ptrace = known
    refuse = _ERRNO | errno.EPERM
    program = [
        (_LOAD, 0, 0, 4),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
        (_JUMP_AT_LEAST, 3, 0, _X32),
        (_JUMP_EQUAL, 2, 0, ptrace if network else socket),
        (_JUMP_EQUAL, 1, 0, ptrace),
        (_JUMP_EQUAL, 0, 1, _IO_URING_SETUP),
        (_RETURN, 0, 0, refuse),
        (_RETURN, 0, 0, _ALLOW),
    ]
    filters = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *each) for each in program))
    head = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(filters)))
    _prctl(libc, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(head))


def _close_the_disk(libc: ctypes.CDLL, cage: Cage) -> None:
    version = libc.syscall(ctypes.c_long(_LANDLOCK_CREATE), None, ctypes.c_size_t(0), _LANDLOCK_VERSION)
    everything = _EVERYTHING | (_TRUNCATE if version >= 3 else 0)
    attributes = ctypes.create_string_buffer(struct.pack("=Q", everything), 8)
    ruleset = libc.syscall(ctypes.c_long(_LANDLOCK_CREATE), ctypes.byref(attributes), ctypes.c_size_t(8), 0)
    if ruleset < 0:
        raise _failure("landlock")
    try:
        readable = (*_PROGRAMS, sys.prefix, sys.base_prefix, str(_ROOT / "appliance"), *cage.readable)
        for path in readable:
            _allow(libc, ruleset, path, _READ)
        if cage.folder:
            _allow(libc, ruleset, cage.folder, everything)
        if libc.syscall(ctypes.c_long(_LANDLOCK_RESTRICT), ctypes.c_int(ruleset), 0) != 0:
            raise _failure("landlock")
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, access: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there need not be allowed
    try:
        allowed = access if os.path.isdir(path) else access & _OF_FILES
        rule = ctypes.create_string_buffer(struct.pack("=Qi", allowed, descriptor), 12)
        arguments = (ctypes.c_int(ruleset), ctypes.c_int(_LANDLOCK_PATH_BENEATH), ctypes.byref(rule), 0)
        if libc.syscall(ctypes.c_long(_LANDLOCK_ADD), *arguments) != 0:
            raise _failure("landlock")
    finally:
        os.close(descriptor)


def _failure(what: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{what}: {os.strerror(number)}")
