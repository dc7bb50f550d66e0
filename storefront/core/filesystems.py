"""Where a folder really lies. SQLite keeps its promises only on a disk of this machine."""

from __future__ import annotations

from pathlib import Path

NETWORK = {
    "9p",
    "afs",
    "ceph",
    "cifs",
    "fuse.glusterfs",
    "fuse.sshfs",
    "gfs2",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "ocfs2",
    "smb3",
    "smbfs",
}
MOUNTS = Path("/proc/mounts")


def network_file_system(folder: Path, mounts: str | None = None) -> str | None:
    """The kind of network file system that `folder` lies on, or None for a local disk or when unknown."""
    if mounts is None:
        if not MOUNTS.is_file():
            return None
        mounts = MOUNTS.read_text(encoding="utf-8", errors="replace")
    kind = _type_of(folder.resolve(), mounts)
    return kind if kind in NETWORK else None


def _type_of(folder: Path, mounts: str) -> str:
    best, kind = -1, ""
    for line in mounts.splitlines():
        parts = line.split(" ")
        if len(parts) < 3:
            continue
        point = Path(parts[1].replace("\\040", " "))
        # The last line wins among equals: a later mount hides an earlier one.
        if folder.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), parts[2]
    return kind
