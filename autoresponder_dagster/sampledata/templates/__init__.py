"""What sample messages and people are made of, as data files, and how these are read.

Belongs here: words, names, headers, weights. Does not belong here: drawing from them (``world``) or giving them form
(``mail``).
"""

from importlib.resources import files
from string import Template
from typing import Any

import yaml


def load_yaml(name: str) -> Any:
    """Return the content of ``<name>.yaml`` of this folder."""
    return yaml.safe_load(files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8"))


def load_text(name: str) -> str:
    """Return the content of a text file of this folder."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def load_html(name: str) -> Template:
    """Return an HTML page of ``html/``."""
    return Template(files(__package__).joinpath("html", f"{name}.html").read_text(encoding="utf-8").rstrip("\n"))


def load_texts() -> dict[str, Any]:
    """Return the content of ``texts/`` by language code, in alphabetical order."""
    names = sorted(path.name for path in files(__package__).joinpath("texts").iterdir() if path.name.endswith(".yaml"))
    return {name.removesuffix(".yaml"): load_yaml(f"texts/{name.removesuffix('.yaml')}") for name in names}
