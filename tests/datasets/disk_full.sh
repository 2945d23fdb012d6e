#!/usr/bin/env bash
# Ingestion onto a disk that is too small: an error with exit code 74 that names the file, and
# nothing left behind. Needs a mount of its own; skipped (77) where user namespaces are not allowed.
#   disk_full.sh PROGRAM
set -u
if [ "${2:-}" != inside ]; then
    unshare --user --map-root-user --mount true 2>/dev/null || { echo "cannot mount a small disk"; exit 77; }
    exec unshare --user --map-root-user --mount "$0" "$1" inside
fi
folder=$(mktemp -d /tmp/ambit-datasets-XXXXXX)
trap 'umount "$folder" 2>/dev/null; rmdir "$folder"' EXIT
failed=0
for kib in 64 300 700 1500; do
    mount -t tmpfs -o size=${kib}k none "$folder" || { echo "cannot mount a small disk"; exit 77; }
    message=$("$1" ingest maze gcs "$folder/store" count=100 2>&1)
    code=$?
    left=$(ls -A "$folder")
    umount "$folder"
    if [ $code -ne 74 ] || [ -n "$left" ] || [[ $message != *store.partial/*"No space left"* ]]; then
        echo "$kib KiB: exit code $code, left: $left, message: $message"
        failed=1
    fi
done
exit $failed
