/* Stands before the C library's file calls (LD_PRELOAD): counts, records, refuses or kills at the k-th.
 *
 * Only files below a folder of SOAK_UNDER (":" between several) are touched, and where SOAK_UNDER is not set
 * nothing is.  SOAK_OP: open, make (open for writing), read, write, sync, rename, unlink, truncate, or "any"
 * for all but read.  The SOAK_K-th call of that kind is refused with SOAK_ERRNO (0: the process gets SIGKILL);
 * with SOAK_REST every later one too.  SOAK_LOG: a file that gets each call that was let through:
 *     operation '\t' path '\t' second path or offset '\t' length '\n' data
 * Standard output counts as the path "<stdout>" and is recorded only.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static long counted;

static int below(const char *path) {
    const char *part = getenv("SOAK_UNDER");
    while (part && *part) {
        size_t length = strcspn(part, ":");
        if (!strncmp(path, part, length) && (path[length] == '/' || !path[length])) return 1;
        part += length + (part[length] == ':');
    }
    return 0;
}

static int path_of(int fd, char *out) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, out, PATH_MAX - 1);
    out[length > 0 ? length : 0] = 0;
    return length > 0 && below(out);
}

static const char *whole(const char *path, char *out) {
    if (*path == '/') return path;
    if (!getcwd(out, PATH_MAX / 2)) return path;
    strcat(out, "/");
    return strncat(out, path, PATH_MAX / 2 - 2);
}

/* 1: let it through.  0: errno is set, the call is refused. */
static int passes(const char *op) {
    const char *wanted = getenv("SOAK_OP"), *k = getenv("SOAK_K"), *number = getenv("SOAK_ERRNO");
    if (!wanted || !k || !number) return 1;
    if (strcmp(wanted, op) && (strcmp(wanted, "any") || !strcmp(op, "read"))) return 1;
    long n = __sync_add_and_fetch(&counted, 1);
    if (n != atol(k) && !(getenv("SOAK_REST") && n > atol(k))) return 1;
    if (!atoi(number)) {
        kill(getpid(), SIGKILL);
        pause();
    }
    errno = atoi(number);
    return 0;
}

static void record(const char *op, const char *path, const char *more, long long offset, const void *data,
                   size_t length) {
    const char *log = getenv("SOAK_LOG");
    if (!log) return;
    int keep = errno;
    int fd = REAL(open)(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    char head[2 * PATH_MAX + 64];
    int size = more ? snprintf(head, sizeof head, "%s\t%s\t%s\t%zu\n", op, path, more, length)
                    : snprintf(head, sizeof head, "%s\t%s\t%lld\t%zu\n", op, path, offset, length);
    if (fd < 0 || REAL(write)(fd, head, size) != size) abort();
    if (length && REAL(write)(fd, data, length) != (ssize_t)length) abort();
    close(fd);
    errno = keep;
}

static int opened(int (*real)(const char *, int, ...), const char *name, int flags, mode_t mode) {
    char room[PATH_MAX];
    const char *path = whole(name, room);
    if (!below(path)) return real(name, flags, mode);
    int writes = (flags & O_ACCMODE) != O_RDONLY || flags & O_CREAT;
    if (!passes(writes && getenv("SOAK_OP") && !strcmp(getenv("SOAK_OP"), "make") ? "make" : "open")) return -1;
    int fresh = (flags & O_CREAT) && access(path, F_OK);
    int fd = real(name, flags, mode);
    if (fd >= 0 && fresh) record("create", path, NULL, 0, NULL, 0);
    else if (fd >= 0 && (flags & O_TRUNC)) record("truncate", path, NULL, 0, NULL, 0);
    else if (fd >= 0) record("open", path, NULL, 0, NULL, 0);
    return fd;
}

#define MODE(mode)                                                                                           \
    va_list rest;                                                                                            \
    va_start(rest, flags);                                                                                   \
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;                                                \
    va_end(rest)

int open(const char *name, int flags, ...) {
    MODE(mode);
    return opened(REAL(open), name, flags, mode);
}

int open64(const char *name, int flags, ...) {
    MODE(mode);
    return opened(REAL(open64), name, flags, mode);
}

static ssize_t written(int fd, const void *data, size_t length, off_t at, int placed) {
    char path[PATH_MAX];
    int ours = path_of(fd, path);
    if (ours && !passes("write")) return -1;
    off_t before = placed ? at : lseek(fd, 0, SEEK_CUR);
    ssize_t done = placed ? REAL(pwrite)(fd, data, length, at) : REAL(write)(fd, data, length);
    if (done > 0 && fd == 1 && getenv("SOAK_UNDER")) record("say", "<stdout>", NULL, 0, data, done);
    else if (done > 0 && ours) record("write", path, NULL, before, data, done);
    return done;
}

ssize_t write(int fd, const void *data, size_t length) { return written(fd, data, length, 0, 0); }
ssize_t pwrite(int fd, const void *data, size_t length, off_t at) { return written(fd, data, length, at, 1); }
ssize_t pwrite64(int fd, const void *data, size_t length, off_t at) { return written(fd, data, length, at, 1); }

static int may_read(int fd) {
    char path[PATH_MAX];
    if (!path_of(fd, path)) return 1;
    if (!passes("read")) return 0;
    record("read", path, NULL, 0, NULL, 0);
    return 1;
}

ssize_t read(int fd, void *data, size_t length) { return may_read(fd) ? REAL(read)(fd, data, length) : -1; }
ssize_t pread(int fd, void *data, size_t length, off_t at) {
    return may_read(fd) ? REAL(pread)(fd, data, length, at) : -1;
}
ssize_t pread64(int fd, void *data, size_t length, off_t at) {
    return may_read(fd) ? REAL(pread64)(fd, data, length, at) : -1;
}

static int synced(int (*real)(int), int fd) {
    char path[PATH_MAX];
    int ours = path_of(fd, path);
    if (ours && !passes("sync")) return -1;
    int done = real(fd);
    if (!done && ours) record("sync", path, NULL, 0, NULL, 0);
    return done;
}

int fsync(int fd) { return synced(REAL(fsync), fd); }
int fdatasync(int fd) { return synced(REAL(fdatasync), fd); }

static int cut(int fd, off_t length) {
    char path[PATH_MAX];
    int ours = path_of(fd, path);
    if (ours && !passes("truncate")) return -1;
    int done = REAL(ftruncate)(fd, length);
    if (!done && ours) record("truncate", path, NULL, length, NULL, 0);
    return done;
}

int ftruncate(int fd, off_t length) { return cut(fd, length); }
int ftruncate64(int fd, off_t length) { return cut(fd, length); }

int rename(const char *from, const char *to) {
    char room[PATH_MAX], other[PATH_MAX];
    const char *old = whole(from, room), *new = whole(to, other);
    if (below(new) && !passes("rename")) return -1;
    int done = REAL(rename)(from, to);
    if (!done && below(new)) record("rename", old, new, 0, NULL, 0);
    return done;
}

int unlink(const char *name) {
    char room[PATH_MAX];
    const char *path = whole(name, room);
    if (below(path) && !passes("unlink")) return -1;
    int done = REAL(unlink)(name);
    if (!done && below(path)) record("unlink", path, NULL, 0, NULL, 0);
    return done;
}
