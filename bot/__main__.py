"""The entry of `radrelay`, and of `python -m bot`: the collector does not look at what is only being imported.

That is a tenth of a start, and what is imported lives as long as the process: it is never looked at again.
"""

import gc

gc.disable()

from bot.cli import main  # noqa: E402 - the imports are what the collector is kept from

gc.freeze()
gc.enable()

if __name__ == "__main__":
    main()
