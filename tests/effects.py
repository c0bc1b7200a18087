# SPDX-License-Identifier: AGPL-3.0-or-later
"""Finds what touches the world in a Python source, by its syntax tree: names are followed through imports and aliases.

The world is reached through five doors that are passed in (DESIGN.md); this is what keeps it so.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

RUNNER = "ask a Runner (appliance/system/runner.py)"
FILES = "ask Files (appliance/system/files.py)"
CLOCK = "ask a Clock (appliance/system/clock.py)"
NET = "ask Net (appliance/system/net.py)"
SOCKETS = "use CommandServer, CommandClient or Nudge (appliance/system/)"
BOARD = "ask a Board (appliance/board/model.py)"
HOST = "ask a Host (appliance/board/model.py)"
INTERFACES = "ask Interfaces (appliance/system/interfaces.py)"
BUS = "ask Systemd (appliance/system/systemd.py)"

# Full name, or all below it where it ends in a dot, and what to use instead.
NAMES = {
    "subprocess.": RUNNER,
    "multiprocessing.": RUNNER,
    "pty.": RUNNER,
    "concurrent.futures.ProcessPoolExecutor": RUNNER,
    "asyncio.create_subprocess_exec": RUNNER,
    "asyncio.create_subprocess_shell": RUNNER,
    **{f"os.{name}": RUNNER for name in ("system", "popen", "fork", "forkpty", "posix_spawn", "posix_spawnp")},
    **{f"os.exec{end}": RUNNER for end in ("l", "le", "lp", "lpe", "v", "ve", "vp", "vpe")},
    **{f"os.spawn{end}": RUNNER for end in ("l", "le", "lp", "lpe", "v", "ve", "vp", "vpe")},
    **{
        f"os.{name}": FILES
        for name in (
            "replace", "rename", "renames", "remove", "removedirs", "unlink", "rmdir", "mkdir", "makedirs", "mkfifo",
            "mknod", "chmod", "chown", "lchown", "link", "symlink", "truncate", "utime", "open", "write", "fdopen",
        )
    },
    **{f"shutil.{name}": FILES for name in ("copy", "copy2", "copyfile", "copytree", "move", "rmtree", "chown")},
    "tempfile.": FILES,
    "fileinput.": FILES,
    **{f"time.{name}": CLOCK for name in ("time", "time_ns", "monotonic", "monotonic_ns", "sleep", "localtime")},
    **{f"time.{name}": CLOCK for name in ("perf_counter", "perf_counter_ns", "gmtime", "ctime")},
    **{f"datetime.datetime.{name}": CLOCK for name in ("now", "utcnow", "today")},
    "datetime.date.today": CLOCK,
    "socket.": SOCKETS,
    "socketserver.": SOCKETS,
    "asyncio.open_connection": NET,
    "asyncio.open_unix_connection": SOCKETS,
    "asyncio.start_server": SOCKETS,
    "asyncio.start_unix_server": SOCKETS,
    **{f"{name}.": NET for name in ("urllib.request", "urllib3", "requests", "httpx", "http.client", "aiohttp")},
    **{f"{name}.": NET for name in ("ftplib", "smtplib", "miniupnpc")},
    "psutil.": HOST,
    "netifaces.": INTERFACES,
    "platform.node": INTERFACES,
    "jeepney.": BUS,
    **{f"{name}.": BOARD for name in ("pyudev", "evdev", "gpiod", "gpiozero", "RPi", "smbus")},
}  # fmt: skip
# Methods that only a Path has, whatever it is called.
PATH_METHODS = {
    "write_text", "write_bytes", "unlink", "rmdir", "mkdir", "chmod", "lchmod", "symlink_to", "hardlink_to",
}  # fmt: skip
# Those that other things have as well: found where they are called on Path(…) itself.
SHARED_METHODS = {"rename", "replace"}
DEVICES = ("/sys/", "/dev/", "/proc/")
HARMLESS_DEVICES = {"/dev/null"}


@dataclass(frozen=True)
class Stray:
    line: int
    what: str
    instead: str

    def __str__(self) -> str:
        return f"{self.line}: {self.what}: {self.instead}"


def find(source: str) -> list[Stray]:
    tree = ast.parse(source)
    names = dict(_imported(tree))
    strays = {*_imports(tree), *_uses(tree, names), *_writes(tree, names), *_devices(tree)}
    return sorted(strays, key=lambda stray: (stray.line, stray.what))


def _instead(name: str) -> str | None:
    """What to use instead of this full name, or None where it is harmless."""
    if name in NAMES:
        return NAMES[name]
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        below = NAMES.get(".".join(parts[:length]) + ".")
        if below:
            return below
    return None


def _imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Each name that an import binds, and its full name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (alias.asname, alias.name) if alias.asname else (alias.name.partition(".")[0],) * 2
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _imports(tree: ast.AST) -> Iterator[Stray]:
    """Modules that have no business outside the doors at all, imported for types or not."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names if _instead(alias.name)]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found = [f"{node.module}.{alias.name}" for alias in node.names]
            found = [name for name in found if _instead(name)]
        else:
            continue
        for name in found:
            yield Stray(node.lineno, f"import of {name}", _instead(name) or "")


def _uses(tree: ast.AST, names: dict[str, str]) -> Iterator[Stray]:
    """Stray things named in full, called or not: a function handed on is called by somebody."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            name = _full_name(node, names)
            instead = name and _instead(name)
            if name and instead:
                yield Stray(node.lineno, name, instead)


def _full_name(node: ast.expr, names: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _full_name(node.value, names)
        return owner and f"{owner}.{node.attr}"
    return None


def _writes(tree: ast.AST, names: dict[str, str]) -> Iterator[Stray]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name) and called.id == "open" and _may_write(node, position=1):
            yield Stray(node.lineno, "open() for writing", FILES)
        elif isinstance(called, ast.Attribute):
            if called.attr == "open" and _full_name(called, names) == "io.open" and _may_write(node, position=1):
                yield Stray(node.lineno, "io.open() for writing", FILES)
            elif called.attr == "open" and _literal_mode(node, position=0) and _may_write(node, position=0):
                yield Stray(node.lineno, ".open() for writing", FILES)
            elif called.attr in PATH_METHODS or (called.attr == "touch" and not node.args):
                yield Stray(node.lineno, f".{called.attr}()", FILES)
            elif called.attr in SHARED_METHODS and _is_path(called.value, names):
                yield Stray(node.lineno, f"Path(…).{called.attr}()", FILES)


def _mode(call: ast.Call, position: int) -> ast.expr | None:
    named = [keyword.value for keyword in call.keywords if keyword.arg == "mode"]
    return named[0] if named else call.args[position] if len(call.args) > position else None


def _literal_mode(call: ast.Call, position: int) -> bool:
    """Whether it looks like a file's mode: other things have an open() too, with other arguments."""
    mode = _mode(call, position)
    return isinstance(mode, ast.Constant) and isinstance(mode.value, str) and set(mode.value) <= set("rwaxbt+U")


def _may_write(call: ast.Call, position: int) -> bool:
    """A mode that is worked out at run time may be anything."""
    mode = _mode(call, position)
    if mode is None:
        return False
    return not isinstance(mode, ast.Constant) or bool(set(str(mode.value)) & set("wax+"))


def _is_path(node: ast.expr, names: dict[str, str]) -> bool:
    return isinstance(node, ast.Call) and _full_name(node.func, names) == "pathlib.Path"


def _devices(tree: ast.AST) -> Iterator[Stray]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or " " in node.value:
            continue  # a sentence about a device is no path to it
        if node.value.startswith(DEVICES) and node.value not in HARMLESS_DEVICES:
            yield Stray(node.lineno, node.value, BOARD)
