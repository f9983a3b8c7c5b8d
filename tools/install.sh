#!/usr/bin/env bash
# Make .venv in the checkout from the pins: `tools/install.sh core|dev`.
#
# Says and does nothing when nothing changed. pip alone suffices; uv is used when present. The
# stamp holds what the environment was made from, word for word; the marker tells of an install
# that was cut short, after which the environment is made anew.
set -euo pipefail
cd "$(dirname "$0")/.."

kind="${1:-core}"
pins="requirements/$kind.txt"
stamp=".venv/$kind.stamp"
marker=".venv/unfinished"

fail() {
  printf 'error: %s\n  remedy: %s\n' "$1" "$2" >&2
  exit 1
}

made_from() { # Everything that the environment depends on, its place on disk included.
  pwd
  cat "$pins" requirements/build.txt pyproject.toml tools/install.sh
}

up_to_date() {
  [ -f "$stamp" ] && [ ! -e "$marker" ] && [ -x .venv/bin/python ] && made_from | cmp -s - "$stamp"
}

up_to_date && exit 0

# One install at a time; who waited may find the work done.
exec 9<requirements/core.txt
if command -v flock >/dev/null; then flock 9; fi
up_to_date && exit 0

new_enough() {
  command -v "$1" >/dev/null && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
  for python in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    if new_enough "$python"; then return; fi
  done
  local first="${PYTHON:-python3}" found="not there"
  if command -v "$first" >/dev/null; then found="$("$first" --version 2>&1 || true)"; fi
  fail "lepta needs Python 3.11 or newer; $first is $found" \
    "install a newer Python, or name one: make install PYTHON=/path/to/python3.11"
}

usable() { # The environment runs, and something can install into it.
  .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null &&
    { command -v uv >/dev/null || .venv/bin/python -m pip --version >/dev/null 2>&1; }
}

moved() { # Its scripts name the folder in which they were made.
  local from
  from="$(head -n 1 "$stamp" 2>/dev/null || true)"
  [ "${from#/}" != "$from" ] && [ "$from" != "$(pwd)" ]
}

make_venv() {
  rm -rf .venv
  "$python" -m venv .venv >/dev/null 2>&1 && return
  rm -rf .venv
  if command -v uv >/dev/null; then
    uv venv --quiet --python "$python" .venv && return
  fi
  # Debian and Ubuntu ship venv apart from Python.
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing python3-venv" >&2
    if apt-get update -qq >&2 &&
      DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv \
        >/dev/null && "$python" -m venv .venv >/dev/null 2>&1; then
      return
    fi
    rm -rf .venv
  fi
  fail "$python cannot make an environment: its venv module is missing" \
    "install it (Debian and Ubuntu: apt-get install python3-venv, as root), then run again"
}

if [ -e "$marker" ] || moved || ! usable; then
  find_python
  make_venv
fi

touch "$marker"
rm -f "$stamp"
echo "installing $pins into .venv" >&2
# The build backend is pinned too and installed beside: no unpinned build behind the scenes.
if command -v uv >/dev/null; then
  install=(uv pip install --quiet --compile-bytecode --python .venv/bin/python)
else
  install=(.venv/bin/python -m pip install --quiet --disable-pip-version-check)
fi
"${install[@]}" -r requirements/build.txt -r "$pins" ||
  fail "the pinned packages could not be installed" "check the network or the index of pip, then run again"
"${install[@]}" --no-deps --no-build-isolation --editable . ||
  fail "lepta itself could not be installed" "see the message above"
made_from >"$stamp"
rm -f "$marker"
