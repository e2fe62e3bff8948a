"""What the pages say exists: links, paths, targets, options, variables, settings, the picture of the graph."""

import ast
import importlib.util
import os
import re
import shlex
import subprocess
import sys

import dagster as dg
import pytest
import typer
import yaml

from autoresponder_dagster.build import build_defs
from autoresponder_dagster.cli import app
from autoresponder_dagster.clients.salesforce.login import Credentials
from autoresponder_dagster.schemas.enums import Gate, ReviewReason
from autoresponder_dagster_tests.docs.pages import PAGES, ROOT, all_blocks, anchors, blocks, name, prose, shell_lines

README = ROOT / "README.md"
CONFIGURATION = ROOT / "docs/configuration.md"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page):
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        path, _, anchor = target.partition("#")
        if "://" in path:
            continue
        linked = (page.parent / path).resolve() if path else page
        if not linked.exists() or (anchor and anchor not in anchors(linked)):
            broken.append(target)

    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_named_files_exist(page):
    roots = ("autoresponder_dagster/", "autoresponder_dagster_tests/", "docs/", "data/sample/", ".ci/", "benchmarks/")
    named = {path for path in re.findall(r"`([\w./-]+)`", prose(page)) if path.startswith(roots)}

    assert {path for path in named if not (ROOT / path).exists()} == set()


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def test_every_make_target_that_a_page_names_exists():
    named = {target for page in PAGES for target in re.findall(r"`make ([a-z0-9-]+)", prose(page))}
    named |= {words[1] for line in shell_lines() if (words := shlex.split(line))[0] == "make" and len(words) > 1}

    assert named - make_targets() == set()


def test_every_make_target_is_explained():
    phony = set(re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert {line.split()[0] for line in listed.splitlines()} == phony


def options_by_command() -> dict[str, set[str]]:
    commands = typer.main.get_command(app).commands
    return {
        command: {option for parameter in definition.params for option in parameter.opts} | {"--help"}
        for command, definition in commands.items()
    }


def test_every_command_line_of_a_page_is_understood():
    known = options_by_command()
    wrong = []
    for line in shell_lines():
        words = shlex.split(line)
        words = words[next((i for i, word in enumerate(words) if "=" not in word), 0) :]
        if not words[0].endswith("autoresponder"):
            continue
        options = {word.partition("=")[0] for word in words if word.startswith("--")}
        if words[1] not in known or options - known[words[1]]:
            wrong.append(line)

    assert wrong == []


def test_every_option_that_a_page_names_exists():
    known = set().union(*options_by_command().values())
    ours = {option for page in PAGES for option in re.findall(r"`autoresponder[^`]*?(--[a-z-]+)", prose(page))}

    assert ours - known == set()


def test_every_review_reason_and_every_check_is_explained(definitions):
    guide = (ROOT / "docs/operators-guide.md").read_text("utf-8")
    checks = {key.name for key in definitions.resolve_asset_graph().asset_check_keys}

    assert {word for word in {*ReviewReason, *checks} if f"`{word}`" not in guide} == set()


def variables_in_the_code() -> set[str]:
    pattern = re.compile(r"(AUTORESPONDER|SALESFORCE|SFMC|SMTP|EMAIL_REPOSITORY|CUPOLA|MULTIPUB)_[A-Z_]+")
    words_of_the_rules = {*Gate, *ReviewReason}
    constants = {
        node.value
        for source in (ROOT / "autoresponder_dagster").rglob("*.py")
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and pattern.fullmatch(node.value)
    }
    return constants - words_of_the_rules | {f"SALESFORCE_{field.upper()}" for field in Credentials.__annotations__}


def test_every_environment_variable_is_explained():
    explained = set(re.findall(r"^\| `([A-Z_]+)` \|", CONFIGURATION.read_text("utf-8"), re.MULTILINE))

    assert explained - {"DAGSTER_HOME"} == variables_in_the_code()


def test_the_configuration_tables_are_up_to_date():
    specification = importlib.util.spec_from_file_location("tables", ROOT / "docs/configuration_tables.py")
    tables = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(tables)
    page = CONFIGURATION.read_text("utf-8")

    assert page == tables.render(page), "run: make config-docs"


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return build_defs()


@pytest.mark.parametrize("block", all_blocks("yaml"), ids=lambda block: block.page)
def test_run_config_of_a_page_is_accepted(block, definitions):
    job = definitions.resolve_job_def("daily_hygiene")

    assert dg.validate_run_config(job, yaml.safe_load(block.text))


def test_the_picture_shows_every_asset_and_only_true_dependencies(definitions):
    (picture,) = [block.text for block in blocks(README) if block.language == "mermaid"]
    graph = definitions.resolve_asset_graph()
    assets = {key.to_user_string(): key for key in graph.get_all_asset_keys()}
    drawn = set(re.findall(r"\b[a-z]+(?:_[a-z]+)*\b", picture)) & set(assets)

    def is_upstream(first: str, second: str) -> bool:
        return assets[first] in dg.AssetSelection.assets(assets[second]).upstream().resolve(graph)

    lines = [re.split(r"\s*-->\s*", line.strip()) for line in picture.splitlines() if "-->" in line]
    arrows = [
        (start, end)
        for starts, ends in lines
        for start in re.split(r"\s*&\s*", starts)
        for end in re.split(r"\s*&\s*", ends)
    ]
    between_assets = [(start, end) for start, end in arrows if start in assets and end in assets]

    assert drawn == set(assets)
    assert [arrow for arrow in between_assets if not is_upstream(*arrow)] == []
    assert len(between_assets) >= len(assets) - 1


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "block",
    [block for block in all_blocks("sh") if "tested" in block.marks],
    ids=lambda block: block.page,
)
def test_commands_of_a_page_run(block, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/sample").symlink_to(ROOT / "data/sample")
    environment = {
        "PATH": f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}",  # noqa: PTH120 - of a string
        "HOME": str(tmp_path),
    }

    done = subprocess.run(
        ["bash", "-euc", block.text], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
