"""The host's side of a run: tiles handed out to devices and processes, their moments merged in tile order."""

from madtheory._run._fit import TileHalved as TileHalved
from madtheory._run._processes import apart as apart
from madtheory._run._processes import gather as gather
from madtheory._run._processes import members as members
from madtheory._run._run import Progress as Progress
from madtheory._run._run import Run as Run
from madtheory._run._run import Summary as Summary
from madtheory._run._run import Watch as Watch
from madtheory._run._run import run_tiles as run_tiles
from madtheory._run._width import tile_width as tile_width
