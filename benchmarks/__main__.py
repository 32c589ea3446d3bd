"""`python -m benchmarks [NAME ...]`: print the figures, all of them or the named ones."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def main() -> int:
    """Run the benchmarks named on the command line, or all. Returns the exit code."""
    here = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))
    wanted = sys.argv[1:] or here
    if unknown := sorted(set(wanted) - set(here)):
        print(f"There is no benchmark called {', '.join(unknown)}. There are: {', '.join(here)}.", file=sys.stderr)
        return 2
    for name in wanted:
        module = importlib.import_module(f"benchmarks.{name}")
        if not hasattr(module, "main"):
            continue  # what several benchmarks share
        print(f"\n== {name}: {(module.__doc__ or '').strip().splitlines()[0]}", flush=True)
        module.main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
