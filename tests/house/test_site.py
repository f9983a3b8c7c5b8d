"""The manual builds, and the built pages ask nothing of other hosts."""

import os
import re
import subprocess
import sys
from pathlib import Path

LOADS = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?(https?:)?//"""
    r"""|<link\b(?=[^>]*\brel=["']?(?:stylesheet|preload|preconnect|icon))[^>]*\bhref=["']?(https?:)?//"""
    r"""|url\(["']?(?:https?:)?//|@import"""
)


def test_the_site_builds_and_loads_nothing_from_elsewhere(checkout: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(tmp_path)],
        cwd=checkout,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    pages = [p for kind in ("*.html", "*.css") for p in tmp_path.rglob(kind)]
    assert pages
    for page in pages:
        found = LOADS.search(page.read_text(encoding="utf-8"))
        assert found is None, f"{page.name} loads {found.group()}"
