/* O_PATH, for folders that may be passed through but not listed. */
#define _GNU_SOURCE

#include "safe_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MOST_LINKS = 40 };

typedef struct {
    const char *asked;   /* the path as it was given, for messages */
    char at[PATH_MAX];   /* the folder reached, without links; "" is the root */
    char rest[PATH_MAX]; /* what is left to follow */
    int folder;          /* descriptor of the folder reached */
    struct stat about;   /* of it */
    int links;           /* followed so far */
} way;

static ambit_status fail_system(const way *w) {
    return ambit_fail_errno(AMBIT_UNAVAILABLE, errno, "%s", w->asked);
}

/* ---------------------------------------------------------------- what is allowed */

/* Whether this user, or root, is the owner. */
static int is_ours(uid_t owner) {
    struct stat root;
    return owner == 0 || owner == geteuid() || (stat("/", &root) == 0 && owner == root.st_uid);
}

static ambit_status check_owner(const way *w, const struct stat *about, const char *name) {
    if (is_ours(about->st_uid))
        return AMBIT_OK;
    return ambit_fail(AMBIT_UNAVAILABLE,
                      "%s: refused, because %s%s%s belongs to user %ld, neither you nor root; copy "
                      "the plugin to a folder of your own",
                      w->asked, w->at, *name ? "/" : "", name, (long)about->st_uid);
}

static ambit_status check_mode(const way *w, const struct stat *about, const char *name) {
    if (!(about->st_mode & (S_IWGRP | S_IWOTH)))
        return AMBIT_OK;
    return ambit_fail(
        AMBIT_UNAVAILABLE,
        "%s: refused, because others than its owner may write to %s%s%s (mode %04o)%s;"
        " run chmod go-w on it, or copy the plugin elsewhere",
        w->asked, w->at, *name || !*w->at ? "/" : "", name, (unsigned)about->st_mode & 07777,
        about->st_mode & S_ISVTX ? " and put plugins of their own into it" : "");
}

/* ---------------------------------------------------------------- the way */

/* Takes the next name off the rest; "" when there is none. */
static void next_name(way *w, char name[NAME_MAX + 1]) {
    const char *start = w->rest + strspn(w->rest, "/");
    size_t length = strcspn(start, "/");
    snprintf(name, NAME_MAX + 1, "%.*s", (int)(length < NAME_MAX ? length : NAME_MAX), start);
    start += length;
    start += strspn(start, "/");
    memmove(w->rest, start, strlen(start) + 1);
}

/* Steps into a folder that is an entry of the one reached; takes over the descriptor. */
static ambit_status enter(way *w, int folder, const char *name) {
    const size_t used = strlen(w->at);
    if (w->folder >= 0)
        close(w->folder);
    w->folder = folder;
    if (strcmp(name, "..") == 0)
        *(strrchr(w->at, '/') ? strrchr(w->at, '/') : w->at) = '\0';
    else if (*name)
        snprintf(w->at + used, sizeof w->at - used, "/%s", name);
    if (fstat(folder, &w->about) != 0)
        return fail_system(w);
    AMBIT_TRY(check_owner(w, &w->about, ""));
    return w->about.st_mode & S_ISVTX ? AMBIT_OK : check_mode(w, &w->about, "");
}

static ambit_status enter_root(way *w) {
    int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    w->at[0] = '\0';
    return root >= 0 ? enter(w, root, "") : fail_system(w);
}

static ambit_status enter_folder(way *w, const char *name) {
    int folder = openat(w->folder, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return folder >= 0 ? enter(w, folder, name) : fail_system(w);
}

/* Puts what a link says in front of the rest. */
static ambit_status follow(way *w, const char *name) {
    char target[PATH_MAX], rest[PATH_MAX];
    ssize_t length = readlinkat(w->folder, name, target, sizeof target - 1);
    if (length < 0)
        return fail_system(w);
    target[length] = '\0';
    memcpy(rest, w->rest, sizeof rest);
    errno = ELOOP;
    if (++w->links > MOST_LINKS ||
        snprintf(w->rest, sizeof w->rest, "%s/%s", target, rest) >= (int)sizeof w->rest)
        return fail_system(w);
    return target[0] == '/' ? enter_root(w) : AMBIT_OK;
}

static ambit_status open_file(way *w, const char *name, ambit_safe_file *file) {
    int descriptor = openat(w->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0 || fstat(descriptor, &file->about) != 0) {
        ambit_status status = fail_system(w);
        if (descriptor >= 0)
            close(descriptor);
        return status;
    }
    file->descriptor = descriptor;
    snprintf(file->path, sizeof file->path, "%.*s/%s", PATH_MAX - NAME_MAX - 2, w->at, name);
    AMBIT_TRY(check_owner(w, &file->about, name));
    AMBIT_TRY(check_mode(w, &file->about, name));
    if (!S_ISREG(file->about.st_mode))
        return ambit_fail(AMBIT_UNAVAILABLE, "%s: is not a regular file; build the plugin again",
                          w->asked);
    return AMBIT_OK;
}

/* Follows one name. The last one is the file, or a link to it. */
static ambit_status step(way *w, const char *name, ambit_safe_file *file) {
    struct stat about;
    const int is_last = w->rest[0] == '\0';
    if (strcmp(name, ".") == 0)
        return AMBIT_OK;
    if (fstatat(w->folder, name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return fail_system(w);
    AMBIT_TRY(check_owner(w, &about, name));
    if (is_last)
        AMBIT_TRY(check_mode(w, &w->about, ""));
    if (S_ISLNK(about.st_mode))
        return follow(w, name);
    return is_last ? open_file(w, name, file) : enter_folder(w, name);
}

static ambit_status begin(way *w, const char *path) {
    char here[PATH_MAX] = "";
    if (path[0] != '/' && !getcwd(here, sizeof here))
        return fail_system(w);
    errno = ENAMETOOLONG;
    if (snprintf(w->rest, sizeof w->rest, "%s/%s", here, path) >= (int)sizeof w->rest)
        return fail_system(w);
    return enter_root(w);
}

ambit_status ambit_safe_file_open(const char *path, ambit_safe_file *file) {
    way w = {.asked = path, .folder = -1};
    char name[NAME_MAX + 1];
    file->descriptor = -1;
    ambit_status status = begin(&w, path);
    while (status == AMBIT_OK && file->descriptor < 0) {
        next_name(&w, name);
        status = *name ? step(&w, name, file)
                       : ambit_fail(AMBIT_UNAVAILABLE, "%s: is not a regular file", path);
    }
    if (w.folder >= 0)
        close(w.folder);
    if (status != AMBIT_OK && file->descriptor >= 0) {
        close(file->descriptor);
        file->descriptor = -1;
    }
    return status;
}

ambit_status ambit_safe_file_check(const char *path, const ambit_safe_file *file) {
    struct stat now;
    if (lstat(file->path, &now) == 0 && now.st_dev == file->about.st_dev &&
        now.st_ino == file->about.st_ino && now.st_size == file->about.st_size &&
        now.st_mtim.tv_sec == file->about.st_mtim.tv_sec &&
        now.st_mtim.tv_nsec == file->about.st_mtim.tv_nsec)
        return AMBIT_OK;
    return ambit_fail(
        AMBIT_UNAVAILABLE,
        "%s: was replaced while it was being loaded; start again when it is installed", path);
}
