# SPDX-License-Identifier: AGPL-3.0-or-later
"""`python -m appliance` is `hearth`."""

import sys

from appliance.cli import main

sys.exit(main())
