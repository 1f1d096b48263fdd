#!/bin/sh
# Make .venv with a Python that Mentalis runs on (3.11 or 3.12; PYTHON names one), or say what is missing.
set -eu

suits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null; }

for python in ${PYTHON:-python3.11 python3.12 python3}; do
    if suits "$python"; then
        if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
            version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
            echo "$python can't make virtual environments here. On Debian: apt install python3-venv (or python$version-venv)" >&2
            exit 1
        fi
        exec "$python" -m venv --clear .venv
    fi
done

found=$("${PYTHON:-python3}" --version 2>/dev/null || echo "no ${PYTHON:-python3}")
echo "Mentalis needs Python 3.11 or 3.12; found $found." >&2
echo "On Debian 12: apt install python3 python3-venv. Or name one: make PYTHON=/path/to/python3.11 demo" >&2
exit 1
