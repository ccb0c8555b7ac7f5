"""Laws: what theory says of each observable. One file each; a new one needs its export line here and nothing else."""

from madtheory.laws._law import STRENGTH as STRENGTH
from madtheory.laws._law import Hypothesis as Hypothesis
from madtheory.laws._law import Law as Law
from madtheory.laws._law import Quantity as Quantity
from madtheory.laws._law import evaluate as evaluate
from madtheory.laws._law import one_point_more as one_point_more
from madtheory.laws.accumulate_factor_limit import AccumulateFactorLimit as AccumulateFactorLimit
from madtheory.laws.accumulate_gamma_variance import AccumulateGammaVariance as AccumulateGammaVariance
from madtheory.laws.accumulate_log_variance import AccumulateLogVariance as AccumulateLogVariance
from madtheory.laws.accumulate_mean_square_drift import AccumulateMeanSquareDrift as AccumulateMeanSquareDrift
from madtheory.laws.accumulate_variance import AccumulateVariance as AccumulateVariance
from madtheory.laws.accumulate_variance_exponent import AccumulateVarianceExponent as AccumulateVarianceExponent
from madtheory.laws.accumulate_variance_limit import AccumulateVarianceLimit as AccumulateVarianceLimit
from madtheory.laws.admissible_synthetic_size import AdmissibleSyntheticSize as AdmissibleSyntheticSize
from madtheory.laws.composition_drift import CompositionDrift as CompositionDrift
from madtheory.laws.composition_mean_covariance import CompositionMeanCovariance as CompositionMeanCovariance
from madtheory.laws.composition_mean_square_drift import CompositionMeanSquareDrift as CompositionMeanSquareDrift
from madtheory.laws.composition_variance import CompositionVariance as CompositionVariance
from madtheory.laws.conservation import Conservation as Conservation
from madtheory.laws.effective_sample_size import EffectiveSampleSize as EffectiveSampleSize
from madtheory.laws.first_order_entropy import FirstOrderEntropy as FirstOrderEntropy
from madtheory.laws.first_order_frechet import FirstOrderFrechet as FirstOrderFrechet
from madtheory.laws.first_order_improvement import FirstOrderImprovement as FirstOrderImprovement
from madtheory.laws.first_order_kl_forward import FirstOrderKLForward as FirstOrderKLForward
from madtheory.laws.first_order_kl_reverse import FirstOrderKLReverse as FirstOrderKLReverse
from madtheory.laws.first_order_log_variance import FirstOrderLogVariance as FirstOrderLogVariance
from madtheory.laws.first_order_w2_squared import FirstOrderW2Squared as FirstOrderW2Squared
from madtheory.laws.fresh_accumulate_exponent import FreshAccumulateExponent as FreshAccumulateExponent
from madtheory.laws.kalman_weight import KalmanWeight as KalmanWeight
from madtheory.laws.mixed_factor_limit import MixedFactorLimit as MixedFactorLimit
from madtheory.laws.replace_bias_threshold import ReplaceBiasThreshold as ReplaceBiasThreshold
from madtheory.laws.replace_effective_rank_annealed import ReplaceEffectiveRankAnnealed as ReplaceEffectiveRankAnnealed
from madtheory.laws.replace_entropy import ReplaceEntropy as ReplaceEntropy
from madtheory.laws.replace_kl_forward import ReplaceKLForward as ReplaceKLForward
from madtheory.laws.replace_kl_reverse import ReplaceKLReverse as ReplaceKLReverse
from madtheory.laws.replace_limit_point import ReplaceLimitPoint as ReplaceLimitPoint
from madtheory.laws.replace_limit_variance import ReplaceLimitVariance as ReplaceLimitVariance
from madtheory.laws.replace_log_eigenvalues import ReplaceLogEigenvalues as ReplaceLogEigenvalues
from madtheory.laws.replace_log_variance import ReplaceLogVariance as ReplaceLogVariance
from madtheory.laws.replace_mean_square_drift import ReplaceMeanSquareDrift as ReplaceMeanSquareDrift
from madtheory.laws.replace_rank import ReplaceRank as ReplaceRank
from madtheory.laws.replace_tail_chernoff import ReplaceTailChernoff as ReplaceTailChernoff
from madtheory.laws.replace_tail_index import ReplaceTailIndex as ReplaceTailIndex
from madtheory.laws.replace_tail_probability import ReplaceTailProbability as ReplaceTailProbability
from madtheory.laws.replace_tail_suresh import ReplaceTailSuresh as ReplaceTailSuresh
from madtheory.laws.replace_variance import ReplaceVariance as ReplaceVariance
from madtheory.laws.replace_w2_squared import ReplaceFrechet as ReplaceFrechet
from madtheory.laws.replace_w2_squared import ReplaceW2Squared as ReplaceW2Squared
from madtheory.laws.replace_w2_squared_lower import ReplaceFrechetLower as ReplaceFrechetLower
from madtheory.laws.replace_w2_squared_lower import ReplaceW2SquaredLower as ReplaceW2SquaredLower
from madtheory.laws.schedule_factor import ScheduleFactor as ScheduleFactor
from madtheory.laws.stationary_mean_square_drift import StationaryMeanSquareDrift as StationaryMeanSquareDrift
from madtheory.laws.stationary_variance import StationaryVariance as StationaryVariance
from madtheory.laws.stationary_variance_large_n import StationaryVarianceLargeN as StationaryVarianceLargeN
from madtheory.laws.stationary_w2_squared import StationaryW2Squared as StationaryW2Squared
from madtheory.laws.subsample_factor_limit import SubsampleFactorLimit as SubsampleFactorLimit
from madtheory.laws.subsample_mean_square_drift import SubsampleMeanSquareDrift as SubsampleMeanSquareDrift
from madtheory.laws.subsample_variance import SubsampleVariance as SubsampleVariance
from madtheory.laws.synthetic_threshold import SyntheticThreshold as SyntheticThreshold
from madtheory.laws.weighted_optimal_weight import WeightedOptimalWeight as WeightedOptimalWeight
from madtheory.laws.window_factor_limit import WindowFactorLimit as WindowFactorLimit
from madtheory.laws.window_factor_slope import WindowFactorSlope as WindowFactorSlope

ATLAS: dict[str, Law] = {
    cls.name: cls() for cls in list(globals().values()) if isinstance(cls, type) and issubclass(cls, Law) and hasattr(cls, "name")
}
