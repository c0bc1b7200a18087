# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reach: servers try for one another whether they can be reached from outside.

One asks, over HTTPS and once by IPv4 and once by IPv6:  POST /.well-known/hearth/reach?name=NAME&nonce=NONCE
The other asks back, at exactly the address that the question came from, at the usual ports and nowhere else:
GET /.well-known/hearth/here/NONCE, to be answered with the nonce's SHA-256; and it says how that ended.

(RFC 8615: one well-known name, "hearth", and below it what we need.)
"""
