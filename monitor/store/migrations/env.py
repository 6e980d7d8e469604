"""Alembic's entry point: runs the migrations on the connection and in the transaction that `migrate` passes."""

from typing import Any

from alembic import context

from monitor.store.migrate import VERSION_TABLE
from monitor.store.schema import metadata


def note_step(ctx: Any, step: Any, heads: Any, run_args: Any) -> None:
    context.config.attributes.get("note_revision", lambda _: None)(step.up_revision_id)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
    on_version_apply=note_step,
)
with context.begin_transaction():
    context.run_migrations()
