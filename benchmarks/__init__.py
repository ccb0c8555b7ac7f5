"""How fast madtheory is, as ratios measured in one run (`python -m benchmarks`), and how well its verdicts are calibrated."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # set before NumPy is imported: the peers' processes have one core each
