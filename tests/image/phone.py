# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a phone does in a Wi-Fi, run inside the guest with nothing but Python: ask for an address, look up a name, read
pages and send their forms.

    phone.py address INTERFACE         its DHCP offer, taken: "ADDRESS SERVER"
    phone.py lookup SERVER NAME        the name's address
    phone.py open URL [HOST]           status, last URL and page; HOST is what stands in the browser
    phone.py send URL PATH NAME=VALUE… the same after sending the form of that page
    phone.py reaches ADDRESS PORT      "yes" or "no"
"""

import http.cookiejar
import os
import re
import socket
import struct
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

COOKIES = "/run/phone.cookies"


def address(interface: str) -> str:
    """RFC 2131: discover, offer, request, acknowledge."""
    with open(f"/sys/class/net/{interface}/address") as file:
        hardware = bytes.fromhex(file.read().strip().replace(":", ""))
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
    line.bind(("0.0.0.0", 68))
    line.settimeout(3)
    number = os.urandom(4)

    def ask(kind: int, more: bytes = b"") -> bytes:
        head = struct.pack("!BBBB4sHH16s16s192s", 1, 1, 6, 0, number, 0, 0x8000, b"", hardware, b"")
        options = b"\x63\x82\x53\x63" + bytes((53, 1, kind)) + more + b"\x37\x02\x03\x06\xff"
        for _ in range(8):
            line.sendto(head + options, ("255.255.255.255", 67))
            try:
                while True:
                    answer = line.recv(2048)
                    if answer[4:8] == number:
                        return answer
            except TimeoutError:
                continue
        raise SystemExit("no answer to the question for an address")

    offer = ask(1)
    mine = offer[16:20]
    server = offer[offer.index(b"\x36\x04", 240) + 2 :][:4]
    ask(3, b"\x32\x04" + mine + b"\x36\x04" + server)
    taken = socket.inet_ntoa(mine)
    subprocess.run(["ip", "address", "replace", f"{taken}/24", "dev", interface], check=True, timeout=10)
    return f"{taken} {socket.inet_ntoa(server)}"


def lookup(server: str, name: str) -> str:
    """RFC 1035: one question for an A record."""
    labels = b"".join(bytes((len(each),)) + each.encode() for each in name.split("."))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(10)
        line.sendto(
            b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + labels + b"\x00\x00\x01\x00\x01", (server, 53)
        )
        return socket.inet_ntoa(line.recv(512)[-4:])


def visit(url: str, host: str = "", form: "dict[str, str] | None" = None) -> str:
    jar = http.cookiejar.LWPCookieJar(COOKIES)
    if os.path.exists(COOKIES):
        jar.load(ignore_discard=True)
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    request = urllib.request.Request(url)
    if host:
        request.add_unredirected_header("Host", host)
    if form is not None:
        request.data = urllib.parse.urlencode(form).encode()
    try:
        answer = opener.open(request, timeout=60)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        page = answer.read().decode()
    jar.save(ignore_discard=True)
    return f"{answer.status} {answer.url}\n{page}"


def send(url: str, path: str, *fields: str) -> str:
    token = re.search(r'name="csrf" value="([^"]+)"', visit(url))
    assert token, "the page has no form"
    form = dict(each.split("=", 1) for each in fields)
    return visit(urllib.parse.urljoin(url, path), form={"csrf": token[1], **form})


def reaches(where: str, port: str) -> str:
    try:
        socket.create_connection((where, int(port)), timeout=5).close()
    except OSError:
        return "no"
    return "yes"


if __name__ == "__main__":
    what = {"address": address, "lookup": lookup, "open": visit, "send": send, "reaches": reaches}
    print(what[sys.argv[1]](*sys.argv[2:]))
