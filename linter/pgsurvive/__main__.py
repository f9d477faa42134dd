"""`python -m pgsurvive` is the command `pgsurvive`."""

import sys

from pgsurvive.cli import main

if __name__ == "__main__":
    sys.exit(main())
