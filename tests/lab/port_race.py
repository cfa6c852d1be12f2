#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Two clients send from the same source ports at the same moments; print how many queries were never answered.

usage: port_race.py CLIENT1 CLIENT2 SERVER
"""
import mmap
import os
import resource
import select
import socket
import sys
import time

PAIRS = 3000
FIRST_PORT = 2000
QUESTION = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1"


def opened(client, server):
    sockets = []
    for i in range(PAIRS):
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind((client, FIRST_PORT + i))
        one.connect((server, 53))
        sockets.append(one)
    return sockets


def race(sockets, turn, me):
    """Both processes announce that they are at pair i, wait for the other, and send."""
    for i, one in enumerate(sockets):
        number = i + 1
        turn[me] = number
        while turn[1 - me] < number:
            pass
        one.send(QUESTION)
        # The servers' answers must not pile up, nor the second pair overtake the first.
        if i % 50 == 49:
            time.sleep(0.02)


def lost(sockets):
    waiting = {one.fileno() for one in sockets}
    poll = select.poll()
    for number in waiting:
        poll.register(number, select.POLLIN)
    end = time.monotonic() + 1.5
    while waiting and time.monotonic() < end:
        for number, _ in poll.poll(100):
            waiting.discard(number)
            poll.unregister(number)
    return len(waiting)


def main():
    most = max(PAIRS + 100, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (PAIRS + 100, most))
    turn = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("i")
    child = os.fork()
    me = 0 if child else 1
    os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[me % os.cpu_count()]})
    sockets = opened(sys.argv[1 + me], sys.argv[3])
    race(sockets, turn, me)
    missing = lost(sockets)
    if not child:
        turn[2] = missing
        os._exit(0)
    os.waitpid(child, 0)
    print(missing + turn[2])


main()
