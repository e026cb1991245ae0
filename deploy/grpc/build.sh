#!/usr/bin/env bash
# Builds the gRPC that packages of this project are linked with: Debian's own source package with the patches of
# deploy/grpc/patches, compiled without debug checks, as static archives. Takes about ten minutes on two cores.
#
#   deploy/grpc/build.sh [FOLDER]     FOLDER is build/grpc when none is given
#
# Then link with it:   cmake --preset release -DORCH_GRPC_ROOT=$PWD/build/grpc
#
# Nothing is done when FOLDER holds the archives of this version and these patches. Headers and generated code stay
# those of the package libgrpc++-dev, which must be of the same version. docs/BENCHMARKS.md tells what it brings.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

version=1.51.1-3
archives=(libaddress_sorting.a libgpr.a libgrpc.a libgrpc++.a libupb.a)

fail() { echo "deploy/grpc/build.sh: $*" >&2; exit 1; }

if [ $# -gt 1 ] || [[ "${1:-}" == -* ]]; then sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; fi
folder=$(realpath -m "${1:-build/grpc}")
stamp="$version $(cat deploy/grpc/build.sh deploy/grpc/patches/*.patch | sha256sum | cut -c1-64)"
[ "$(cat "$folder/STAMP" 2>/dev/null)" != "$stamp" ] || exit 0

deploy/install-deps.sh --build
installed=$(dpkg-query -W -f '${source:Version}' libgrpc++-dev)
[ "$installed" = "$version" ] ||
  fail "libgrpc++-dev is $installed, and the patches are for $version; port them and change the version above"

work=$folder/work
rm -rf "$folder"
mkdir -p "$work" "$folder/lib"

# The source package comes from where the binary packages come from, and apt verifies it with the same keys.
echo "Fetching the source package grpc $version"
# shellcheck disable=SC2016  # apt-get fills these in
apt-get indextargets --format '$(ORIGIN)|deb-src $(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
  sed -n 's/^Debian|//p' | sort -u >"$work/sources.list"
mkdir -p "$work/lists/partial"
apt=(apt-get -q -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
  -o Dir::State::Lists="$work/lists" -o APT::Sandbox::User=root)
"${apt[@]}" update >"$work/apt.log" 2>&1 || { cat "$work/apt.log" >&2; fail "apt-get update failed"; }
(cd "$work" && "${apt[@]}" source --download-only "grpc=$version" >>apt.log 2>&1) ||
  { cat "$work/apt.log" >&2; fail "apt-get source failed"; }
dpkg-source --extract "$work"/grpc_*.dsc "$work/source" >>"$work/apt.log" 2>&1 ||
  { cat "$work/apt.log" >&2; fail "dpkg-source failed"; }

for patch in deploy/grpc/patches/*.patch; do
  patch -d "$work/source" -p1 --forward --fuzz=0 --quiet <"$patch" || fail "$patch does not apply"
done

launcher=()
[ -n "${CCACHE_DISABLE:-}" ] || launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
echo "Building it"
# Paths of this machine do not belong into archives that packages are made of. The plugins of protoc, which would need
# its library, are not built.
map="-ffile-prefix-map=$work/source=grpc-$version"
cmake -S "$work/source" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF \
  -DCMAKE_C_FLAGS="$map -ffunction-sections -fdata-sections" \
  -DCMAKE_CXX_FLAGS="$map -ffunction-sections -fdata-sections -w" \
  -DCMAKE_POSITION_INDEPENDENT_CODE=ON "${launcher[@]}" -DgRPC_BUILD_CODEGEN=OFF -DProtobuf_PROTOC_LIBRARY=protoc \
  -DgRPC_BUILD_CSHARP_EXT=OFF \
  -DgRPC_ABSL_PROVIDER=package -DgRPC_CARES_PROVIDER=package -DgRPC_PROTOBUF_PROVIDER=package \
  -DgRPC_RE2_PROVIDER=package -DgRPC_SSL_PROVIDER=package -DgRPC_ZLIB_PROVIDER=package \
  -DgRPC_BACKWARDS_COMPATIBILITY_MODE=OFF >"$work/cmake.log" 2>&1 || { cat "$work/cmake.log" >&2; fail "cmake failed"; }
ninja --quiet -C "$work/build" grpc++

for archive in "${archives[@]}"; do cp "$work/build/$archive" "$folder/lib/"; done
rm -rf "$work"
echo "$stamp" >"$folder/STAMP"
echo "gRPC $version is in $folder; link with it: cmake --preset release -DORCH_GRPC_ROOT=$folder"
