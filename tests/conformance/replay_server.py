"""Plays the server's side of a recorded conversation: `python replay_server.py TRANSCRIPTS SERVER`.

Each request is answered as the recording answered the same method and parameters; what was never asked is not known.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    path, name = sys.argv[1:]
    recorded = next(one for line in Path(path).read_text().splitlines() if (one := json.loads(line))["server"] == name)
    answers, news = _answers(recorded["transcript"])
    for line in sys.stdin:
        asked = json.loads(line)
        if "id" not in asked or "method" not in asked:
            continue
        key = _key(asked)
        for message in news.pop(key, []):
            print(json.dumps(message), flush=True)
        answer = answers.get(key, {"error": {"code": -32601, "message": "Method not found"}})
        print(json.dumps({**answer, "jsonrpc": "2.0", "id": asked["id"]}), flush=True)


def _answers(transcript: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    by_id, answers, news, last = {}, {}, {}, ""
    for entry in transcript:
        message = entry["msg"]
        if entry["dir"] == "client" and "id" in message:
            by_id[message["id"]] = last = _key(message)
        elif entry["dir"] == "server" and "id" in message and "method" not in message:
            answers[by_id[message["id"]]] = {name: message[name] for name in ("result", "error") if name in message}
        elif entry["dir"] == "server":
            news.setdefault(last, []).append(message)
    return answers, news


def _key(message: dict[str, Any]) -> str:
    params = message.get("params") or {}
    if message["method"] != "tools/call":
        return str(message["method"])
    return json.dumps([params["name"], params.get("arguments") or {}], sort_keys=True)


if __name__ == "__main__":
    main()
