#!/usr/bin/env bash
# Creates .venv-peers with the engines that the benchmarks compare with, and says what else they need.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v redis-server >/dev/null; then
  echo "Celery needs redis-server, which is missing (on Debian: sudo apt-get install redis-server)." >&2
  exit 1
fi

stamp=.venv-peers/.made-from
wanted=$(cat requirements.txt requirements-audio.txt requirements-peers.txt constraints.txt)
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
  "${PYTHON:-python3}" -m venv .venv-peers
  .venv-peers/bin/pip install --quiet --disable-pip-version-check -r requirements-peers.txt
  printf '%s' "$wanted" >"$stamp"
fi
