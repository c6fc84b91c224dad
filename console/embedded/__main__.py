"""``python -m console.embedded up`` is what `make up` runs; ``run NAME`` is what its supervisor runs."""

from __future__ import annotations

import sys

from console.embedded.dotenv import load
from console.embedded.layout import EmbeddedError


def main(arguments: list[str]) -> None:
    load()
    match arguments:
        case ["up"]:
            from console.embedded.up import up

            up()
        case ["run", name]:
            from console.embedded.run import run

            run(name)
        case _:
            sys.exit("usage: python -m console.embedded up | run NAME")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except EmbeddedError as problem:
        sys.exit(str(problem))
