"""`python -m madtheory` is the command `madtheory`."""

from madtheory.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
