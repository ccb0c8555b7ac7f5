"""Does simulation agree with theory? Verdicts with a stated error rate, power and resolution."""

from madtheory.verify._end_of_run import raw_horizon as raw_horizon
from madtheory.verify._finding import Verdict as Verdict
from madtheory.verify._finding import sidak as sidak
from madtheory.verify._tails import normal_level as normal_level
from madtheory.verify._verify import Verdicts as Verdicts
from madtheory.verify._verify import verify as verify
