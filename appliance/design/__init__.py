# SPDX-License-Identifier: AGPL-3.0-or-later
"""The look of Hearth: one style sheet, a few drawings, base page and form macros, and the headers that guard pages."""

from appliance.design.assets import CONTENT_POLICY, blueprint, register

__all__ = ["CONTENT_POLICY", "blueprint", "register"]
