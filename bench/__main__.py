"""`python -m bench [NAME ...]`: prints the figures and writes var/bench.json."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vstep_site.settings")


def main(names: list[str]) -> None:
    import django

    django.setup()
    from bench import queries, scorer, service

    known = {"scorer": scorer.measure, "service": service.measure, "queries": queries.measure}
    if unknown := set(names) - set(known):
        sys.exit(f"There is no benchmark {', '.join(unknown)}; there are {', '.join(known)}.")
    figures = []
    for name in names or known:
        sys.stderr.write(f"measuring {name} ...\n")
        figures += known[name]()
    for figure in figures:
        sys.stdout.write(
            f"{figure.name:40} {figure.value:10.2f} {figure.unit:22} "
            f"{figure.peer}: {figure.peer_value:.2f}   ratio {figure.ratio:.2f}\n"
        )
    path = Path("var/bench.json")
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        json.dumps([{**asdict(figure), "ratio": figure.ratio} for figure in figures], indent=2)
    )


if __name__ == "__main__":
    main(sys.argv[1:])
