"""How fast madtheory is, as ratios measured in one run (`python -m benchmarks`), and how well its verdicts are calibrated."""

import os

os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # fresh processes share the GPU with this one
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # set before NumPy is imported: the peers' processes have one core each
