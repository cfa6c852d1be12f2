# SPDX-License-Identifier: GPL-2.0-or-later
"""Terminals for the real program: tmux's, whose screen can be read, and a bare pty, whose bytes can."""
import contextlib
import fcntl
import os
import pathlib
import pty
import re
import select
import shlex
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time

import binary

DEADLINE = 60  # of a machine that does ten other things; nothing waits for it that works


class Gone(AssertionError):
    """The screen never showed what was waited for."""


class Tmux:
    """A shell in a terminal of tmux, of a server of its own."""

    def __init__(self, columns, rows, **environment):
        self.folder = tempfile.mkdtemp()
        self.asked = 0
        self.base = ["tmux", "-S", f"{self.folder}/socket", "-f", "/dev/null"]
        env = {**binary.ENVIRONMENT, "TERM": "xterm-256color", "PS1": "$ ", **environment}
        env.pop("COLUMNS")
        words = [f"{key}={value}" for key, value in env.items()]
        self.tmux("-u", "new-session", "-d", "-x", str(columns), "-y", str(rows),
                  shlex.join(["env", "-i", *words, "bash", "--norc", "--noprofile", "-i"]))
        self.tmux("set", "-g", "status", "off")
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))
        self.wait_for("$")

    def tmux(self, *arguments):
        return subprocess.run([*self.base, *arguments], capture_output=True, text=True, check=True, timeout=30).stdout

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run([*self.base, "kill-server"], capture_output=True, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *words):
        self.keys("-l", shlex.join(map(str, words)))
        self.keys("Enter")

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def resize(self, columns, rows):
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def text(self, *how):
        return self.tmux("capture-pane", "-p", *how)

    def wait_for(self, wanted, *how):
        """Wait for a text on the screen, or for a condition on it; give the screen."""
        fits = wanted if callable(wanted) else lambda text: wanted in text
        end = time.monotonic() + DEADLINE
        while True:
            text = self.text(*how)
            if fits(text):
                return text
            if time.monotonic() > end:
                raise Gone(f"no {wanted!r} on the screen:\n{text}")
            time.sleep(0.05)

    def modes(self):
        """What stty says of the terminal; the shell must have it."""
        self.asked += 1
        self.keys("-l", f"clear; echo m''odes{self.asked} $(stty -a | cksum)")
        self.keys("Enter")
        self.wait_for(lambda text: re.search(rf"^modes{self.asked} \d+ \d+$", text, re.M))
        return re.search(rf"^modes{self.asked} (\d+ \d+)$", self.text(), re.M)[1]


def heed_signals():
    """Nohup passes on that signals are ignored, and so does a shell to what it runs in the background."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


class Pty:
    """The program on a bare pty: every byte that it writes is kept."""

    def __init__(self, *arguments, columns=80, rows=24, **environment):
        self.sent = b""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.master, self.slave = master, slave
        self.before = termios.tcgetattr(slave)
        env = {**binary.ENVIRONMENT, "TERM": "xterm-256color", **environment}
        self.process = subprocess.Popen([binary.K8SDNS, *map(str, arguments)], stdin=slave, stdout=slave,
                                        stderr=subprocess.PIPE, env=env, start_new_session=True,
                                        preexec_fn=heed_signals)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        os.close(self.master)
        os.close(self.slave)

    def read(self, seconds=0.0):
        while select.select([self.master], [], [], seconds)[0]:
            self.sent += os.read(self.master, 65536)

    def wait_for(self, wanted):
        end = time.monotonic() + DEADLINE
        while wanted not in self.sent:
            self.read(0.05)
            if time.monotonic() > end:
                raise Gone(f"no {wanted!r} in {self.sent[-2000:]!r}")

    def end(self, number=None):
        """Send a signal and wait for the end; give the exit status."""
        if number is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)
        end = time.monotonic() + DEADLINE
        while self.process.poll() is None:
            self.read(0.02)
            if time.monotonic() > end:
                raise Gone("it does not end")
        self.read()
        return self.process.returncode

    def left_as_it_was(self):
        """What is wrong with the terminal by now; nothing when it is as before."""
        wrong = []
        if termios.tcgetattr(self.slave) != self.before:
            wrong.append("its modes have changed")
        for on, off in ((b"\x1b[?1049h", b"\x1b[?1049l"), (b"\x1b[?25l", b"\x1b[?25h"), (b"\x1b[?1h", b"\x1b[?1l"),
                        (b"\x1b[?1000h", b"\x1b[?1000l"), (b"\x1b[?1006h", b"\x1b[?1006l")):
            if self.sent.rfind(on) > self.sent.rfind(off):
                wrong.append(f"{on!r} without {off!r}")
        return wrong


def without_terminfo(*command):
    """The command in a mount namespace that has no terminfo database."""
    hide = "; ".join(f"mount -t tmpfs none {folder}" for folder in ("/etc/terminfo", "/lib/terminfo",
                                                                    "/usr/share/terminfo") if
                     pathlib.Path(folder).is_dir())
    return ["unshare", "-m" if os.geteuid() == 0 else "-rm", "sh", "-c", f'{hide}; exec "$@"', "sh", *command]
