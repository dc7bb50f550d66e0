"""The people of cast.toml: whom the demo lets one sign in as, and what they bought."""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("cast.toml")


@cache
def scripts() -> dict[str, dict[str, Any]]:
    """The file as it is: role -> what is known of the person."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def password(role: str, email: str, seed: int) -> str:
    """See `storefront.bundled.demo.accounts`: public knowledge, good for a demo and nothing else."""
    digest = hashlib.blake2s(f"regulars demo {seed} {email}".encode()).hexdigest()
    return f"{role.replace('_', '-')}-{digest[:8]}"


def accounts_of(seed: int) -> list[dict[str, str]]:
    """One row per role: email, password, role, note, name, locale."""
    return [
        {
            "email": person["email"],
            "password": password(role, person["email"], seed),
            "role": role,
            "note": person["note"],
            "name": person["name"],
            "locale": person["locale"],
        }
        for role, person in scripts().items()
    ]
