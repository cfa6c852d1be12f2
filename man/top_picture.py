#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
A picture of `k8sdns top` for the README, made of its own output:

    COLUMNS=100 TERM=xterm-256color k8sdns top --batch --color always --from tests/data/captures/dead-replica.json |
        man/top_picture.py > man/top.svg
"""
import html
import re
import sys

WIDE, HIGH, MARGIN, ROWS = 8.4, 18, 12, 30
# As in lib/render/page/printer.c, on a dark ground.
STYLES = {"1": "font-weight:bold", "2": "opacity:.65", "33": "fill:#0087ff", "136": "fill:#d7af00",
          "163": "fill:#ff5fd7;font-weight:bold"}


def style(codes):
    words = codes.split(";")
    number = words[-1] if "5" in words and "38" in words else words[0]
    return STYLES.get(number, "")


def pieces(line):
    """(style, text), as the escapes of the line say."""
    current = ""
    for part in re.split(r"(\x1b\[[\d;]*m)", line):
        if part.startswith("\x1b["):
            current = style(part[2:-1])
        elif part:
            yield current, part


def main():
    # What matters is above; the rest of the limits is long.
    lines = sys.stdin.read().splitlines()[:ROWS]
    columns = max(len(re.sub(r"\x1b\[[\d;]*m", "", line)) for line in lines)
    width, height = columns * WIDE + 2 * MARGIN, len(lines) * HIGH + 2 * MARGIN
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
          f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="k8sdns top">')
    print(f'<rect width="{width:.0f}" height="{height:.0f}" rx="8" fill="#1b1f24"/>')
    print('<g font-family="DejaVu Sans Mono,Menlo,Consolas,monospace" font-size="14" fill="#e6e6e6" '
          'xml:space="preserve">')
    for number, line in enumerate(lines, 1):
        at = 0
        for words, text in pieces(line):
            shown = f' style="{words}"' if words else ""
            print(f'<text x="{MARGIN + at * WIDE:.1f}" y="{MARGIN + number * HIGH - 4}"{shown} '
                  f'textLength="{len(text) * WIDE:.1f}">{html.escape(text)}</text>')
            at += len(text)
    print("</g>\n</svg>")


main()
