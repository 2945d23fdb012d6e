/* Errors.
 *
 * Every function of Ambit that can fail returns an `ambit_status`. Zero is success; any other value
 * says what kind of failure it was, and its exit code is that of sysexits.h, so that batch scripts
 * can tell a wrong configuration from a full disk. The sentence for people is kept beside it, one a
 * thread, and reads
 *
 *     WHERE: WHAT; REMEDY
 *
 * where WHERE is a file and a place in it, WHAT the fault with the values that show it, and REMEDY
 * what the reader can do. Libraries never print and never exit: the caller passes the status up
 * and the command prints the sentence once.
 *
 *     if (size < 16)
 *         return ambit_fail(AMBIT_DATA, "%s: byte %" PRId64 ": record is cut short (%zu of 16 "
 *                           "bytes); copy the file again", path, offset, size);
 *     AMBIT_TRY(read_header(file));      // returns from here when read_header fails
 */
#ifndef AMBIT_CORE_BASE_STATUS_H
#define AMBIT_CORE_BASE_STATUS_H

#include <stddef.h>
#include <stdint.h>

/* X(name, exit code, what it means) */
#define AMBIT_STATUS_LIST(X)                                                                       \
    X(OK, 0, "success")                                                                            \
    X(USAGE, 64, "the command line is wrong")                                                      \
    X(DATA, 65, "input data is damaged or not what it should be")                                  \
    X(NO_INPUT, 66, "an input file does not exist or cannot be read")                              \
    X(UNAVAILABLE, 69, "a plugin, library or launcher that is needed is missing or refused")       \
    X(INTERNAL, 70, "a fault of Ambit itself")                                                     \
    X(SYSTEM, 71, "the operating system refused something, such as memory")                        \
    X(CANNOT_CREATE, 73, "an output file or folder cannot be created")                             \
    X(IO, 74, "reading or writing failed part-way")                                                \
    X(REQUEUE, 75, "stopped after a good checkpoint; start the same command again")                \
    X(PERMISSION, 77, "permission denied")                                                         \
    X(CONFIG, 78, "the configuration is wrong")                                                    \
    X(DIVERGED, 80, "training diverged")

typedef enum {
#define AMBIT_STATUS_ENUM(name, exit_code, text) AMBIT_##name,
    AMBIT_STATUS_LIST(AMBIT_STATUS_ENUM)
#undef AMBIT_STATUS_ENUM
} ambit_status;

/* Longest message kept; longer ones end in "…". */
enum { AMBIT_MESSAGE_SIZE = 4096 };

/* Records the message of a failure for this thread and returns `status`, so that it can be used in
 * a return statement. The message before it is replaced. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3), cold))
#endif
ambit_status
ambit_fail(ambit_status status, const char *format, ...);

/* Puts "CONTEXT: " in front of this thread's message and returns `status` unchanged; does nothing
 * when `status` is AMBIT_OK. For callers that know more of the place than the function that failed.
 */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3), cold))
#endif
ambit_status
ambit_fail_within(ambit_status status, const char *format, ...);

/* As ambit_fail(), with ": " and the system's text for `error_number` (an errno) after the message,
 * and a status that fits it: AMBIT_PERMISSION for EACCES, EPERM and EROFS; AMBIT_NO_INPUT for
 * ENOENT; otherwise `status`. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4), cold))
#endif
ambit_status
ambit_fail_errno(ambit_status status, int error_number, const char *format, ...);

/* This thread's last message: valid until the next failure of this thread; never NULL. */
const char *ambit_message(void);

/* Replaces this thread's message; `message` is copied (used to carry a rank's message to others).
 */
void ambit_message_set(const char *message);

/* Exit code of sysexits.h for a status, its short name ("DATA") and its meaning. */
int ambit_exit_code(ambit_status status);
const char *ambit_status_name(ambit_status status);
const char *ambit_status_text(ambit_status status);

/* Returns from the calling function with the status of `call` when that is not AMBIT_OK. */
#define AMBIT_TRY(call)                                                                            \
    do {                                                                                           \
        ambit_status ambit_try_ = (call);                                                          \
        if (ambit_try_ != AMBIT_OK)                                                                \
            return ambit_try_;                                                                     \
    } while (0)

/* Allocates `count` zeroed elements of `size` bytes into *pointer, checking the product for
 * overflow. `what` names the thing in the message. The caller frees it with free(). On failure
 * *pointer is NULL and the status AMBIT_SYSTEM. */
ambit_status ambit_allocate(void *pointer, size_t count, size_t size, const char *what);

/* Makes room for `needed` elements of `size` bytes in the growing array *pointer, which holds
 * *room, and for as many again, so that growing costs little in the end. What is new is not zeroed.
 * On failure both are as before and the status is AMBIT_SYSTEM. */
ambit_status ambit_grow(void *pointer, int64_t *room, int64_t needed, size_t size,
                        const char *what);

#endif
