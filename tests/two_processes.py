"""One process of a distributed run on this machine: `python -m tests.two_processes PORT RANK` prints what it got."""

from __future__ import annotations

import json
import sys

import jax

from tests.engine_cases import fingerprint, recorded

NAMES = ("fresh-3", "window-1")

if __name__ == "__main__":
    port, rank = int(sys.argv[1]), int(sys.argv[2])
    jax.config.update("jax_num_cpu_devices", 2)
    jax.distributed.initialize(f"127.0.0.1:{port}", 2, rank, heartbeat_timeout_seconds=10)
    found = {name: fingerprint(recorded(name, devices=None)) for name in NAMES}
    print("FOUND", json.dumps(found), flush=True)
    jax.distributed.shutdown()
