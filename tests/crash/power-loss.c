/*
 * A layer between the store and the system that keeps, beside the database file, an image of what a power cut would leave.
 *
 * Loaded with LD_PRELOAD. Writes to the file named by POWER_LOSS_FILE happen as ever; a copy of each waits in memory until the
 * file is synced, and only then goes into the image, the file named by POWER_LOSS_IMAGE. A write through a descriptor opened with
 * O_DSYNC goes into the image when it returns, alone: what waits stays there. POWER_LOSS_WRITEBACK, a percentage, sends as many of
 * the waiting writes into the image at once, as a system may write pages back at any time and in any order.
 *
 * A kill in the middle of a sync leaves a part of it in the image: a power cut may do the same. POWER_LOSS_COUNTS names a file with
 * three numbers: writes that waited, writes through O_DSYNC, syncs. After POWER_LOSS_FAIL_AFTER syncs, where it is set, each one
 * fails with EIO, and what it should have synced is lost.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

struct waiting {
  struct waiting *next;
  off_t offset;
  size_t length;
  char bytes[];
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct waiting *first, **last = &first;
static int image = -1, counts = -1, writeback;
static long fail_after = -1;
static unsigned seed;
static long counted[3];

static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_pwritev)(int, const struct iovec *, int, off_t);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static int (*real_fdatasync)(int), (*real_fsync)(int), (*real_ftruncate)(int, off_t);

__attribute__((constructor)) static void begin(void) {
  real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
  real_pwritev = dlsym(RTLD_NEXT, "pwritev64");
  real_write = dlsym(RTLD_NEXT, "write");
  real_writev = dlsym(RTLD_NEXT, "writev");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
  const char *path = getenv("POWER_LOSS_IMAGE"), *numbers = getenv("POWER_LOSS_COUNTS"), *share = getenv("POWER_LOSS_WRITEBACK");
  if (path) image = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (numbers) counts = open(numbers, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  writeback = share ? atoi(share) : 0;
  const char *after = getenv("POWER_LOSS_FAIL_AFTER");
  fail_after = after ? atol(after) : -1;
  seed = (unsigned)getpid();
}

static int is_database(int fd) {
  static __thread char link[64], path[PATH_MAX];
  const char *file = getenv("POWER_LOSS_FILE");
  int error = errno;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = file && image >= 0 ? readlink(link, path, sizeof path - 1) : -1;
  errno = error;
  if (length < 0) return 0;
  path[length] = 0;
  return strcmp(path, file) == 0;
}

static void count(int which) {
  char text[80];
  counted[which]++;
  int length = snprintf(text, sizeof text, "%12ld %12ld %12ld\n", counted[0], counted[1], counted[2]);
  if (counts >= 0) real_pwrite(counts, text, length, 0);
}

static void into_image(const void *bytes, size_t length, off_t offset) {
  if (real_pwrite(image, bytes, length, offset) != (ssize_t)length) abort();
}

static void note(int fd, const void *bytes, size_t length, off_t offset) {
  pthread_mutex_lock(&mutex);
  if (fcntl(fd, F_GETFL) & O_DSYNC) {
    into_image(bytes, length, offset);
    count(1);
  } else {
    struct waiting *one = malloc(sizeof *one + length);
    if (!one) abort();
    *one = (struct waiting){.next = NULL, .offset = offset, .length = length};
    memcpy(one->bytes, bytes, length);
    *last = one;
    last = &one->next;
    if (rand_r(&seed) % 100 < writeback) into_image(bytes, length, offset);
    count(0);
  }
  pthread_mutex_unlock(&mutex);
}

/* Takes what waits before the sync begins, and puts it into the image after it: what comes meanwhile is not known to be synced. */
static int synced(int fd, int (*real)(int)) {
  if (!is_database(fd)) return real(fd);
  pthread_mutex_lock(&mutex);
  struct waiting *one = first;
  first = NULL;
  last = &first;
  pthread_mutex_unlock(&mutex);
  if (fail_after >= 0 && counted[2] >= fail_after) {
    errno = EIO;
    return -1;
  }
  int result = real(fd);
  if (result != 0) abort();
  pthread_mutex_lock(&mutex);
  while (one) {
    struct waiting *next = one->next;
    into_image(one->bytes, one->length, one->offset);
    free(one);
    one = next;
  }
  count(2);
  pthread_mutex_unlock(&mutex);
  return result;
}

static void note_parts(int fd, const struct iovec *parts, int number, ssize_t written, off_t offset) {
  for (int index = 0; index < number && written > 0; index++) {
    size_t length = parts[index].iov_len < (size_t)written ? parts[index].iov_len : (size_t)written;
    note(fd, parts[index].iov_base, length, offset);
    offset += (off_t)length;
    written -= (ssize_t)length;
  }
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) {
  ssize_t written = real_pwrite(fd, bytes, length, offset);
  if (written > 0 && is_database(fd)) note(fd, bytes, (size_t)written, offset);
  return written;
}

ssize_t pwritev64(int fd, const struct iovec *parts, int number, off_t offset) {
  ssize_t written = real_pwritev(fd, parts, number, offset);
  if (written > 0 && is_database(fd)) note_parts(fd, parts, number, written, offset);
  return written;
}

ssize_t write(int fd, const void *bytes, size_t length) {
  off_t offset = is_database(fd) ? lseek(fd, 0, SEEK_CUR) : -1;
  ssize_t written = real_write(fd, bytes, length);
  if (written > 0 && offset >= 0) note(fd, bytes, (size_t)written, offset);
  return written;
}

ssize_t writev(int fd, const struct iovec *parts, int number) {
  off_t offset = is_database(fd) ? lseek(fd, 0, SEEK_CUR) : -1;
  ssize_t written = real_writev(fd, parts, number);
  if (written > 0 && offset >= 0) note_parts(fd, parts, number, written, offset);
  return written;
}

/* The store never cuts its file; a version that does needs this layer to know it. */
int ftruncate64(int fd, off_t length) {
  if (is_database(fd)) abort();
  return real_ftruncate(fd, length);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return pwrite64(fd, bytes, length, offset); }
ssize_t pwritev(int fd, const struct iovec *parts, int number, off_t offset) { return pwritev64(fd, parts, number, offset); }
int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }
int fdatasync(int fd) { return synced(fd, real_fdatasync); }
int fsync(int fd) { return synced(fd, real_fsync); }
