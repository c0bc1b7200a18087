# SPDX-License-Identifier: AGPL-3.0-or-later
"""Role entities: https://docs.joinmastodon.org/entities/Role/"""

from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.model import Role
from appliance.fediverse.services import collections, roles


def account_role(role: Role) -> Entity:
    """What everybody is shown: https://docs.joinmastodon.org/entities/Account/#AccountRole"""
    facts = roles.facts(role)
    return {"id": str(facts.id), "name": facts.name, "color": ""}


def role_entity(role: Role) -> Entity:
    facts = roles.facts(role)
    return {
        "id": str(facts.id),
        "name": facts.name,
        "color": "",
        "permissions": str(int(facts.permissions)),
        "highlighted": role is not Role.MEMBER,
        "collection_limit": collections.MOST,
    }
