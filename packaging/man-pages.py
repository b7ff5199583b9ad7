#!/usr/bin/env python3
"""Writes the man pages of a program, from what its parser says of itself: pellucid.1, and pellucid-COMMAND.1 of every command.

man-pages.py PROGRAM FOLDER
"""

import json
import subprocess
import sys
from pathlib import Path


def escaped(text: str) -> str:
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in text.split("\n"))


def paragraphs(text: str) -> str:
    """Prose filled, what is indented as it stands."""
    out: list[str] = []
    for block in text.strip("\n").split("\n\n"):
        shown = [line for line in block.split("\n") if line.strip()]
        if shown and all(line.startswith("  ") for line in shown):
            out.append(".PP\n.nf\n" + escaped(block) + "\n.fi")
        elif shown:
            out.append(".PP\n" + escaped(block))
    return "\n".join(out)


def shown(argument: dict) -> str:
    value = f"\\fI{escaped(argument.get('valueName', 'value'))}\\fR"
    if argument["kind"] == "positional":
        return value
    names = [("--" if name["kind"] == "long" else "-") + name["name"] for name in argument["names"]]
    text = ", ".join(f"\\fB{escaped(name)}\\fR" for name in sorted(names, key=lambda name: (name.startswith("--"), name)))
    return text if argument["kind"] == "flag" else f"{text} {value}"


def page(command: dict, name: str, version: str, methods: str) -> str:
    title = name.replace(" ", "-")
    abstract = command.get("abstract", "").rstrip(".")
    out = [
        f'.TH "{title.upper()}" 1 "" "pellucid {version}" "Pellucid"',
        f".SH NAME\n{escaped(title)} \\- {escaped(abstract[:1].lower() + abstract[1:])}",
    ]
    arguments = [argument for argument in command.get("arguments", []) if argument.get("shouldDisplay", True)]
    places = [shown(argument) + (" ..." if argument["isRepeating"] else "") for argument in arguments if argument["kind"] == "positional"]
    needed = [shown(a) for a in arguments if a["kind"] == "option" and not a["isOptional"]]
    commands = [sub for sub in command.get("subcommands", []) if sub["commandName"] != "help"]
    words = ["\\fICOMMAND\\fR"] if commands else []
    out.append(f".SH SYNOPSIS\n\\fB{escaped(name)}\\fR " + " ".join([*places, *needed, *words, "[options]"]))
    if command.get("discussion"):
        out.append(".SH DESCRIPTION\n" + paragraphs(command["discussion"]))
    if arguments:
        out.append(".SH OPTIONS")
        section = None
        for argument in arguments:
            if argument.get("sectionTitle") != section:
                section = argument.get("sectionTitle")
                if section:
                    out.append(f".SS {escaped(section)}")
            facts = [argument.get("abstract", "")]
            if argument.get("allValues"):
                facts.append(f"Values: {', '.join(argument['allValues'])}.")
            if argument.get("defaultValue"):
                facts.append(f"Default: {argument['defaultValue']}.")
            out.append(f".TP\n{shown(argument)}\n{escaped(' '.join(fact for fact in facts if fact))}")
    if methods:
        out.append(".SH METHODS\n.nf\n" + escaped(methods) + "\n.fi")
    if commands:
        out.append(".SH COMMANDS")
        for sub in commands:
            out.append(f".TP\n\\fB{escaped(title + '-' + sub['commandName'])}\\fR(1)\n{escaped(sub.get('abstract', ''))}")
    out.append(".SH EXIT STATUS\n0 done, 64 usage error, 65 bad input, 70 a fault of its own, 74 a file could not be written.")
    if name != "pellucid":
        out.append(".SH SEE ALSO\n\\fBpellucid\\fR(1)")
    return "\n".join(out) + "\n"


def main() -> None:
    tool, folder = sys.argv[1], Path(sys.argv[2])

    def say(*words: str) -> str:
        return subprocess.run([tool, *words], check=True, capture_output=True, text=True).stdout

    folder.mkdir(parents=True, exist_ok=True)
    version = say("--version").split()[1]

    def write(command: dict, name: str) -> None:
        help_text = "" if name == "pellucid" else say("help", *name.split()[1:])
        methods = help_text.split("\nMETHODS:\n", 1)[1] if "\nMETHODS:\n" in help_text else ""
        (folder / (name.replace(" ", "-") + ".1")).write_text(page(command, name, version, methods), encoding="utf-8")
        for sub in command.get("subcommands", []):
            if sub["commandName"] != "help":
                write(sub, f"{name} {sub['commandName']}")

    write(json.loads(say("--experimental-dump-help"))["command"], "pellucid")


main()
