"""Runs a module as `python -m` does, for as long as standard input is open: whoever started it takes
it along, however that one ends.
"""

import os
import runpy
import sys
import threading


def end_with_input():
    """Waits for the end of standard input."""
    sys.stdin.read()
    os._exit(0)  # servers have threads that a polite exit would wait for


def main():
    """The first argument is the module, the others are for it."""
    threading.Thread(target=end_with_input, daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
