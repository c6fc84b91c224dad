"""``python -m console.embedded …``: ``up`` is `make up`, ``run NAME`` what its supervisor starts.

``healthy`` says by its exit code whether the web answers. ``assets`` builds the pages' scripts with what their tests need, and ``npm …`` runs the npm that was found.
"""

from __future__ import annotations

import sys

from console.embedded import assets, parts
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
        case ["assets"]:
            assets.build_bundles(development=True)
        case ["healthy"]:
            sys.exit(0 if parts.web_answers(parts.port()) else 1)
        case ["npm", *words]:
            print(assets.npm(*words), end="")  # noqa: T201
        case _:
            sys.exit("usage: python -m console.embedded up | run NAME | healthy | assets | npm WORD …")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except EmbeddedError as problem:
        sys.exit(str(problem))
