"""No file of anybody else's lies in the tree: what pages need comes from PyPI and npm, pinned."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
FOREIGN_FOLDERS = {
    "node_modules",
    "vendor",
    "vendored",
    "third_party",
    "third-party",
    "site-packages",
    "bower_components",
}
FOREIGN_ENDINGS = (
    ".min.js",
    ".min.css",
    ".map",
    ".woff",
    ".woff2",
    ".ttf",
    ".otf",
    ".eot",
    ".whl",
    ".so",
    ".jar",
    ".wasm",
)
FOREIGN_NAMES = re.compile(
    r"^(htmx|alpine|uplot|chart|jquery|bootstrap|tailwind|d3|react|vue|tabler|sse)[.-][\w.-]*\.(js|css)$", re.I
)
# What bundles and copied files say of themselves in their first lines.
FOREIGN_WORDS = re.compile(
    rb"@license|@preserve|Licensed under|Copyright \(c\)|sourceMappingURL|SPDX-License-Identifier", re.I
)
OURS_TO_LICENSE = {"LICENSE", "scripts/third_party.py"}
LONGEST_LINE = 2_000


def tracked(root: Path) -> list[str]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True)
    return [name for name in listing.stdout.split("\0") if name]


def foreign_files(root: Path, names: list[str]) -> Iterator[str]:
    """One sentence for each file that does not look like ours."""
    for name in names:
        if reason := _by_name(name) or _by_content(root / name, name):
            yield f"{name}: {reason}"


def _by_name(name: str) -> str | None:
    path = PurePosixPath(name)
    if FOREIGN_FOLDERS.intersection(path.parts):
        return "lies in a folder for other people's code"
    if name.lower().endswith(FOREIGN_ENDINGS) or FOREIGN_NAMES.match(path.name):
        return "has the name of other people's code"
    return None


def _by_content(path: Path, name: str) -> str | None:
    if path.suffix not in (".js", ".css", ".py", ".html", ".svg") or not path.is_file() or name in OURS_TO_LICENSE:
        return None
    content = path.read_bytes()
    if FOREIGN_WORDS.search(content[:2_000]):
        return "carries somebody's licence in its head"
    if path.suffix in (".js", ".css") and max(map(len, content.splitlines()), default=0) > LONGEST_LINE:
        return "is minified"
    return None


def main() -> int:
    found = list(foreign_files(ROOT, tracked(ROOT)))
    print("\n".join(found))
    return bool(found)


if __name__ == "__main__":
    raise SystemExit(main())
