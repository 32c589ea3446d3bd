"""Icons, fonts, themes and data sets that travel with the program."""

from importlib.resources import files
from pathlib import Path


def path(*parts: str) -> Path:
    """The place of one bundled file, the same from the source tree and from an installed program."""
    return Path(str(files(__name__).joinpath(*parts)))
