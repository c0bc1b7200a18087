# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signed activities as another server sends them: ready-made requests to the shared inbox.

Signatures as Mastodon makes them: draft-cavage-http-signatures-12 with rsa-sha256 over
(request-target), host, date and digest.
"""

import base64
import hashlib
import itertools
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from tests.bench.load import post
from tests.bench.people import Signer

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


def creates(inbox: str, signers: Sequence[Signer], *, count: int, prefix: str) -> list[bytes]:
    """`count` different public posts, each wrapped in a Create and signed; their authors take turns. `prefix` keeps
    runs apart."""
    now = datetime.now(UTC)
    return [
        _signed(inbox, signer, _create(signer.actor, f"{prefix}-{number}", now), now)
        for number, signer in zip(range(count), itertools.cycle(signers), strict=False)
    ]


def _create(actor: str, name: str, now: datetime) -> bytes:
    note = f"{actor}/statuses/{name}"
    published = now.isoformat(timespec="seconds").replace("+00:00", "Z")
    addressed = {"to": [PUBLIC], "cc": [f"{actor}/followers"]}
    activity = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{note}/activity",
        "type": "Create",
        "actor": actor,
        "published": published,
        **addressed,
        "object": {
            "id": note,
            "type": "Note",
            "attributedTo": actor,
            "content": f"<p>The soup is ready, this is pot number {name}. Come over when you like, bring bread.</p>",
            "published": published,
            "url": note,
            "sensitive": False,
            "attachment": [],
            "tag": [],
            **addressed,
        },
    }
    return json.dumps(activity).encode()


def _signed(inbox: str, signer: Signer, body: bytes, now: datetime) -> bytes:
    parts = urlsplit(inbox)
    digest = "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()
    date = format_datetime(now, usegmt=True)
    text = f"(request-target): post {parts.path}\nhost: {parts.netloc}\ndate: {date}\ndigest: {digest}"
    signature = base64.b64encode(signer.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
    header = (
        f'keyId="{signer.actor}#main-key",algorithm="rsa-sha256",headers="(request-target) host date digest",'
        f'signature="{signature}"'
    )
    headers = {"Date": date, "Digest": digest, "Signature": header, "Content-Type": "application/activity+json"}
    return post(inbox, headers, body)
