"""The entry of `radrelay`, and of `python -m bot`: the collector does not look at what is only being imported.

What is imported lives as long as the process: looking at it again and again only delays the start.
"""

import gc

gc.disable()

from bot.cli import main  # noqa: E402 - the imports are what the collector is kept from

gc.freeze()
gc.enable()

if __name__ == "__main__":
    main()
