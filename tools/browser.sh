#!/usr/bin/env bash
# Chromium for the page tests: from Debian where root and apt exist; otherwise say what is skipped.
set -euo pipefail
command -v chromium >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing chromium for the page tests" >&2
  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null && exit 0
fi
echo "no chromium here: the tests marked 'browser' will be skipped" >&2
