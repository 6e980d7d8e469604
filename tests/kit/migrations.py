"""Databases of older schemas."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

import monitor.store

MIGRATIONS = Path(monitor.store.__file__).parent / "migrations"


def migrate_to(url: str, revision: str) -> None:
    """Run the migrations up to `revision`, as an older version did."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, revision)
    engine.dispose()
