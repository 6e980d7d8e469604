"""`monitor completion SHELL`: print the script that completes commands, options and names in a shell."""

from __future__ import annotations

import click

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the completion script for a shell.

    \b
    bash: monitor completion bash > ~/.local/share/bash-completion/completions/monitor
    zsh:  monitor completion zsh > "${fpath[1]}/_monitor"
    fish: monitor completion fish > ~/.config/fish/completions/monitor.fish

    It completes subcommands, options, and the names of sources, rules and channels in config.toml.
    """
    from click.shell_completion import ShellComplete, get_completion_class

    from monitor.cli.app import COMPLETION_VARIABLE, root_group

    shell_class = get_completion_class(shell)
    assert shell_class
    # Not that of the subclass, which for bash starts the shell to warn about old versions.
    click.echo(ShellComplete.source(shell_class(root_group, {}, "monitor", COMPLETION_VARIABLE)))
