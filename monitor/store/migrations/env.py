"""Alembic's entry point: runs the migrations on the connection and in the transaction that `migrate` passes."""

from alembic import context

from monitor.store.migrate import VERSION_TABLE
from monitor.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
