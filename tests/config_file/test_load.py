"""Reading `config.toml`: defaults, placeholders and paths, and the problems that are reported."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from monitor.config.models import Config
from monitor.config_file.load import check_config, read_config
from monitor.errors import ConfigError, MonitorError

SOURCE = '[[sources]]\nname = "a"\nurl = "https://example.org/a.xml"\n'


def read(folder: Path, text: str, **env: str) -> Config:
    (folder / "config.toml").write_text(text, encoding="utf-8")
    return read_config(folder / "config.toml", env=env)


def problems(folder: Path, text: str | bytes, **env: str) -> list[str]:
    path = folder / "config.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    config, reported = check_config(path, env)
    assert (config is None) == any(not problem.warning for problem in reported)
    return [str(problem).removeprefix(f"{path}:") for problem in reported if not problem.warning]


def warnings(folder: Path, text: str) -> list[str]:
    (folder / "config.toml").write_text(text, encoding="utf-8")
    config, reported = check_config(folder / "config.toml", {})
    assert config is not None
    return [f"{problem.line}: {problem.message}" for problem in reported if problem.warning]


def test_an_empty_file_is_a_config_without_sources(tmp_path: Path) -> None:
    config = read(tmp_path, "")
    assert config.sources == ()
    assert config.channels == {}
    assert config.web.listen is None
    assert warnings(tmp_path, "") == ["1: no [[sources]]: nothing will be polled"]


def test_relative_paths_and_the_database_are_relative_to_the_configs_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "templates").mkdir()
    monkeypatch.chdir(tmp_path)
    Path("config.toml").write_text('[monitor]\nrules = "my/rules"\n')
    config = read_config(Path("config.toml"), env={})
    assert config.folder == tmp_path
    assert config.monitor.rules == tmp_path / "my/rules"
    assert config.monitor.templates == tmp_path / "templates"
    assert config.monitor.database == f"sqlite:///{tmp_path}/monitor.db"


def test_absolute_paths_and_other_databases_are_unchanged(tmp_path: Path) -> None:
    text = '[monitor]\nrules = "/r"\ndatabase = "{}"\n'
    assert read(tmp_path, text.format("sqlite:////d/x.db")).monitor.database == "sqlite:////d/x.db"
    assert read(tmp_path, text.format("postgresql://h/x")).monitor.database == "postgresql://h/x"
    assert read(tmp_path, text.format("sqlite:////d/x.db")).monitor.rules == Path("/r")


def test_without_a_templates_folder_the_built_in_ones_are_used(tmp_path: Path) -> None:
    assert read(tmp_path, SOURCE).monitor.templates.is_dir()
    assert warnings(tmp_path, SOURCE) == []
    text = f'{SOURCE}[monitor]\ntemplates = "none"\n'
    assert warnings(tmp_path, text) == ["5: the folder does not exist; the built-in templates are used"]


def test_defaults_apply_to_each_source_and_headers_are_merged(tmp_path: Path) -> None:
    config = read(
        tmp_path,
        "[defaults]\n"
        'every = "1h"\nfirst_poll = "alert"\nheaders = { X-Key = "${K}", Accept = "a" }\n'
        f'{SOURCE}{SOURCE.replace("a", "b")}every = "5m"\nheaders = {{ accept = "b" }}\n'.replace("nbme", "name"),
        K="secret",
    )
    first, second = config.sources
    assert (first.every, first.first_poll, second.every) == (3600, "alert", 300)
    assert {name: value.get_secret_value() for name, value in first.headers.items()} == {
        "X-Key": "secret",
        "Accept": "a",
    }
    assert {name: value.get_secret_value() for name, value in second.headers.items()} == {
        "X-Key": "secret",
        "accept": "b",
    }


def test_a_sources_own_interval_overrides_a_default_cron(tmp_path: Path) -> None:
    config = read(tmp_path, f'[defaults]\ncron = "*/10 6-22 * * *"\n{SOURCE}every = "5m"\n')
    assert config.sources[0].cron is None
    assert read(tmp_path, f'[defaults]\ncron = "0 6 * * *"\n{SOURCE}').sources[0].cron == "0 6 * * *"


def test_a_problem_in_defaults_is_reported_once_in_defaults(tmp_path: Path) -> None:
    text = f'[defaults]\nevery = "often"\nname = "x"\n{SOURCE}[[sources]]\nurl = "https://example.org/b"\n'
    assert problems(tmp_path, text) == [
        '2:9: expected a duration such as "15m", "6h" or "7d", found "often"',
        '3:1: "name" is not allowed in [defaults]: set it in each [[sources]]',
        '7:1: missing key "name" in [[sources]]',
    ]


def test_a_key_in_the_wrong_table_or_of_the_wrong_type_is_reported(tmp_path: Path) -> None:
    assert problems(tmp_path, "monitor = 1\n") == ["1:11: expected a table [monitor], found a whole number"]
    assert problems(tmp_path, '[sources]\nname = "a"\n') == [
        "1:1: expected one [[sources]] table per source, found a single table"
    ]
    assert problems(tmp_path, "sources = [1]\n") == ["1:12: expected a table [[sources]], found a whole number"]
    assert problems(tmp_path, f"{SOURCE}auth = {{ tokn = 't' }}\n") == [
        '4:10: unknown key "tokn" in [[sources]].auth; did you mean "token"?'
    ]
    assert problems(tmp_path, f"{SOURCE}full_text = 1979-01-01\n") == [
        "4:13: expected true or false, found a date or time"
    ]


def test_a_duplicate_source_name_is_an_error_and_a_duplicate_url_a_warning(tmp_path: Path) -> None:
    assert problems(tmp_path, SOURCE + SOURCE) == ["5:8: duplicate name; first used on line 2"]
    same_url = SOURCE + SOURCE.replace('"a"', '"b"')
    assert warnings(tmp_path, same_url) == ["6: duplicate url; first used on line 3"]


def test_a_duplicate_source_id_is_an_error(tmp_path: Path) -> None:
    other = SOURCE.replace('"a"', '"b"').replace("https://", "https://b.")
    same = f'{SOURCE}id = "x"\n{other}id = "x"\n'
    assert problems(tmp_path, same) == ["8:6: duplicate id; first used on line 4"]
    assert problems(tmp_path, f'[defaults]\nid = "x"\n{SOURCE}') == [
        '2:1: "id" is not allowed in [defaults]: set it in each [[sources]]'
    ]


def test_full_text_without_the_article_reader_names_the_package_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert problems(tmp_path, f"{SOURCE}full_text = true\n") == []
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    assert problems(tmp_path, f"{SOURCE}full_text = true\n") == [
        "4:13: full_text needs an optional package: run `pip install claimwatch[fulltext]`"
    ]


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ('name = ""', "expected a name of 1 to 100 printable"),
        ('name = "tag:x"', "expected a name of 1 to 100 printable"),
        (r'name = "a\nb"', "expected a name of 1 to 100 printable"),
        ('url = "ftp://example.org"', "expected a URL that starts with"),
        ('url = "https://"', "expected a URL that starts with"),
        ('url = "https://h:99999/"', "expected a URL that starts with"),
        ('url = "https://[::1/"', "expected a URL that starts with"),
        ('url = "https://a b/"', "expected a URL that starts with"),
        (r'url = "https://a\\b/"', "expected a URL that starts with"),
        ('every = "0m"', "expected a duration"),
        ("every = -5", "expected a duration"),
        ("every = true", "expected a duration"),
        ("every = inf", "expected a duration"),
        ("every = nan", "expected a duration"),
        (f"every = 1{'0' * 400}", "expected a duration"),
        ('every = "９m"', "expected a duration"),
        ('cron = "61 * * * *"', "expected a cron expression"),
        ('cron = "@daily"', "expected a cron expression"),
        ('auth = { username = "u" }', 'expected "username" and "password", or "token"'),
        ('headers = { "X Key" = "x" }', 'expected a header name such as "X-Api-Key"'),
        (r'headers = { X-Key = "hunter2\r\nX: y" }', "expected printable ASCII text"),
        ('first_poll = "alerts"', 'expected "baseline" or "alert", found "alerts"; did you mean "alert"?'),
    ],
)
def test_an_invalid_value_of_a_source_is_reported_at_the_value(tmp_path: Path, table: str, sentence: str) -> None:
    key, _, value = table.partition(" = ")
    keys = {"name": '"a"', "url": '"https://example.org/"'} | {key: value}
    text = "[[sources]]\n" + "".join(f"{name} = {toml}\n" for name, toml in keys.items())
    line = 2 + list(keys).index(key)
    reported = problems(tmp_path, text)
    assert len(reported) == 1
    position, _, message = reported[0].partition(": ")
    assert position.startswith(f"{line}:")
    assert int(position.split(":")[1]) >= len(key) + 4
    assert message.startswith(sentence)
    assert "hunter2" not in message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", "1:2: invalid TOML: expected '=' after a key in a key/value pair"),
        ("a =\n", '1:4: invalid TOML: expected a value: a "string", a number, true, false, a [list] or a {table}'),
        ("[web]\n[web]\n", "2:5: invalid TOML: duplicate key or table"),
        ("[web]\nlisten = 'x\n", '3:1: invalid TOML: expected "\'"'),
        ("a = " + "9" * 5000, "1:1: a number is too long"),
        ("a = " + "[" * 5000, "1:1: lists or tables are nested too deeply"),
        (b"a = 1\nb = '\xff'\n", "2:6: expected UTF-8 text, found another encoding"),
    ],
)
def test_invalid_toml_is_reported_with_its_position(tmp_path: Path, text: str | bytes, expected: str) -> None:
    assert problems(tmp_path, text) == [expected]


def test_no_message_shows_the_value_of_a_placeholder(tmp_path: Path) -> None:
    text = (
        '[monitor]\ndatabase = "${S}"\ntimezone = "${S}"\nmemory = "${S}"\n[web]\nlisten = "${S}"\n'
        '[network]\nallow_private = ["${S}"]\n'
        '[[sources]]\nname = "a"\nurl = "${S}"\nkind = "${S}"\ncron = "${S}"\n'
    )
    reported = problems(tmp_path, text, S="hunter2")
    assert len(reported) == 8
    assert "hunter2" not in " ".join(reported)


def test_no_message_shows_a_url_with_a_password(tmp_path: Path) -> None:
    text = f'[monitor]\ndatabase = "mysql://u:hunter2@h/x"\n{SOURCE}'.replace("https", "ftp://u:hunter2@h")
    reported = problems(tmp_path, text)
    assert len(reported) == 2
    assert "hunter2" not in " ".join(reported)


def test_a_missing_variable_is_the_only_problem_reported_for_its_value(tmp_path: Path) -> None:
    text = SOURCE.replace("https://example.org/a.xml", "${FEED}")
    assert problems(tmp_path, text) == ["3:7: the environment variable FEED is not set"]
    assert problems(tmp_path, text, FEED="https://example.org/") == []


def test_the_repr_of_a_config_hides_secrets(tmp_path: Path) -> None:
    text = f'{SOURCE}headers = {{ X = "hunter2" }}\nauth = {{ token = "hunter2" }}\n'
    assert "hunter2" not in repr(read(tmp_path, text))


def test_a_file_that_cannot_be_read_raises_one_error(tmp_path: Path) -> None:
    with pytest.raises(MonitorError, match=r"none\.toml does not exist; `monitor init` creates a config"):
        read_config(tmp_path / "none.toml", env={})
    with pytest.raises(MonitorError, match=r"cannot read .*: is a directory"):
        read_config(tmp_path, env={})
    (tmp_path / "big.toml").write_text("#" * 1_000_001)
    with pytest.raises(MonitorError, match="too large"):
        read_config(tmp_path / "big.toml", env={})


def test_reading_a_broken_config_raises_all_its_problems_and_no_warnings(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, "[monitor]\nx = 1\ny = 2\n")
    assert [problem.line for problem in caught.value.problems] == [2, 3]


def test_the_keys_of_a_kind_are_read(tmp_path: Path) -> None:
    page, api = SOURCE + 'kind = "page"\nselect = "main p"\n', 'kind = "json"\nfields = { text = "a || b" }\n'
    assert read(tmp_path, page).sources[0].select == "main p"
    fields = read(tmp_path, SOURCE + api).sources[0].fields
    assert fields is not None
    assert (fields.text, fields.title) == ("a || b", None)


def test_a_key_of_another_kind_is_an_error_on_its_line(tmp_path: Path) -> None:
    message = '4:1: "select" requires kind "page", found kind "feed"'
    assert problems(tmp_path, SOURCE + 'select = "p"\n') == [message]


def test_a_default_key_of_a_kind_applies_only_to_sources_of_that_kind(tmp_path: Path) -> None:
    text = '[defaults]\nselect = "p"\n' + SOURCE + SOURCE.replace('"a"', '"b"') + 'kind = "page"\n'
    assert [source.select for source in read(tmp_path, text).sources] == [None, "p"]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ('kind = "page"\nselect = "p["', "5:10: expected CSS selectors"),
        ('kind = "page"\neach = ""', "5:8: expected CSS selectors"),
        ('kind = "json"\nentries = "a[?"', "5:11: expected a JMESPath expression"),
        ('kind = "json"\nfields = { titel = "a" }', '5:12: unknown key "titel" in [[sources]].fields; did you mean'),
        ('kind = "json"\nfields = { title = "a b" }', "5:20: expected a JMESPath expression"),
    ],
)
def test_an_invalid_selector_or_expression_is_reported(tmp_path: Path, keys: str, message: str) -> None:
    assert [problem[: len(message)] for problem in problems(tmp_path, SOURCE + keys)] == [message]


def test_a_fallback_must_be_another_channel_that_exists(tmp_path: Path) -> None:
    text = SOURCE + '[channels.desk]\ntype = "terminal"\nfallback = "{}"\n[channels.chat]\ntype = "terminal"\n'
    assert read(tmp_path, text.format("chat")).channels["desk"].fallback == "chat"
    assert problems(tmp_path, text.format("caht")) == ['6:12: unknown channel "caht"; did you mean "chat"?']
    assert problems(tmp_path, text.format("desk")) == ["6:12: expected another channel, found the channel itself"]


WEBHOOK = (
    '[channels.{}]\ntype = "webhook"\nurl = "https://desk.example/"\nsecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZg=="\n'
)


@pytest.mark.parametrize(
    ("more", "notify", "unwatched"),
    [
        ("", '["desk"]', ["desk"]),
        ("", "[]", ["desk"]),
        ("", '["desk", "screen"]', []),
        ("", '["screen"]', []),
        ('fallback = "screen"\n', '["desk"]', []),
        (WEBHOOK.format("siem"), '["desk"]', ["desk"]),
        (WEBHOOK.format("siem"), "[]", ["desk", "siem"]),
    ],
)
def test_a_channel_whose_failures_would_notify_nobody_is_a_warning(
    tmp_path: Path, more: str, notify: str, unwatched: list[str]
) -> None:
    text = (
        f'{SOURCE}{WEBHOOK.format("desk")}{more}[channels.screen]\ntype = "terminal"\n[alerts]\nnotify = {notify}\n'
    )
    messages = [warning.partition(": ")[2] for warning in warnings(tmp_path, text)]
    assert messages == [
        f'no channel is notified when {name} fails: set "fallback", or add one to [alerts] notify'
        for name in unwatched
    ]


def test_an_unknown_template_of_a_channel_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/brief.slack.j2").write_text("x")
    text = SOURCE + '[channels.screen]\ntype = "terminal"\ntemplate = "{}"\n'
    assert warnings(tmp_path, text.format("brief")) == []
    assert warnings(tmp_path, text.format("breif")) == [
        f'6: unknown template "breif": not in {tmp_path}/templates; did you mean "brief"?'
    ]


def test_a_key_without_effect_on_rendered_pages_is_a_warning(tmp_path: Path) -> None:
    page = f'{SOURCE}kind = "page"\nbody = "a=1"\n'
    assert not warnings(tmp_path, page)
    assert warnings(tmp_path, f"{page}render = true\n") == ['5: "body" has no effect with "render"']
