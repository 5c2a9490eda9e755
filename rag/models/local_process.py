"""What runs in the process of a local model: llama.cpp's server, until the input of the process ends.

Nothing here is imported by the process that asks the model.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

_BATCH = 512
"""Tokens that llama.cpp reads between two looks at whether anyone still waits for the reply: some seconds' worth."""


def serve() -> None:
    """Read which weights to serve, and with what key; tell where, or what is wrong; then serve."""
    wanted = json.loads(sys.stdin.readline())
    told = sys.stdout
    # Whatever llama.cpp prints must not end up in the reply.
    sys.stdout = sys.stderr
    try:
        server = started(wanted["weights"], wanted["key"])
        reply = {"address": server.listening_address}
    except (ImportError, RuntimeError, ValueError) as exc:
        reply = {"error": " ".join(str(exc).split())}
    print(json.dumps(reply), file=told, flush=True)
    sys.stdin.read()
    # Not by way of the server's own end, which waits for the replies that it is at.
    os._exit(0)


def started(weights: str, key: str) -> Any:
    """llama.cpp's server for the file `weights`, listening on the loopback to those who have the key."""
    xllamacpp = importlib.import_module("xllamacpp")
    wanted = xllamacpp.CommonParams()
    wanted.model.path = weights
    wanted.model_alias = {Path(weights).stem}
    wanted.hostnames = ["127.0.0.1"]
    wanted.api_keys = [key]
    wanted.offline = True
    wanted.n_batch = _BATCH
    # Below every level: it logs to standard error otherwise, from its own threads.
    wanted.verbosity = -1
    return xllamacpp.Server(wanted)
