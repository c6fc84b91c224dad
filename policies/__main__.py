"""``python -m policies``: see command_line."""

import sys

from policies.command_line import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
