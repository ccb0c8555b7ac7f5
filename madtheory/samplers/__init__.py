"""Samplers: what a fitted Gaussian becomes when it is sampled by a discretised flow. A new one needs its export line here."""

from madtheory.samplers._sampler import Sampler as Sampler
from madtheory.samplers.ancestral import Ancestral as Ancestral
from madtheory.samplers.denoiser import Denoiser as Denoiser
from madtheory.samplers.flow_matching import FlowMatching as FlowMatching
from madtheory.samplers.low_rank import LowRank as LowRank
from madtheory.samplers.probability_flow import ProbabilityFlow as ProbabilityFlow

KINDS: dict[str, type[Sampler]] = {
    cls.kind: cls for cls in list(globals().values()) if isinstance(cls, type) and hasattr(cls, "kind")
}
