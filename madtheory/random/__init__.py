"""Random numbers as a pure function of (seed, replica, generation, role, slot, index), and exact samplers on them."""

from madtheory.random._philox import philox4x32 as philox4x32
from madtheory.random._sparse_counts import sparse_multinomial as sparse_multinomial
from madtheory.random._stream import FIT as FIT
from madtheory.random._stream import REAL as REAL
from madtheory.random._stream import SELECT as SELECT
from madtheory.random._stream import SYNTHETIC as SYNTHETIC
from madtheory.random._stream import Stream as Stream
from madtheory.random._stream import expanded as expanded
from madtheory.random._stream import seed_words as seed_words
from madtheory.random._stream import uniforms as uniforms
from madtheory.random.bartlett import bartlett_factor as bartlett_factor
from madtheory.random.beta import beta as beta
from madtheory.random.beta import log_odds as log_odds
from madtheory.random.binomial import binomial as binomial
from madtheory.random.chi_square import ONE as ONE
from madtheory.random.chi_square import ChiSquareTable as ChiSquareTable
from madtheory.random.chi_square import Jump as Jump
from madtheory.random.gamma import chi_square as chi_square
from madtheory.random.gamma import gamma as gamma
from madtheory.random.gamma import log_gamma as log_gamma
from madtheory.random.multinomial import multinomial as multinomial
from madtheory.random.normal import normal as normal
from madtheory.random.poisson import poisson as poisson
from madtheory.random.prng import PHILOX as PHILOX
from madtheory.random.prng import philox_key as philox_key
