"""What travels through the queue is JSON: a queue file that somebody wrote into cannot run code."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from huey import Huey, RedisHuey, SqliteHuey
from huey.registry import Message
from huey.serializer import Serializer

NAME = "regulars"
_AT = "$at"


class JsonSerializer(Serializer):
    """Huey's messages as JSON objects; everything else (results) as plain JSON values."""

    def _serialize(self, data: Any) -> bytes:
        plain = {"message": data._asdict()} if isinstance(data, Message) else {"value": data}
        return json.dumps(plain, default=_plain).encode()

    def _deserialize(self, data: bytes) -> Any:
        read = json.loads(bytes(data), object_hook=_read)
        if "message" not in read:
            return read.get("value")
        fields = {name: value for name, value in read["message"].items() if name in Message._fields}
        return Message(**fields)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return {_AT: value.isoformat()}
    return repr(value)


def _read(value: dict[str, Any]) -> Any:
    return datetime.fromisoformat(value[_AT]) if set(value) == {_AT} else value


def make_queue(redis_url: str, folder: Path) -> Huey:
    """The queue in Redis, or in a file of the instance folder. Results are not kept."""
    if redis_url:
        return RedisHuey(NAME, url=redis_url, serializer=JsonSerializer(), results=False)
    path = str(folder / "jobs.db")
    return SqliteHuey(NAME, filename=path, fsync=False, serializer=JsonSerializer(), results=False)
