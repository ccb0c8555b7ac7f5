"""Models: the families that a loop fits. One file each; a new one needs its export line here and nothing else."""

from madtheory.models._divergence import divergence as divergence
from madtheory.models._factor import UNROLLED as UNROLLED
from madtheory.models._factor import diagonal as diagonal
from madtheory.models._factor import lower_factor as lower_factor
from madtheory.models._family import Family as Family
from madtheory.models._family import View as View
from madtheory.models._frequencies import CategoricalTruth as CategoricalTruth
from madtheory.models._frequencies import FrequencyView as FrequencyView
from madtheory.models._location_scale import LocationScale as LocationScale
from madtheory.models._location_scale import LocationScaleTruth as LocationScaleTruth
from madtheory.models._location_scale import LocationScaleView as LocationScaleView
from madtheory.models._morris import MeanTruth as MeanTruth
from madtheory.models._morris import MeanView as MeanView
from madtheory.models._morris import Morris as Morris
from madtheory.models._text import TextTruth as TextTruth
from madtheory.models._view import Placed as Placed
from madtheory.models._view import Seen as Seen
from madtheory.models._view import World as World
from madtheory.models.autoregressive import Autoregressive as Autoregressive
from madtheory.models.autoregressive import AutoregressiveTruth as AutoregressiveTruth
from madtheory.models.autoregressive import ProcessView as ProcessView
from madtheory.models.bernoulli import Bernoulli as Bernoulli
from madtheory.models.canonical_regression import CanonicalRegression as CanonicalRegression
from madtheory.models.canonical_regression import CanonicalTruth as CanonicalTruth
from madtheory.models.canonical_regression import CanonicalView as CanonicalView
from madtheory.models.canonical_regression import LogisticRegression as LogisticRegression
from madtheory.models.canonical_regression import PoissonRegression as PoissonRegression
from madtheory.models.categorical import Categorical as Categorical
from madtheory.models.elliptical import MultivariateStudent as MultivariateStudent
from madtheory.models.gamma import Exponential as Exponential
from madtheory.models.gamma import Gamma as Gamma
from madtheory.models.gamma import Scale as Scale
from madtheory.models.gamma import ScaleView as ScaleView
from madtheory.models.gaussian import Gaussian as Gaussian
from madtheory.models.hyperbolic_secant import HyperbolicSecant as HyperbolicSecant
from madtheory.models.kde import KDE as KDE
from madtheory.models.kde import Bootstrap as Bootstrap
from madtheory.models.kde import BootstrapView as BootstrapView
from madtheory.models.kde import OfPoints as OfPoints
from madtheory.models.kde import SmoothedView as SmoothedView
from madtheory.models.linear_regression import LinearRegression as LinearRegression
from madtheory.models.linear_regression import LineView as LineView
from madtheory.models.linear_regression import RegressionTruth as RegressionTruth
from madtheory.models.location_scale import Laplace as Laplace
from madtheory.models.location_scale import Logistic as Logistic
from madtheory.models.location_scale import ShiftedExponential as ShiftedExponential
from madtheory.models.location_scale import Student as Student
from madtheory.models.location_scale import Uniform as Uniform
from madtheory.models.markov import ChainView as ChainView
from madtheory.models.markov import Markov as Markov
from madtheory.models.mixture import Mixture as Mixture
from madtheory.models.mixture import MixtureTruth as MixtureTruth
from madtheory.models.mixture import MixtureView as MixtureView
from madtheory.models.negative_binomial import Geometric as Geometric
from madtheory.models.negative_binomial import NegativeBinomial as NegativeBinomial
from madtheory.models.normal_mean import NormalMean as NormalMean
from madtheory.models.poisson import Poisson as Poisson
from madtheory.models.probabilistic_pca import FactoredView as FactoredView
from madtheory.models.probabilistic_pca import ProbabilisticPCA as ProbabilisticPCA
from madtheory.models.vector_autoregressive import VectorAutoregressive as VectorAutoregressive
from madtheory.models.vector_autoregressive import VectorAutoregressiveTruth as VectorAutoregressiveTruth
from madtheory.models.vector_autoregressive import VectorProcessView as VectorProcessView

KINDS: dict[str, type[Family]] = {
    cls.kind: cls for cls in list(globals().values()) if isinstance(cls, type) and hasattr(cls, "kind")
}
