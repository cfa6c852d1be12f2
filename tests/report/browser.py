# SPDX-License-Identifier: GPL-2.0-or-later
"""A headless Chromium without a network, driven over the DevTools protocol by two pipes: the standard library alone.

Messages are JSON with a zero byte behind each; the browser reads them from its descriptor 3 and writes to 4.
"""
import base64
import fcntl
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def path():
    """The browser that there is, or None."""
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    return None


class Browser:
    """One browser for a whole run; a page is opened anew for each look."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        low_to, self.writes = os.pipe()
        self.reads, low_from = os.pipe()
        to_browser, from_browser = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (low_to, low_from))

        def descriptors():
            os.dup2(to_browser, 3)
            os.dup2(from_browser, 4)

        # Nothing may be asked for, so there is no network that could be asked.
        words = ["unshare", "--map-root-user", "--net"] if os.geteuid() else ["unshare", "--net"]
        words += [path(), "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
                  "--hide-scrollbars", "--force-color-profile=srgb", "--font-render-hinting=none", "--no-first-run",
                  "--disable-dev-shm-usage", "--disable-background-networking", f"--user-data-dir={self.folder.name}",
                  "about:blank"]
        self.process = subprocess.Popen(words, preexec_fn=descriptors, close_fds=False, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for end in (low_to, low_from, to_browser, from_browser):
            os.close(end)
        self.rest = b""
        self.number = 0
        self.events = []

    def close(self):
        try:
            self.call("Browser.close")
        except (OSError, EOFError):
            pass
        os.close(self.writes)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.reads)
        self.folder.cleanup()

    def message(self):
        while b"\0" not in self.rest:
            more = os.read(self.reads, 1 << 20)
            if not more:
                raise EOFError("the browser has ended")
            self.rest += more
        whole, self.rest = self.rest.split(b"\0", 1)
        return json.loads(whole)

    def call(self, method, session=None, **parameters):
        """Give the result of one call; what else comes meanwhile is kept as events."""
        self.number += 1
        sent = {"id": self.number, "method": method, "params": parameters}
        if session:
            sent["sessionId"] = session
        data = json.dumps(sent).encode() + b"\0"
        while data:
            data = data[os.write(self.writes, data):]
        while True:
            got = self.message()
            if got.get("id") == self.number:
                if "error" in got:
                    raise RuntimeError(f"{method}: {got['error']}")
                return got["result"]
            self.events.append(got)

    def open(self, file, width=1280, dark=False, script=True, media=""):
        return Page(self, file, width, dark, script, media)


class Page:
    def __init__(self, browser, file, width, dark, script, media):
        self.browser = browser
        self.target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        self.width = width
        browser.events.clear()
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        self.size(900)
        self.call("Emulation.setEmulatedMedia", media=media,
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        if not script:
            self.call("Emulation.setScriptExecutionDisabled", value=True)
        self.call("Page.navigate", url=pathlib.Path(file).resolve().as_uri())
        end = time.monotonic() + 30
        while not any(event.get("method") == "Page.loadEventFired" for event in browser.events):
            if time.monotonic() > end:
                raise TimeoutError(f"{file} did not load")
            browser.events.append(browser.message())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.browser.call("Target.closeTarget", targetId=self.target)

    def call(self, method, **parameters):
        return self.browser.call(method, session=self.session, **parameters)

    def size(self, height):
        self.call("Emulation.setDeviceMetricsOverride", width=self.width, height=height, deviceScaleFactor=1,
                  mobile=self.width < 600)

    def run(self, script):
        """The value of an expression of JavaScript, which may be a promise."""
        got = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True)
        if "exceptionDetails" in got:
            raise RuntimeError(got["exceptionDetails"]["exception"]["description"])
        return got["result"].get("value")

    def height(self):
        return self.run("document.documentElement.scrollHeight")

    def picture(self, file, whole=False):
        if whole:
            self.size(self.height())
        shot = self.call("Page.captureScreenshot", format="png")
        pathlib.Path(file).write_bytes(base64.b64decode(shot["data"]))
        if whole:
            self.size(900)

    def trouble(self):
        """What the console said, and what was asked for besides the file itself."""
        self.run("1")
        said = []
        for event in self.browser.events:
            method, about = event.get("method"), event.get("params", {})
            if event.get("sessionId") != self.session:
                continue
            if method in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"):
                said.append(json.dumps(about))
            if method == "Network.requestWillBeSent" and about["request"]["url"] != about["documentURL"]:
                said.append("asked for " + about["request"]["url"])
        requests = [event for event in self.browser.events if event.get("method") == "Network.requestWillBeSent"
                    and event.get("sessionId") == self.session]
        if len(requests) != 1:
            said.append(f"{len(requests)} requests")
        return said
