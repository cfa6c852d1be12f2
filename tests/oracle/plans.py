# SPDX-License-Identifier: GPL-2.0-or-later
"""What a resolver sent, and what expand says it would send, in one form that can be compared."""
import binary


def rounds(resolver, queries):
    """Queries as a list of candidates: (name, types, sockets).

    A and AAAA of a candidate go out together; where they have sockets of their own (Go), or are written one behind
    the other (all), their order on the wire is not fixed, so types are sorted. Sockets are numbered by candidate.
    """
    out = []
    for query in queries:
        if out and out[-1]["name"] == query["name"] and query["type"] not in [t for t, _ in out[-1]["asked"]]:
            out[-1]["asked"].append((query["type"], query["socket"]))
        else:
            out.append({"name": query["name"], "asked": [(query["type"], query["socket"])]})
    result, numbers, count = [], {}, 0
    for entry in out:
        # A port that comes back after others were used is chance, not the same socket.
        previous, numbers, asked = numbers, {}, []
        for kind, sock in sorted(entry["asked"]) if resolver == "go" else entry["asked"]:
            if sock not in numbers:
                numbers[sock] = previous.get(sock, count)
                count = max(count, numbers[sock] + 1)
            asked.append((kind, numbers[sock]))
        result.append((entry["name"], asked))
    return result


def of_queries(resolver, queries):
    """From what a server saw: musl asks every server at once, each question counts once.

    A message without a readable question (musl's "host.." for `search .`) is no question.
    """
    once, seen = [], set()
    for query in queries:
        if query["name"] is None:
            continue
        key = (query["name"], query["type"], query["socket"])
        if key not in seen:
            seen.add(key)
            once.append(query)
    return rounds(resolver, once)


def expand(name, resolver, *where, env=None):
    """From expand --json, of the system's own file unless told otherwise (--resolv-conf, --pid)."""
    document, status = binary.run_json("expand", "--as", resolver, *where, "--", name, env=env)
    assert status == 0, (status, document)
    return rounds(resolver, document["data"]["names"][0]["plans"][0]["queries"])
