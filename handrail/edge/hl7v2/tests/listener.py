"""A listener in a process of its own, to be killed. Says its port, then what it is told to say.

``python -m handrail.edge.hl7v2.tests.listener [stall]``: ``stall`` keeps each message and then
waits for ever, between the two transactions.
"""

from __future__ import annotations

import sys
import threading
import time


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(mode: str) -> None:
    import django

    django.setup()
    from handrail.edge.hl7v2 import applying, mllp

    def stall(*_: object, **__: object) -> None:
        say("kept")
        time.sleep(600)

    if mode == "stall":
        applying.apply = stall
    mllp.listen("127.0.0.1", 0, 1, threading.Event(), on_ready=lambda port: say(str(port)))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
