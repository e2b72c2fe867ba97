"""``python -m boilerkit``."""

import sys

from boilerkit.cli import main

sys.exit(main())
