"""`python -m config.local.engines -- COMMAND …` gives one command a throw-away pair."""

import os
import signal
import subprocess
import sys

from .pairs import throw_away_engines
from .processes import EngineError


def main(arguments: list[str]) -> int:
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        print("使い方: python -m config.local.engines -- コマンド …", file=sys.stderr)
        return 2
    try:
        with throw_away_engines() as environment:
            child = subprocess.Popen(command, env=environment | os.environ)
            # The terminal tells the command about Ctrl-C itself; the engines stay until it ends.
            signal.signal(signal.SIGINT, lambda *_: None)
            signal.signal(signal.SIGTERM, lambda *_: child.terminate())
            return child.wait()
    except EngineError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
