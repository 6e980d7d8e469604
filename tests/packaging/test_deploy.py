"""The files in deploy/: the unit, the image and the composition say what docs/operating.md promises."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml

from monitor.daemon.run import STOP_DEADLINE_S
from monitor.daemon.watchdog import STORE_PATIENCE_S
from monitor.errors import EXIT_OUTDATED
from monitor.store.locks import LOCK_TIMEOUT_S

DEPLOY = Path(__file__).parents[2] / "deploy"


def read_unit() -> ConfigParser:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string((DEPLOY / "claimwatch.service").read_text())
    return parser


def read_instructions() -> list[tuple[str, str]]:
    """Return the instructions of the Containerfile with their arguments, lines joined and without comments."""
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Containerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in text.splitlines() if line.strip()]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    unit = (DEPLOY / "claimwatch.service").read_text().replace("/opt/claimwatch/bin/monitor", sys.executable)
    (tmp_path / "claimwatch.service").write_text(unit)
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / "claimwatch.service")]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=60)
    complaints = [line for line in finished.stderr.splitlines() if "claimwatch.service" in line]
    assert (finished.returncode, complaints) == (0, [])


def test_the_unit_leaves_time_for_a_stop_and_does_not_restart_an_outdated_version() -> None:
    service = read_unit()["Service"]
    assert float(service["TimeoutStopSec"].removesuffix("s")) > STOP_DEADLINE_S
    assert int(service["RestartPreventExitStatus"]) == EXIT_OUTDATED
    assert (service["Type"], service["NoNewPrivileges"], service["UMask"]) == ("notify", "yes", "0077")


def test_a_locked_database_does_not_trigger_the_watchdog() -> None:
    service = read_unit()["Service"]
    assert float(service["WatchdogSec"].removesuffix("s")) > STORE_PATIENCE_S > LOCK_TIMEOUT_S
    assert service["ExecReload"].endswith("-HUP $MAINPID")


def test_the_image_runs_as_an_unprivileged_user_with_a_health_check() -> None:
    instructions = read_instructions()
    names = [name for name, _ in instructions]
    final = dict(instructions[len(names) - 1 - names[::-1].index("FROM") :])
    assert int(final["USER"].split(":")[0]) > 0
    assert '"monitor", "status", "--check"' in final["HEALTHCHECK"]
    assert final["ENTRYPOINT"] == '["monitor"]'
    assert set(names) <= {"FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL"} | {
        "HEALTHCHECK",
        "ENTRYPOINT",
        "CMD",
    }


def test_the_image_copies_files_that_exist() -> None:
    copied = [arguments for name, arguments in read_instructions() if name == "COPY" and "--from" not in arguments]
    assert copied
    for arguments in copied:
        for path in shlex.split(arguments)[:-1]:
            assert (DEPLOY.parent / path).exists(), path


def test_the_versions_of_the_image_are_those_of_the_lock_file() -> None:
    (command,) = [argument for name, argument in read_instructions() if name == "RUN" and "constraints" in argument]
    (script,) = re.findall(r"sed -E '([^']*)'", command)
    lock = (DEPLOY.parent / "requirements.lock").read_text()
    lines = subprocess.run(["sed", "-E", script], input=lock, capture_output=True, text=True, check=True).stdout
    requirements = [line for line in lines.splitlines() if line.strip() and not line.startswith("#")]
    assert len(requirements) > 50
    assert all(re.fullmatch(r"[\w.\[\]-]+==[^\s\\]+( ; .*)?", line) for line in requirements), requirements[:3]


def test_the_composition_is_confined_and_waits_for_its_database() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    daemon = services["claimwatch"]
    assert daemon["read_only"] is True
    assert daemon["cap_drop"] == ["ALL"]
    assert daemon["depends_on"]["database"]["condition"] == "service_healthy"
    assert all(port.startswith("127.0.0.1:") for port in daemon["ports"])
    assert float(daemon["stop_grace_period"].removesuffix("s")) > STOP_DEADLINE_S
