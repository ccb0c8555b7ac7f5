"""What the experiments on errata share: a claim as printed, the law as derived, and a simulation that tells them apart."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from madtheory import figures
from madtheory.loop import Loop
from madtheory.predict import predict
from madtheory.results import Report, compare, write
from madtheory.simulate import Simulation
from madtheory.verify import Verdict

PRINTED, LAW = "as printed", "law"
COLUMNS = ("claim", "source", "reading", "generation", "simulated", "standard_error", "law", "as printed", "z of law",
           "z as printed")  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Erratum:
    """One claim.

    Attributes:
        claim: in a few words, for the panel.
        source: BibTeX key.
        reading: "read" where the primary text was, else "as reported", which tests the statement and nobody's paper.
        loop: where it is tested.
        generations: how long.
        observable: what it is about.
        printed: generations (T,) from 1 on → what the claim says (T,).
        scale: factor from the observable to what the panel shows.
        shown: name of that, for the axis.
    """

    claim: str
    source: str
    reading: str
    loop: Loop
    generations: int
    observable: str
    printed: Callable[[np.ndarray], np.ndarray]
    scale: float = 1.0
    shown: str = ""


def run(errata: Sequence[Erratum], out: Path, smoke: bool, replicas: int, seed: int, devices: Any,
        progress: Any) -> list[Verdict]:  # fmt: skip
    """Verify each law, measure each claim in standard errors, and draw both."""
    report = Report(out, len(errata), min(replicas, 1_000) if smoke else replicas, seed, devices, progress)
    tables, rows = [], []
    for erratum in errata:
        run_ = report.check({erratum.claim: erratum.loop}, erratum.generations, [erratum.observable])[erratum.claim]
        tables.append(table(erratum, run_))
        rows.append(row(erratum, tables[-1]))
    data, found = pd.concat(tables, ignore_index=True), pd.DataFrame(rows, columns=COLUMNS)
    figures.save_figure(draw(errata, data), out, "errata", data)
    write(out / "errata.txt", found.to_string(index=False) + "\n")
    report.numbers = {"Claims": len(errata), "SmallestZ": f"{found['z as printed'].abs().min():.0f}"}
    return report.finish()


def table(erratum: Erratum, run_: Simulation) -> pd.DataFrame:
    """The law with the simulation beside it, and the claim."""
    said = predict(run_.loop, erratum.generations, [erratum.observable])
    law = compare(run_, said, erratum.observable, curve=LAW, claim=erratum.claim)
    law = law[law["generation"] > 0]
    law[["predicted", "simulated", "standard_error"]] *= erratum.scale
    generation = run_.generations[1:]
    claim = pd.DataFrame({"generation": generation, "predicted": erratum.scale * erratum.printed(generation.astype(float))})
    return pd.concat([law, claim.assign(curve=PRINTED, claim=erratum.claim)], ignore_index=True)


def row(erratum: Erratum, data: pd.DataFrame) -> list[Any]:
    """The generation at which simulation and claim are furthest apart, among those whose mean can be tested."""
    law, printed = (data[data["curve"] == curve].set_index("generation") for curve in (LAW, PRINTED))
    testable = law[law["testable"].astype(bool) & (law["standard_error"] > 0)]
    law = testable if len(testable) else law.head(1)  # so few replicas test no raw mean
    z = (law["simulated"] - printed["predicted"].reindex(law.index)) / law["standard_error"]
    t = z.abs().idxmax()
    at = law.loc[t]
    own = (at["simulated"] - at["predicted"]) / at["standard_error"]
    values = [at["simulated"], at["standard_error"], at["predicted"], printed["predicted"][t], own, z[t]]
    return [erratum.claim, erratum.source, erratum.reading, t, *(float(f"{value:.4g}") for value in values)]


def draw(errata: Sequence[Erratum], data: pd.DataFrame) -> Any:
    """A panel for each claim."""
    width = figures.COLUMN if len(errata) == 1 else figures.PAGE
    figure, axes = figures.grid(columns=len(errata), width=width, height=2.4)
    for axis, erratum in zip(axes[0], errata, strict=True):
        own = data[data["claim"] == erratum.claim]
        few = own["generation"] % max(erratum.generations // 10, 1) == 0
        thinned = own.assign(simulated=own["simulated"].where(few))
        figures.curves(thinned, ax=axis, y=erratum.shown or erratum.observable, by="curve")
        axis.set_title(erratum.claim, fontsize="small")
        figures.legend(axis)
    return figure
