"""Forks processes that have Pulumi's SDK imported already, to run programs in: `python fork_server.py DESCRIPTOR [MODULE ...]`.

Each line on the socket, JSON, asks for one: a directory, variables, and descriptors, which are in this order what the
program prints to, what gets its exit status, its settings and its report. The answer is a process id.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import struct
import sys

LARGEST = 1 << 18


def main() -> None:
    from agentry.engine import run_program

    for module in sys.argv[2:]:
        importlib.import_module(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them: they write their exit status
    connection = socket.socket(fileno=int(sys.argv[1]))
    while True:
        message, descriptors, _, _ = socket.recv_fds(connection, LARGEST, 4)
        if not message:
            return
        while not message.endswith(b"\n"):
            message += connection.recv(LARGEST)
        child = os.fork()
        if child == 0:
            connection.close()
            become(run_program.main, json.loads(message), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        connection.send(struct.pack("i", child))


def become(program: object, wanted: dict[str, object], descriptors: list[int]) -> None:
    """Run a program in this process, and end it."""
    printed, ended, settings, report = descriptors
    status = 70
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        os.chdir(str(wanted["directory"]))
        os.environ.clear()
        os.environ.update(wanted["variables"])  # type: ignore[call-overload]
        os.dup2(printed, 1)
        os.dup2(printed, 2)
        sys.argv = ["run_program.py", str(settings), str(report)]
        status = program()  # type: ignore[operator]
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os.write(ended, struct.pack("i", status))
        os._exit(status)


if __name__ == "__main__":
    main()
