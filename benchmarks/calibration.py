"""How well `verify` is calibrated: false alarms, power, resolution, and the whole catalogue of planted bugs.

`python -m benchmarks.calibration` measures everything (about an hour on two cores) and writes calibration.json and
calibration.md beside this file, in results/. `--only` names parts; what is not measured anew is kept.
"""

from __future__ import annotations

import argparse
import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import equinox as eqx
import numpy as np
from scipy import stats

from madtheory.laws._cases import gaussian_loop
from madtheory.schedules import Replace
from madtheory.verify import verify
from tests.verify.bugs import BUGS
from tests.verify.cases import CASES, Case, alarm, band, by_check, eleven_for_ten, seeds, uniform
from tests.verify.planting import Bug, failed, planted, run
from tests.verify.resolution import LEVEL, caught

RESULTS = Path(__file__).resolve().parent / "results"
LEVELS = (0.05, 0.01)
SURE = 0.99


def false_alarms(case: Case, seed: int, runs: int) -> dict[str, Any]:
    """Alarms among `runs` true runs at each level, their band, and how uniform the p-values of each check are."""
    verdicts = [case.verify(s) for s in seeds(seed, runs)]
    alarms = {level: sum(alarm(v, level) for v in verdicts) for level in LEVELS}
    levels = {f"{level:.0%}": {"alarms": count, "band": band(level, runs, SURE)} for level, count in alarms.items()}
    checks = {
        name: {"runs": len(p), "at 5%": float(np.mean(p <= 0.05)), "at 1%": float(np.mean(p <= 0.01)), "uniform": uniform(p)}
        for name, p in by_check(verdicts).items()
    }
    return {"runs": runs, "replicas": case.replicas, "generations": case.generations, "levels": levels, "checks": checks}


def power(case: Case, seed: int, runs: int) -> dict[str, Any]:
    """How often the laws of n+1 points are rejected for n, by replicas, and the power that the verdicts print."""
    out = {}
    for replicas in (2_000, 20_000):
        found = [case.verify(s, 0.01, replicas=replicas, against=eleven_for_ten(case)) for s in seeds(seed + replicas, runs)]
        printed = max(v.power for v in found[0] if v.power is not None)
        out[str(replicas)] = {"runs": runs, "rejected": sum(bool(failed(v)) for v in found), "printed": printed}
    return out


def one_percent(seed: int, runs: int) -> dict[str, Any]:
    """Promise 8: λ off by 1 %, 1.5·10⁵ steps, level 10⁻³."""
    loop = gaussian_loop(Replace(n=10))
    claim = eqx.tree_at(lambda lo: lo.sampling_bias, loop, loop.sampling_bias * 1.01)
    size = {"generations": 50, "replicas": 3000, "devices": 1}
    found = [verify(loop, **size, seed=s, level=1e-3, against=claim) for s in seeds(seed, runs)]
    return {"runs": runs, "caught": sum(bool(failed(v)) for v in found)}


def resolution(seed: int, runs: int) -> dict[str, Any]:
    """Promise 9: errors of the printed resolution, and of a quarter of it."""
    whole, quarter = np.sum([caught(s) for s in seeds(seed, runs)], axis=0).tolist()
    least, most = int(stats.binom.ppf(0.001, runs, SURE)), runs // 10
    return {"runs": runs, "level": LEVEL, "caught": whole, "at least": least, "a quarter caught": quarter, "at most": most}


def bugs(bug: Bug, seed: int, runs: int) -> dict[str, Any]:
    """How often a planted bug is caught, and by which checks."""
    with planted(bug):
        found = [failed(run(bug, s)) for s in seeds(seed, runs)]
    by = {check: sum(check in checks for checks in found) for check in sorted({c for checks in found for c in checks})}
    asked = sum(any(check.startswith(bug.by) for check in checks) for checks in found) if bug.by else None
    budget = {"replicas": bug.replicas, "generations": bug.generations, "draw": bug.draw}
    counts = {"runs": runs, "caught": sum(map(bool, found)), "as expected": asked, "by": by}
    return {"says": bug.says, **budget, **counts, "lost": bug.lost}


def parts(args: argparse.Namespace) -> dict[str, dict[str, Callable[[int], Any]]]:
    """What there is to measure: part → name → function of a seed."""
    return {
        "false alarms": {name: lambda s, c=case: false_alarms(c, s, args.seeds) for name, case in CASES.items()},
        "power": {name: lambda s, c=case: power(c, s, max(args.seeds // 40, 1)) for name, case in CASES.items()},
        "one percent": {"replace": lambda s: one_percent(s, args.seeds * 459 // 2000)},
        "resolution": {"random loops": lambda s: resolution(s, args.seeds // 10)},
        "bugs": {name: lambda s, b=b: bugs(b, s, args.repeats) for name, b in BUGS.items()},
    }


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Measure and write down, one entry at a time, so that an interruption keeps what is done."""
    target = args.out / "calibration.json"
    results = json.loads(target.read_text(encoding="utf-8")) if target.exists() else {}
    wanted = {part: entries for part, entries in parts(args).items() if not args.only or part in args.only}
    for part, entries in wanted.items():
        for name, function in entries.items():
            if args.match and args.match not in name:
                continue
            seed, start = secrets.randbits(63), time.monotonic()
            entry = {"seed": seed, **function(seed), "seconds": round(time.monotonic() - start, 1)}
            results.setdefault(part, {})[name] = entry
            write(results, args.out)
            print(f"{part}: {name} ({entry['seconds']} s)", flush=True)
    return results


def write(results: dict[str, Any], out: Path) -> None:
    """The JSON file and the table."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "calibration.json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (out / "calibration.md").write_text(table(results), encoding="utf-8")


def table(results: dict[str, Any]) -> str:
    """The results in Markdown."""
    lines = ["# Calibration of verify", "", "Written by `python -m benchmarks.calibration`; seeds are in calibration.json."]
    for part, writer in WRITERS.items():
        if part in results:
            lines += ["", f"## {part.capitalize()}", "", *writer(results[part])]
    return "\n".join(lines) + "\n"


def _alarm_rows(part: dict[str, Any]) -> list[str]:
    lines = ["Runs with any failed verdict although every law is true; in brackets the 99 % band of the level.",
             "Last, the check with the least uniform p-values (KS test); those of a frequency are discrete."]  # fmt: skip
    lines += ["", "| loop | runs | at 5 % | at 1 % | least uniform check (p) |", "| --- | --- | --- | --- | --- |"]
    for name, entry in part.items():
        counts = [f"{v['alarms']} [{v['band'][0]}–{v['band'][1]}]" for v in entry["levels"].values()]
        worst = min(entry["checks"], key=lambda check, e=entry: e["checks"][check]["uniform"])
        p = entry["checks"][worst]["uniform"]
        lines.append(f"| {name} | {entry['runs']} | {' | '.join(counts)} | {worst}, 1 of {len(entry['checks'])} ({p:.2g}) |")
    return lines


def _power_rows(part: dict[str, Any]) -> list[str]:
    lines = ["Laws of one point more in every batch against a loop without it, level 1 %.", ""]
    lines += ["| loop | replicas | rejected | largest power printed |", "| --- | --- | --- | --- |"]
    for name, entry in part.items():
        sizes = {key: value for key, value in entry.items() if key.isdigit()}
        lines += [f"| {name} | {r} | {v['rejected']} of {v['runs']} | {v['printed']:.3f} |" for r, v in sizes.items()]
    return lines


def _count_rows(part: dict[str, Any]) -> list[str]:
    entries = {name: {key: e[key] for key in e if key not in ("seed", "seconds")} for name, e in part.items()}
    return [f"- {name}: {', '.join(f'{key} {value}' for key, value in entry.items())}" for name, entry in entries.items()]


def _bug_rows(part: dict[str, Any]) -> list[str]:
    lines = ["Level 1 %. A bug that is not caught is one that a run of this size cannot see.", ""]
    lines += ["| bug | what is wrong | R × T | caught | by | why not |", "| --- | --- | --- | --- | --- | --- |"]
    for name, e in part.items():
        by = ", ".join(check for check, count in e["by"].items() if 2 * count >= e["runs"])
        count = f"{e['caught']} of {e['runs']}"
        lines.append(f"| {name} | {e['says']} | {e['replicas']} × {e['generations']} | {count} | {by} | {e['lost']} |")
    return lines


WRITERS = {
    "false alarms": _alarm_rows,
    "power": _power_rows,
    "one percent": _count_rows,
    "resolution": _count_rows,
    "bugs": _bug_rows,
}


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description="Measure how well verify is calibrated.")
    parser.add_argument("--seeds", type=int, default=2000, help="true runs per loop; the other parts scale with it")
    parser.add_argument("--repeats", type=int, default=8, help="runs of each planted bug")
    parser.add_argument("--only", action="append", choices=WRITERS, help="a part; may be repeated")
    parser.add_argument("--match", help="only loops or bugs with this in their name")
    parser.add_argument("--out", type=Path, default=RESULTS)
    measure(parser.parse_args())


if __name__ == "__main__":
    main()
