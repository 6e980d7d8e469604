"""Certificate files in the config are checked when it is read."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme

from monitor.config_file.load import check_config

CONFIG = """\
[network]
{network}
[[sources]]
name = "inside"
url = "https://inside.example/feed"
{source}
"""


def messages(folder: Path, network: str = "", source: str = "") -> list[str]:
    path = folder / "config.toml"
    path.write_text(CONFIG.format(network=network, source=source))
    _, problems = check_config(path, {})
    return [f"{problem.line}:{problem.column}: {problem.message}" for problem in problems]


def test_usable_files_are_found_beside_the_config(tmp_path: Path) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    ca.issue_cert("reader@claimwatch.example").private_key_and_cert_chain_pem.write_to_path(tmp_path / "me.pem")
    assert messages(tmp_path, 'ca_file = "ca.pem"', 'ca_file = "ca.pem"\nclient_cert = "me.pem"') == []


@pytest.mark.parametrize(
    ("network", "source", "expected"),
    [
        ('ca_file = "none.pem"', "", "2:11: cannot read {folder}/none.pem: No such file or directory"),
        ("", 'ca_file = "empty.pem"', "6:11: expected a PEM file, found no certificate in {folder}/empty.pem"),
        (
            "",
            'client_cert = "ca.pem"',
            "6:15: expected a PEM file, found no certificate with its unencrypted key in {folder}/ca.pem",
        ),
    ],
)
def test_an_unusable_file_is_reported_at_its_key(tmp_path: Path, network: str, source: str, expected: str) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    (tmp_path / "empty.pem").write_text("")
    assert messages(tmp_path, network, source) == [expected.format(folder=tmp_path)]


@pytest.mark.parametrize("value", ["proxy.example:99999", "ftp://proxy.example", "http://", "http://proxy/path"])
def test_an_invalid_proxy_is_reported_without_its_password(tmp_path: Path, value: str) -> None:
    (message,) = messages(tmp_path, f'proxy = "{value.replace("://", "://user:SECRET@")}"')
    assert message.startswith("2:9: expected a proxy such as http://proxy.example.org:3128")
    assert "SECRET" not in message
