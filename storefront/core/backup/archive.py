"""The archive: a compressed tar whose last member is a manifest of all the others."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import zlib
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from storefront.core.errors import Refusal

FORMAT = 1
MANIFEST = "manifest.json"
STORES, FILES = "stores", "files"
CHUNK = 1 << 20


@dataclass
class Manifest:
    """What an archive says about itself."""

    program: str
    made_at: str
    databases: dict[str, str]
    revisions: dict[str, str | None]
    format: int = FORMAT
    rows: dict[str, dict[str, int]] = field(default_factory=dict)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)


class Writer:
    """Adds files to an archive and notes the checksum of what really went in."""

    def __init__(self, target: Path, manifest: Manifest) -> None:
        self.manifest = manifest
        self.tar = tarfile.open(target, "w:gz", compresslevel=3)  # noqa: SIM115 - closed by `close`

    def add(self, path: Path, name: str) -> None:
        """Add one file. Raises OSError when it cannot be read to its end."""
        with path.open("rb") as file:
            info = self.tar.gettarinfo(arcname=name, fileobj=file)
            info.uid = info.gid = 0
            info.uname = info.gname = ""
            reader = _Summing(file)
            self.tar.addfile(info, reader)
        self.manifest.files[name] = {"sha256": reader.sum.hexdigest(), "bytes": info.size}

    def close(self) -> None:
        """Write the manifest and end the archive."""
        content = json.dumps(asdict(self.manifest), indent=1, ensure_ascii=False).encode()
        info = tarfile.TarInfo(MANIFEST)
        info.size = len(content)
        self.tar.addfile(info, io.BytesIO(content))
        self.tar.close()


class _Summing:
    def __init__(self, file: Any) -> None:
        self.file, self.sum = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        self.sum.update(data)
        return data


def unpack(source: Path, folder: Path) -> Manifest:
    """Unpack the whole archive into `folder`, checking every checksum.

    Raises Refusal for a file that is no archive of ours, is damaged, incomplete, or of a newer format.
    """
    try:
        with gzip.open(source) as stream, tarfile.open(fileobj=stream, mode="r:") as tar:
            sums = {member.name: _unpack_one(tar, member, folder) for member in tar}
            while stream.read(CHUNK):  # its checksum stands at the end and covers what is between files
                pass
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError) as error:
        raise Refusal(f"{source} is not a complete backup: {error}") from error
    if MANIFEST not in sums:
        raise Refusal(f"{source} is not a complete backup: it has no {MANIFEST}")
    manifest = _read_manifest(folder / MANIFEST, source)
    listed = {name: entry["sha256"] for name, entry in manifest.files.items()}
    found = {name: value for name, value in sums.items() if name != MANIFEST}
    if listed != found:
        wrong = sorted(name for name in {*listed, *found} if listed.get(name) != found.get(name))
        raise Refusal(f"{source} is damaged: {wrong[0]} is not what the manifest says")
    return manifest


def _unpack_one(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> str:
    path = PurePosixPath(member.name)
    if not member.isreg() or path.is_absolute() or ".." in path.parts:
        raise ValueError(f"it holds {member.name!r}, which is no plain file of a shop")
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    reader = tar.extractfile(member)
    sum_ = hashlib.sha256()
    with target.open("wb") as file:
        target.chmod(0o600 if not member.mode & 0o077 else 0o644)
        while reader is not None and (data := reader.read(CHUNK)):
            sum_.update(data)
            file.write(data)
    return sum_.hexdigest()


def _read_manifest(path: Path, source: Path) -> Manifest:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        number = content["format"]
        if number > FORMAT:
            raise Refusal(f"{source} was made by a newer program (format {number}); install that one")
        return Manifest(**content)
    except (ValueError, TypeError, KeyError) as error:
        raise Refusal(f"{source} has a manifest that cannot be read: {error}") from error
