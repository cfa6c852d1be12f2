#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The report's page in a real browser: light and dark, wide and narrow, without a script, hostile, printed.

With PICTURES=FOLDER the pictures are kept there, to be looked at.
"""
import json
import os
import pathlib
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("SOURCE", pathlib.Path(__file__).parents[2]))
sys.path += [str(SOURCE / "tests/cli"), str(SOURCE / "tests/report")]
import binary
import browser
from schema_instance import capture_with
from test_report import HOSTILE

CAPTURES = SOURCE / "tests/data/captures"
PAGES = {"healthy": "healthy", "one-fault": "dead-replica-named", "two-faults": "two-faults",
         "no-privilege": "dead-replica-unprivileged"}
WIDTHS = (1280, 390)

# Text whose contrast with what is behind it is under 4.5 (3 for large text), with its colours.
CONTRAST = """(() => {
  const light = c => { c /= 255; return c <= 0.04045 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4) };
  const parse = s => { const m = s.match(/[\\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m };
  const lum = c => 0.2126 * light(c[0]) + 0.7152 * light(c[1]) + 0.0722 * light(c[2]);
  const ratio = (a, b) => { const [x, y] = [lum(a), lum(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05) };
  const behind = e => { for (; e; e = e.parentElement) {
                          const c = parse(getComputedStyle(e).backgroundColor); if (c[3] > 0.99) return c }
                        return parse(getComputedStyle(document.body).backgroundColor) };
  const bad = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n = walk.nextNode(); n; n = walk.nextNode()) {
    const e = n.parentElement, style = getComputedStyle(e);
    if (!n.data.trim() || ['SCRIPT', 'title', 'desc'].includes(e.tagName) || !e.getClientRects().length) continue;
    const inSvg = e instanceof SVGElement, color = parse(inSvg ? style.fill : style.color);
    let ground = inSvg ? behind(e.closest('svg').parentElement) : behind(e);
    if (inSvg) {  /* the box that it stands on; a halo makes the ground the card's */
      const r = e.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + r.height / 2;
      if (!e.classList.contains('halo'))
        for (const box of e.parentElement.querySelectorAll('rect')) {
          const b = box.getBoundingClientRect(), fill = getComputedStyle(box).fill;
          if (fill !== 'none' && b.x <= x && x <= b.right && b.y <= y && y <= b.bottom) ground = parse(fill);
        }
    }
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && +style.fontWeight >= 700);
    const got = ratio(color, ground);
    if (got < (large ? 3 : 4.5)) bad.push(`${got.toFixed(2)} ${n.data.trim().slice(0, 30)} ${color} on ${ground}`);
  }
  return bad })()"""
# What does not fit: wider than the page, or cut at its edge.
OUTSIDE = """[...document.querySelectorAll('body *')].filter(e => {
  const r = e.getBoundingClientRect();
  return r.width && !e.closest('.skip') && !e.closest('thead') && getComputedStyle(e).position !== 'absolute' &&
         (r.right > innerWidth + 1 || r.left < -1) && !e.closest('svg.x') })
  .map(e => e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 30))"""
TEXT_OUTSIDE = """[...document.querySelectorAll('svg text')].filter(e => {
  const r = e.getBoundingClientRect(), s = e.closest('section').getBoundingClientRect();
  return r.width && (r.right > s.right || r.left < s.left) }).map(e => e.textContent)"""
SMALL = """[...document.querySelectorAll('body *')].filter(e => e.getClientRects().length && e.childNodes.length &&
  [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && parseFloat(getComputedStyle(e).fontSize) < 11.5)
  .map(e => e.tagName + ' ' + e.textContent.slice(0, 30))"""
NAMELESS = """[...document.querySelectorAll('svg[role=img]')].filter(e =>
  !(e.querySelector(':scope > title') || {}).textContent ||
  !(e.querySelector(':scope > desc') || {}).textContent).length"""
TABLES = """[...document.querySelectorAll('table')].filter(e => !e.caption || !e.caption.textContent.trim() ||
  ![...e.querySelectorAll('th')].every(h => h.scope)).length"""


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.browser = browser.Browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.folder.cleanup()

    def page(self, name, document=None):
        """The file of the page of a capture."""
        file = pathlib.Path(self.folder.name, f"{name}.html")
        if not file.exists():
            given = ["--from", "-"] if document else ["--from", CAPTURES / f"{PAGES[name]}.json"]
            done = binary.run("report", *given, "-o", file, stdin=json.dumps(document).encode() if document else b"")
            self.assertEqual(done.returncode, 0, done.stderr)
        return file

    def fits(self, page, name):
        self.assertEqual(page.trouble(), [], name)
        self.assertEqual(page.run("document.documentElement.scrollWidth"), page.width, name)
        self.assertEqual(page.run(OUTSIDE), [], name)
        self.assertEqual(page.run(TEXT_OUTSIDE), [], name)

    def test_every_page(self):
        for name in PAGES:
            for width in WIDTHS:
                for dark in (False, True):
                    word = f"{name}-{width}-{'dark' if dark else 'light'}"
                    with self.subTest(word), self.browser.open(self.page(name), width, dark) as page:
                        if os.environ.get("PICTURES"):
                            page.picture(pathlib.Path(os.environ["PICTURES"], f"{word}.png"), whole=True)
                        self.fits(page, word)
                        self.assertEqual(page.run(CONTRAST), [], word)
                        self.assertEqual(page.run(SMALL), [], word)
                        self.assertEqual(page.run(NAMELESS), 0, word)
                        self.assertEqual(page.run(TABLES), 0, word)

    def test_the_contrast_check_sees(self):
        """It complains of what is hard to read, or it would prove nothing."""
        with self.browser.open(self.page("healthy")) as page:
            page.run("document.querySelector('h1').style.color = 'rgb(200,200,200)'")
            self.assertEqual(len(page.run(CONTRAST)), 1)

    def test_numbers(self):
        """What the page shows is what the JSON says."""
        for name, capture in PAGES.items():
            with self.subTest(name), self.browser.open(self.page(name)) as page:
                report = binary.run_json("report", "--from", CAPTURES / f"{capture}.json")[0]["data"]
                servers = [f"{s['asked'] - s['failed']} of {s['asked']}" for s in report["diagnosis"]["servers"]]
                shown = page.run("[...document.querySelectorAll('#verdict .row .val')].map(e => e.textContent.trim())")
                self.assertEqual([text.removeprefix("✕ ") for text in shown], servers)
                # A bar is as long as its share.
                bars = page.run("[...document.querySelectorAll('#verdict .row svg')].map(s => "
                                "s.querySelector('.s-bar').getBoundingClientRect().width / "
                                "s.querySelector('.s-bg').getBoundingClientRect().width)")
                for bar, server in zip(bars, report["diagnosis"]["servers"], strict=True):
                    self.assertAlmostEqual(bar, 1 - server["failed"] / server["asked"], places=2)
                failed = sum(p["status"] not in ("answer", "nodata", "nxdomain", "truncated")
                             for p in report["facts"]["matrix"]["probes"])
                cells = page.run("document.querySelectorAll('#matrix td .failed').length")
                self.assertTrue(bool(failed) == bool(cells) and cells <= failed)
                findings = page.run("document.querySelectorAll('#findings article').length")
                leading = [f for f in binary.run_json("diagnose", "--from", CAPTURES / f"{capture}.json")[0]["findings"]
                           if not f["consequence_of"]]
                self.assertEqual(findings, len(leading))

    def test_buttons_copy(self):
        """Each copies what stands beside it, with the clipboard's interface and without."""
        with self.browser.open(self.page("one-fault")) as page:
            commands = page.run("[...document.querySelectorAll('.cmd')].map(e => e.querySelector('code').textContent)")
            self.assertEqual(page.run("document.querySelectorAll('.cmd button:not([hidden])').length"), len(commands))
            page.run("window.kept = []; document.addEventListener('copy', () => kept.push(getSelection().toString()))")
            for taken in ("Object.defineProperty(navigator, 'clipboard', {value: undefined, configurable: true})",
                          "Object.defineProperty(navigator, 'clipboard', {value: {writeText: t => (kept.push(t), "
                          "Promise.resolve())}, configurable: true})"):
                page.run("kept.length = 0; " + taken)
                page.run("[...document.querySelectorAll('.cmd button')].forEach(e => e.click())")
                self.assertEqual(page.run("kept"), commands)
                self.assertIn("Cop", page.run("new Promise(d => setTimeout(() => d(document.getElementById('said')"
                                              ".textContent), 50))"))

    def test_without_script(self):
        """All is there to read, and no button that does nothing."""
        with self.browser.open(self.page("one-fault"), script=False) as page:
            tree = page.call("DOM.getDocument", depth=1)["root"]["nodeId"]
            shown = page.call("DOM.querySelectorAll", nodeId=tree, selector=".cmd button:not([hidden])")["nodeIds"]
            self.assertEqual(shown, [])
            self.assertEqual(page.trouble(), [])

    def test_keyboard(self):
        """Tab goes to the way past the head first, and all that can be reached shows that it is."""
        with self.browser.open(self.page("one-fault")) as page:
            for _ in range(2):
                page.call("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
                page.call("Input.dispatchKeyEvent", type="keyUp", key="Tab", code="Tab", windowsVirtualKeyCode=9)
                self.assertNotEqual(page.run("getComputedStyle(document.activeElement).outlineStyle"), "none")
            self.assertEqual(page.run("document.querySelectorAll('[tabindex]:not([tabindex=\"0\"])').length"), 0)

    def test_hostile(self):
        """Whatever the facts say: no script runs, nothing is asked for, nothing is wider than the page."""
        for name, text in HOSTILE.items():
            for width in WIDTHS:
                with self.subTest(f"{name} {width}"):
                    file = self.page(f"hostile-{name}", capture_with(text))
                    with self.browser.open(file, width) as page:
                        self.assertEqual(page.trouble(), [])
                        self.assertEqual(page.run("document.scripts.length"), 1)
                        self.assertEqual(page.run("document.documentElement.scrollWidth"), width)
                        active = page.run("[...document.querySelectorAll('*')].filter(e => [...e.attributes]"
                                          ".some(a => a.name.startsWith('on') || a.name === 'style')).length")
                        self.assertEqual(active, 0)

    def test_the_policy_holds(self):
        """What would get in all the same could neither run nor load."""
        file = pathlib.Path(self.folder.name, "broken.html")
        text = self.page("healthy").read_text()
        file.write_text(text.replace("<main", "<script>document.title = 'ran'</script><img src=http://127.0.0.1:9/x "
                                     "onerror=\"document.title = 'ran'\"><main", 1))
        with self.browser.open(file) as page:
            self.assertNotEqual(page.run("document.title"), "ran")
            self.assertIn("Content Security Policy", " ".join(page.trouble()))

    def test_printed(self):
        """Light whatever the screen is, without buttons, with the details."""
        with self.browser.open(self.page("one-fault"), dark=True, media="print") as page:
            self.assertEqual(page.run("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)")
            self.assertEqual(page.run("[...document.querySelectorAll('.cmd button, nav')].filter(e => "
                                      "e.getClientRects().length).length"), 0)
            self.assertEqual(page.run(CONTRAST), [])
            printed = page.call("Page.printToPDF", printBackground=True, paperWidth=8.27, paperHeight=11.69)["data"]
            self.assertGreater(len(printed), 50000)


if __name__ == "__main__":
    if not browser.path():
        print("SKIP: chromium-headless-shell is not installed")
        sys.exit(77)
    binary.main()
