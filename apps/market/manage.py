#!/usr/bin/env python3
"""Django's commands. Static files are collected with settings that need no server and no secret."""

import os
import sys


def main() -> None:
    module = "market.api.static_settings" if sys.argv[1:2] == ["collectstatic"] else "market.api.settings"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", module)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
