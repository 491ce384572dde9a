"""The launcher's command line: `python -m config.launch run|servers|check|browser`."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from config.launch import browser, check, keys, run, servers
from config.launch.trouble import Trouble, sentence_for


def main(arguments: list[str]) -> int:
    """Carry out one command and return the exit code."""
    commands: dict[str, Callable[[], int]] = {
        "run": lambda: run.run(data_dir()),
        "servers": only_servers,
        "check": check.check,
        "browser": browser.prepare,
    }
    command = commands.get(arguments[0] if arguments else "")
    if command is None:
        print(f"Say one of: {', '.join(commands)}.", file=sys.stderr)
        return 2
    try:
        return command()
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
    except OSError as error:
        print(sentence_for(error), file=sys.stderr)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
    return 1


def data_dir() -> Path:
    """Return the data directory of this process's environment."""
    return Path(os.environ.get("DATA_DIR") or ".data").resolve()


def only_servers() -> int:
    """Run database and broker until Ctrl-C or SIGTERM."""
    end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: end.set())
    with servers.running(data_dir()) as started:
        print(
            f"Database and broker run; their addresses are in {data_dir() / keys.SERVERS}. Ctrl-C stops them.",
            flush=True,
        )
        for warning in started.warnings:
            print(warning, flush=True)
        end.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
