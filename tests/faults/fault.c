/* Makes one call to the system go wrong. Loaded before the program `ambit` (LD_PRELOAD), it counts
 * the calls of one kind that the program and its libraries make, and spoils the n-th. It is told:
 *
 *     AMBIT_FAULT_CALL   kinds of calls that count, with commas between them: open, read, write,
 *                        sync, rename, close, truncate, remove, link, list, stat, memory
 *     AMBIT_FAULT_BELOW  of files only those below this folder count
 *     AMBIT_FAULT_FROM   of memory and stat only what these modules ask for themselves: parts of
 *                        their names; the program is "ambit", and that is the default
 *     AMBIT_FAULT_AT     which of the calls, from 1 on; 0 or nothing: all go well
 *     AMBIT_FAULT_DO     kill (before the call), tear (after half of a write), or an error:
 *                        ENOSPC, EIO, EMFILE, ENOMEM, EACCES
 *     AMBIT_FAULT_RANK   in this rank alone (of Open MPI); nothing: in all
 *     AMBIT_FAULT_COUNT  a file: how many calls counted is written there at the end
 *
 * Calls that libc makes for itself (as fclose() calls close()) do not pass here, so the functions
 * of stdio that touch files are counted instead.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOR_ALL __attribute__((visibility("default")))

/* ---------------------------------------------------------------- what to do */

typedef enum { DO_NOTHING, DO_KILL, DO_TEAR, DO_FAIL } deed;

static struct {
    int ready; /* 0: settings are not read yet, and nothing counts */
    const char *calls, *from, *below;
    long at;
    deed what;
    int error;
} fault;

static atomic_long seen;

static const struct {
    const char *name;
    int number;
} errors[] = {
    {"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EMFILE", EMFILE}, {"ENOMEM", ENOMEM}, {"EACCES", EACCES}};

/* Whether `name` is in a list with commas between its items. */
static int is_listed(const char *list, const char *name, size_t length) {
    while (list && *list) {
        const size_t item = strcspn(list, ",");
        if (item == length && strncmp(list, name, length) == 0)
            return 1;
        list += item + (list[item] == ',');
    }
    return 0;
}

__attribute__((constructor)) static void read_settings(void) {
    const char *rank = getenv("OMPI_COMM_WORLD_RANK"), *wanted = getenv("AMBIT_FAULT_RANK");
    const char *at = getenv("AMBIT_FAULT_AT"), *what = getenv("AMBIT_FAULT_DO");
    if (strcmp(program_invocation_short_name, "ambit") != 0 ||
        (wanted && strcmp(wanted, rank ? rank : "0") != 0))
        return;
    fault.calls = getenv("AMBIT_FAULT_CALL");
    fault.below = getenv("AMBIT_FAULT_BELOW");
    fault.from = getenv("AMBIT_FAULT_FROM") ? getenv("AMBIT_FAULT_FROM") : "ambit";
    fault.at = at ? atol(at) : 0;
    fault.what = !what                       ? DO_NOTHING
                 : strcmp(what, "kill") == 0 ? DO_KILL
                 : strcmp(what, "tear") == 0 ? DO_TEAR
                                             : DO_FAIL;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (what && strcmp(what, errors[i].name) == 0)
            fault.error = errors[i].number;
    if (fault.what == DO_FAIL && !fault.error) {
        dprintf(2, "fault.c: AMBIT_FAULT_DO=%s is not known\n", what);
        _exit(1);
    }
    fault.ready = fault.calls != NULL;
}

__attribute__((destructor)) static void write_count(void) {
    const char *path = getenv("AMBIT_FAULT_COUNT");
    if (!fault.ready || !path)
        return;
    fault.ready = 0;
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    dprintf(file, "%ld\n", atomic_load(&seen));
    close(file);
}

static _Noreturn void die(void) {
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* Counts a call; what is to be done about it. What is no write is not torn, but killed. */
static deed count_call(int is_write) {
    if (atomic_fetch_add(&seen, 1) + 1 != fault.at)
        return DO_NOTHING;
    if (fault.what == DO_KILL || (fault.what == DO_TEAR && !is_write))
        die();
    if (fault.what == DO_FAIL)
        errno = fault.error;
    return fault.what;
}

/* ---------------------------------------------------------------- which calls count */

/* Whether a path is below the folder; relative ones begin where the process is. */
static int path_counts(const char *call, const char *path) {
    char whole[PATH_MAX];
    if (!fault.ready || !path || !is_listed(fault.calls, call, strlen(call)))
        return 0;
    const int saved = errno;
    if (path[0] != '/') {
        if (!getcwd(whole, sizeof whole))
            whole[0] = '\0';
        const size_t used = strlen(whole);
        snprintf(whole + used, sizeof whole - used, "/%s", path);
        path = whole;
    }
    errno = saved;
    return !fault.below || strncmp(path, fault.below, strlen(fault.below)) == 0;
}

static int file_counts(const char *call, int file) {
    char link[64], path[PATH_MAX];
    if (!fault.ready || !is_listed(fault.calls, call, strlen(call)))
        return 0;
    const int saved = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    const ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    errno = saved;
    return path[0] == '/' && path_counts(call, path); /* sockets and pipes have no such name */
}

static int caller_counts(const char *call, const void *caller) {
    struct dl_find_object found;
    if (!fault.ready || !is_listed(fault.calls, call, strlen(call)) ||
        _dl_find_object((void *)(uintptr_t)caller, &found) != 0)
        return 0;
    const char *name = found.dlfo_link_map->l_name;
    if (!*name)
        name = "ambit"; /* the program itself */
    for (const char *item = fault.from; *item; item += *item == ',') {
        char part[64];
        const size_t length = strcspn(item, ",");
        snprintf(part, sizeof part, "%.*s", (int)length, item);
        if (strstr(name, part))
            return 1;
        item += length;
    }
    return 0;
}

/* ---------------------------------------------------------------- memory */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

/* Whether this one is to fail. */
#define CALLER_COUNTS(call) caller_counts(call, __builtin_return_address(0))
#define REFUSED() (CALLER_COUNTS("memory") && count_call(0) == DO_FAIL)

FOR_ALL void *malloc(size_t size) {
    return REFUSED() ? NULL : __libc_malloc(size);
}

FOR_ALL void *calloc(size_t count, size_t size) {
    return REFUSED() ? NULL : __libc_calloc(count, size);
}

FOR_ALL void *realloc(void *memory, size_t size) {
    return REFUSED() ? NULL : __libc_realloc(memory, size);
}

FOR_ALL void *aligned_alloc(size_t alignment, size_t size) {
    return REFUSED() ? NULL : __libc_memalign(alignment, size);
}

FOR_ALL int posix_memalign(void **memory, size_t alignment, size_t size) {
    if (REFUSED())
        return ENOMEM;
    *memory = __libc_memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}

FOR_ALL char *strdup(const char *text) {
    const size_t size = strlen(text) + 1;
    char *copy = REFUSED() ? NULL : __libc_malloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}

/* ---------------------------------------------------------------- files */

/* What stdio's callers ask for with ferror(). */
static int mark_error(FILE *file, int result) {
    file->_flags |= _IO_ERR_SEEN;
    return result;
}

/* FILE_CALL(type, failed, name, parameters, arguments, counts): a function that fails with
 * `failed`. */
#define FILE_CALL(type, failed, name, parameters, arguments, counts)                               \
    FOR_ALL type name parameters {                                                                 \
        static type(*real) parameters;                                                             \
        if (!real) {                                                                               \
            void *symbol = dlsym(RTLD_NEXT, #name);                                                \
            memcpy(&real, &symbol, sizeof real);                                                   \
        }                                                                                          \
        if ((counts) && count_call(0) == DO_FAIL)                                                  \
            return failed;                                                                         \
        return real arguments;                                                                     \
    }

FILE_CALL(int, -1, fsync, (int file), (file), file_counts("sync", file))
FILE_CALL(int, -1, fdatasync, (int file), (file), file_counts("sync", file))
FILE_CALL(int, -1, ftruncate, (int file, off_t size), (file, size), file_counts("truncate", file))
FILE_CALL(int, -1, ftruncate64, (int file, off64_t size), (file, size),
          file_counts("truncate", file))
FILE_CALL(int, -1, rename, (const char *from, const char *to), (from, to),
          path_counts("rename", to))
FILE_CALL(int, -1, unlink, (const char *path), (path), path_counts("remove", path))
FILE_CALL(int, -1, rmdir, (const char *path), (path), path_counts("remove", path))
FILE_CALL(int, -1, remove, (const char *path), (path), path_counts("remove", path))
FILE_CALL(int, -1, symlink, (const char *to, const char *path), (to, path),
          path_counts("link", path))
FILE_CALL(int, -1, mkdir, (const char *path, mode_t mode), (path, mode), path_counts("open", path))
FILE_CALL(int, -1, stat, (const char *path, struct stat *about), (path, about),
          CALLER_COUNTS("stat") && path_counts("stat", path))
FILE_CALL(int, -1, lstat, (const char *path, struct stat *about), (path, about),
          CALLER_COUNTS("stat") && path_counts("stat", path))
FILE_CALL(int, -1, access, (const char *path, int mode), (path, mode),
          CALLER_COUNTS("stat") && path_counts("stat", path))
FILE_CALL(DIR *, NULL, opendir, (const char *path), (path), path_counts("list", path))
FILE_CALL(FILE *, NULL, fopen, (const char *path, const char *mode), (path, mode),
          path_counts("open", path))
FILE_CALL(FILE *, NULL, fopen64, (const char *path, const char *mode), (path, mode),
          path_counts("open", path))
FILE_CALL(ssize_t, -1, read, (int file, void *data, size_t size), (file, data, size),
          file_counts("read", file))
FILE_CALL(ssize_t, -1, pread, (int file, void *data, size_t size, off_t at), (file, data, size, at),
          file_counts("read", file))
FILE_CALL(ssize_t, -1, pread64, (int file, void *data, size_t size, off64_t at),
          (file, data, size, at), file_counts("read", file))
FILE_CALL(size_t, (size_t)mark_error(file, 0), fread,
          (void *data, size_t size, size_t count, FILE *file), (data, size, count, file),
          file_counts("read", fileno(file)))

/* What was only read has nothing to lose when it is closed. */
static int is_written(int file) {
    const int flags = fcntl(file, F_GETFL);
    return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

/* A file is closed whatever close() says. */
#define CLOSE_CALL(name, type, descriptor)                                                         \
    FOR_ALL int name(type file) {                                                                  \
        static int (*real)(type);                                                                  \
        if (!real) {                                                                               \
            void *symbol = dlsym(RTLD_NEXT, #name);                                                \
            memcpy(&real, &symbol, sizeof real);                                                   \
        }                                                                                          \
        const int counts = file_counts("close", descriptor) && is_written(descriptor);             \
        const deed done = counts ? count_call(0) : DO_NOTHING;                                     \
        const int error = errno, result = real(file);                                              \
        if (done != DO_FAIL)                                                                       \
            return result;                                                                         \
        errno = error;                                                                             \
        return -1;                                                                                 \
    }
CLOSE_CALL(close, int, file)
CLOSE_CALL(fclose, FILE *, fileno(file))

/* Half of a write gets to the disk. */
#define WRITE_CALL(name, parameters, arguments, half)                                              \
    FOR_ALL ssize_t name parameters {                                                              \
        static ssize_t(*real) parameters;                                                          \
        if (!real) {                                                                               \
            void *symbol = dlsym(RTLD_NEXT, #name);                                                \
            memcpy(&real, &symbol, sizeof real);                                                   \
        }                                                                                          \
        const deed done = file_counts("write", file) ? count_call(1) : DO_NOTHING;                 \
        if (done == DO_TEAR) {                                                                     \
            real half;                                                                             \
            die();                                                                                 \
        }                                                                                          \
        return done == DO_FAIL ? -1 : real arguments;                                              \
    }
WRITE_CALL(write, (int file, const void *data, size_t size), (file, data, size),
           (file, data, size / 2))
WRITE_CALL(pwrite, (int file, const void *data, size_t size, off_t at), (file, data, size, at),
           (file, data, size / 2, at))
WRITE_CALL(pwrite64, (int file, const void *data, size_t size, off64_t at), (file, data, size, at),
           (file, data, size / 2, at))

/* stdio keeps what is written until it is flushed, so that is when it goes wrong. */
FILE_CALL(int, mark_error(file, EOF), fflush, (FILE * file), (file),
          file &&file_counts("write", fileno(file)))

/* With a mode where a file may be made. */
#define OPEN_CALL(name)                                                                            \
    FOR_ALL int name(const char *path, int flags, ...) {                                           \
        static int (*real)(const char *, int, ...);                                                \
        mode_t mode = 0;                                                                           \
        if (!real) {                                                                               \
            void *symbol = dlsym(RTLD_NEXT, #name);                                                \
            memcpy(&real, &symbol, sizeof real);                                                   \
        }                                                                                          \
        if (flags & (O_CREAT | O_TMPFILE)) {                                                       \
            va_list arguments;                                                                     \
            va_start(arguments, flags);                                                            \
            mode = va_arg(arguments, mode_t);                                                      \
            va_end(arguments);                                                                     \
        }                                                                                          \
        if (path_counts("open", path) && count_call(0) == DO_FAIL)                                 \
            return -1;                                                                             \
        return real(path, flags, mode);                                                            \
    }
OPEN_CALL(open)
OPEN_CALL(open64)
