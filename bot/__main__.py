"""``python -m bot``: hands over to the command line in ``bot.service.command_line``."""

import sys

from bot.service.command_line import main

if __name__ == "__main__":
    sys.exit(main())
