# SPDX-License-Identifier: AGPL-3.0-or-later
"""The privacy policy: the owner's own words, or until there are any, what this server really keeps."""

from appliance.fediverse.services.instance_settings import InstanceSettings

_WHAT_IS_KEPT = """\
This is a small server at somebody's home. It is run by a person, not by a company, and nobody pays for it with \
data.

What you write here is kept until you delete it: your profile, your posts and pictures, and what you do with the \
posts of others. Public posts are for everybody, on this server and on others. Posts for followers, and those for \
the people they mention, go to the servers of these people. What has reached another server is in the hands of that \
server: when you delete a post here, the others are asked to delete it too.

Messages are not encrypted. Whoever runs this server, and whoever runs a server they are sent to, could read them.

For each browser that you log in with, the server keeps its address and its name until it was not used for thirty \
days. It keeps the address that you joined from, on which days you were here (for about a year), and when an app was \
used last. If you gave an e-mail address, only the people who run this server see it, and no mail is sent to it.

Pictures of others are fetched by this server, so that they do not learn your address. There are no advertisements, \
no measuring by others, and no cookies but the one that keeps you logged in.

In your settings you see what is logged in as you, and can end it. If you want your account deleted, ask whoever \
runs this place.
"""


def policy_of(settings: InstanceSettings) -> str:
    return settings.privacy_policy or _WHAT_IS_KEPT
