"""`python -m mentalis`."""

from mentalis.cli import main

main()
