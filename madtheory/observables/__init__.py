"""Observables: numbers read off a fitted model. A new one needs its export line here and nothing else."""

from madtheory.observables._observable import Observable as Observable
from madtheory.observables._observable import Seen as Seen
from madtheory.observables._observable import World as World
from madtheory.observables.distance import Frechet as Frechet
from madtheory.observables.distance import W2Squared as W2Squared
from madtheory.observables.drift import Drift as Drift
from madtheory.observables.drift import MeanSquareDrift as MeanSquareDrift
from madtheory.observables.information import Entropy as Entropy
from madtheory.observables.information import KLForward as KLForward
from madtheory.observables.information import KLReverse as KLReverse
from madtheory.observables.progress import Improvement as Improvement
from madtheory.observables.progress import TailProbability as TailProbability
from madtheory.observables.spectrum import EffectiveRank as EffectiveRank
from madtheory.observables.spectrum import EffectiveRankAnnealed as EffectiveRankAnnealed
from madtheory.observables.spectrum import LogEigenvalues as LogEigenvalues
from madtheory.observables.spread import LogVariance as LogVariance
from madtheory.observables.spread import Variance as Variance

CATALOGUE: dict[str, type[Observable]] = {
    cls.name: cls for cls in list(globals().values()) if isinstance(cls, type) and hasattr(cls, "name")
}
DEFAULT: tuple[str, ...] = tuple(name for name, cls in CATALOGUE.items() if cls.reported)
