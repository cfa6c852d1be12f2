# SPDX-License-Identifier: GPL-2.0-or-later
"""Recordings read and made byte by byte, by a reading of the format of their own (include/.../record_segment.h)."""
import copy
import json
import pathlib
import struct
import zlib

MAGIC = b"K8R1"
BEGIN, WHOLE, DELTA, CAPTURE = range(4)
HEAD = struct.Struct("<4sIB3xIIIQQ")
BOOT = "5b1f0d0e-0000-4000-8000-000000000001"


def seal(record):
    """The same record with the checksum that belongs to it."""
    return record[:4] + struct.pack("<I", zlib.crc32(MAGIC + record[8:])) + record[8:]


def record(kind, sequence, value, real_ns, mono_ns):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    packed = zlib.compress(text)
    return seal(HEAD.pack(MAGIC, 0, kind, sequence, len(packed), len(text), real_ns, mono_ns) + packed)


def segment(intervals, boot=BOOT):
    """A segment of [(kind, JSON, ns since 1970, ns since boot), ...]."""
    out = record(BEGIN, 0, {"schema": "k8sdns/1", "boot": boot}, *intervals[0][2:] if intervals else (0, 0))
    for i, (kind, value, real_ns, mono_ns) in enumerate(intervals):
        out += record(kind, i + 1, value, real_ns, mono_ns)
    return out


def write(folder, intervals, number=1, boot=BOOT):
    pathlib.Path(folder).mkdir(exist_ok=True)
    pathlib.Path(folder, f"{number:08d}.k8sdns").write_bytes(segment(intervals, boot))


def applied(before, delta):
    """Source: include/k8sdns/wire/recorder/json_delta.h."""
    if "=" in delta:
        return delta["="]
    if "o" in delta or "-" in delta:
        after = {key: value for key, value in before.items() if key not in delta.get("-", [])}
        after.update({key: applied(after.get(key), value) for key, value in delta.get("o", {}).items()})
        return after
    if "n" in delta:
        after = (before + [None] * delta["n"])[:delta["n"]]
        for at, value in delta["a"].items():
            after[int(at)] = applied(after[int(at)], value)
        return after
    return before


def records(data):
    """[(kind, sequence, JSON text, real_ns, mono_ns), ...] up to what is no good record, and up to where it is good."""
    out, at = [], 0
    while at + HEAD.size <= len(data):
        magic, crc, kind, sequence, packed, length, real_ns, mono_ns = HEAD.unpack_from(data, at)
        end = at + HEAD.size + packed
        if magic != MAGIC or end > len(data) or crc != zlib.crc32(MAGIC + data[at + 8:end]):
            break
        text = zlib.decompress(data[at + HEAD.size:end])
        assert len(text) == length
        out.append((kind, sequence, text, real_ns, mono_ns))
        at = end
    return out, at


def read(folder):
    """[(kind, JSON, real_ns, mono_ns), ...] of all segments, and {file: bytes after the last good record}."""
    intervals, torn = [], {}
    for path in sorted(pathlib.Path(folder).glob("*.k8sdns")):
        data, base = path.read_bytes(), None
        good, at = records(data)
        if at < len(data):
            torn[path.name] = len(data) - at
        for kind, _, text, real_ns, mono_ns in good:
            value = json.loads(text)
            if kind == DELTA:
                value = base = applied(copy.deepcopy(base), value)
            elif kind == WHOLE:
                base = value
            if kind != BEGIN:
                intervals.append((kind, value, real_ns, mono_ns))
    return intervals, torn


def texts(folder):
    """All that stands in the files, as it was before it was packed."""
    return b"\n".join(text for path in pathlib.Path(folder).glob("*.k8sdns")
                      for _, _, text, _, _ in records(path.read_bytes())[0])
