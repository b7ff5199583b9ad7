#!/usr/bin/env bash
# Builds the program with the Swift runtime and all libraries but oneDNN, libgomp and ISA-L inside it, into PREFIX as an installation that
# runs from any folder: bin/pellucid, lib/pellucid/ (those, and what they need), share/ (atlases, sample, fonts, licences, man pages, completions).
#
#   packaging/static/build.sh PREFIX [patchelf]
#
# It asks for glibc 2.34 and a libstdc++ of GCC 11 (RHEL 9, Ubuntu 22.04, Debian 12 and newer); the end checks that.
set -euo pipefail
prefix=$1 patchelf=${2:-patchelf}
cd "$(dirname "$0")/../.."
swift=${SWIFT:-swift}
work=$PWD/.build/static
triple=/usr/lib/$(gcc -print-multiarch)

# The objects of the ordinary build, with its options (as make gives them); only the link is another.
flags=${OPTIONS:--c release}
$swift build $flags --product pellucid
built=$($swift build $flags --show-bin-path)

# A folder of archives alone, found before the system's shared libraries. cairo's archive is linked without X11, which it would name.
mkdir -p "$work/lib"
for name in cairo png png16 pixman-1 fontconfig freetype expat brotlidec brotlicommon z deflate nifti2 znz; do
  ln -sf "$triple/lib$name.a" "$work/lib/"
done
ln -sf "$(gcc -print-file-name=libstdc++.a)" "$work/lib/"
gcc -O2 -Wall -Wextra -Werror -c packaging/static/glibc-2.34.c -o "$work/glibc.o"
gcc -O2 -Wall -Wextra -Werror -c packaging/static/icu-data.c -o "$work/icu-data.o"

linker=(--gc-sections --no-export-dynamic --defsym main=PellucidTool_main --exclude-libs=ALL '-rpath=$ORIGIN/../lib/pellucid')
for symbol in hypot hypotf arc4random arc4random_buf; do linker+=("--wrap=$symbol"); done
options=()
for word in "${linker[@]}"; do options+=(-Xlinker "$word"); done
foundation=(Foundation CoreFoundation FoundationInternationalization FoundationEssentials _FoundationICU _FoundationCShims
  _FoundationCollections dispatch BlocksRuntime)
# FlyingFox's proxy would bring URLSession, and with it curl; nothing here calls it.
grep -v '/ProxyHTTPHandler\.swift\.o' "$built/pellucid.product/Objects.LinkFileList" > "$work/objects"
{
  nm -u $(grep '/FlyingFox\.build/' "$work/objects") | grep -oE '\$s[^ ]*(ProxyHTTPHandler|FoundationNetworking)[^ ]*' | sort -u |
    sed 's/.*/.globl "&"\n"&":/'
  echo ud2
} > "$work/proxy.s"
gcc -c "$work/proxy.s" -o "$work/proxy.o"
"$(dirname "$(readlink -f "$(command -v "$swift")")")/swiftc" -emit-executable -static-stdlib -module-name pellucid \
  -o "$work/pellucid" "@$work/objects" "$work/glibc.o" "$work/icu-data.o" "$work/proxy.o" -L"$work/lib" "${options[@]}" \
  -ldnnl -lgomp -lnifti2 -lznz -ldeflate -lisal -lcairo -lpixman-1 -lfontconfig -lfreetype -lexpat -lbrotlidec -lbrotlicommon -lpng16 -lz \
  "${foundation[@]/#/-l}" -lstdc++ -lm

# Another toolchain's ICU has a name of its own: then its tables are in, and nobody would notice but by the size.
[ "$(nm "$work/pellucid" | grep -cE ' icudt[0-9]+_dat$')" = 1 ] || { echo "ICU's tables are in the program: icu-data.c names another version" >&2; exit 1; }

rm -rf "$prefix"
install -d "$prefix/bin" "$prefix/lib/pellucid" "$prefix/share/pellucid/fonts" "$prefix/share/pellucid/samples" "$prefix/share/pellucid/licences"
tool=$prefix/bin/pellucid
install -m 755 "$work/pellucid" "$tool"
strip "$tool"

# oneDNN, libgomp, ISA-L, which Debian has no archive of, and OpenCL's loader, which Debian's oneDNN names; each finds its neighbours.
for name in libdnnl.so.2 libgomp.so.1 libisal.so.2 libOpenCL.so.1; do
  install -m 644 "$(readlink -f "$triple/$name")" "$prefix/lib/pellucid/$name"
  "$patchelf" --set-rpath '$ORIGIN' "$prefix/lib/pellucid/$name"
done
cp -R atlases "$prefix/share/pellucid/"
cp samples/README.md samples/NOTICE samples/atrophy-*.onnx samples/atrophy-*.yaml samples/patient_T1.nii.gz "$prefix/share/pellucid/samples/"
cp packaging/share/fonts/fonts.conf /usr/share/fonts/truetype/dejavu/DejaVuSans{,-Bold}.ttf "$prefix/share/pellucid/fonts/"
cp LICENSE "$prefix/share/pellucid/licences/pellucid"
for package in libdnnl2 libeigen3-dev libgomp1 ocl-icd-libopencl1 libcairo2 libpixman-1-0 libfontconfig1 libfreetype6 libexpat1 libbrotli1 libpng16-16 \
  zlib1g libdeflate0 libisal2 libnifti2-2 libznz3 libstdc++6 fonts-dejavu-core; do
  cp -L "/usr/share/doc/$package/copyright" "$prefix/share/pellucid/licences/$package"
done
cp "$(dirname "$(dirname "$(readlink -f "$(command -v "$swift")")")")/share/swift/LICENSE.txt" "$prefix/share/pellucid/licences/swift"
for checkout in .build/checkouts/*/; do
  package=$(basename "$checkout")
  licence=$(find "$checkout" -maxdepth 1 -iname 'licen[cs]e*' | sort | head -n 1)
  [ -n "$licence" ] || { echo "$package comes without its licence" >&2; exit 1; }
  cp "$licence" "$prefix/share/pellucid/licences/$package"
done

packaging/man-pages.py "$tool" "$prefix/share/man/man1"
install -d "$prefix/share/bash-completion/completions" "$prefix/share/zsh/vendor-completions" "$prefix/share/fish/vendor_completions.d"
"$tool" --generate-completion-script bash > "$prefix/share/bash-completion/completions/pellucid"
"$tool" --generate-completion-script zsh > "$prefix/share/zsh/vendor-completions/_pellucid"
"$tool" --generate-completion-script fish > "$prefix/share/fish/vendor_completions.d/pellucid.fish"

newest=$(for file in "$tool" "$prefix"/lib/pellucid/*; do objdump -T "$file" | grep -F '*UND*' | grep -oE 'GLIBC(XX)?_[0-9.]+'; done | sort -uV)
case $newest in *GLIBC_2.3[5-9]* | *GLIBC_2.[4-9][0-9]* | *GLIBCXX_3.4.3[0-9]*)
  echo "the program asks for more than glibc 2.34 and GLIBCXX_3.4.29:" $newest >&2
  exit 1 ;;
esac
ls -l "$tool" "$prefix"/lib/pellucid/*
