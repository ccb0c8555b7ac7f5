"""Random numbers as a pure function of (seed, replica, generation, role, slot, index), and exact samplers on them."""

from madtheory.random._philox import philox4x32 as philox4x32
from madtheory.random._stream import REAL as REAL
from madtheory.random._stream import SELECT as SELECT
from madtheory.random._stream import SYNTHETIC as SYNTHETIC
from madtheory.random._stream import Stream as Stream
from madtheory.random._stream import seed_words as seed_words
from madtheory.random.bartlett import bartlett_factor as bartlett_factor
from madtheory.random.chi_square import ChiSquareTable as ChiSquareTable
from madtheory.random.normal import normal as normal
