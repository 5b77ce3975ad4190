# shellcheck shell=bash
# Sourced by scripts/test, scripts/demo and .ci/run. Offers:
#   prepare_environment EXTRAS   make $venv with this project and its extras; does nothing where it is up to date
#   prepare_lowest_environment EXTRAS   the same with the lowest versions that pyproject.toml allows
#   prepare_screen               install what Qt needs and Xvfb, on which the tests open their windows
# $ASN2V_VENV says where the environment lies (default .venv in the project), $PYTHON which Python makes it.

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
venv=${ASN2V_VENV:-$project/.venv}
case $venv in /*) ;; *) venv=$PWD/$venv ;; esac
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore

say() { printf '== %s\n' "$*" >&2; }
give_up() {
  printf '!! %s\n' "$*" >&2
  exit 1
}

can_install_debian_packages() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

install_debian_packages() {
  say "Installing system packages: $*"
  export DEBIAN_FRONTEND=noninteractive
  # The package lists of a fresh machine are empty or old, so a first failure only means that they must be fetched.
  apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null 2>&1 && return
  apt-get update -qq </dev/null >&2 && apt-get install -y -qq --no-install-recommends "$@" </dev/null >&2
}

find_python() {
  local candidate
  for candidate in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11 python; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

make_venv() {
  local python
  if [ -n "$(ls -A "$venv" 2>/dev/null)" ] && [ ! -e "$venv/pyvenv.cfg" ]; then
    give_up "$venv holds something else than a Python environment. Set ASN2V_VENV to another folder."
  fi
  python=$(find_python) || give_up "No Python 3.11 or newer was found. Install one, or set PYTHON to its path."
  if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    local package
    package=$("$python" -c 'import sys; print(f"python{sys.version_info[0]}.{sys.version_info[1]}-venv")')
    can_install_debian_packages || give_up "$python cannot make virtual environments. Install $package."
    install_debian_packages "$package" || give_up "The system package $package could not be installed."
  fi
  say "Making the environment $venv with $("$python" --version)"
  "$python" -m venv --clear "$venv"
}

# Printed into the environment once it is ready; an environment made from anything else is out of date.
fingerprint() {
  "$venv/bin/python" - "$project" "$1" <<'PY'
import hashlib, pathlib, sys
project = pathlib.Path(sys.argv[1])
text = b"".join((project / name).read_bytes() for name in ("pyproject.toml", "scripts/constraints.txt"))
print(hashlib.sha256(text).hexdigest(), sys.version.split()[0], project, sys.argv[2])
PY
}

prepare_environment() {
  local extras=$1 ready=$venv/ready-for-${1//,/-}
  # An environment that was moved or half made is made anew: its programs name the place where they were installed.
  if ! grep -qsF "$venv" "$venv/bin/activate" || ! "$venv/bin/python" -c 'import pip' 2>/dev/null; then make_venv; fi
  if [ "$(cat "$ready" 2>/dev/null)" = "$(fingerprint "$extras")" ]; then return; fi
  local pip=("$venv/bin/python" -m pip install --quiet --constraint "$project/scripts/constraints.txt")
  # torch alone and first: with it in place no other requirement makes pip look for another, larger build.
  say "Installing torch"
  "${pip[@]}" torch || give_up "torch could not be installed (see above)."
  say "Installing napari-autostructn2v[$extras] (a few minutes the first time)"
  "${pip[@]}" --editable "${project}[$extras]" || give_up "The installation failed (see above)."
  fingerprint "$extras" >"$ready"
}

prepare_lowest_environment() {
  local extras=$1 ready=$venv/ready-for-lowest-${1//,/-} chosen arguments=()
  command -v uv >/dev/null || give_up "uv is needed to find the lowest versions. Install it, for instance with pip."
  if [ -e "$ready" ] && [ "$(cat "$ready")" = "$(fingerprint "$extras")" ]; then return; fi
  uv venv --quiet --clear --python "$(find_python)" "$venv"
  chosen=$venv/lowest.txt
  local extra
  for extra in ${extras//,/ }; do arguments+=(--extra "$extra"); done
  say "Installing the lowest versions that pyproject.toml allows"
  uv pip compile --quiet --resolution lowest-direct --python "$venv/bin/python" "${arguments[@]}" \
    --output-file "$chosen" "$project/pyproject.toml" || give_up "No versions fit together (see above)."
  uv pip sync --quiet --python "$venv/bin/python" "$chosen" || give_up "The installation failed (see above)."
  uv pip install --quiet --python "$venv/bin/python" --no-deps --editable "$project"
  fingerprint "$extras" >"$ready"
}

# Shared libraries that PyQt6's wheel expects of the system, and the Debian packages that hold them.
missing_packages() {
  "$venv/bin/python" - <<'PY'
import ctypes, shutil
PACKAGES = {
    "libEGL.so.1": "libegl1", "libGL.so.1": "libgl1", "libglib-2.0.so.0": "libglib2.0-0", "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1", "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0", "libxcb-icccm.so.4": "libxcb-icccm4", "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1", "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0", "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
}
for library, package in PACKAGES.items():
    try:
        ctypes.CDLL(library)
    except OSError:
        print(package)
if shutil.which("Xvfb") is None:
    print("xvfb")
PY
}

prepare_screen() {
  [ "$(uname -s)" = Linux ] || return 0
  local missing
  missing=$(missing_packages | tr '\n' ' ')
  if [ -n "$missing" ]; then
    if can_install_debian_packages; then
      # shellcheck disable=SC2086  # one word a package
      install_debian_packages $missing || say "Some system packages could not be installed: $missing"
    else
      say "These system packages seem to be missing; if Qt does not start, install them: $missing"
    fi
  fi
  if ! command -v Xvfb >/dev/null; then
    [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] || give_up "There is neither Xvfb nor a screen. Install the package xvfb."
    say "There is no Xvfb, so windows open on your screen."
  fi
}
