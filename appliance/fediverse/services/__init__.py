# SPDX-License-Identifier: AGPL-3.0-or-later
"""One module per verb: the only writers. Each checks permission, writes, notifies and queues what leaves the box.

API, web pages and inbox are thin translators onto these, so a rule is written once. The actor of a service may be
local or remote; what has to be sent is decided by `activitypub.outgoing`.
"""
