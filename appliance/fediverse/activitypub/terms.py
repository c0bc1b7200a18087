# SPDX-License-Identifier: AGPL-3.0-or-later
"""The words of our documents, and whose they are (JSON-LD)."""

from typing import Any

Document = dict[str, Any]

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
CONTEXT: list[Any] = [
    "https://www.w3.org/ns/activitystreams",
    "https://w3id.org/security/v1",
    {
        "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
        "sensitive": "as:sensitive",
        "Hashtag": "as:Hashtag",
        "toot": "http://joinmastodon.org/ns#",
        "Emoji": "toot:Emoji",
        "discoverable": "toot:discoverable",
        "suspended": "toot:suspended",
        "featured": {"@id": "toot:featured", "@type": "@id"},
        "featuredTags": {"@id": "toot:featuredTags", "@type": "@id"},
        "indexable": "toot:indexable",
        "showMedia": "toot:showMedia",
        "showRepliesInMedia": "toot:showRepliesInMedia",
        "showFeatured": "toot:showFeatured",
        "attributionDomains": {"@id": "toot:attributionDomains", "@container": "@set"},
        "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
        "movedTo": {"@id": "as:movedTo", "@type": "@id"},
        "votersCount": "toot:votersCount",
        "blurhash": "toot:blurhash",
        "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"},
        "schema": "http://schema.org#",
        "PropertyValue": "schema:PropertyValue",
        "value": "schema:value",
        # Who may do what (GoToSocial), quotes (FEP-044f).
        "gts": "https://gotosocial.org/ns#",
        "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
        "canQuote": {"@id": "gts:canQuote", "@type": "@id"},
        "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
        "manualApproval": {"@id": "gts:manualApproval", "@type": "@id"},
        "interactingObject": {"@id": "gts:interactingObject", "@type": "@id"},
        "interactionTarget": {"@id": "gts:interactionTarget", "@type": "@id"},
        "quote": {"@id": "https://w3id.org/fep/044f#quote", "@type": "@id"},
        "quoteAuthorization": {"@id": "https://w3id.org/fep/044f#quoteAuthorization", "@type": "@id"},
        "QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest",
        "QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization",
        "quoteUri": "http://fedibird.com/ns#quoteUri",
        "_misskey_quote": "https://misskey-hub.net/ns#_misskey_quote",
        # Collections of accounts (FEP-7aa9).
        "fep7aa9": "https://w3id.org/fep/7aa9#",
        "canFeature": {"@id": "fep7aa9:canFeature", "@type": "@id"},
        "featuredCollections": {"@id": "fep7aa9:featuredCollections", "@type": "@id"},
        "FeaturedCollection": "fep7aa9:FeaturedCollection",
        "FeaturedItem": "fep7aa9:FeaturedItem",
        "FeatureRequest": "fep7aa9:FeatureRequest",
        "FeatureAuthorization": "fep7aa9:FeatureAuthorization",
        "featuredObject": {"@id": "fep7aa9:featuredObject", "@type": "@id"},
        "featuredObjectType": {"@id": "fep7aa9:featuredObjectType", "@type": "@vocab"},
        "featureAuthorization": {"@id": "fep7aa9:featureAuthorization", "@type": "@id"},
        "topic": {"@id": "fep7aa9:topic", "@type": "@id"},
    },
]
