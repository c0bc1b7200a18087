# SPDX-License-Identifier: AGPL-3.0-or-later
"""World: one internet with a visitor, and the homes that a test builds at it. The package's own words tell how."""

import os
import shutil
import tempfile
from pathlib import Path

from tests import debian
from tests.lab.authority import Authority
from tests.lab.home import Home
from tests.lab.hours import Hours
from tests.lab.internet import Internet
from tests.lab.names import Names
from tests.lab.router import Control
from tests.lab.spaces import Namespace, Spaces

_TOOLS = ("ip", "tc", "nft")


def missing() -> str:
    """Why the lab cannot be built here; "" if it can."""
    if os.geteuid() != 0:
        return "networks of their own need root"
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    absent = [tool for tool in _TOOLS if shutil.which(tool, path=path) is None]
    if absent or not debian.available():
        return f"this machine lacks {', '.join(absent) or 'apt'}"
    return ""


class World:
    """All is gone when it is left, however that comes about."""

    def __init__(self) -> None:
        # Readable for all, and short enough for the paths of sockets.
        self.folder = Path(tempfile.mkdtemp(prefix="hearth-lab-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.homes: dict[str, Home] = {}
        self.spaces = Spaces(self.folder)

    def __enter__(self) -> "World":
        try:
            self.internet = Internet(self.spaces)
            self.visitor = self.host("visitor", 9)
            self.names: Names | None = None
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def with_names(self) -> Names:
        """Have name servers and a resolver from now on, which everybody asks."""
        servers = self.host("servers", 53)
        servers.resolvers(servers.address)
        self.names = Names(servers, self.host("resolver", 8), self.folder)
        self.names.start()
        self.visitor.resolvers(self.names.resolver.address)
        for home in self.homes.values():
            home.box.resolvers(self.names.resolver.address)
        return self.names

    def with_authority(self) -> Authority:
        """Have an authority as well. It wants names."""
        names = self.names or self.with_names()
        space = self.host("authority", 80)
        space.resolvers(names.servers.address)
        authority = Authority(space, names, self.folder)
        names.put(authority.name, "A", space.address)
        authority.start()
        return authority

    def with_hours(self) -> Hours:
        """Have a time server as well."""
        hours = Hours(self.host("hours", 12), self.folder)
        hours.start()
        return hours

    def host(self, kind: str, last: int) -> Namespace:
        """Somebody with an address of their own on the internet, 11.0.0.<last>."""
        return self.internet.host(kind, last)

    def home(
        self,
        name: str,
        *,
        control: Control = Control(),  # noqa: B008 - it is frozen
        modem: Control | None = None,
        carrier: bool = False,
        ipv6: bool = True,
    ) -> Home:
        """`control` is what its router lets itself be asked by. `modem` puts another before it, `carrier` the
        provider's NAT."""
        number = len(self.homes) + 1
        self.homes[name] = home = Home(
            name,
            self.internet,
            self.spaces,
            self.folder,
            number,
            control=control,
            modem=modem,
            carrier=carrier,
            ipv6=ipv6,
        )
        if self.names is not None:
            home.box.resolvers(self.names.resolver.address)
        return home

    def words(self) -> str:
        """The ends of everything that was logged, for a failure's report."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"--- {path.name}\n{path.read_text(errors='replace')[-3000:]}" for path in logs)

    def _end(self) -> None:
        self.spaces.remove()
        shutil.rmtree(self.folder, ignore_errors=True)
