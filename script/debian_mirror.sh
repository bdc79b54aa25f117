# To be sourced.

# debian_mirror: the address of the Debian mirror that apt uses here, or of the public one.
# $WALTRACK_DEBIAN_MIRROR overrides it.
debian_mirror() {
  local mirror=${WALTRACK_DEBIAN_MIRROR:-}
  [[ -n $mirror ]] || mirror=$(apt-get indextargets --format '$(ORIGIN) $(CODENAME) $(REPO_URI)' \
    'Created-By: Packages' 2>/dev/null | awk '$1 == "Debian" && $2 !~ /-/ {print $3; exit}' || true)
  mirror=${mirror:-http://deb.debian.org/debian}
  echo "${mirror%/}"
}
