#!/usr/bin/env bash
# Make .venv in the checkout from the pins: `tools/install.sh core|dev`. uv is used when present.
set -euo pipefail
cd "$(dirname "$0")/.."
set_of_pins="requirements/$1.txt"
python="${PYTHON:-python3}"

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "lepta needs Python 3.11 or newer; set PYTHON=/path/to/python3.11" >&2
  exit 1
}

if [ ! -x .venv/bin/python ]; then
  if ! "$python" -m venv .venv 2>/dev/null; then
    rm -rf .venv
    # Debian ships venv apart from Python.
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
      apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
      "$python" -m venv .venv
    else
      echo "this Python has no venv; install it (Debian: apt-get install python3-venv)" >&2
      exit 1
    fi
  fi
fi

echo "installing $set_of_pins into .venv" >&2
if command -v uv >/dev/null; then
  uv pip install --quiet --compile-bytecode --python .venv/bin/python -r "$set_of_pins"
  uv pip install --quiet --python .venv/bin/python --no-deps -e .
else
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$set_of_pins"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
fi
