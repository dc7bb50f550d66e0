"""The blocks that every shop's homepage has."""

from __future__ import annotations

from storefront.core.slots import HomeBlock, PageContext
from storefront.homepage import service
from storefront.hookspecs import hookimpl


@hookimpl
def register_home_blocks(context: PageContext) -> list[HomeBlock]:
    """Window, departments, what is new, the shop's story and its promises."""
    return [
        HomeBlock("hero", 10, service.hero),
        HomeBlock("categories", 35, service.alcoves),
        HomeBlock("shelf", 38, service.new_things),
        HomeBlock("story", 60, service.story),
        HomeBlock("trust", 70, service.promises),
    ]
