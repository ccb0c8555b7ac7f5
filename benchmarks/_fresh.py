"""Run as a script in a new process: reads calls of `madtheory.simulate` as JSON, prints what they took as JSON."""

from __future__ import annotations

import json
import re
import resource
import sys
import time
from pathlib import Path

START = time.perf_counter()


def main() -> None:
    """Import everything, then run all calls as often as asked."""
    asked = json.load(sys.stdin)
    import madtheory as mad

    simulate, loop = mad.simulate, mad.Loop
    imported, runs, last = time.perf_counter(), [], None
    for _ in range(asked["runs"]):
        start = time.perf_counter()
        for call in asked["calls"]:
            last = simulate(loop.from_dict(call["loop"]), **call["arguments"])
        runs.append(time.perf_counter() - start)
    tile = None if last is None else last.provenance.get("tile")
    told = {"import": imported - START, "runs": runs, "process": time.perf_counter() - START, "peak": peak(), "tile": tile}
    print(json.dumps(told))


def peak() -> int:
    """Largest resident memory of this process (bytes); Linux lets `getrusage` begin at that of the parent."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="utf-8")) if status.exists() else None
    unit = 1 if sys.platform == "darwin" else 1024
    return int(found[1]) * 1024 if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    main()
