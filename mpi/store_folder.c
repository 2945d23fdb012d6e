#include "store_folder.h"

#include "../datasets/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PATH_ROOM = PATH_MAX - 32, RECORD_ROOM = 256, TRIES = 16 };

/* The first line of every lock file; the second says who wrote it. */
static const char title[] = "ambit ingest\n";

struct ambit_store_folder {
    const ambit_ranks *ranks;
    bool overwrite;
    void (*notice)(const char *line);
    char out[PATH_MAX], partial[PATH_MAX], replaced[PATH_MAX], lock_path[PATH_MAX];
    int lock;   /* descriptor of the lock file; -1: not open */
    bool held;  /* rank 0: the lock file is this job's */
    bool stale; /* rank 0: it was that of a job that was killed, so what lies about is too */
    bool made;  /* rank 0: OUT.partial is this job's */
};

static void say(const ambit_store_folder *f, const char *line) {
    if (f->notice)
        f->notice(line);
}

/* ------------------------------------------------------------------------------- what is ours */

/* "index.h5", "shard-00012.h5", "part-00012-00000.h5" (a shard that has no number yet), each also
 * on its way to disk (".partial"). */
static bool is_store_file(const char *name) {
    static const char *const beginnings[] = {"index", "shard-", "part-"};
    for (int i = 0; i < 3; i++) {
        const size_t length = strlen(beginnings[i]);
        if (strncmp(name, beginnings[i], length) != 0)
            continue;
        const char *rest = name + length + strspn(name + length, "0123456789-");
        return strcmp(rest, ".h5") == 0 || strcmp(rest, ".h5.partial") == 0;
    }
    return false;
}

/* Calls `visit` with the path of each entry of a folder; an entry that no store has is refused. */
static ambit_status each_file(const char *folder, ambit_status (*visit)(const char *path)) {
    char path[PATH_MAX + 256];
    ambit_status status = AMBIT_OK;
    DIR *entries = opendir(folder);
    if (!entries)
        return ambit_fail_errno(AMBIT_CANNOT_CREATE, errno, "%s: cannot be listed", folder);
    errno = 0;
    for (struct dirent *entry; status == AMBIT_OK && (entry = readdir(entries)); errno = 0) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        status = is_store_file(entry->d_name)
                     ? visit(path)
                     : ambit_fail(AMBIT_CANNOT_CREATE,
                                  "%s: is not part of a store, so this folder is left alone; move "
                                  "the file away, or give another name",
                                  path);
    }
    if (status == AMBIT_OK && errno != 0)
        status = ambit_fail_errno(AMBIT_CANNOT_CREATE, errno, "%s: cannot be listed", folder);
    closedir(entries);
    return status;
}

static ambit_status leave(const char *path) {
    (void)path;
    return AMBIT_OK;
}

static ambit_status remove_file(const char *path) {
    return unlink(path) == 0 ? AMBIT_OK
                             : ambit_fail_errno(AMBIT_IO, errno, "%s: cannot be removed", path);
}

/* Removes a folder that holds nothing but files of a store; looks at all of it first. */
static ambit_status remove_store(const char *path) {
    AMBIT_TRY(each_file(path, leave));
    AMBIT_TRY(each_file(path, remove_file));
    return rmdir(path) == 0 ? AMBIT_OK
                            : ambit_fail_errno(AMBIT_IO, errno, "%s: cannot be removed", path);
}

/* ------------------------------------------------------------------------------- the lock */

enum hold { FREE, TAKEN, NO_LOCKS };

/* Locks the whole file, or changes the kind of lock in one step, without waiting. */
static enum hold set_lock(int file, short type) {
    struct flock whole = {.l_type = type, .l_whence = SEEK_SET};
    if (fcntl(file, F_SETLK, &whole) == 0)
        return FREE;
    return errno == EACCES || errno == EAGAIN ? TAKEN : NO_LOCKS;
}

/* Opens the lock file, or makes it; *made says which. -1 with errno. */
static int open_lock(const char *path, bool *made) {
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    *made = file >= 0;
    if (file < 0 && errno == EEXIST)
        file = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    return file;
}

/* Who wrote the lock file; "" when it is empty. Refuses a file that is no lock. */
static ambit_status read_owner(const ambit_store_folder *f, char owner[RECORD_ROOM]) {
    char record[RECORD_ROOM] = "";
    const size_t length = strlen(title);
    ssize_t size = pread(f->lock, record, sizeof record - 1, 0);
    if (size < 0)
        return ambit_fail_errno(AMBIT_IO, errno, "%s: cannot be read", f->lock_path);
    owner[0] = '\0';
    if (size == 0)
        return AMBIT_OK;
    if (strncmp(record, title, length) != 0)
        return ambit_fail(AMBIT_CANNOT_CREATE,
                          "%s: is not the lock of an ingestion; move it away, or give another name",
                          f->lock_path);
    snprintf(owner, RECORD_ROOM, "%.*s", (int)strcspn(record + length, "\n"), record + length);
    return AMBIT_OK;
}

static ambit_status write_owner(const ambit_store_folder *f) {
    char record[RECORD_ROOM], date[32];
    time_t now = time(NULL);
    struct tm utc;
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    int size = snprintf(record, sizeof record, "%sprocess %ld on %s, since %s\n", title,
                        (long)getpid(), f->ranks->host, date);
    if (ftruncate(f->lock, 0) != 0 || pwrite(f->lock, record, (size_t)size, 0) != size)
        return ambit_fail_errno(AMBIT_IO, errno, "%s: cannot be written", f->lock_path);
    return AMBIT_OK;
}

static ambit_status refuse_taken(const ambit_store_folder *f, enum hold hold, const char *owner) {
    const char *who = *owner ? owner : "not known yet";
    if (hold == TAKEN)
        return ambit_fail(AMBIT_CANNOT_CREATE,
                          "%s: another job is writing this store (%s); wait until it ends, or give "
                          "another name",
                          f->partial, who);
    return ambit_fail(AMBIT_CANNOT_CREATE,
                      "%s: a job wrote, or still writes, this store (%s), and this file system has "
                      "no locks that would tell; if it ended, remove this file and %s",
                      f->lock_path, who, f->partial);
}

/* Whether the file that was locked still has its name: its owner may have ended, and removed it,
 * between our opening and our locking it. */
static bool is_current(const ambit_store_folder *f) {
    struct stat locked, named;
    return fstat(f->lock, &locked) == 0 && lstat(f->lock_path, &named) == 0 &&
           locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
}

static ambit_status take_lock(ambit_store_folder *f) {
    for (int attempt = 0; attempt < TRIES; attempt++) {
        bool made;
        char owner[RECORD_ROOM] = "";
        f->lock = open_lock(f->lock_path, &made);
        if (f->lock < 0 && errno == ENOENT)
            continue; /* removed by its owner at this moment */
        if (f->lock < 0)
            return ambit_fail_errno(AMBIT_CANNOT_CREATE, errno, "%s: cannot be made", f->lock_path);
        if (!made)
            AMBIT_TRY(read_owner(f, owner));
        enum hold hold = set_lock(f->lock, F_WRLCK);
        if (hold == TAKEN || (hold == NO_LOCKS && !made))
            return refuse_taken(f, hold, owner);
        if (is_current(f)) {
            f->held = true;
            f->stale = *owner != '\0';
            return write_owner(f);
        }
        close(f->lock);
        f->lock = -1;
    }
    return ambit_fail(AMBIT_CANNOT_CREATE, "%s: other jobs make and remove it all the time; wait",
                      f->lock_path);
}

/* An error is not taken for absence. */
static bool may_be_there(const char *path) {
    int there;
    return ambit_file_exists(path, &there) != AMBIT_OK || there;
}

/* The lock file stays where something of this job, or of the one before, stays: it says whose that
 * is. Keeps the message. Collective: what is removed is gone for all ranks. */
static void let_go(ambit_store_folder *f) {
    char message[AMBIT_MESSAGE_SIZE];
    snprintf(message, sizeof message, "%s", ambit_message());
    if (f->held &&
        !((f->stale || f->made) && (may_be_there(f->partial) || may_be_there(f->replaced))))
        unlink(f->lock_path);
    if (f->lock >= 0)
        close(f->lock);
    ambit_ranks_meet(f->ranks->world, HUGE_VAL);
    free(f);
    ambit_message_set(message);
}

/* ------------------------------------------------------------------------------- beginning */

static ambit_status set_paths(ambit_store_folder *f, const char *out) {
    char real[PATH_MAX];
    struct stat about;
    /* Where OUT is a link, the store it leads to is meant. */
    if (lstat(out, &about) == 0 && S_ISLNK(about.st_mode)) {
        if (!realpath(out, real))
            return ambit_fail_errno(AMBIT_CANNOT_CREATE, errno, "%s: leads nowhere", out);
        out = real;
    }
    size_t length = strlen(out);
    while (length > 1 && out[length - 1] == '/')
        length--;
    if (length == 0 || length >= PATH_ROOM)
        return ambit_fail(AMBIT_USAGE, "the output folder's name is empty or too long; give "
                                       "another one");
    snprintf(f->out, sizeof f->out, "%.*s", (int)length, out);
    snprintf(f->partial, sizeof f->partial, "%.*s.partial", (int)length, out);
    snprintf(f->replaced, sizeof f->replaced, "%.*s.replaced", (int)length, out);
    snprintf(f->lock_path, sizeof f->lock_path, "%.*s.partial.lock", (int)length, out);
    return AMBIT_OK;
}

static ambit_status check_out(const ambit_store_folder *f) {
    char index[PATH_MAX + 16];
    int there;
    AMBIT_TRY(ambit_file_exists(f->out, &there));
    if (!there)
        return AMBIT_OK;
    snprintf(index, sizeof index, "%s/index.h5", f->out);
    AMBIT_TRY(ambit_file_exists(index, &there));
    if (!there)
        return ambit_fail(AMBIT_CANNOT_CREATE,
                          "%s: exists and is not a store, so it is never replaced; give another "
                          "name, or remove it yourself",
                          f->out);
    if (!f->overwrite)
        return ambit_fail(AMBIT_CANNOT_CREATE,
                          "%s: a store is there already; give another name, or --overwrite to "
                          "replace it",
                          f->out);
    return each_file(f->out, leave);
}

static ambit_status make_folder_above(const ambit_store_folder *f) {
    char above[PATH_MAX];
    ambit_folder_of(f->out, above, sizeof above);
    return ambit_fail_within(ambit_make_folders(above), "%s", f->out);
}

/* Removes what a killed job left under this name. */
static ambit_status remove_leftover(const ambit_store_folder *f, const char *path) {
    char line[PATH_MAX + 64];
    int there;
    AMBIT_TRY(ambit_file_exists(path, &there));
    if (!there)
        return AMBIT_OK;
    if (!f->stale)
        return ambit_fail(AMBIT_CANNOT_CREATE,
                          "%s: exists, and no ingestion that is known of left it; move it away, or "
                          "give another name",
                          path);
    AMBIT_TRY(remove_store(path));
    snprintf(line, sizeof line, "removed %s, left by an ingestion that did not finish", path);
    say(f, line);
    return AMBIT_OK;
}

/* A job that was killed while it replaced OUT: OUT was whole, and is again. */
static ambit_status undo_replacement(const ambit_store_folder *f) {
    int out, replaced;
    AMBIT_TRY(ambit_file_exists(f->out, &out));
    AMBIT_TRY(ambit_file_exists(f->replaced, &replaced));
    return f->stale && replaced && !out ? ambit_rename_synced(f->replaced, f->out) : AMBIT_OK;
}

static ambit_status prepare(ambit_store_folder *f) {
    AMBIT_TRY(check_out(f));
    AMBIT_TRY(make_folder_above(f));
    AMBIT_TRY(take_lock(f));
    AMBIT_TRY(undo_replacement(f));
    AMBIT_TRY(check_out(f));
    AMBIT_TRY(remove_leftover(f, f->replaced));
    AMBIT_TRY(remove_leftover(f, f->partial));
    if (mkdir(f->partial, 0777) != 0)
        return ambit_fail_errno(AMBIT_CANNOT_CREATE, errno, "%s: cannot be made", f->partial);
    f->made = true;
    set_lock(f->lock, F_RDLCK); /* for all ranks of this job, and for no other job */
    return AMBIT_OK;
}

/* The other ranks hold the lock too: were rank 0 killed alone, they might write on for a while. */
static ambit_status share_lock(ambit_store_folder *f) {
    f->lock = open(f->lock_path, O_RDONLY | O_CLOEXEC);
    if (f->lock < 0)
        return ambit_fail_errno(AMBIT_CANNOT_CREATE, errno,
                                "%s: rank 0 made it, but it cannot be opened here; give a folder "
                                "that all nodes share",
                                f->lock_path);
    if (set_lock(f->lock, F_RDLCK) == TAKEN)
        return ambit_fail(AMBIT_CANNOT_CREATE, "%s: another job took it; start again",
                          f->lock_path);
    return AMBIT_OK;
}

ambit_status ambit_store_folder_begin(const ambit_ranks *ranks, const char *out, bool overwrite,
                                      void (*notice)(const char *line),
                                      ambit_store_folder **folder) {
    ambit_store_folder *f;
    *folder = NULL;
    ambit_status status = ambit_agree(ranks, ambit_allocate(&f, 1, sizeof *f, "store"));
    if (status != AMBIT_OK) {
        free(f);
        return status;
    }
    f->ranks = ranks;
    f->overwrite = overwrite;
    f->notice = notice;
    f->lock = -1;
    status = set_paths(f, out);
    if (status == AMBIT_OK && ranks->rank == 0)
        status = prepare(f);
    status = ambit_agree(ranks, status);
    if (status == AMBIT_OK)
        status = ambit_agree(ranks, ranks->rank == 0 ? AMBIT_OK : share_lock(f));
    if (status == AMBIT_OK)
        *folder = f;
    else
        ambit_store_folder_abandon(f);
    return status;
}

const char *ambit_store_folder_path(const ambit_store_folder *folder) {
    return folder->partial;
}

/* ------------------------------------------------------------------------------- ending */

/* Rank 0. A store that is in place is a success, whatever becomes of the one it replaced. */
static ambit_status put_in_place(ambit_store_folder *f) {
    int there;
    AMBIT_TRY(ambit_sync(f->partial));
    AMBIT_TRY(ambit_file_exists(f->out, &there));
    if (!there)
        return ambit_rename_synced(f->partial, f->out);
    AMBIT_TRY(check_out(f));
    AMBIT_TRY(ambit_rename_synced(f->out, f->replaced));
    ambit_status status = ambit_rename_synced(f->partial, f->out);
    if (status != AMBIT_OK) {
        rename(f->replaced, f->out);
        return status;
    }
    if (remove_store(f->replaced) != AMBIT_OK)
        say(f, ambit_message());
    return AMBIT_OK;
}

ambit_status ambit_store_folder_finish(ambit_store_folder *folder) {
    const ambit_ranks *ranks = folder->ranks;
    ambit_status status =
        ambit_agree_on_work(ranks, ranks->rank == 0 ? put_in_place(folder) : AMBIT_OK);
    if (status == AMBIT_OK)
        let_go(folder);
    else
        ambit_store_folder_abandon(folder);
    return status;
}

void ambit_store_folder_abandon(ambit_store_folder *folder) {
    char message[AMBIT_MESSAGE_SIZE];
    snprintf(message, sizeof message, "%s", ambit_message());
    if (folder->made)
        remove_store(folder->partial);
    ambit_message_set(message);
    let_go(folder);
}
