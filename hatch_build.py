"""A source distribution holds the built page: whoever installs from it has no Node to build it with."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageIsBuilt(BuildHookInterface[Any]):
    """Refuse to make one without the page."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  hatchling's names
        """Look for it before anything is packed."""
        page = Path(self.root, "server", "mouse_dashboard", "page", "index.html")
        if not page.is_file():
            sys.exit(f"mouse: {page}: found no built page, expected one to put into the sdist; run make dist.")
