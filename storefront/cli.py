"""`regulars <verb>`: one click group whose verbs are known without building the shop."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import entry_points

import click

from storefront.core.errors import ShopError

# verb -> module:function, in the order of `--help`
VERBS = {
    "init": "storefront.core.cli:init",
    "serve": "storefront.core.serving:serve",
    "worker": "storefront.core.serving:worker",
    "import": "storefront.core.imports.cli:import_",
    "export": "storefront.core.imports.cli:export",
    "train": "storefront.personalization.cli:train",
    "recommend": "storefront.personalization.cli:recommend",
    "evaluate": "storefront.personalization.cli:evaluate",
    "bench": "storefront.personalization.cli:bench",
    "doctor": "storefront.core.cli:doctor",
    "backup": "storefront.core.cli:backup",
    "restore": "storefront.core.cli:restore",
    "privacy": "storefront.customers.cli:privacy",
    "routes": "storefront.core.cli:routes",
    "check-config": "storefront.core.cli:check_config",
}


class Verbs(click.Group):
    """Loads a verb's module when it is asked for; bundled plugins add theirs by entry point."""

    def _plugin_verbs(self) -> dict[str, str]:
        return {point.name: point.value for point in entry_points(group="regulars.commands")}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*VERBS, *sorted(self._plugin_verbs())]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        target = VERBS.get(name) or self._plugin_verbs().get(name)
        if target is None:
            return None
        module, _, attribute = target.partition(":")
        return getattr(import_module(module), attribute)

    def invoke(self, ctx: click.Context) -> object:
        # One clear line for what a person can mend; bugs keep their trace (on stderr, for us).
        try:
            return super().invoke(ctx)
        except ShopError as error:
            click.echo(f"regulars: {error.message}", err=True)
            ctx.exit(1)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="regulars", prog_name="regulars")
def main() -> None:
    """Regulars: a shop that knows its regulars."""


if __name__ == "__main__":
    sys.exit(main())
