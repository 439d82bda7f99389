"""Started by the engine, with its address as argument."""

import sys

from agentry.provider.run import main

main(sys.argv[1:])
