"""`python -m gsh_console`."""

from gsh_console.cli import main

if __name__ == "__main__":
    main()
