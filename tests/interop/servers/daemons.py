"""Processes that end with the standard input of this one, and take their folder along: whoever started
them need not end politely.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def die_with_parent():
    """Also if that one is killed, and has no chance to end anything."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Daemons:
    """Processes that run in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.running = []
        self.ending = threading.Lock()
        threading.Thread(target=self.end_with_input, daemon=True).start()

    def start(self, arguments, **options):
        """Starts a process that lives as long as this one."""
        daemon = subprocess.Popen(
            arguments,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            preexec_fn=die_with_parent,
            **options,
        )
        self.running.append(daemon)
        return daemon

    def run(self, arguments, **options):
        """Runs a process that ends by itself."""
        return subprocess.run(
            arguments,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            check=True,
            preexec_fn=die_with_parent,
            **options,
        )

    def end_with_input(self):
        """Waits for the end of standard input, and leaves nothing."""
        sys.stdin.read()
        self.end(0, last_deed=lambda: shutil.rmtree(self.folder, ignore_errors=True))

    def end(self, status, last_deed=lambda: None):
        """Ends everything. What was served is thrown away, so nobody is asked politely."""
        self.ending.acquire()  # for good: another thread must not end with another status
        for daemon in self.running:
            daemon.kill()
        for daemon in self.running:
            daemon.wait()
        last_deed()
        sys.stderr.flush()
        os._exit(status)
