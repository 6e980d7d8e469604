"""Optional modules that a daemon does not import."""

from __future__ import annotations

import subprocess
import sys

PRINT_LOADED_MODULES = """
from monitor.daemon.memory import skip_optional_imports
skip_optional_imports()
import sys
import monitor.daemon.scheduler, monitor.deliver.channels, monitor.deliver.render_pool, monitor.deliver.render
import alembic.config, httpx, structlog
print([name for name, module in sys.modules.items() if module and name.split(".")[0] == "rich"])
from rich.console import Console
from rich.table import Table
Console().print(Table("shown"))
print([name for name, module in sys.modules.items() if module and name.split(".")[0] in ("pygments", "css_inline")])
"""


def test_rich_is_imported_on_first_use_and_pygments_and_css_inline_never() -> None:
    finished = subprocess.run(
        [sys.executable, "-c", PRINT_LOADED_MODULES], capture_output=True, text=True, check=True
    )
    first, *table_lines, last = finished.stdout.splitlines()
    assert first == last == "[]"
    assert "shown" in "".join(table_lines)
