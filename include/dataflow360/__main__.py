"""``python -m dataflow360`` is the command ``dataflow360``."""

from dataflow360.cli.app import main

if __name__ == "__main__":
    main()
