"""`monitor docs [PAGE]`: list or show the documentation that ships with the program."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.output import pluralize

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

INCLUDED_FILE = re.compile(r'^--8<-- "(?:\.\./)?([\w.-]+)"$', re.MULTILINE)
LOCAL_LINK = re.compile(r"!?\[([^\]\n]+)\]\((?!https?:)[^)\s]+\)")
FIRST_PAGES = ("index", "tutorial", "installing", "rules", "channels", "reference", "operating")


def _complete_pages(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    pages = page_paths()
    return [
        CompletionItem(name, help=_page_title(path)) for name, path in pages.items() if name.startswith(incomplete)
    ]


@click.command("docs")
@click.argument("page", required=False, shell_complete=_complete_pages)
@click.option("--path", "show_path", is_flag=True, help="Print the folder of the pages, or the file of PAGE.")
def command(page: str | None, show_path: bool) -> None:
    """List the pages of the documentation, or show one in the terminal.

    For example: `monitor docs tutorial`. On a terminal a long page opens in the pager.
    """
    pages = page_paths()
    if page is not None and _page_name(page) not in pages:
        from monitor.config_file.problems import closest_hint

        raise click.UsageError(f'unknown page "{page}"{closest_hint(_page_name(page), list(pages))}')
    if show_path:
        click.echo(pages[_page_name(page)] if page else _docs_folder())
    elif page:
        _show_page(pages[_page_name(page)])
    else:
        _list_pages(pages)


def page_paths() -> dict[str, Path]:
    """Return the file of each page by its name, such as `rules` or `decisions/0001-synchronous-store`."""
    folder = _docs_folder()
    paths = {_page_name(path.relative_to(folder).as_posix()): path for path in sorted(folder.rglob("*.md"))}
    ordered = [name for name in FIRST_PAGES if name in paths]
    return {name: paths[name] for name in (*ordered, *(name for name in paths if name not in ordered))}


def read_page(path: Path) -> str:
    """Return the Markdown of a page, with the files that it includes."""

    def include(match: re.Match[str]) -> str:
        return (path.parent.parent / match[1]).read_text(encoding="utf-8")

    return INCLUDED_FILE.sub(include, path.read_text(encoding="utf-8"))


def _docs_folder() -> Path:
    from monitor.resources import builtin_path

    return builtin_path("docs")


def _page_name(name: str) -> str:
    return name.removesuffix(".md").removesuffix("/README")


def _page_title(path: Path) -> str:
    heading = re.search(r"(?m)^# (.+)$", read_page(path))
    return heading[1] if heading else path.stem


def _list_pages(pages: dict[str, Path]) -> None:
    shown = {name: path for name, path in pages.items() if "/" not in name}
    width = max(map(len, shown))
    for name, path in shown.items():
        click.echo(f"{name:<{width}}  {_page_title(path)}")
    click.echo(f"`monitor docs PAGE` shows a page; {pluralize(len(pages) - len(shown), 'decision')} in decisions/…")


def _show_page(path: Path) -> None:
    text = read_page(path)
    if not sys.stdout.isatty():
        click.echo(text, nl=not text.endswith("\n"))
        return
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.theme import Theme

    # The colors of the terminal, without a background of their own: it may be light or dark.
    console = Console(theme=Theme({"markdown.code": "bold cyan"}))
    with console.capture() as capture:
        console.print(Markdown(for_terminal(text), hyperlinks=False, code_theme="ansi_light"))
    shown = capture.get()
    if shown.count("\n") < console.height:
        click.echo(shown, nl=False)
    else:
        click.echo_via_pager(shown)


def for_terminal(text: str) -> str:
    """Return a page without what only the site needs: HTML comments, breaks in tables, local links and images."""
    text = LOCAL_LINK.sub(r"\1", re.sub(r"(?s)<!--.*?-->\n?", "", text))
    return text.replace("<br>", " · ")
