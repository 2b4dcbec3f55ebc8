# SPDX-License-Identifier: MIT
# What the cases' cmd files may use. They run with `sh -u` in an empty folder.

# skip REASON: ends the case as "cannot run here", which CTest shows as skipped.
skip() {
    echo "skipped: $*"
    exit 77
}

# stack FOLDER [phantom's options]: a small stack; later options win over the ones given here.
stack() {
    folder=$1
    shift
    said=$(phantom --extent 32x20x8 --type u16 "$@" "$folder" 2>&1) || {
        echo "phantom failed: $said"
        exit 1
    }
}

# long_stack FOLDER N: N slices of 512x512 that are all one file, so that a run takes its time.
long_stack() {
    stack one --extent 512x512x1
    mkdir "$1"
    i=0
    while [ $i -lt "$2" ]; do
        ln -s "$PWD/one/slice_0000.tif" "$1/slice_$i.tif"
        i=$((i + 1))
    done
}

# status COMMAND...: runs it and writes its exit status to standard output.
status() {
    "$@"
    echo "status $?"
}

# files FOLDER: the files below it, one per line.
files() {
    (cd "$1" && find . -type f | sort | sed 's|^\./||')
}

# same A B: two outputs have the same slices (their manifests tell where they come from, and may differ).
same() {
    diff -r --exclude=stackthumb.json "$1" "$2" && echo "same: $1 $2"
}

# in_mounts COMMAND-TEXT: runs it in a mount namespace of its own, so that it may mount; skips where that is refused.
in_mounts() {
    unshare --mount --propagation private true 2>/dev/null || skip "no mount namespace can be made here"
    unshare --mount --propagation private sh -u -c '. "$0"; '"$1" "$helpers_file"
}

# mounted ARGUMENT...: mount, in in_mounts.
mounted() {
    mount "$@" 2>/dev/null || skip "mounting is not permitted here"
}

# without_leak_check COMMAND...: for runs in which PoCL compiles, whose compiler keeps memory to the end.
without_leak_check() {
    ASAN_OPTIONS=detect_leaks=0 "$@"
}

# numbers: copies standard input with every amount as N and single blanks, for tables of measurements.
numbers() {
    sed -E -e 's/[0-9]+(\.[0-9]+)?/N/g' -e 's/\bN (bytes?|[kKMG]i?B)/N BYTES/g' -e 's/ +/ /g' \
        -e '/%/s# (N BYTES/s|-)$# RATE#' -e 's/^.* bottleneck.*$/BOTTLENECK/'
}
