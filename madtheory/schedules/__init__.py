"""Schedules: what each generation trains on. One file each; a new one needs its export line here and nothing else."""

from madtheory.schedules._schedule import Draw as Draw
from madtheory.schedules._schedule import Schedule as Schedule
from madtheory.schedules._schedule import per_generation as per_generation
from madtheory.schedules._table import Composition as Composition
from madtheory.schedules.accumulate import Accumulate as Accumulate
from madtheory.schedules.accumulate_subsample import AccumulateSubsample as AccumulateSubsample
from madtheory.schedules.custom import Custom as Custom
from madtheory.schedules.fixed_real import FixedReal as FixedReal
from madtheory.schedules.fresh import Fresh as Fresh
from madtheory.schedules.replace import Replace as Replace
from madtheory.schedules.weighted import Weighted as Weighted
from madtheory.schedules.window import Window as Window

KINDS: dict[str, type[Schedule]] = {
    cls.kind: cls for cls in list(globals().values()) if isinstance(cls, type) and hasattr(cls, "kind")
}
