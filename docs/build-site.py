#!/usr/bin/env python3
"""Builds the documentation as a static site in .build/site, to be read from disk without a network.

build-site.py PROGRAM PYTHON      PYTHON has mkdocs-material

Beside the pages of `docs` there are the repository's own (README, CHANGELOG, the folders' READMEs), the help of every command from the
program, and the Python module's documentation from its docstrings. A link that leads nowhere is an error.
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
SOURCE = REPOSITORY / ".build/site-source"

#: Pages that lie elsewhere in the repository, by what they are called on the site.
ELSEWHERE = {
    "index.md": "README.md",
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
    "samples.md": "samples/README.md",
    "atlases.md": "atlases/README.md",
    "python.md": "python/README.md",
    "results.md": "benchmarks/results.md",
    "paper.md": "paper/paper.md",
}

NAVIGATION = [
    {"Pellucid": "index.md"},
    {"Tutorial": ["tutorial.md", "own-model.md"]},
    {"Gallery": "gallery.md"},
    {"How to": ["howto.md", "export.md", "reading-a-report.md", "cohorts.md", "anatomy.md", "packages.md"]},
    {"Reference": ["commands.md", "card.md", "python.md", "python-api.md", "models.md", "composites.md", "atlases.md", "samples.md"]},
    {
        "Explanation": [
            "methods.md",
            "evaluation.md",
            "inside.md",
            "fills.md",
            "architecture.md",
            "performance.md",
            "results.md",
            "comparison.md",
            "paper.md",
        ]
    },
    {"Project": ["changelog.md", "contributing.md", "releasing.md"]},
]


def place(path: Path) -> str | None:
    """Where a file of the repository is on the site; None: it is not."""
    relative = path.relative_to(REPOSITORY).as_posix() if path.is_relative_to(REPOSITORY) else ""
    for name, origin in ELSEWHERE.items():
        if relative == origin:
            return name
    return relative.removeprefix("docs/") if relative.startswith("docs/") else None


def relinked(text: str, origin: Path) -> str:
    """Links between pages as they lie on the site; what is only in the repository loses its link and keeps its words."""

    def link(found: re.Match[str]) -> str:
        words, target = found[1], found[2]
        if re.match(r"[a-z]+:|#", target):
            return found[0]
        path, _, anchor = target.partition("#")
        to = place((origin.parent / path).resolve())
        if to is None or not (SOURCE / to).exists() and not (REPOSITORY / "docs" / to).exists() and to not in ELSEWHERE:
            return words
        return f"{found[0].split('](')[0]}]({to}{'#' + anchor if anchor else ''})"

    return re.sub(r"!?\[([^\]]*)\]\(([^)\s]+)\)", link, text)


def commands(program: str) -> str:
    """The help of every command."""
    described = json.loads(subprocess.run([program, "--experimental-dump-help"], check=True, capture_output=True, text=True).stdout)
    out = ["# Commands\n", "As `pellucid COMMAND --help` prints it.\n"]

    def add(command: dict, name: str) -> None:
        words = [program, "help", *name.split()[1:]]
        out.append(f"## {name}\n\n```text\n{subprocess.run(words, check=True, capture_output=True, text=True).stdout.rstrip()}\n```\n")
        for sub in command.get("subcommands", []):
            if sub["commandName"] != "help":
                add(sub, f"{name} {sub['commandName']}")

    add(described["command"], "pellucid")
    return "\n".join(out)


def python_api() -> str:
    """Names that the module gives, with their signatures and docstrings."""
    folder = REPOSITORY / "python/src/pellucid"
    listed = next(
        ast.literal_eval(node.value)
        for node in ast.parse((folder / "__init__.py").read_text()).body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
    )
    out = ["# Python module\n"]
    for file in sorted(folder.glob("_*.py")):
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name in listed:
                head = f"class {node.name}" if isinstance(node, ast.ClassDef) else f"{node.name}({ast.unparse(node.args)})"
                out.append(f"## {node.name}\n\n```python\n{head}\n```\n\n```text\n{ast.get_docstring(node)}\n```\n")
    return "\n".join(out)


def main() -> None:
    program, python = str(Path(sys.argv[1]).resolve()), sys.argv[2]
    shutil.rmtree(SOURCE, ignore_errors=True)
    shutil.copytree(REPOSITORY / "docs", SOURCE, ignore=shutil.ignore_patterns("*.py", "*.sh"))
    for page in SOURCE.glob("*.md"):
        page.write_text(relinked(page.read_text(), REPOSITORY / "docs" / page.name))
    for name, origin in ELSEWHERE.items():
        text = relinked((REPOSITORY / origin).read_text(), REPOSITORY / origin)
        (SOURCE / name).write_text(re.sub(r"\A---\n.*?\n---\n", "# The paper\n", text, flags=re.DOTALL))
    (SOURCE / "commands.md").write_text(commands(program))
    (SOURCE / "python-api.md").write_text(python_api())
    configuration = {
        "site_name": "Pellucid",
        "docs_dir": str(SOURCE),
        "site_dir": str(REPOSITORY / ".build/site"),
        "use_directory_urls": False,
        "theme": {"name": "material", "font": False, "features": ["navigation.sections", "toc.integrate"]},
        "plugins": ["search"],
        "markdown_extensions": ["admonition", "tables", "attr_list", "pymdownx.superfences"],
        "validation": {"links": {"anchors": "warn"}},
        "nav": NAVIGATION,
    }
    file = SOURCE.parent / "mkdocs.yml"
    file.write_text(json.dumps(configuration))
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    subprocess.run([python, "-m", "mkdocs", "build", "--strict", "--quiet", "--config-file", str(file)], check=True, env=environment)
    asked = re.compile(r"""<(?:script|link|img)[^>]*(?:src|href)=["']?(https?://(?!localhost)[^"' >]+)""")
    foreign = {url for page in (REPOSITORY / ".build/site").rglob("*.html") for url in asked.findall(page.read_text())}
    if foreign:
        sys.exit(f"pages ask the network for {', '.join(sorted(foreign))}")
    print("the site is in .build/site: open index.html (browsers search only what is served: python3 -m http.server -d .build/site)")


main()
