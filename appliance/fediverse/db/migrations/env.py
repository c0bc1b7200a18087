# SPDX-License-Identifier: AGPL-3.0-or-later
"""Run by Alembic: applies the steps on the connection that `db.upgrade` hands over."""

from alembic import context

from appliance.fediverse.db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite can't alter columns in place
)
with context.begin_transaction():
    context.run_migrations()
