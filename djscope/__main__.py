import sys

from djscope.cli import main

sys.exit(main())
