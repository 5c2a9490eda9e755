"""``python -m rag``: the same as the console script ``rag``."""

import sys

from rag.surfaces.cli import main

if __name__ == "__main__":
    sys.exit(main())
