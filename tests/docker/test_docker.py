"""No engine runs in the tests: what the container files say is held against the tree and the embedded servers."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from console import embedded
from console.embedded.layout import REPOSITORY
from console.embedded.postgres import GRANTS

DOCKER = REPOSITORY / "docker"
DOCKERFILE = (DOCKER / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((DOCKER / "compose.yaml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "remit"}


def copied() -> list[str]:
    """What the image takes from the tree (not from another stage)."""
    lines = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    return [source for line in lines for source in line.split()]


@pytest.mark.parametrize("source", copied())
def test_what_the_image_copies_is_in_the_tree_and_let_through(source: str) -> None:
    assert (REPOSITORY / source).exists()
    let_through = (REPOSITORY / ".dockerignore").read_text().splitlines()
    assert any(source.removeprefix("./") == line.removeprefix("!") for line in let_through)


def test_the_image_runs_as_nobody_and_says_whether_it_is_well() -> None:
    assert re.search(r"^USER 10001$", DOCKERFILE, re.MULTILINE)
    assert "HEALTHCHECK" in DOCKERFILE


@pytest.mark.parametrize("script", sorted(DOCKER.glob("*.sh")), ids=lambda path: path.name)
def test_scripts_parse_and_may_be_run(script: Path) -> None:
    subprocess.run(["sh", "-n", str(script)], check=True)
    assert script.stat().st_mode & 0o111


def test_every_part_of_the_compose_file_is_one_that_the_entrypoint_knows() -> None:
    entrypoint = (DOCKER / "entrypoint.sh").read_text()
    known = set(re.findall(r"\b(web|worker|beat|rehearsal|prepare)\b(?=[ |)])", entrypoint))
    assert {service["command"][0] for service in OURS.values()} == known == set(OURS)


def test_the_compose_file_has_the_servers_that_the_embedded_ones_stand_for() -> None:
    assert COMPOSE["services"]["postgres"]["image"].startswith("postgres:18")
    assert COMPOSE["services"]["rabbitmq"]["image"].startswith("rabbitmq:")
    for service in OURS.values():
        assert service["environment"]["DATABASE_URL"].startswith(f"postgresql://{embedded.APP_ROLE}:")
        assert service["environment"]["CELERY_BROKER_URL"].startswith("amqp://")


def test_only_the_one_that_migrates_gets_the_owners_password() -> None:
    knows = [name for name, service in OURS.items() if "DATABASE_OWNER_URL" in service["environment"]]
    assert knows == ["prepare"]


def test_the_roles_may_do_there_what_they_may_do_embedded() -> None:
    script = (DOCKER / "postgres-roles.sh").read_text()
    names = {"owner": embedded.OWNER_ROLE, "app": embedded.APP_ROLE, "database": embedded.DATABASE}
    for statement in GRANTS.format(**names).strip().splitlines():
        assert statement in script
