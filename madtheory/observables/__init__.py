"""Observables: numbers read off a fitted model. A new one needs its export line here and nothing else."""

from madtheory.models import Family
from madtheory.observables._observable import Observable as Observable
from madtheory.observables.autoregressive import Autocorrelation as Autocorrelation
from madtheory.observables.autoregressive import LogInnovationVariance as LogInnovationVariance
from madtheory.observables.canonical_regression import CanonicalDrift as CanonicalDrift
from madtheory.observables.canonical_regression import CanonicalError as CanonicalError
from madtheory.observables.canonical_regression import CanonicalSlope as CanonicalSlope
from madtheory.observables.canonical_regression import FisherRisk as FisherRisk
from madtheory.observables.coverage import GaussianPrecision as GaussianPrecision
from madtheory.observables.coverage import GaussianRecall as GaussianRecall
from madtheory.observables.distance import Frechet as Frechet
from madtheory.observables.distance import W2Squared as W2Squared
from madtheory.observables.drift import Drift as Drift
from madtheory.observables.drift import MeanSquareDrift as MeanSquareDrift
from madtheory.observables.frequencies import Collapsed as Collapsed
from madtheory.observables.frequencies import DistinctShare as DistinctShare
from madtheory.observables.frequencies import DistinctSymbols as DistinctSymbols
from madtheory.observables.frequencies import FirstFrequency as FirstFrequency
from madtheory.observables.frequencies import FrequencyDrift as FrequencyDrift
from madtheory.observables.frequencies import Heterozygosity as Heterozygosity
from madtheory.observables.frequencies import Precision as Precision
from madtheory.observables.frequencies import Recall as Recall
from madtheory.observables.frequencies import Repetition as Repetition
from madtheory.observables.frequencies import SymbolEntropy as SymbolEntropy
from madtheory.observables.frequencies import SymbolKLForward as SymbolKLForward
from madtheory.observables.frequencies import SymbolKLReverse as SymbolKLReverse
from madtheory.observables.frequencies import SymbolLost as SymbolLost
from madtheory.observables.information import Entropy as Entropy
from madtheory.observables.information import KLForward as KLForward
from madtheory.observables.information import KLReverse as KLReverse
from madtheory.observables.location_scale import DrawVariance as DrawVariance
from madtheory.observables.location_scale import LocationDrift as LocationDrift
from madtheory.observables.location_scale import LogScale as LogScale
from madtheory.observables.location_scale import ScaleParameter as ScaleParameter
from madtheory.observables.location_scale import ScaleSquared as ScaleSquared
from madtheory.observables.lookup import Accuracy as Accuracy
from madtheory.observables.lookup import KnownQuestions as KnownQuestions
from madtheory.observables.mixture import MixtureDrift as MixtureDrift
from madtheory.observables.mixture import MixtureSpread as MixtureSpread
from madtheory.observables.mixture import MixtureVariance as MixtureVariance
from madtheory.observables.mixture import SmallestWeight as SmallestWeight
from madtheory.observables.morris import Absorbed as Absorbed
from madtheory.observables.morris import LogMeanParameter as LogMeanParameter
from madtheory.observables.morris import MeanKLForward as MeanKLForward
from madtheory.observables.morris import MeanKLReverse as MeanKLReverse
from madtheory.observables.morris import MeanParameter as MeanParameter
from madtheory.observables.morris import MeanSquareError as MeanSquareError
from madtheory.observables.morris import PointVariance as PointVariance
from madtheory.observables.points import DistinctPoints as DistinctPoints
from madtheory.observables.points import MarginalVariance as MarginalVariance
from madtheory.observables.points import PointsDrift as PointsDrift
from madtheory.observables.points import PointsVariance as PointsVariance
from madtheory.observables.probabilistic_pca import FactoredKLReverse as FactoredKLReverse
from madtheory.observables.probabilistic_pca import LargestFactor as LargestFactor
from madtheory.observables.probabilistic_pca import LogFactorNoise as LogFactorNoise
from madtheory.observables.progress import Improvement as Improvement
from madtheory.observables.progress import TailProbability as TailProbability
from madtheory.observables.regression import CoefficientDrift as CoefficientDrift
from madtheory.observables.regression import CoefficientError as CoefficientError
from madtheory.observables.regression import LogNoiseVariance as LogNoiseVariance
from madtheory.observables.regression import LogRisk as LogRisk
from madtheory.observables.regression import NoiseVariance as NoiseVariance
from madtheory.observables.regression import Risk as Risk
from madtheory.observables.slope import Slope as Slope
from madtheory.observables.slope import SlopeRisk as SlopeRisk
from madtheory.observables.spectrum import EffectiveRank as EffectiveRank
from madtheory.observables.spectrum import EffectiveRankAnnealed as EffectiveRankAnnealed
from madtheory.observables.spectrum import LargestEigenvalue as LargestEigenvalue
from madtheory.observables.spectrum import LogEigenvalues as LogEigenvalues
from madtheory.observables.spread import LogVariance as LogVariance
from madtheory.observables.spread import Variance as Variance
from madtheory.observables.text import CrossEntropyRate as CrossEntropyRate
from madtheory.observables.text import EntropyRate as EntropyRate
from madtheory.observables.text import GramRecall as GramRecall
from madtheory.observables.text import KLRate as KLRate
from madtheory.observables.text import TextGrams as TextGrams
from madtheory.observables.text import TextHeterozygosity as TextHeterozygosity
from madtheory.observables.text import TextSymbols as TextSymbols
from madtheory.observables.vector_autoregressive import LogMeanNoise as LogMeanNoise
from madtheory.observables.vector_autoregressive import MeanAutocorrelation as MeanAutocorrelation
from madtheory.observables.vector_autoregressive import SeriesDrift as SeriesDrift

EVERY: tuple[type[Observable], ...] = tuple(
    cls for cls in list(globals().values()) if isinstance(cls, type) and issubclass(cls, Observable) and hasattr(cls, "name")
)


def catalogue(model: Family) -> dict[str, type[Observable]]:
    """The observables of a model, by name."""
    return {cls.name: cls for cls in EVERY if issubclass(model.view, cls.view)}


def reported(model: Family) -> tuple[str, ...]:
    """Those measured when none is named."""
    return tuple(name for name, cls in catalogue(model).items() if cls.reported)
