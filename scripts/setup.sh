#!/usr/bin/env bash
# Creates .venv with the pinned libraries, and installs Tesseract if that needs no password.
# `scripts/setup.sh` is for running; `scripts/setup.sh dev` adds the tools for tests and lint.
set -euo pipefail
cd "$(dirname "$0")/.."

requirements=requirements.txt
[ "${1:-}" = dev ] && requirements=requirements-dev.txt
python=${PYTHON:-python3}
[ "$(id -u)" = 0 ] && as_root=() || as_root=(sudo -n)

can_be_root() { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }

apt_install() {
  # On a new machine the package lists are empty or outdated.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" >/dev/null
}

has_apt() { command -v apt-get >/dev/null; }

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
  echo "Python 3.10 or later is needed; set PYTHON to one, as in: make setup PYTHON=python3.12" >&2
  exit 1
fi

if ! command -v tesseract >/dev/null; then
  if has_apt && can_be_root && apt_install tesseract-ocr; then
    echo "Installed Tesseract."
  else
    echo "Tesseract is missing, so OCR is not available. To install it:" >&2
    echo "  Debian, Ubuntu: sudo apt install tesseract-ocr" >&2
    echo "  macOS:          brew install tesseract" >&2
    echo "  Windows:        winget install UB-Mannheim.TesseractOCR" >&2
  fi
fi

if [ "${1:-}" = dev ] && command -v tesseract >/dev/null && ! tesseract --list-langs 2>&1 | grep -x deu >/dev/null; then
  if has_apt && can_be_root && apt_install tesseract-ocr-deu; then
    echo "Installed German for Tesseract."
  else
    echo "German for Tesseract is missing, so the tests of OCR in other languages are skipped (on Debian: sudo apt install tesseract-ocr-deu)." >&2
  fi
fi

if [ "${1:-}" = dev ] && ! { command -v chromium && command -v chromium-headless-shell; } >/dev/null; then
  # Not every release has the headless shell; with Chromium alone, the tests of the page take longer.
  if has_apt && can_be_root && { apt_install --no-install-recommends chromium chromium-headless-shell || apt_install --no-install-recommends chromium; }; then
    echo "Installed Chromium."
  else
    echo "Chromium is missing, so the tests of the page are skipped (on Debian: sudo apt install chromium)." >&2
  fi
fi

# Created again only if the Python version or the requirements have changed.
stamp=.venv/.made-from-$requirements
wanted=$("$python" --version; cat requirements*.txt constraints.txt)
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
  if ! "$python" -m venv .venv 2>/dev/null; then
    # Debian has the module that creates virtual environments in a separate package.
    rm -rf .venv
    { has_apt && can_be_root && apt_install python3-venv && "$python" -m venv .venv; } || {
      echo "No virtual environment can be created; on Debian: sudo apt install python3-venv" >&2
      exit 1
    }
  fi
  .venv/bin/pip install --quiet --disable-pip-version-check -r "$requirements"
  printf '%s' "$wanted" >"$stamp"
fi
