#!/usr/bin/env python3
"""Runs a command on a terminal of its own and types a line when it asks for one; prints what the terminal showed.

    tests/peers/typed.py PROMPT LINE COMMAND...
"""
import os
import pty
import sys


def main():
    prompt, line, command = sys.argv[1].encode(), sys.argv[2].encode(), sys.argv[3:]
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(command[0], command)
    shown, is_typed = b"", False
    while True:
        try:
            more = os.read(terminal, 4096)
        except OSError:  # the terminal is gone with its last program
            more = b""
        if not more:
            break
        shown += more
        if not is_typed and prompt in shown:
            os.write(terminal, line + b"\n")
            is_typed = True
    sys.stdout.buffer.write(shown)
    sys.stdout.flush()
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


main()
