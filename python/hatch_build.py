"""The wheel's name: it holds a program, not a Python extension, so any Python 3 will do, but not any machine."""

import os

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ProgramHook(BuildHookInterface):
    def initialize(self, version, build_data):
        build_data["pure_python"] = False
        build_data["tag"] = "py3-none-linux_x86_64"


def version() -> str:
    return os.environ.get("PELLUCID_VERSION", "0")
