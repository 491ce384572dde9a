"""A Firefox as it comes from the distribution, driven by its own remote protocol, Marionette.

Playwright drives only a Firefox built for it, and Mozilla's client of this protocol brings fourteen packages
for what is one line of JSON a command. The commands are those of WebDriver
(https://www.w3.org/TR/webdriver2/), each sent as `length:[0, id, name, parameters]`.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Final, Self

# What WebDriver calls an element in an answer.
ELEMENT: Final = "element-6066-11e4-a52e-4f735466cecf"
ENTER: Final = "\ue007"
PATIENCE: Final = 10.0
# The first start of a new profile on a busy machine.
START_SECONDS: Final = 60.0
_SWITCHES: Final = ("--headless", "--no-remote", "--marionette", "--remote-allow-system-access")
_PREFERENCES: Final = {
    "marionette.port": 0,
    "intl.accept_languages": "zh-CN",
    "ui.prefersReducedMotion": 1,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}
# Errors and warnings of pages of one server since the last look; what the browser says of itself is left out.
_SAID: Final = """
    const said = Services.console.getMessageArray()
        .filter(each => each instanceof Ci.nsIScriptError && each.sourceName.startsWith(arguments[0]))
        .filter(each => !(each.flags & Ci.nsIScriptError.infoFlag))
        // Said of the file of icons where the machine is busy; a picture has no styles to flash without.
        .filter(each => !(/[.]svg$/.test(each.sourceName) && /^Layout was forced/.test(each.errorMessage)))
        .map(each => `${each.sourceName}: ${each.errorMessage}`);
    Services.console.reset();
    return said;
"""


class Firefox:
    """One window of a browser with a profile of its own."""

    def __init__(self, program: Path, folder: Path) -> None:
        """Start it without a screen, and take its remote control; `folder` keeps the profile."""
        self._count = 0
        lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in _PREFERENCES.items()]
        (folder / "user.js").write_text("\n".join(lines), encoding="utf-8")
        self._folder = folder
        self._process = subprocess.Popen(
            [program, *_SWITCHES, "--profile", str(folder), "about:blank"],
            env={**os.environ, "HOME": str(folder), "MOZ_HEADLESS_WIDTH": "1366"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._line = socket.create_connection(("127.0.0.1", self._port()), timeout=START_SECONDS)
        self._answers = self._line.makefile("rb")
        self._read()
        capabilities = self.say("WebDriver:NewSession", acceptInsecureCerts=False)["capabilities"]
        self.version: str = capabilities["browserVersion"]

    def _port(self) -> int:
        """Wait until the browser has written where it listens."""
        file = self._folder / "MarionetteActivePort"
        for _turn in range(int(START_SECONDS / 0.05)):
            if file.exists() and (text := file.read_text(encoding="ascii").strip()):
                return int(text)
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError("Firefox did not start")

    def _read(self) -> Any:
        digits = bytearray()
        while (byte := self._answers.read(1)) != b":":
            assert byte, "Firefox has gone"
            digits += byte
        return json.loads(self._answers.read(int(digits)))

    def say(self, command: str, **parameters: Any) -> Any:
        """Send a command and return its answer; what WebDriver calls an error fails the test."""
        self._count += 1
        words = json.dumps([0, self._count, command, parameters]).encode()
        self._line.sendall(b"%d:%s" % (len(words), words))
        _kind, number, error, answer = self._read()
        assert number == self._count
        assert error is None, f"{command}: {error}"
        return answer

    def goto(self, address: str) -> None:
        """Open an address and wait until it is there."""
        self.say("WebDriver:Navigate", url=address)

    def run(self, script: str, *arguments: Any) -> Any:
        """Run a script beside the page's own, past its content policy, and return what it returns."""
        given = {"script": script, "args": list(arguments)}
        return self.say("WebDriver:ExecuteScript", **given)["value"]

    def until(self, condition: str) -> None:
        """Wait until an expression of the page is true."""
        end = time.monotonic() + PATIENCE
        while not self.run(f"return Boolean({condition})"):
            assert time.monotonic() < end, f"{condition} never came at {self.address}"
            time.sleep(0.03)

    @property
    def address(self) -> str:
        """Where the window is."""
        return str(self.say("WebDriver:GetCurrentURL")["value"])

    def _find(self, selector: str) -> str:
        self.until(f"document.querySelector({json.dumps(selector)})")
        found = self.say("WebDriver:FindElement", using="css selector", value=selector)
        return str(found["value"][ELEMENT])

    def click(self, selector: str) -> None:
        """Click on what is found first, as a mouse would: what is covered or unseen cannot be clicked."""
        self.say("WebDriver:ElementClick", id=self._find(selector))

    def type(self, selector: str, text: str) -> None:
        """Type into a field."""
        self.say("WebDriver:ElementSendKeys", id=self._find(selector), text=text)

    def press(self, key: str) -> None:
        """Press and release a key where the focus is."""
        strokes = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        self.say(
            "WebDriver:PerformActions", actions=[{"type": "key", "id": "k", "actions": strokes}]
        )

    def cookies(self, kept: dict[str, str]) -> None:
        """Let these be the cookies of the server that is open, and no others."""
        self.say("WebDriver:DeleteAllCookies")
        for name, value in kept.items():
            self.say("WebDriver:AddCookie", cookie={"name": name, "value": value, "path": "/"})

    def complaints(self, server: str) -> list[str]:
        """Return what the pages of a server have complained of since the last time."""
        self.say("Marionette:SetContext", value="chrome")
        said: list[str] = self.run(_SAID, server)
        self.say("Marionette:SetContext", value="content")
        return said

    def close(self) -> None:
        """End it, and take its profile away."""
        self._answers.close()
        self._line.close()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """End it."""
        self.close()
