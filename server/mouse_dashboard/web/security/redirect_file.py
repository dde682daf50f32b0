"""A private file that redirects a browser to a link: every user of the machine can see its command line."""

from collections.abc import Generator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={link}"><title>mouse</title>
<a href="{link}">Open the dashboard</a>
"""


@contextmanager
def redirect_file(link: str) -> Generator[str]:
    """Write a file that only its user can read, and remove it afterwards."""
    with TemporaryDirectory(prefix="mouse-") as folder:
        file = Path(folder) / "open.html"
        file.touch(0o600)
        file.write_text(PAGE.format(link=escape(link)), encoding="utf-8")
        yield file.as_uri()
