"""The entry of `radrelay`, and of `python -m bot`: the collector does not look at what is only being imported.

What is imported lives as long as the process: looking at it again and again only delays the start. Ctrl-C before it has all been
imported ends the process at once: nothing has begun that would have to be ended.
"""

import gc
import signal

gc.disable()
_handler = signal.signal(signal.SIGINT, signal.SIG_DFL)

from bot.cli import main  # noqa: E402 - the imports are what the collector is kept from

signal.signal(signal.SIGINT, _handler)
gc.freeze()
gc.enable()

if __name__ == "__main__":
    main()
