# SPDX-License-Identifier: AGPL-3.0-or-later
"""Dynamic updates in the domain name system (RFC 2136), signed as RFC 8945 says, by dnspython. It belongs into a child
in its cage (naming.py): what a name server answers are a stranger's bytes.
"""

import base64
from collections.abc import Mapping
from typing import Any

import dns.exception
import dns.inet
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdtypes.ANY.SOA
import dns.rdtypes.ANY.TSIG
import dns.rdtypes.IN.A
import dns.rdtypes.IN.AAAA
import dns.resolver
import dns.tsig
import dns.update

from appliance.parse import from_dict
from appliance.system.naming import SILENT, Update

TTL = 300  # of records that we write ourselves
_SECONDS = 10.0
_MAX_REASON = 300


def answer(asked: Mapping[str, Any]) -> str:
    """What an inquiry answers with (inquiry.py): "" where all went well, SILENT where nobody answered, or the reason
    why not."""
    wish = from_dict(Update, asked)
    try:
        address, port = _server(wish.server)
        said = dns.query.tcp(_message(wish), address, timeout=_SECONDS, port=port)
    except (dns.exception.Timeout, dns.resolver.NoAnswer, dns.resolver.NXDOMAIN, OSError, EOFError):
        return SILENT
    except dns.tsig.PeerError as error:
        return f"said: badauth: {type(error).__name__}"
    except (dns.exception.DNSException, NotImplementedError, ValueError) as error:
        return str(error)[:_MAX_REASON] or type(error).__name__
    code = said.rcode()
    if code in (dns.rcode.NOTAUTH, dns.rcode.REFUSED, dns.rcode.NOTZONE):
        return f"said: !yours: {dns.rcode.to_text(code)}"
    return "" if code == dns.rcode.NOERROR else dns.rcode.to_text(code)


def _message(wish: Update) -> dns.update.UpdateMessage:
    """All addresses of the name become these."""
    algorithm, _, key_name = wish.login.rpartition(":")
    secret = base64.b64decode(wish.secret, validate=True)
    key = {dns.name.from_text(key_name): dns.tsig.Key(key_name, secret, algorithm or "hmac-sha256")}
    message = dns.update.UpdateMessage(dns.name.from_text(wish.zone), keyring=key)
    for kind, address in (("A", wish.a), ("AAAA", wish.aaaa)):
        if address:
            message.replace(dns.name.from_text(wish.name), TTL, kind, address)
        else:
            message.delete(dns.name.from_text(wish.name), kind)
    return message


def _server(text: str) -> tuple[str, int]:
    """Address and port of "ns.example.org", "192.0.2.1" or "192.0.2.1:5353"."""
    host, _, port = text.partition(":") if text.count(":") == 1 else (text, "", "")
    number = int(port) if port.isdigit() and 0 < int(port) < 65536 else 53
    if dns.inet.is_address(host):
        return host, number
    resolver = dns.resolver.Resolver()
    resolver.lifetime = _SECONDS / 2
    return str(resolver.resolve(host, "A", search=False)[0].to_text()), number
