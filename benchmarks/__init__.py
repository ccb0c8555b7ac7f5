"""How fast madtheory is, as ratios measured in one run (`python -m benchmarks`), and how well its verdicts are calibrated."""
