#!/bin/sh
# Prepares what only the tests need: a browser for the console, and a Python client for the Reindex API.
set -eu

missing=0
if [ ! -x "${SHARDFERRY_CHROMIUM:-/usr/bin/chromium}" ]; then
  missing=1
  echo "missing: ${SHARDFERRY_CHROMIUM:-/usr/bin/chromium} (shows the console to its tests)" >&2
  echo '  Debian, Ubuntu: sudo apt-get install -y chromium' >&2
  echo '  elsewhere:      name any Chromium with SHARDFERRY_CHROMIUM=/path/to/it' >&2
fi
if ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
  missing=1
  echo 'missing: python3 with venv (a Python client is one of those that are tried)' >&2
  echo '  Debian, Ubuntu: sudo apt-get install -y python3 python3-venv' >&2
  echo '  macOS:          brew install python' >&2
fi
[ "$missing" = 0 ] || exit 2

if [ ! -x .python/bin/python ] || [ test/support/requirements.txt -nt .python/installed ]; then
  echo 'Installing the Python client of the tests ...'
  npm run --silent python
  touch .python/installed
fi
