"""The positions of keys and values in every TOML notation."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from monitor.config_file.toml_positions import KeyPath, TomlPositions


def positions(text: str, *path: str | int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The positions of the key and of the value at a path."""
    tomllib.loads(text)
    positions = TomlPositions(text)
    assert path in positions
    return positions.key_position(path), positions.value_position(path)


def test_a_key_and_its_value_have_their_own_columns() -> None:
    assert positions('  name  =   "x"', "name") == ((1, 3), (1, 13))


def test_a_key_of_a_table_has_the_path_of_the_table() -> None:
    text = '[monitor]\nrules = "r"\n\n[ web . "x.y" ]\nlisten = 1\n'
    assert positions(text, "monitor", "rules") == ((2, 1), (2, 9))
    assert positions(text, "web", "x.y", "listen") == ((5, 1), (5, 10))


def test_array_tables_are_counted_and_subtables_belong_to_the_last_one() -> None:
    text = '[[sources]]\nname = "a"\n[[sources]]\nname = "b"\n[sources.auth]\ntoken = "t"\n'
    assert positions(text, "sources", 0, "name") == ((2, 1), (2, 8))
    assert positions(text, "sources", 1, "name") == ((4, 1), (4, 8))
    assert positions(text, "sources", 1, "auth", "token") == ((6, 1), (6, 9))


def test_nested_array_tables_are_counted_per_parent() -> None:
    text = "[[a]]\n[[a.b]]\nx = 1\n[[a.b]]\n[[a]]\n[[a.b]]\nx = 2\n"
    assert positions(text, "a", 0, "b", 0, "x")[0] == (3, 1)
    assert positions(text, "a", 0, "b", 1)[0] == (4, 1)
    assert positions(text, "a", 1, "b", 0, "x")[0] == (7, 1)


def test_dotted_and_quoted_keys_are_parts_of_a_path() -> None:
    text = 'auth . "to ken".\'x\' = 1\n"\\u0061b" = 2'
    assert positions(text, "auth", "to ken", "x") == ((1, 17), (1, 23))
    assert positions(text, "ab") == ((2, 1), (2, 13))


def test_elements_of_inline_tables_and_multiline_lists_have_positions() -> None:
    text = 'l = [\n  "a", # , "b" ]\n  { x = 1, y.z = [2, 3] },\n]\nend = 1'
    assert positions(text, "l", 0)[1] == (2, 3)
    assert positions(text, "l", 1, "x") == ((3, 5), (3, 9))
    assert positions(text, "l", 1, "y", "z", 1)[1] == (3, 22)
    assert positions(text, "end")[0] == (5, 1)


def test_keys_inside_strings_and_comments_are_ignored() -> None:
    text = (
        'a = """\n[monitor]\nrules = 1\n\\""" x"""""\n'
        "b = '''\n[[sources]]\n'' '''\n"
        'c = "# \\" [web]" # [web]\n'
        "d = '\\'\n[monitor]\nrules = 2\n"
    )
    assert positions(text, "monitor", "rules")[0] == (11, 1)
    assert positions(text, "d")[0] == (9, 1)
    assert ("sources",) not in TomlPositions(text)
    assert ("web",) not in TomlPositions(text)


def test_values_of_every_type_are_skipped() -> None:
    text = "a = 1979-05-27 07:32:00Z\nb = -1_000.5e3\nc = inf # x\nd = {}\ne = []\nf = ''\ng = true\r\nh = 1"
    assert positions(text, "h") == ((8, 1), (8, 5))


def test_a_missing_path_has_the_position_of_its_parent() -> None:
    positions = TomlPositions('\n[[sources]]\nname = "a"\n')
    assert positions.key_position(("sources", 0, "url")) == (2, 1)
    assert positions.value_position(("nothing", "at all")) == (1, 1)


_KEY = st.text(min_size=1, max_size=6)
_LEAF = st.one_of(st.integers(), st.booleans(), st.text(max_size=12))
_VALUE = st.recursive(_LEAF, lambda part: st.lists(part, max_size=3) | st.dictionaries(_KEY, part, max_size=3))


def _quoted(text: str) -> str:
    return '"' + "".join(f"\\U{ord(c):08x}" if not c.isalnum() else c for c in text) + '"'


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return _quoted(value)
        case list():
            return "[ " + ", ".join(map(_toml, value)) + " ]"
        case dict():
            return "{ " + ", ".join(f"{_quoted(key)} = {_toml(part)}" for key, part in value.items()) + " }"
    return str(value)


def _paths(value: object, path: KeyPath = ()) -> list[KeyPath]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(child for key, part in parts for child in _paths(part, (*path, key)))]


@given(st.dictionaries(_KEY, _VALUE, max_size=4))
def test_every_key_of_any_file_is_found(tree: dict[str, object]) -> None:
    text = "".join(f"# x\n{_quoted(key)} = {_toml(value)}\n" for key, value in tree.items())
    assert tomllib.loads(text) == tree

    positions = TomlPositions(text)

    assert [path for path in _paths(tree) if path and path not in positions] == []
    for line, key in enumerate(tree, 1):
        assert positions.key_position((key,)) == (2 * line, 1)
