"""Licences of the installed Python packages that mouse depends on, and of the packages that the page is built from."""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from mouse_dashboard.web.page_files import FOLDER

PROJECT = "mouse-rl"
NOTICE = re.compile(r"(licen[cs]e|copying|notice|authors)", re.IGNORECASE)


def licenses(page: Path = FOLDER) -> Iterator[str]:
    """One licence text per package, then those of the page."""
    for package in sorted(_installed(), key=lambda found: found.name.lower()):
        yield _notice(package)
    for file in sorted(page.glob("licenses*.md")):
        yield file.read_text(encoding="utf-8").strip()


def _installed() -> Iterator[Distribution]:
    """Mouse and its transitive dependencies, including installed extras."""
    waiting, seen = [PROJECT], set[str]()
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue
        yield package
        waiting += re.findall(r"^[\w.-]+", "\n".join(package.requires or ()), re.MULTILINE)


def _notice(package: Distribution) -> str:
    about = package.metadata
    stated = [about[key] for key in ("License-Expression", "License") if key in about]
    named = next(iter(stated), "") or ", ".join(_classified(package)) or "see below"
    texts = [
        Path(file.locate()).read_text(encoding="utf-8", errors="replace").strip()
        for file in package.files or ()
        if NOTICE.match(file.name) and ".dist-info" in file.parts[0] and Path(file.locate()).is_file()
    ]
    return "\n\n".join([f"## {package.name} - {package.version} ({named.splitlines()[0]})", *texts])


def _classified(package: Distribution) -> list[str]:
    classifiers = package.metadata.get_all("Classifier") or []
    return [line.rsplit(" :: ", 1)[-1] for line in classifiers if line.startswith("License")]
