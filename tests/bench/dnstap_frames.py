"""Many frames of dnstap for benchmarks: what a busy CoreDNS sends, one query in four forwarded."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "cli"))
import taps  # noqa: E402
from taps import CQ, CR, FQ, FR, message  # noqa: E402

OWN = ("10.244.0.2", 50000)


def block(queries=20000):
    """Frames with their lengths, and how many there are: 20,000 queries at 10,000 a second."""
    frames = []
    for n in range(queries):
        at = n / 10000
        about = {"ident": n & 0xffff, "port": 1024 + n % 60000, "name": f"name-{n % 997}.default.svc.cluster.local"}
        way = {**about, "own": OWN, "upstream": "192.0.2.1"}
        frames.append(message(CQ, at=at, **about))
        if n % 4 == 0:
            frames += [message(FQ, at=at, **way), message(FR, at=at, until=at + 0.0004, **way)]
        frames.append(message(CR, at=at, until=at + 0.0005, **about))
    return b"".join(map(taps.data, frames)), len(frames)


def write(path, repeats=20):
    """A file of a million frames; return how many."""
    octets, count = block()
    with open(path, "wb") as out:
        out.write(taps.control(taps.START))
        for _ in range(repeats):
            out.write(octets)
        out.write(taps.control(taps.STOP, b""))
    return count * repeats
