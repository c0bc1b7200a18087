# SPDX-License-Identifier: AGPL-3.0-or-later
"""The lab: an internet, providers, routers and homes, made of network namespaces by the tests themselves.

    internet ──┬── visitor                     anybody out there (11.0.0.9)
               ├── names, authority            DNS (11.0.0.53) and ACME (11.0.0.80)
               ├── router ── box, nas …        an ordinary home: NAT, UPnP, NAT-PMP, PCP, IPv6
               ├── modem ── router ── box      two routers
               └── provider ── router ── box   carrier-grade NAT

Addresses look public, as routers and our own guards insist, and never leave: no namespace has a way to the machine's
own network. Every namespace has a name with this process's number; with the world all processes, namespaces and files
of it end. How to use it:

    with World(folder) as world:
        home = world.home("linden")                       # or modem=True, carrier=True, upnp=False, ipv6=False …
        home.router.new_address()                         # break and mend: Router, Home, Uplink
        home.box.start("x", ["prog", …])                  # a process inside; home.box.run([…]) to its end
        with world.visitor.inside():                      # this thread's new sockets are made there
            socket.create_connection((home.outside, 443), 5)

Needs root, `ip` and `nft`; see `missing()` in world.py, which says why it can't run elsewhere.
"""
