"""Runs a server in a folder for as long as standard input is open: whoever started it takes it along,
however that one ends.

    serve.py FOLDER PROGRAM [ARGUMENT]...
"""

import sys

from daemons import Daemons

daemons = Daemons(sys.argv[1])
daemons.end(daemons.start(sys.argv[2:]).wait())
