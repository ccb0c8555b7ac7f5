"""Sweeps: grids of loops, run by whoever is at hand, into labelled results that can be stopped, resumed and merged."""

from madtheory.sweep._axes import Axis as Axis
from madtheory.sweep._drive import Damaged as Damaged
from madtheory.sweep._drive import Sweep as Sweep
from madtheory.sweep._drive import state as state
from madtheory.sweep._drive import sweep as sweep
from madtheory.sweep._estimate import Estimate as Estimate
from madtheory.sweep._estimate import estimate as estimate
from madtheory.sweep._executors import executor as executor
from madtheory.sweep._export import export as export
from madtheory.sweep._grid import Grid as Grid
from madtheory.sweep._lock import owner as owner
from madtheory.sweep._merge import merge as merge
from madtheory.sweep._read import load as load
from madtheory.sweep._report import report as report
from madtheory.sweep._settings import Refine as Refine
from madtheory.sweep._settings import Settings as Settings
from madtheory.sweep._settings import Stop as Stop
from madtheory.sweep._store import Store as Store
