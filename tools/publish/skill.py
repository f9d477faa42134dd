"""Serves the skill: an archive, and the indexes by which an agent finds it.

The format is the draft "Agent Skills Discovery via Well-Known URIs", version 0.2.0
(https://github.com/cloudflare/agent-skills-discovery-rfc, checked 2026-11-28): `/.well-known/agent-skills/index.json`
names an archive and its digest. Its version 0.1.0, which clients still read, is `/.well-known/skills/index.json` with a
list of files. Both stand below the site's own path, not at the root of the host: addresses in them are relative, and a
client is given the address of the index.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING

from tools.publish.pages import front_matter

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = "https://schemas.agentskills.io/discovery/0.2.0/schema.json"
NAME = "postgresql-backup-recovery"
# Tasks that test agents: no agent at work needs them.
LEFT_OUT = {"evals", "__pycache__"}


def write(root: Path, site: Path) -> None:
    """Write archive, indexes and files into the built site."""
    source = root / "skills" / NAME
    files = skill_files(source)
    described = _described(source)
    packed = archive(source, files)
    digest = f"sha256:{hashlib.sha256(packed).hexdigest()}"
    current = site / ".well-known" / "agent-skills"
    current.mkdir(parents=True, exist_ok=True)
    (current / f"{NAME}.zip").write_bytes(packed)
    entry = {
        "name": NAME,
        "type": "archive",
        "description": described,
        "url": f"{NAME}.zip",
        "digest": digest,
    }
    _index(current, {"$schema": SCHEMA, "skills": [entry]})
    older = site / ".well-known" / "skills"
    for name in files:
        target = older / NAME / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, target)
    _index(older, {"skills": [{"name": NAME, "description": described, "files": files}]})


def skill_files(source: Path) -> list[str]:
    """List the skill's files relative to its folder, SKILL.md first as the draft asks."""
    found = [path.relative_to(source) for path in source.rglob("*") if path.is_file()]
    names = sorted(path.as_posix() for path in found if not LEFT_OUT & set(path.parts))
    return ["SKILL.md", *(name for name in names if name != "SKILL.md")]


def archive(source: Path, files: list[str]) -> bytes:
    """Return a zip of the files; the same files give the same bytes, whenever and wherever."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as packed:
        for name in files:
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system = 3  # Unix, so that the permissions count
            executable = (source / name).stat().st_mode & 0o100
            info.external_attr = (0o100755 if executable else 0o100644) << 16
            packed.writestr(info, (source / name).read_bytes())
    return buffer.getvalue()


def _described(source: Path) -> str:
    meta, _ = front_matter((source / "SKILL.md").read_text())
    return str(meta["description"])


def _index(directory: Path, content: dict[str, object]) -> None:
    (directory / "index.json").write_text(json.dumps(content, indent=2) + "\n")
