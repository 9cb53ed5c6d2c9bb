#!/usr/bin/env bash
# Programs that some tests drive: a browser, a spreadsheet program, a database server. Installed where this may be done
# without asking (Debian or Ubuntu, as root); elsewhere the tests that need them are skipped and say why.
set -euo pipefail

missing=()
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
command -v soffice >/dev/null || missing+=(libreoffice-calc-nogui libreoffice-writer-nogui)
compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || [ -n "${TEST_DATABASE_URL:-}" ] || missing+=(postgresql)
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if command -v apt-get >/dev/null && "${as_root[@]}" true 2>/dev/null; then
  echo "Installing for the tests: ${missing[*]}."
  if "${as_root[@]}" apt-get -q update >"$log" 2>&1 && DEBIAN_FRONTEND=noninteractive \
      "${as_root[@]}" apt-get -q -y install --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
    exit 0
  fi
  tail -n 3 "$log"
fi
echo "Not here, and not installable here: ${missing[*]}. The tests that need them are skipped and say so."
