"""The project's pages, and what the tests read in them."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "data/sample/README.md"])

_FENCE = re.compile(r"^( *)```([^\n]*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the words after it, and its text."""

    page: str
    language: str
    marks: tuple[str, ...]
    text: str


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> list[Block]:
    found = []
    for _, info, text in _FENCE.findall(page.read_text("utf-8")):
        language, *marks = info.split() or [""]
        found.append(Block(name(page), language, tuple(marks), text))
    return found


def all_blocks(language: str) -> list[Block]:
    return [block for page in PAGES for block in blocks(page) if block.language == language]


def prose(page: Path) -> str:
    """Return the page without its fenced blocks."""
    return _FENCE.sub("", page.read_text("utf-8"))


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to the page's headings."""
    headings = re.findall(r"^#+ +(.+)$", prose(page), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.strip().replace(" ", "-") for heading in plain}


def shell_lines() -> list[str]:
    """Return every command of every ``sh`` block, comments and continuation lines resolved."""
    lines = [
        re.sub(r"\s+#.*", "", line).strip()
        for block in all_blocks("sh")
        for line in block.text.replace("\\\n", " ").splitlines()
    ]
    return [line for line in lines if line and not line.startswith("#")]
