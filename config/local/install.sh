#!/bin/sh
# Installs what `make demo` or `make test` lacks: system packages, then .venv.
# Run from the root of the clone as: install.sh demo|test. PYTHON may name the Python to use.
set -eu

purpose=$1
lock=requirements.lock
packages="libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-morisawa-bizud-gothic"
if [ "$purpose" = test ]; then
  lock=requirements-dev.lock
  packages="$packages chromium poppler-utils"
fi

stop() {
  echo "$1" >&2
  exit 1
}

# Debian's python3 alone cannot make a virtual environment: that takes ensurepip, of python3-venv.
find_python() {
  for python in ${PYTHON:-} python3.11 python3 python3.12 python3.13 python3.14; do
    if "$python" -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      return
    fi
  done
  python=
}

install_system_packages() {
  missing=
  for package in $packages; do
    case $(dpkg-query --show --showformat='${db:Status-Abbrev}' "$package" 2>/dev/null || true) in
      ii*) ;;
      *) missing="$missing $package" ;;
    esac
  done
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" != 0 ]; then
    stop "次の一行を実行してから、make $purpose をもう一度実行してください: sudo apt-get install -y$missing"
  fi
  echo "システムの部品を入れています:$missing"
  export DEBIAN_FRONTEND=noninteractive
  install="apt-get install -y -qq --no-install-recommends$missing"
  # Two clones may be at it; the folder itself is the lock. The package lists may be absent or
  # old, which shows only when the packages cannot be fetched.
  if ! said=$({ flock 9; $install || { apt-get update -qq && $install; }; } 2>&1 9</var/lib/dpkg); then
    echo "$said" | tail -n 3 >&2
    stop "システムの部品を入れられませんでした:$missing"
  fi
}

find_python
[ -n "$python" ] || packages="$packages python3 python3-venv"
if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
  install_system_packages
  find_python
fi
[ -n "$python" ] || stop "Python 3.11 以上が見つかりません（PYTHON=… で指定できます）。"

# One at a time in this clone, where flock exists.
exec 9<.
if command -v flock >/dev/null; then flock 9; fi

# The stamp is a copy of the lock file: its date would tell nothing after git has touched it.
stamp=.venv/installed-$lock
if cmp -s "$lock" "$stamp" && .venv/bin/python -c '' 2>/dev/null; then
  exit 0
fi
echo "Python の部品を入れています（初回は 1 分ほどかかります）…"
if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
  "$python" -m venv --clear .venv
fi
.venv/bin/python -m pip install -qq --disable-pip-version-check --no-input \
  --require-hashes --no-deps --requirement "$lock" ||
  stop "Python の部品を入れられませんでした（上の記録を見てください）。"
cp "$lock" "$stamp"
