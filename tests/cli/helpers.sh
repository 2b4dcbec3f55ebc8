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
    diff -r --exclude=stackthumb.json --exclude=stackthumb.journal "$1" "$2" && echo "same: $1 $2"
}

# unharmed OUT WHOLE: OUT is what a run that failed left of the pyramid WHOLE: some of its slices, nothing half-written,
# and no word of being complete.
unharmed() {
    n=0
    for file in $(files "$1" | grep '\.tif$'); do
        cmp "$1/$file" "$2/$file" && n=$((n + 1))
    done
    [ $n -gt 0 ] && [ $n -lt "$(files "$2" | grep -c '\.tif$')" ] && echo "some slices, all whole"
    files "$1" | grep -v -e '\.tif$' -e '^stackthumb\.\(json\|journal\)$'
    grep '"complete"' "$1/stackthumb.json"
}

# meanwhile COUNT PLACE ACTION [strace's options] COMMAND...: runs COMMAND under strace, which holds it as the options say;
# does ACTION when PLACE stands COUNT times in the trace. $held is its process, the leader of a group of its own.
meanwhile() {
    count=$1
    place=$2
    action=$3
    shift 3
    strace -o trace true 2>/dev/null || skip "strace cannot trace here"
    rm -f trace
    # A shell starts background jobs with SIGINT ignored; LeakSanitizer cannot work under strace.
    ASAN_OPTIONS=detect_leaks=0 env --default-signal=INT,TERM setsid strace -DD -f -qq -o trace "$@" 2>messages &
    held=$!
    until [ "$(grep -c "$place" trace 2>/dev/null || true)" -ge "$count" ] 2>/dev/null; do
        kill -0 $held 2>/dev/null || break
        sleep 0.01
    done
    $action
    wait $held
    echo "status $?"
    grep -v '^strace: Requested path' messages >&2
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

# sanitized: whether the program is built with sanitizers, which hold memory of their own.
sanitized() {
    grep -q __asan_init "$(command -v stackthumb)"
}

# numbers: copies standard input with every amount as N and single blanks, for tables of measurements.
numbers() {
    sed -E -e 's/[0-9]+(\.[0-9]+)?/N/g' -e 's/\bN (bytes?|[kKMG]i?B)/N BYTES/g' -e 's/ +/ /g' \
        -e '/%/s# (N BYTES/s|-)$# RATE#' -e 's/^.* bottleneck.*$/BOTTLENECK/'
}

# volume FOLDER NX NY BYTES: the voxels of the stack that `stack` made there, one slice behind the other, on standard
# output; a voxel has BYTES bytes. (The phantom's files have one strip, at byte 8.)
volume() {
    for file in "$1"/*.tif; do
        tail -c +9 "$file" | head -c $(($2 * $3 * $4))
    done
}
