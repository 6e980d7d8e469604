"""The config and the aliases that a request uses."""

from __future__ import annotations

from starlette.exceptions import HTTPException

from monitor.config.models import Config
from monitor.errors import ConfigError
from monitor.policy import load_aliases
from monitor.ruleset.query.compile import AliasNodes
from monitor.web.endpoint import Site


def config_in_use(site: Site) -> Config:
    """Return the config. Raise HTTPException 503 where only a store is served."""
    if site.config is None:
        raise HTTPException(503, "This server has no config.")
    return site.config()


def aliases_in_use(site: Site) -> AliasNodes:
    """Return the aliases for queries. Raise HTTPException 503 if their file is invalid."""
    try:
        return load_aliases(site.config() if site.config else None)
    except ConfigError as error:
        raise HTTPException(503, f"The file of aliases is invalid, line {error.problems[0].line}.") from None
