"""What a daemon leaves unloaded."""

from __future__ import annotations

import subprocess
import sys

LEAN = """
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


def test_neither_colours_nor_what_mails_are_made_with_is_loaded_and_tables_are_shown_all_the_same() -> None:
    ended = subprocess.run([sys.executable, "-c", LEAN], capture_output=True, text=True, check=True)
    first, *shown, last = ended.stdout.splitlines()
    assert first == last == "[]"
    assert "shown" in "".join(shown)
