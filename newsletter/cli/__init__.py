"""The command line: one file a command group, no logic.

A command's module is imported when it is called, so that `--help` needs none of them; what the help
says of each stands in the table below. Exit codes are chosen in `exits`.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from typing import Any

import click

from newsletter import __version__
from newsletter.cli.exits import Exit, exit_code, explain_system, print_error
from newsletter.cli.streams import drop_output, open_streams
from newsletter.errors import NewsletterError

COMMANDS = {
    "demo": ("newsletter.cli.demo", "Try it: the sample digest as pages, feeds and mails in demo/."),
    "init": ("newsletter.cli.init", "Write a commented newsletter.toml into this folder."),
    "doctor": ("newsletter.cli.doctor", "Look at everything a sending needs; mails nobody."),
    "digest": ("newsletter.cli.digest", "Look at a digest as it is read."),
    "build": ("newsletter.cli.build", "Write pages and feeds."),
    "send": ("newsletter.cli.send", "Publish the latest digest and mail it to whoever has not had it."),
    "pause": ("newsletter.cli.control", "Stop the mailing of an edition until it is resumed."),
    "resume": ("newsletter.cli.control", "Let a paused edition go on."),
    "cancel": ("newsletter.cli.control", "Mail an edition to nobody more."),
    "release": ("newsletter.cli.control", "Let a held digest go as it is."),
    "preview": ("newsletter.cli.preview", "Write the mail as .html, .txt and .eml to look at."),
    "schedule": ("newsletter.cli.schedule", "Run the daily job at its hour, in the foreground."),
    "serve": (
        "newsletter.cli.serve",
        "Serve public/ and the personal links of the mails.",
    ),
    "subscribers": ("newsletter.cli.subscribers", "Add, import, change, list and erase subscribers."),
    "keywords": ("newsletter.cli.keywords", "List keywords, show one, merge two, retire one."),
    "status": ("newsletter.cli.status", "Show the latest editions and their deliveries."),
    "why": ("newsletter.cli.why", "Tell why an address got what it got."),
    "dkim": ("newsletter.cli.dkim", "Make the key that signs mail, show its DNS record."),
    "store": ("newsletter.cli.store", "Migrate and back up the store."),
}
"""Name → (module with a command of that name, one line for the help)."""


_GARBAGE = 100_000
"""So many new objects before Python looks for circles among them, which frees next to nothing here. With its
own 700 it looks a hundred times at what is being imported: a tenth of the time of a short command."""


class _ReaderLeft(Exception):
    """The pipe that our output goes into has no reader any more."""


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[name][0]), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:  # Click would end the program with a code that means something here
            raise _ReaderLeft from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-c",
    "--config",
    "config_path",
    envvar="NEWSLETTER_CONFIG",
    type=click.Path(dir_okay=False),
    help="The configuration file.  [default: ./newsletter.toml where there is one]",
)
@click.option("-v", "--verbose", is_flag=True, help="Log what is done.")
@click.version_option(__version__, prog_name="newsletter")
@click.pass_context
def cli(ctx: click.Context, config_path: str | None, verbose: bool) -> None:
    """A self-hosted publisher for a daily digest of research papers: mail, feeds and pages."""
    ctx.obj = {"config_path": config_path, "verbose": verbose}


def main(arguments: list[str] | None = None) -> None:
    """Runs the program and exits: errors are one or two lines on stderr, never a traceback."""
    gc.set_threshold(_GARBAGE)
    open_streams()
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except (BrokenPipeError, _ReaderLeft):  # `newsletter … | head`: nobody is there to be told
        drop_output()
        code = Exit.READER_LEFT
    except OSError as error:
        drop_output()
        code = _fail(explain_system(error))
    gc.freeze()  # leaving, Python would look for circles in all that was imported: a fifth of a short command
    sys.exit(code)


def _run(arguments: list[str] | None) -> int:
    try:
        result: Any = cli.main(args=arguments, prog_name="newsletter", standalone_mode=False)
    except NewsletterError as error:
        return _fail(error)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.exceptions.Abort:
        return Exit.INTERRUPTED
    except (OSError, UnicodeEncodeError) as error:
        return _fail(explain_system(error))
    return result if isinstance(result, int) else Exit.DONE


def _fail(error: NewsletterError) -> int:
    print_error(error)
    return exit_code(error)
