"""Does simulation agree with theory? Verdicts with a stated error rate, power and resolution."""

from madtheory.verify._finding import Verdict as Verdict
from madtheory.verify._verify import Verdicts as Verdicts
from madtheory.verify._verify import verify as verify
