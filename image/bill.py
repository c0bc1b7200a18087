# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is in the image: a bill of materials as SPDX 2.3 JSON, and the licences of all of it as one file."""

import json
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from image.plan import ROOT, Plan
from image.steps import Workshop, fingerprint


def packages(status: str) -> Iterator[dict[str, str]]:
    """The installed ones of dpkg's status file, as its fields."""
    for block in status.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(" "))
        if fields.get("Status") == "install ok installed":
            yield fields


def write(workshop: Workshop, plan: Plan, tree: Path, output: Path) -> None:
    """`.spdx.json` and `.licences.tar.xz`."""
    status = (tree / "usr/share/hearth/packages").read_text()
    listed = sorted(packages(status), key=lambda each: each["Package"])
    (output / f"{plan.name}.spdx.json").write_text(
        json.dumps(document(plan, listed, workshop.epoch, fingerprint([status])), indent=1) + "\n"
    )
    with tarfile.open(output / f"{plan.name}.licences.tar.xz", "w:xz") as archive:
        _add(archive, ROOT / "LICENSE", "hearth", workshop.epoch)
        for found in sorted((tree / "usr/share/doc").glob("*/copyright")):
            # Some packages refer to the one they are built from.
            if found.is_file():
                _add(archive, found, found.parent.name, workshop.epoch)
        for found in sorted((tree / "usr/share/common-licenses").iterdir()):
            if found.is_file() and not found.is_symlink():
                _add(archive, found, f"common-licenses/{found.name}", workshop.epoch)


def _add(archive: tarfile.TarFile, source: Path, name: str, epoch: int) -> None:
    entry = tarfile.TarInfo(name)
    with source.open("rb") as content:
        entry.size = source.stat().st_size
        entry.mtime = epoch
        archive.addfile(entry, content)


def document(plan: Plan, listed: list[dict[str, str]], epoch: int, key: str) -> dict[str, object]:
    """SPDX 2.3 (https://spdx.github.io/spdx-spec/v2.3/): one package for the image, one for each of Debian's."""
    entries = [
        {
            "SPDXID": f"SPDXRef-{_identifier(each['Package'])}",
            "name": each["Package"],
            "versionInfo": each["Version"],
            "supplier": f"Person: {each.get('Maintainer', 'unknown')}",
            "downloadLocation": "NOASSERTION",
            "licenseConcluded": "NOASSERTION",
            "licenseDeclared": "NOASSERTION",
            "copyrightText": "NOASSERTION",
            "sourceInfo": f"built from {each.get('Source', each['Package'])}",
            "externalRefs": [
                {
                    "referenceCategory": "PACKAGE-MANAGER",
                    "referenceType": "purl",
                    "referenceLocator": f"pkg:deb/debian/{each['Package']}@{quote(each['Version'], safe='')}"
                    f"?arch={each['Architecture']}&distro=trixie",
                }
            ],
        }
        for each in listed
    ]
    image = {
        "SPDXID": "SPDXRef-image",
        "name": plan.name,
        "versionInfo": str(epoch),
        "downloadLocation": "NOASSERTION",
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "AGPL-3.0-or-later",
        "copyrightText": "NOASSERTION",
    }
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": plan.name,
        "documentNamespace": f"urn:hearth:image:{plan.board}:{key}",
        "creationInfo": {
            "created": datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": ["Tool: hearth-image"],
        },
        "packages": [image, *entries],
        "relationships": [
            {
                "spdxElementId": "SPDXRef-DOCUMENT",
                "relationshipType": "DESCRIBES",
                "relatedSpdxElement": "SPDXRef-image",
            },
            *(
                {"spdxElementId": "SPDXRef-image", "relationshipType": "CONTAINS", "relatedSpdxElement": each["SPDXID"]}
                for each in entries
            ),
        ],
    }


def _identifier(name: str) -> str:
    """SPDX knows letters, digits, dots and dashes."""
    return "".join(sign if sign.isalnum() or sign in ".-" else "-" for sign in name)
