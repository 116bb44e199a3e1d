"""`yuejuan watch` in the background: every line it tells is an event to wait for."""
import os
import re
import select
import subprocess
import time

from runner import PROGRAM

PATIENCE = 60  # s; nothing here takes longer but on a machine that hangs


class Watcher:
    def __init__(self, exam, inbox, *arguments, settle=0.2, **more):
        environment = dict(os.environ, LC_ALL="C.UTF-8", LANGUAGE="en")
        environment.update(more.pop("env", {}))
        self.process = subprocess.Popen(
            [PROGRAM, "watch", os.fspath(exam), "--inbox", os.fspath(inbox), "--settle",
             str(settle), *map(str, arguments)], stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL, env=environment, **more)
        self.text = ""  # all that was told
        self.read = 0   # up to where it was waited for

    def _more(self, deadline):
        left = deadline - time.monotonic()
        ready = left > 0 and select.select([self.process.stderr], [], [], left)[0]
        data = os.read(self.process.stderr.fileno(), 65536) if ready else b""
        self.text += data.decode("utf-8", "replace")
        return bool(data)

    def wait_for(self, pattern):
        """The next match that was not waited for yet."""
        deadline = time.monotonic() + PATIENCE
        while True:
            match = re.search(pattern, self.text[self.read:])
            if match:
                self.read += match.end()
                return match
            if not self._more(deadline):
                raise AssertionError(f"'{pattern}' was not told, but:\n{self.text}")

    def end(self, signal=None):
        """The exit status."""
        if signal:
            self.process.send_signal(signal)
        deadline = time.monotonic() + PATIENCE
        while self._more(deadline):
            pass
        try:
            return self.process.wait(timeout=PATIENCE)
        finally:
            self.close()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stderr.close()
